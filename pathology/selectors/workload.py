"""Who can read, and how much each has to do."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from statistics import median

from django.db.models import Count, F, Q
from django.utils import timezone

from pathology.models import Reading, Slot
from pathology.selectors.cases import waiting
from trialsite.accounts.models import RoleHeld, User
from trialsite.accounts.roles import RIGHTS, Permission

LATELY = 90  # days: the time that a reading takes is that of the last ones
WEEK = 7
MOST = 2000  # of those, the newest


@dataclass(frozen=True, slots=True)
class ReaderLoad:
    """What one reader has to do, and did. `days`: the median from allocation to submission, of the last 90 days."""

    user: User
    reads: bool
    adjudicates: bool
    open: int = 0
    week: int = 0
    late: int = 0
    submitted: int = 0
    days: float | None = None


def workload(today: dt.date) -> list[ReaderLoad]:
    """Everybody who holds a role that reads, and who still has something open. Five queries, however many cases."""
    roles = _roles(today)
    rows = (
        waiting()
        .order_by()
        .values_list("reader")
        .annotate(
            open=Count("pk"),
            week=Count("pk", filter=Q(due_on__gte=today, due_on__lt=today + dt.timedelta(WEEK))),
            late=Count("pk", filter=Q(due_on__lt=today)),
        )
    )
    mine = {reader: (n, week, late) for reader, n, week, late in rows}
    done = dict(
        Reading.objects.filter(submitted_at__isnull=False).order_by().values_list("reader").annotate(n=Count("pk"))
    )  # fmt: skip
    took = _days()
    people = User.objects.filter(pk__in=roles.keys() | mine.keys(), is_active=True)
    return [
        _load(user, roles[user.pk], mine.get(user.pk, (0, 0, 0)), done.get(user.pk, 0), took.get(user.pk))
        for user in people.order_by("full_name", "username")
    ]


def _load(
    user: User, rights: set[Permission], counts: tuple[int, int, int], submitted: int, days: float | None
) -> ReaderLoad:
    n, week, late = counts
    reads, adjudicates = Permission.READ_CENTRALLY in rights, Permission.ADJUDICATE in rights
    return ReaderLoad(user, reads, adjudicates, n, week, late, submitted, days)


def _roles(today: dt.date) -> defaultdict[int, set[Permission]]:
    """Rights to read by person."""
    found: defaultdict[int, set[Permission]] = defaultdict(set)
    for user, role in RoleHeld.objects.on(today).values_list("user", "role"):
        rights = RIGHTS[role] & {Permission.READ_CENTRALLY, Permission.ADJUDICATE}
        if rights:
            found[user] |= rights
    return found


def _days() -> dict[int, float]:
    """The median number of days from allocation to submission, by reader; a bounded number of readings."""
    since = timezone.now() - dt.timedelta(LATELY)
    took: defaultdict[int, list[float]] = defaultdict(list)
    readings = Reading.objects.filter(
        submitted_at__gte=since, allocated_at__isnull=False, reader__isnull=False
    )
    times = readings.annotate(took=F("submitted_at") - F("allocated_at")).order_by("-submitted_at")
    for reader, span in times.values_list("reader", "took")[:MOST]:
        took[reader].append(span.total_seconds() / 86_400)
    return {reader: median(spans) for reader, spans in took.items()}


def able(load: list[ReaderLoad], slot: str) -> list[ReaderLoad]:
    """Who can be given a place of this kind."""
    return [one for one in load if (one.adjudicates if slot == Slot.ADJUDICATOR else one.reads)]
