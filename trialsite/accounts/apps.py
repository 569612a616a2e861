from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "trialsite.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import receivers  # noqa: F401  (sign-ins are recorded)
