from django.apps import AppConfig


class PathologyConfig(AppConfig):
    name = "pathology"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from crf import checklist
        from crf.selectors import trail, worklists

        from . import (
            agreement_tasks,  # noqa: F401  (tasks outside tasks.py, which Celery does not find by itself)
            receivers,  # noqa: F401
        )
        from .checklist import readings_final
        from .tiles import reading_tiles
        from .withheld import targets_withheld

        checklist.register("pathology", readings_final)
        worklists.provide(reading_tiles)
        trail.withhold(targets_withheld)
