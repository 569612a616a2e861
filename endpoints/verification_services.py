"""Asking for a verification and running it: by the night or by a data manager, one at a time."""

from __future__ import annotations

import datetime as dt
import time

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints.verification import Outcome, verify
from trialsite.accounts.models import Site, User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent, TrailVerification
from trialsite.audit.seals import seal
from trialsite.audit.selectors import abandoned, running_verification
from trialsite.kernel.decisions import ALLOWED, Decision, refused

log = structlog.get_logger(__name__)

NIGHT = 2  # o'clock, at the sites
KEPT = 100  # problems that a run keeps in words
SUBJECT = "trail/@verified"


def may_verify(by: User) -> Decision:
    """Who keeps the data asks for it; everybody else waits for the night."""
    if not grants_of(by).may(Permission.LOCK):
        return refused(_("Only data managers ask for a verification; it also runs every night."), "role")
    return ALLOWED


@transaction.atomic
def verification_ask(*, by: User | None) -> TrailVerification:
    """A new run, or the one that is under way. Nobody: the night."""
    if by is not None:
        may_verify(by).require()
    chain = trail.study_chain()  # the lock: two people at once ask for one run
    if running := running_verification():
        return running
    run = TrailVerification.objects.create(asked_by=by)
    trail.append(chain, by=by, action=Action.TRAIL_VERIFY_ASKED, subject=run.address)
    _send(run)
    return run


def _send(run: TrailVerification) -> None:
    from endpoints.tasks import verification_run

    verification_run.delay_on_commit(run.pk)


def hurry(run: TrailVerification) -> None:
    """Whoever looks at a run that nobody took sends its message again."""
    if run.pending and run.started_at is None and timezone.now() - run.asked_at > dt.timedelta(seconds=4):
        from endpoints.tasks import verification_run

        verification_run.hint(run.pk)


def last_night(now: dt.datetime | None = None) -> dt.datetime:
    """The last 02:00 at the sites."""
    local = (now or timezone.now()).astimezone(Site().zone)
    night = local.replace(hour=NIGHT, minute=0, second=0, microsecond=0)
    return night if night <= local else night - dt.timedelta(days=1)


def verification_due(now: dt.datetime | None = None) -> bool:
    """Whether nobody asked since the last night, and there was something to verify then."""
    night = last_night(now)
    if not AuditEvent.objects.filter(at__lt=night).exists():
        return False
    return not TrailVerification.objects.filter(asked_at__gte=night).exists()


def waiting_run() -> TrailVerification | None:
    """A run whose message or worker was lost, no older than a day."""
    young = timezone.now() - dt.timedelta(days=1)
    found = TrailVerification.objects.filter(finished_at__isnull=True, asked_at__gt=young)
    return next((run for run in found if run.started_at is None or abandoned(run)), None)


def verification_execute(pk: int) -> Outcome | None:
    """One run, if nobody else is at it. What it finds is kept with it, told in the trail, and what is sound is sealed."""
    now = timezone.now()
    free = Q(started_at__isnull=True) | Q(lease__lt=now)
    claimed = TrailVerification.objects.filter(free, pk=pk, finished_at__isnull=True).update(
        started_at=now, lease=now + TrailVerification.LEASE, stage="guards", progress=0
    )
    if not claimed:
        return None
    try:
        outcome = verify(tell=_Progress(pk))
    except Exception as failure:
        log.exception("verification_failed", run=pk)
        _finish(pk, error=f"{type(failure).__name__}: {failure}"[:200], ok=False)
        raise
    _keep(pk, outcome)
    return outcome


@transaction.atomic
def _keep(pk: int, outcome: Outcome) -> None:
    chain = trail.study_chain()
    result = "OK" if outcome.ok else f"{len(outcome.problems)} problems"
    said = f"{result}; {outcome.events} events, {outcome.checked['chains']} chains"
    first = outcome.problems[0].where if outcome.problems else ""
    trail.append(chain, by=None, action=Action.TRAIL_VERIFIED, subject=SUBJECT, new=said, reason=first)
    seal(outcome.walk.sound)
    _finish(
        pk, ok=outcome.ok, events=outcome.events, seconds=outcome.seconds, checked=outcome.checked,
        problem_count=len(outcome.problems), problems=[list(one) for one in outcome.problems[:KEPT]],
    )  # fmt: skip
    if not outcome.ok:
        log.error("verification_found", problems=len(outcome.problems))


def _finish(pk: int, **values: object) -> None:
    TrailVerification.objects.filter(pk=pk).update(
        finished_at=timezone.now(), progress=100, stage="", lease=None, **values
    )


class _Progress:
    """Writes how far a run is, a few times a minute at most."""

    EVERY = 0.7

    def __init__(self, pk: int) -> None:
        self.pk, self.told = pk, 0.0

    def __call__(self, part: str, share: float) -> None:
        if time.monotonic() - self.told < self.EVERY:
            return
        self.told = time.monotonic()
        TrailVerification.objects.filter(pk=self.pk).update(
            stage=part, progress=int(99 * share), lease=timezone.now() + TrailVerification.LEASE
        )
