from django.apps import AppConfig


class EndpointsConfig(AppConfig):
    name = "endpoints"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import (
            receivers,  # noqa: F401  (connects the one signal that travels upward)
            report_tasks,  # noqa: F401  (tasks outside tasks.py, which Celery does not find by itself)
        )
