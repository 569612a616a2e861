from django.apps import AppConfig


class EndpointsConfig(AppConfig):
    name = "endpoints"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from crf import checklist, critical

        from . import (
            cut_tasks,  # noqa: F401  (as report_tasks)
            receivers,  # noqa: F401  (connects the one signal that travels upward)
            report_tasks,  # noqa: F401  (tasks outside tasks.py, which Celery does not find by itself)
        )
        from .checklist import results_current
        from .mapping import FIELDS

        checklist.register("endpoints", results_current)
        critical.register(FIELDS)  # what the monitor compares with the source first
