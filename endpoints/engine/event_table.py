"""Section 5.1, G-20, G-33 to G-35: the tables of events and censorings. First match wins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from endpoints.engine import codes
from endpoints.engine.records import Dated
from endpoints.engine.results import Duration
from endpoints.engine.settings import Settings
from endpoints.engine.steps import Read, Step, gettext_noop

START = gettext_noop("Counted from {name}, {date}.")
ADEQUATE = gettext_noop("{count} adequate assessments count; the last is {name} on {date}.")
NO_ADEQUATE = gettext_noop("No adequate assessment counts.")
FIRST_EVENT = gettext_noop("The first event is {name} on {date}.")
NO_EVENT = gettext_noop("No progression, recurrence or death up to {until}.")
THERAPY = gettext_noop("The first new anticancer therapy is on {date}.")
GAP = gettext_noop(
    "Last adequate assessment before it: {name} on {last}; an event after {limit} comes after two or more"
    " missed assessments."
)
RESULT_EVENT = gettext_noop("Event ({name}) on {end}: {days} days, {months} months.")
RESULT_CENSORED = gettext_noop("Censored ({name}) on {end}: {days} days, {months} months.")


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


Ending = Callable[[Situation], Dated | None]


class Row(NamedTuple):
    """One row: when it holds, what ends the interval, whether that is an event, and its name."""

    rule: str
    holds: Callable[[Situation], bool]
    end: Ending
    event: bool
    name: str | None
    message: str


def _at_start(situation: Situation) -> Dated | None:
    return situation.start


def _at_event(situation: Situation) -> Dated | None:
    return situation.event


def _before_therapy(situation: Situation) -> Dated | None:
    return last_until(situation.adequate, situation.therapy.date) if situation.therapy else None


def _before_gap(situation: Situation) -> Dated | None:
    return situation.last


def _last_adequate(situation: Situation) -> Dated | None:
    return situation.adequate[-1] if situation.adequate else None


def _is_event(name: str) -> Callable[[Situation], bool]:
    return lambda situation: situation.event is not None and situation.event.name == name


def _dies_unassessed(situation: Situation) -> bool:
    return not situation.adequate and situation.event is not None


ROW_1 = Row(
    "T-1",
    lambda situation: not situation.baseline,
    _at_start,
    False,
    codes.NO_BASELINE,
    gettext_noop("Row 1: no baseline tumour assessment; censored at the start."),
)
ROW_2 = Row(
    "T-1",
    lambda situation: not situation.adequate and (situation.event is None or situation.too_late),
    _at_start,
    False,
    codes.NO_POST_BASELINE,
    gettext_noop(
        "Row 2: no adequate assessment after baseline and no death within the gap limit;"
        " censored at the start."
    ),
)
ROW_2_POLICY = Row(
    "T-1b",
    lambda situation: not situation.adequate and situation.event is None,
    _at_start,
    False,
    codes.NO_POST_BASELINE,
    gettext_noop("Row 2: no adequate assessment after baseline and no death; censored at the start."),
)
ROW_3 = Row(
    "T-1",
    _dies_unassessed,
    _at_event,
    True,
    codes.DEATH,
    gettext_noop("Row 3: no adequate assessment after baseline; the death is the event."),
)
ROW_4 = Row(
    "T-1",
    lambda situation: situation.therapy_first,
    _before_therapy,
    False,
    codes.NEW_THERAPY,
    gettext_noop(
        "Row 4: new anticancer therapy before any event; censored at the last adequate assessment until then."
    ),
)
ROW_5 = Row(
    "T-1",
    lambda situation: situation.too_late,
    _before_gap,
    False,
    codes.MISSED,
    gettext_noop(
        "Row 5: the event comes after two or more missed assessments; censored at the last one before."
    ),
)
ROW_6 = Row(
    "T-1",
    _is_event(codes.PROGRESSION),
    _at_event,
    True,
    codes.PROGRESSION,
    gettext_noop("Row 6: documented progression is the event."),
)
ROW_7 = Row(
    "T-1",
    _is_event(codes.RECURRENCE),
    _at_event,
    True,
    codes.RECURRENCE,
    gettext_noop("Row 7: recurrence after the resection is the event."),
)
ROW_8 = Row(
    "T-1",
    _is_event(codes.DEATH),
    _at_event,
    True,
    codes.DEATH,
    gettext_noop("Row 8: death is the event."),
)
ROW_9 = Row(
    "T-1",
    lambda situation: True,
    _last_adequate,
    False,
    codes.LAST_ADEQUATE,
    gettext_noop("Row 9: no event; censored at the last adequate assessment."),
)
ROW_9_SURGERY = Row(
    "T-1c",
    lambda situation: True,
    lambda situation: situation.resection,
    False,
    codes.SURGERY,
    gettext_noop("Row 9: no event up to the resection; censored at the resection."),
)
NO_POSTOPERATIVE = Row(
    "T-2",
    lambda situation: not situation.adequate and situation.event is None,
    _at_start,
    False,
    codes.NO_POST_BASELINE,
    gettext_noop("Neither event nor assessment after the resection; censored at the resection."),
)

PFS_TABLE = (ROW_1, ROW_2, ROW_3, ROW_4, ROW_5, ROW_6, ROW_7, ROW_8, ROW_9)
TREATMENT_POLICY_TABLE = (ROW_1, ROW_2_POLICY, ROW_3, ROW_6, ROW_7, ROW_8, ROW_9)
AT_SURGERY_TABLE = (ROW_1, ROW_2, ROW_3, ROW_4, ROW_5, ROW_6, ROW_8, ROW_9_SURGERY)
DFS_TABLE = (NO_POSTOPERATIVE, ROW_4, ROW_5, ROW_7, ROW_8, ROW_9)
DOR_TABLE = (ROW_4, ROW_5, ROW_6, ROW_7, ROW_8, ROW_9)


def decide(table: tuple[Row, ...], situation: Situation, before: tuple[Step, ...]) -> Duration:
    """The first row that holds, with the steps that lead to it."""
    for row in table:
        if row.holds(situation):
            break
    end = row.end(situation) or situation.start
    reads = situation.event_reads if row.event else (end.read,)
    steps = (*before, *_explain(situation), Step(row.rule, row.message, {}, reads))
    return finish(situation.start, end, row.event, row.name, steps, situation.settings)


def finish(
    start: Dated, end: Dated, event: bool, name: str | None, steps: tuple[Step, ...], settings: Settings
) -> Duration:
    """G-2: the duration, with the step that says it."""
    days = (end.date - start.date).days + 1
    months = days / float(settings.days_per_month)
    params = {"name": name, "end": end.date, "days": days, "months": months}
    last = Step("G-2", RESULT_EVENT if event else RESULT_CENSORED, params, (start.read, end.read))
    return Duration(start.date, end.date, event, name, (*steps, last))


def _explain(situation: Situation) -> list[Step]:
    """What was used: start, assessments, event, therapy, gap."""
    start, event, therapy = situation.start, situation.event, situation.therapy
    steps = [Step("G-33", START, {"name": start.name, "date": start.date}, (start.read,))]
    if situation.adequate:
        last = situation.adequate[-1]
        params = {"count": len(situation.adequate), "name": last.name, "date": last.date}
        steps.append(Step("G-21", ADEQUATE, params, tuple([one.read for one in situation.adequate])))
    else:
        steps.append(Step("G-21", NO_ADEQUATE, {}, (start.read,)))
    if event is None:
        until = situation.until
        steps.append(Step("G-33", NO_EVENT, {"until": until.date}, (until.read,)))
    else:
        if event.step:
            steps.append(event.step)
        steps.append(
            Step("G-33", FIRST_EVENT, {"name": event.name, "date": event.date}, situation.event_reads)
        )
    if therapy is not None:
        if therapy.step:
            steps.append(therapy.step)
        steps.append(Step("G-33", THERAPY, {"date": therapy.date}, (therapy.read,)))
    if event is not None:
        before = situation.last or start
        params = {"name": before.name, "last": before.date, "limit": situation.limit}
        steps.append(Step("G-20", GAP, params, (before.read,)))
    return steps
