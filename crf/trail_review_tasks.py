"""The rules look through the trail in the worker: every night, and when a person asks."""

from __future__ import annotations

from celery import shared_task

from crf.services import trail_review


@shared_task
def trail_look_run(look: int) -> None:
    """One run; a second message finds nothing to do."""
    trail_review.trail_look(look)


@shared_task
def trail_look_sweep() -> None:
    """The night's run, also when nobody was there at that hour; and a run whose message was lost."""
    if trail_review.look_due():
        trail_review.trail_look_ask(by=None)
    elif waiting := trail_review.waiting_look():
        trail_look_run.hint(waiting.pk)
