"""E-3, E-4, R-80, G-25, G-28: best response, objective response and disease control of one criterion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from endpoints.engine import codes
from endpoints.engine.best_response import Assessment, confirmation
from endpoints.engine.codes import PENDING, N, Y
from endpoints.engine.records import Records
from endpoints.engine.results import Answer, BestOverall, Responder
from endpoints.engine.settings import Settings
from endpoints.engine.steps import Step, Steps, gettext_noop
from endpoints.engine.window import Window

IN_TIME = gettext_noop("Until day {days} after the first dose ({limit}) the best response is {value}.")
REACHED = gettext_noop("{endpoint} is reached: {value} on {date}.")
CLOSED = gettext_noop("Not reached, and it no longer can be: {why} on {date}.")
TIME_OVER = gettext_noop("Not reached, and the cut-off {cutoff} is after day {days}.")
OPEN = gettext_noop("Not reached yet; it still can be.")
NO_RESULT = gettext_noop("Final analysis: no result by the cut-off.")
CONFIRMED = gettext_noop("The response of {date} is confirmed.")
UNCONFIRMED = gettext_noop("No response inside the window is confirmed, and none can be any more.")
CONFIRMABLE = gettext_noop("No response inside the window is confirmed yet; one still can be.")

DISEASE_CONTROL = frozenset({codes.CR, codes.PR, codes.SD})


def best_overall(window: Window, fas: Steps) -> BestOverall:
    """R-80 to R-90: best overall response in the whole window; without a time point NE."""
    found = window.overall
    best, confirmed = found.best, found.confirmed_best
    value = codes.NE if best.value == codes.MISSING else best.value
    strict = codes.NE if confirmed.value == codes.MISSING else confirmed.value
    return BestOverall(value, best.date, strict, confirmed.date, (*fas, *window.steps, *found.steps))


def still_open(window: Window, records: Records, settings: Settings, final: bool) -> tuple[bool, Step]:
    """G-25: whether a rate endpoint can still be reached, with the reason."""
    cutoff = records.until.read
    if window.closed is not None:
        params = {"why": window.closed.name, "date": window.closed.date}
        return False, Step("G-25", CLOSED, params, window.closed_reads)
    if records.cutoff > window.limit:
        params = {"cutoff": records.cutoff, "days": settings.response_window_days}
        return False, Step("G-25", TIME_OVER, params, (cutoff, window.first_dose.read))
    if final:
        return False, Step("G-25", NO_RESULT, {}, (cutoff,))
    return True, Step("G-25", OPEN, {}, (cutoff, window.first_dose.read))


def _timely_step(window: Window, settings: Settings) -> Step:
    params = {"days": settings.response_window_days, "limit": window.limit, "value": window.timely.best.value}
    return Step(
        "G-28", IN_TIME, params, tuple([one.read for one in window.in_time]) or (window.first_dose.read,)
    )


def objective_response(
    window: Window, records: Records, settings: Settings, final: bool, fas: Steps
) -> Responder:
    """E-3: CR or PR inside the response window; beside it the confirmed one."""
    best = window.timely.best
    steps = (*fas, *window.steps, *window.timely.steps, _timely_step(window, settings))
    pending, why = still_open(window, records, settings, final)
    if best.value in codes.RESPONDING:
        value, why_value = Y, _reached("ORR", window)
    else:
        value, why_value = PENDING if pending else N, why
    confirmed, why_confirmed = _confirmed(window, records, settings, final, pending)
    return Responder(value, confirmed, (*steps, why_value, why_confirmed))


def _reached(endpoint: str, window: Window) -> Step:
    best = window.timely.best
    reads = tuple([one.read for one in window.in_time if one.date == best.date])
    return Step(
        "E-3" if endpoint == "ORR" else "E-4", REACHED, {"endpoint": endpoint} | best._asdict(), reads
    )


def _confirmed(
    window: Window, records: Records, settings: Settings, final: bool, pending: bool
) -> tuple[str, Step]:
    """R-83: a response dated inside the window and confirmed at any later time point of G-28."""
    counted = window.counted
    inside = [
        i for i, one in enumerate(counted) if one.response in codes.RESPONDING and one.date <= window.limit
    ]
    for i in inside:
        by = window.overall.confirmed_by[i]
        if by is not None:
            return Y, Step("R-83", CONFIRMED, {"date": counted[i].date}, (counted[i].read, by.read))
    reads = tuple([counted[i].read for i in inside]) or (records.until.read,)
    if pending or (window.closed is None and not final and _confirmable(inside, window, settings)):
        return PENDING, Step("R-83", CONFIRMABLE, {}, reads)
    return N, Step("R-83", UNCONFIRMED, {}, reads)


def _confirmable(inside: Sequence[int], window: Window, settings: Settings) -> bool:
    """G-25: a further CR, far enough away, would confirm one of the responses."""
    ahead = Assessment(date.max, codes.CR, "", window.first_dose.read, ())
    tried = (*window.counted, ahead)
    return any(confirmation(i, tried, settings) is not None for i in inside)


def disease_control(window: Window, records: Records, settings: Settings, final: bool, fas: Steps) -> Answer:
    """E-4: CR, PR or lasting SD inside the response window; NON-CR/NON-PD is not counted."""
    steps = (*fas, *window.steps, *window.timely.steps, _timely_step(window, settings))
    if window.timely.best.value in DISEASE_CONTROL:
        return Answer(Y, (*steps, _reached("DCR", window)))
    pending, why = still_open(window, records, settings, final)
    return Answer(PENDING if pending else N, (*steps, why))
