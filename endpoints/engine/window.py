"""G-28, R-80: the time points that count for the responses of one criterion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from endpoints.engine import codes
from endpoints.engine.best_response import Assessment, BestResponses, best_response
from endpoints.engine.dates import Dated
from endpoints.engine.durations import first_on_or_after, first_progression
from endpoints.engine.records import Records
from endpoints.engine.results import TimePoint
from endpoints.engine.settings import Settings
from endpoints.engine.steps import Read, Step, Steps, gettext_noop

WINDOW = gettext_noop("{criteria}: time points after the first dose of {first} count, {count} in all.")
WINDOW_UNTIL = gettext_noop(
    "{criteria}: {count} time points after the first dose of {first} and until {why} on {date} count."
)


class Window(NamedTuple):
    """G-28: what counts for the responses of one criterion, and what closed it."""

    criteria: str
    first_dose: Dated
    counted: tuple[Assessment, ...]
    in_time: tuple[Assessment, ...]
    limit: date
    closed: Dated | None
    closed_reads: tuple[Read, ...]
    overall: BestResponses
    timely: BestResponses
    steps: Steps

    @property
    def response(self) -> Dated | None:
        """The first CR or PR of the whole window (the start of the duration of response)."""
        one = next((one for one in self.counted if one.response in codes.RESPONDING), None)
        return one and Dated(one.date, one.response, one.read)


def closing(
    records: Records, progression: tuple[Dated, tuple[Read, ...]] | None, start: date
) -> tuple[Dated | None, tuple[Read, ...]]:
    """G-25: the first of progression, death, resection, new anticancer therapy and end of study."""
    first: tuple[Dated | None, tuple[Read, ...]] = progression or (None, ())
    therapy = first_on_or_after(records.therapies, start)
    for one in (records.death, records.resection, therapy, records.end_of_study):
        if one is not None and (first[0] is None or one.date < first[0].date):
            first = one, (one.read,)
    return first


def window_of(
    criteria: str, points: Sequence[TimePoint], records: Records, first_dose: Dated, settings: Settings
) -> Window:
    """G-28: after the first dose, until the first PD, before new therapy and resection."""
    start = first_dose.date
    progression = first_progression(points, start)
    therapy = first_on_or_after(records.therapies, start)
    ends = [one.date for one in (therapy, records.resection) if one]
    before = min(ends, default=date.max)
    until = progression[0].date if progression else date.max
    counted = tuple(
        [
            Assessment(point.date, point.overall, point.name or point.path, point.date_read, point.reads)
            for point in points
            if start < point.date <= until and point.date < before
        ]
    )
    limit = start + timedelta(days=settings.response_window_days)
    in_time = tuple([one for one in counted if one.date <= limit])
    overall = best_response(start, counted, settings)
    timely = overall if len(in_time) == len(counted) else best_response(start, in_time, settings)
    closed, reads = closing(records, progression, start)
    params = {"criteria": criteria, "first": start, "count": len(counted)}
    read = (first_dose.read, *(one.read for one in counted))
    if closed is None:
        step = Step("G-28", WINDOW, params, read)
    else:
        params |= {"why": closed.name, "date": closed.date}
        step = Step("G-28", WINDOW_UNTIL, params, (*read, *reads))
    return Window(criteria, first_dose, counted, in_time, limit, closed, reads, overall, timely, (step,))
