"""The participant × visit matrix: one query for the cells, grouped by visit in the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from django.db.models import Case, Count, IntegerField, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from crf.schedule import REPEATING, VISITS, visit_label
from crf.selectors import work
from participants.models import Visit, VisitStatus


class VisitFacts(NamedTuple):
    """A visit and what its forms say, as whole numbers. Queries, verification and signatures join here."""

    participant: int
    code: str
    repeat: int
    status: str
    opens: int  # the window has begun
    total: int
    done: int
    overdue: int
    progress: int
    findings: int
    frozen: int
    locked: int

    @property
    def label(self) -> str:
        return visit_label(self.code, self.repeat)

    @property
    def started(self) -> bool:
        return bool(self.done or self.progress)

    @property
    def state(self) -> str:
        """The glyph: what has happened, before what should happen."""
        if self.status == VisitStatus.CLOSED and not self.started:
            return "na"
        if self.total and self.locked == self.total:
            return "lock"
        if self.total and self.done == self.total:
            return "comp"
        if self.started:
            return "prog"
        if self.status == VisitStatus.MISSED:
            return "missed"
        if self.overdue:
            return "due"
        return "none" if self.opens and self.total else "plan"

    @property
    def waits(self) -> bool:
        """Somebody at the site has work here."""
        return bool(self.overdue or self.progress or self.findings)


def visit_facts(participants: Collection[int], day: dt.date | None = None) -> list[VisitFacts]:
    """Every visit of these participants in schedule order: one query."""
    day = day or work.trial_day()
    visits = Visit.objects.filter(participant_id__in=participants).order_by("participant_id", "order")
    opens = Q(window_from__lte=day) | Q(code="SCR")
    found = visits.annotate(
        opens=Case(When(opens, then=1), default=0, output_field=IntegerField()),
        total=_count(work.counted("forms__")),
        done=_count(work.complete("forms__")),
        overdue=_count(work.overdue(day, "forms__", "")),
        progress=_count(work.progress("forms__")),
        findings=Coalesce(Sum("forms__finding_count", filter=work.counted("forms__")), Value(0)),
        frozen=_count(work.counted("forms__") & Q(forms__frozen=True)),
        locked=_count(work.counted("forms__") & Q(forms__locked=True)),
    )  # fmt: skip
    fields = ("participant_id", *VisitFacts._fields[1:])
    return [VisitFacts(*values) for values in found.values_list(*fields)]


def _count(condition: Q) -> Count:
    return Count("forms", filter=condition)


def rail(visits: list[VisitFacts], current: str = "", room: int = 16) -> list[VisitFacts]:
    """The visits around the current one that fit into the strip: those that hold forms and are expected."""
    shown = [v for v in visits if v.total or v.label == current]
    at = next((i for i, v in enumerate(shown) if v.label == current), None)
    if at is None:
        at = next((i for i, v in enumerate(shown) if v.state not in ("comp", "lock")), len(shown))
    first = max(0, min(at - room + 4, len(shown) - room))
    return shown[first : first + room]


COLUMNS = tuple(VISITS)
AGGREGATED = frozenset(REPEATING)
