"""Edit checks in the worker. Every message may be lost, repeated or overtaken: versions decide, not messages."""

from __future__ import annotations

import time

from celery import shared_task

from crf.services import findings

SWEEP_SECONDS = 10.0
PARTS = 2


@shared_task
def check(participant: int) -> None:
    """All checks of one participant: those of the forms that read what was saved, and those of the day."""
    findings.participant_check(participant)


@shared_task
def check_sweep() -> None:
    """Finds who is behind when a message was lost, when a day has begun at a site, when a rule was changed."""
    if findings.stale().exists():
        until = time.time() + SWEEP_SECONDS - 0.5
        for part in range(PARTS):
            check_batch.apply_async((part, PARTS, until), expires=SWEEP_SECONDS)


@shared_task
def check_batch(part: int, parts: int, until: float) -> None:
    """A batch of those behind; the message goes round again while there are more, so that saves get in between."""
    full = findings.checks_catch_up(part, parts) == findings.BATCH
    if full and time.time() < until:
        check_batch.apply_async((part, parts, until), expires=SWEEP_SECONDS)
