"""G-20, G-33: what the rows of the event tables look at."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from endpoints.engine import codes
from endpoints.engine.dates import Dated
from endpoints.engine.settings import Settings
from endpoints.engine.steps import Read


class Situation(NamedTuple):
    """What the rows look at. `last` is L of G-33, `limit` the gap limit of G-20; none without an event."""

    start: Dated
    baseline: bool
    adequate: tuple[Dated, ...]
    event: Dated | None
    event_reads: tuple[Read, ...]
    therapy: Dated | None
    resection: Dated | None
    until: Dated
    settings: Settings
    last: Dated | None
    limit: date | None

    @property
    def too_late(self) -> bool:
        """The event is after the gap limit."""
        return self.event is not None and self.limit is not None and self.event.date > self.limit

    @property
    def therapy_first(self) -> bool:
        """G-33: a therapy before the event; on the same day the event wins (E-21)."""
        return self.therapy is not None and (self.event is None or self.therapy.date < self.event.date)


def situation_of(
    start: Dated,
    adequate: tuple[Dated, ...],
    event: tuple[Dated | None, tuple[Read, ...]],
    therapy: Dated | None,
    resection: Dated | None,
    until: Dated,
    settings: Settings,
    baseline: bool = True,
) -> Situation:
    """The situation with L (a death: on or before it, else strictly before) and the gap limit."""
    happened, reads = event
    last = limit = None
    if happened is not None:
        last = last_until(adequate, happened.date, on_the_day=happened.name == codes.DEATH)
        limit = gap_limit((last or start).date, happened.date, resection, settings)
    return Situation(
        start, baseline, adequate, happened, reads, therapy, resection, until, settings, last, limit
    )


def last_until(adequate: tuple[Dated, ...], day: date, on_the_day: bool = True) -> Dated | None:
    """The last adequate assessment before a day, or on it."""
    for one in adequate[::-1]:
        if one.date < day or (on_the_day and one.date == day):
            return one
    return None


def gap_limit(last: date, event: date, resection: Dated | None, settings: Settings) -> date:
    """G-20: an event after this day comes after two or more missed assessments."""
    if resection is None or event <= resection.date:
        return last + timedelta(days=settings.gap_days_unresected)
    return max(last, resection.date) + timedelta(days=settings.gap_days_resected)
