"""The database lock: a checklist that is computed, a lock of the whole study, and a sealed snapshot of everything.

Who locks has proven it just before (`trialsite.accounts.proving`). The snapshot is a certified copy of the whole trial,
built in the worker; its digest stands with the lock and in the trail. Unlocking the study takes two persons and ends the
lock; the next one gets the next number.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.checklist import checklist
from crf.models import CopyJob, DatabaseLock, HoldKind
from crf.policies_review import may_hold
from crf.reasons import reason_given
from crf.services.copies import copy_request
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import refused
from trialsite.web.jobs import JobState

from .holding import LONGEST, _put
from .refusals import noted


def standing_lock() -> DatabaseLock | None:
    """The database lock that stands now."""
    locks = DatabaseLock.objects.select_related("hold__by", "hold__lifted_by")
    return locks.filter(hold__lifted_at__isnull=True).first()


def database_lock(*, by: User, reason: str, components: tuple[str, ...]) -> DatabaseLock:
    """Lock the study as the next database lock, when nothing on the checklist is left.

    `components`: what the person proved to be who they are with. Raises `Refused`, naming what is left.
    """
    with noted(by=by, act="lock", address="study"), transaction.atomic():
        may_hold(by).require()
        kept = reason_given(reason, _("Say why the database is locked now."), LONGEST)
        if (standing := standing_lock()) is not None:
            refused(
                _("The database is locked already, as number %(n)s.") % {"n": standing.number}, "twice"
            ).require()
        items = checklist()
        left = [f"{item.title} ({item.left})" for item in items if not item.done]
        if left:
            refused(_("Not yet: %(items)s") % {"items": "; ".join(left)}, "unready").require()
        hold = _put(by, HoldKind.LOCK, None, kept, None)
        number = (DatabaseLock.objects.aggregate(last=Max("number"))["last"] or 0) + 1
        lock = DatabaseLock.objects.create(
            hold=hold, number=number, checklist=[item.kept() for item in items]
        )
        said = f"{kept} ({', '.join(components)})"
        entry = Entry(Action.DATABASE_LOCKED, lock.address, "@number", "", str(number), said)
        trail.append_all(trail.study_chain(), [entry], by=by)
        copy = copy_request(by=by, site=None, language="en", purpose=f"database lock {number}")
        DatabaseLock.objects.filter(pk=lock.pk).update(snapshot=copy.address)
        return lock


def copy_of(lock: DatabaseLock) -> CopyJob | None:
    """The certified copy that is, or will be, the snapshot of a lock."""
    kind, _sep, pk = lock.snapshot.partition(":")
    return CopyJob.objects.defer("inputs").filter(pk=pk).first() if kind == CopyJob.ADDRESS and pk else None


def database_seals(*, jobs: Iterable[CopyJob] | None = None) -> int:
    """Locks whose snapshot is ready are sealed with its digest; by the system. None given: whichever wait for it."""
    done = 0
    waiting = DatabaseLock.objects.filter(sealed_at__isnull=True).exclude(snapshot="")
    if jobs is not None:
        waiting = waiting.filter(snapshot__in=[job.address for job in jobs])
    for lock in waiting:
        job = copy_of(lock)
        if job is not None and job.state == JobState.READY:
            database_seal(by=None, lock=lock, digest=job.sha256, size=job.bytes)
            done += 1
    return done


@transaction.atomic
def database_seal(*, by: User | None, lock: DatabaseLock, digest: str, size: int) -> None:
    """The snapshot is there: its digest and size, for good. Twice is harmless."""
    changed = DatabaseLock.objects.filter(pk=lock.pk, sealed_at__isnull=True).update(
        digest=digest, size=size, sealed_at=timezone.now()
    )
    if changed:
        said = f"{lock.snapshot}, {size} bytes"
        entry = Entry(Action.DATABASE_LOCKED, lock.address, "@snapshot", "", digest, said)
        trail.append_all(trail.study_chain(), [entry], by=by)
