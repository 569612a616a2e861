"""How many moments may be asked for and kept: every new one is the work of a whole trial, and rows of everybody in it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints.models_cuts import Moment, MomentPerson, MomentState, StoredFigures
from endpoints.versions import basis
from trialsite.accounts.models import User
from trialsite.kernel.decisions import ALLOWED, Decision, refused

LINE = 20  # moments under way, of everybody
OWN_LINE = 5  # of one person
PER_HOUR = 30  # new ones of one person
STORED = 20  # moments kept; of more, those that nobody has looked at for an hour go, the oldest first
HOUR = dt.timedelta(hours=1)
AT_ONCE = 20  # thrown away in one transaction
NOW = dt.timedelta(seconds=5)  # a moment asked for so soon after it meant "up to now"
UNDER_WAY = Q(state__in=(MomentState.QUEUED, MomentState.RUNNING))


def may_ask(by: User) -> Decision:
    """Whether a person may have one more moment computed: nobody takes all workers and fills the disk."""
    waiting = Moment.objects.filter(UNDER_WAY)
    if waiting.filter(requested_by=by).count() >= OWN_LINE or waiting.count() >= LINE:
        return refused(
            _("Other moments are being computed already. Wait until one of them is ready, then ask again."),
            "line",
        )
    if Moment.objects.filter(requested_by=by, requested_at__gt=timezone.now() - HOUR).count() >= PER_HOUR:
        said = _(
            "You asked for %(n)s different moments within an hour. Look at one of them, or ask again later."
        )
        return refused(said % {"n": PER_HOUR}, "hour")
    return ALLOWED


def now_already() -> Moment | None:
    """The moment of somebody who asked for "up to now" too: under way, or computed within the last minute. A page that
    waits asks again and again; each time it is to find what it waits for."""
    now = timezone.now()
    meant_now = Moment.objects.filter(
        cutoff=None,
        final=False,
        basis=basis(),
        at__gt=now - HOUR,
        at__lte=now,
        requested_at__lt=F("at") + NOW,
    )
    ready = Q(state=MomentState.READY, finished_at__gt=now - dt.timedelta(minutes=1))
    return meant_now.filter(UNDER_WAY | ready).order_by("-at").first()


def make_room() -> int:
    """Of more moments than are kept the ones longest unused go."""
    idle = Moment.objects.filter(used_at__lt=timezone.now() - HOUR)
    over = Moment.objects.count() - STORED
    return throw_away(idle, over) if over > 0 else 0


@transaction.atomic
def throw_away(moments: QuerySet[Moment], most: int = AT_ONCE) -> int:
    """Those of some that no worker has, the longest unused first: a moment with its rows and figures, or nothing of it.
    One that somebody is confirming is locked and stays."""
    free = moments.exclude(state=MomentState.RUNNING).select_for_update(skip_locked=True)
    pks = [moment.pk for moment in free.only("pk").order_by("used_at")[: min(most, AT_ONCE)]]
    MomentPerson.objects.filter(moment__in=pks).delete()
    StoredFigures.objects.filter(source__in=[f"moment:{pk}" for pk in pks]).delete()
    Moment.objects.filter(pk__in=pks).delete()
    return len(pks)
