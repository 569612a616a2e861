"""E-20, G-2, G-11: dates to a duration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from endpoints.engine.results import Duration
from endpoints.engine.steps import EngineError, Read, Step, gettext_noop

EVENT = gettext_noop("The earliest event on or before the cut-off is {name} on {date}.")
CENSORED = gettext_noop("No event; censored at the latest censoring date, {name} on {date}.")
NOTHING = gettext_noop("No usable end; censored at the start, 1 day.")
LASTS = gettext_noop("From {start} to {end} inclusive: {days} days.")
BEFORE_START = gettext_noop("The end {end} is before the start {start}.")


class Candidate(NamedTuple):
    """A date that may end the interval."""

    name: str | None
    date: date
    read: Read


def time_to_event(
    start: date, events: Sequence[Candidate], censorings: Sequence[Candidate], cutoff: date | None
) -> Duration:
    """E-20: the earliest event, else the latest censoring date; of two on one day the first in the list."""
    began = Read("start", start)
    usable = [one for one in events if cutoff is None or one.date <= cutoff]
    if usable:
        chosen, event, message = min(usable, key=lambda one: one.date), True, EVENT
    elif censorings:
        capped = [one._replace(date=min(one.date, cutoff)) if cutoff else one for one in censorings]
        chosen, event, message = max(capped, key=lambda one: one.date), False, CENSORED
    else:
        return Duration(start, start, False, None, (Step("E-20", NOTHING, {}, (began,)),))
    if chosen.date < start:
        raise EngineError(chosen.read.where, BEFORE_START, {"end": chosen.date, "start": start})
    picked = Step("E-20", message, {"name": chosen.name, "date": chosen.date}, (chosen.read,))
    params = {"start": start, "end": chosen.date, "days": (chosen.date - start).days + 1}
    return Duration(start, chosen.date, event, chosen.name, (picked, Step("G-2", LASTS, params, (began,))))
