"""Edit checks in the worker. Every message may be lost, repeated or overtaken: versions decide, not messages."""

from __future__ import annotations

import time

from celery import shared_task

from crf.services import findings
from crf.services.signing import signatures_recheck

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


@shared_task
def signatures_sweep() -> None:
    """Signatures of forms whose definition is no longer the one that was signed; after an upgrade, and every hour."""
    signatures_recheck()


@shared_task
def daily_mails() -> None:
    """Letters of the morning, to those who have not had theirs."""
    from crf.services.daily_mail import daily_mails_send

    daily_mails_send()


@shared_task
def plan_count(form_key: str) -> None:
    """How far the forms of a key are verified, after a change of the plan."""
    from crf.services.verification_plan import plan_catch_up

    plan_catch_up(form_key)


@shared_task
def plan_sweep() -> None:
    """Finds the plans whose message was lost."""
    from crf.services.verification_plan import plan_catch_up, plans_behind

    for form_key in plans_behind().values_list("form_key", flat=True):
        plan_catch_up(form_key)


@shared_task
def holds_sweep() -> None:
    """Requests to unlock that nobody decided in time are over; a snapshot whose worker fell silent is sealed."""
    from crf.services.database_lock import database_seals
    from crf.services.holding import unlocks_expire

    unlocks_expire()
    database_seals()
