from django.apps import AppConfig


class CrfConfig(AppConfig):
    name = "crf"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import (
            document_tasks,  # noqa: F401  (tasks outside tasks.py, which Celery does not find by itself)
            receivers,  # noqa: F401  (connects what the worker is told)
        )
