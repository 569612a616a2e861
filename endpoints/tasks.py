"""What the workers do. Every message may be lost, repeated or overtaken: versions decide, not messages."""

from __future__ import annotations

import time

from celery import shared_task

from endpoints import moving, services, standing_figures, verification_services

SWEEP_SECONDS = 5.0
TURN_SECONDS = 0.3  # of the bounds: a save that comes in between waits no longer
PARTS = 2
VERIFYING = 3 * 3600  # seconds: a very large trial; the run's lease keeps a second worker away


@shared_task
def recompute(participant: int) -> None:
    """One participant, and then, once for many, the trial's figures."""
    if services.endpoints_recompute(participant):
        ask_for_trial()


@shared_task
def recompute_trial() -> None:
    """The headline of the trial; every other analysis set and evaluator behind it."""
    services.trial_recompute()
    if standing_figures.figures_are_behind():
        recompute_figures.hint()


@shared_task
def recompute_figures() -> None:
    """The figures of every analysis set and evaluator; of many messages the first does the work."""
    standing_figures.figures_refresh()


@shared_task
def recompute_moves(until: float = 0.0) -> None:
    """What open queries, incomplete dates and pending results could change: a query alone changes no data.

    A short turn; the message goes round again while there is more, so that saves get in between, and ends before the
    next sweep sends another.
    """
    if moving.moves_refresh(seconds=TURN_SECONDS) and time.time() < until:
        recompute_moves.apply_async((until,), expires=SWEEP_SECONDS)


@shared_task
def sweep() -> None:
    """Finds who is behind when a message was lost, when a day has begun, when the engine was renewed."""
    if services.stale().exists():
        until = time.time() + SWEEP_SECONDS - 0.5
        for part in range(PARTS):
            catch_up.apply_async((part, PARTS, until), expires=SWEEP_SECONDS)
    elif services.trial_is_behind():
        recompute_trial.hint()
    elif standing_figures.figures_are_behind():
        recompute_figures.hint()
    recompute_moves.apply_async((time.time() + SWEEP_SECONDS - 0.5,), expires=SWEEP_SECONDS)


@shared_task
def catch_up(part: int, parts: int, until: float) -> None:
    """A batch of those behind; the message goes round again while there are more, so that saves get in between.

    Ends before the next sweep begins another.
    """
    full = services.endpoints_catch_up(part, parts) == services.BATCH
    ask_for_trial()
    if full and time.time() < until:
        catch_up.apply_async((part, parts, until), expires=SWEEP_SECONDS)


def ask_for_trial() -> None:
    if services.trial_ask():
        recompute_trial.hint()


@shared_task(soft_time_limit=VERIFYING, time_limit=VERIFYING + 60)
def verification_run(run: int) -> None:
    """One verification of the trail. Repeated while it runs, it finds that somebody is at it."""
    verification_services.verification_execute(run)


@shared_task
def verification_sweep() -> None:
    """The night's verification, also when nobody was there at that hour; and a run whose message was lost."""
    if verification_services.verification_due():
        verification_services.verification_ask(by=None)
    elif waiting := verification_services.waiting_run():
        verification_run.hint(waiting.pk)
