from django.apps import AppConfig


class TrialsiteConfig(AppConfig):
    name = "trialsite"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.utils.translation import get_language

        from trialsite.kernel.texts import use_language

        from . import checks  # noqa: F401  (registers the system checks)
        from .celery import app

        app.set_default()
        use_language(get_language)
