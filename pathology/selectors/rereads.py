"""Planned re-reads: what can be read again, what is planned, and drawing by lot. For who allocates."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from pathology.models import CaseState, PathologyCase, Reading, Slot
from trialsite.accounts.models import User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission

FIRST_TIME = (Slot.FIRST, Slot.SECOND)


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """One re-read: the code under which it is read, that of the case, and how far it is."""

    code: str
    first_code: str
    participant: str
    reader: str
    planned_at: dt.datetime | None
    due_on: dt.date | None
    submitted_at: dt.datetime | None
    state: str  # waiting, reading, submitted, closed, late


def candidates(reader: int | None = None, before: dt.date | None = None, code: str = "") -> QuerySet[Reading]:
    """Readings of released cases by people still in use who have no open re-read of the case; the oldest first."""
    open_again = PathologyCase.objects.filter(
        reread_of=OuterRef("case_id"),
        closed_at__isnull=True,
        readings__reader=OuterRef("reader_id"),
        readings__submitted_at__isnull=True,
    )
    read_again = PathologyCase.objects.filter(
        reread_of=OuterRef("case_id"),
        readings__reader=OuterRef("reader_id"),
        readings__submitted_at__isnull=False,
    )
    found = (
        Reading.objects.filter(
            case__state=CaseState.RELEASED, case__reread_of__isnull=True, slot__in=FIRST_TIME,
            submitted_at__isnull=False, reader__is_active=True,
        )
        .exclude(Exists(open_again))
        .annotate(read_again=Exists(read_again))
        .select_related("case__participant", "reader")
        .order_by("submitted_at", "pk")
    )  # fmt: skip
    if reader:
        found = found.filter(reader=reader)
    if before:
        found = found.filter(submitted_at__date__lte=before)
    return found.filter(case__code__iexact=code) if code else found


def drawn_by_lot(readers: Collection[int], each: int, days: int) -> list[Reading]:
    """For each reader up to `each` readings that are at least `days` old, by lot; first those never read again."""
    before = timezone.localdate() - dt.timedelta(days)
    lot = secrets.SystemRandom()
    chosen: list[int] = []
    for reader in readers:
        found: Any = candidates(reader, before)
        rows = list(found.values_list("pk", "read_again"))
        fresh = [pk for pk, again in rows if not again]
        known = [pk for pk, again in rows if again]
        lot.shuffle(fresh)
        lot.shuffle(known)
        chosen += (fresh + known)[:each]
    lot.shuffle(chosen)  # the order in which they are planned says nothing either
    drawn = {row.pk: row for row in candidates().filter(pk__in=chosen)}
    return [drawn[pk] for pk in chosen]


def readers_to_draw() -> list[User]:
    """Who has read released cases and can read again."""
    pks = candidates().order_by().values_list("reader_id", flat=True).distinct()
    people = User.objects.filter(pk__in=pks)
    return sorted((one for one in people if grants_of(one).may(Permission.READ_CENTRALLY)), key=str)


def planned() -> list[PlannedLine]:
    """Every planned re-read: open ones first by due day, then the newest."""
    rows = (
        Reading.objects.filter(case__reread_of__isnull=False)
        .select_related("case__reread_of", "case__participant", "reader")
        .order_by("-allocated_at", "-pk")
    )
    today = timezone.localdate()
    lines = [
        PlannedLine(
            row.case.code, row.case.reread_of.code if row.case.reread_of else "", row.case.participant.number,
            str(row.reader or ""), row.allocated_at, row.due_on, row.submitted_at, _state(row, today),
        )
        for row in rows
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (line.state in ("submitted", "closed"), line.due_on or today))


def _state(row: Reading, today: dt.date) -> str:
    if row.submitted_at:
        return "submitted"
    if row.case.closed_at:
        return "closed"
    if row.due_on and row.due_on < today:
        return "late"
    return "reading" if row.taken_at else "waiting"
