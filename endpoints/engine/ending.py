"""The end of a time to event, and the steps that lead to it."""

from __future__ import annotations

from endpoints.engine.dates import Dated
from endpoints.engine.event_table import Row
from endpoints.engine.results import Duration
from endpoints.engine.settings import Settings
from endpoints.engine.situation import Situation
from endpoints.engine.steps import Step, gettext_noop

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
