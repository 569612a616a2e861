from django.apps import AppConfig


class CrfConfig(AppConfig):
    name = "crf"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from . import (
            copy_tasks,  # noqa: F401
            document_tasks,  # noqa: F401  (tasks outside tasks.py, which Celery does not find by itself)
            receivers,  # noqa: F401  (connects what the worker is told)
            results_tasks,  # noqa: F401
            trail_review_tasks,  # noqa: F401
        )
        from .guard import after_migrations

        post_migrate.connect(after_migrations, sender=self, dispatch_uid="crf.guard")
