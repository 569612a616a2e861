"""The operations of the command line: one case in, one result out."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Any

from endpoints.engine import codes
from endpoints.engine.best_response import Assessment, best_response, check_dates
from endpoints.engine.course import Course, derive
from endpoints.engine.course_input import COURSE_KEYS
from endpoints.engine.design_case import CASE_KEYS as DESIGN_KEYS
from endpoints.engine.design_case import run_design
from endpoints.engine.overall import overall_response
from endpoints.engine.parsing import (
    Json,
    as_object,
    as_partial_day,
    code,
    day,
    need,
    needed_code,
    needed_day,
    rows,
    text,
)
from endpoints.engine.proportions import proportion
from endpoints.engine.settings import CONF_TYPES, Settings
from endpoints.engine.steps import EngineError, Read, as_error, gettext_noop, plain, steps_json
from endpoints.engine.survival import survival
from endpoints.engine.time_to_event import Candidate, time_to_event
from endpoints.engine.timepoint import series_from_json
from endpoints.engine.trial_case import TRIAL_KEYS, run_trial

NOT_A_TIME = gettext_noop("{value} is not a time of at least 0.")
NOT_A_FLAG = gettext_noop("{value} is neither 0 nor 1.")
LENGTHS = gettext_noop("time has {times} values, event has {events}.")
NOT_A_COUNT = gettext_noop("{value} is not a whole number of at least 0.")
TOO_MANY = gettext_noop("x ({x}) is greater than n ({n}).")
NOT_A_SHARE = gettext_noop("{value} does not lie between 0 and 1.")

Result = dict[str, Any]


def run_timepoints(case: Json, settings: Settings) -> Result:
    """Lesions to responses (one evaluator, one criterion)."""
    return series_from_json(case, settings).to_json()


def run_overall_response(case: Json, settings: Settings) -> Result:
    """One row of the response table."""
    needed_code(case, "criteria", "", codes.CRITERIA)
    target = code(case, "target", "", codes.TARGET_RESPONSES)
    nontarget = code(case, "nontarget", "", codes.NONTARGET_RESPONSES)
    new = needed_code(case, "new", "", codes.NEW_ANSWERS)
    reads = (Read("target", target), Read("nontarget", nontarget), Read("new", new))
    overall, step = overall_response(target, nontarget, new, reads)
    return {"overall": overall, "steps": [step.to_json()]}


ASSESSMENT_KEYS = frozenset({"date", "response"})
ENDING_KEYS = frozenset({"name", "date"})


def run_best_response(case: Json, settings: Settings) -> Result:
    """Overall responses to best overall response."""
    reference, until = day(case, "reference_date", ""), day(case, "pd_date", "")
    made = []
    for i, row in enumerate(rows(case, "assessments")):
        where = f"assessments[{i}]"
        data = as_object(row, ASSESSMENT_KEYS, where)
        when = needed_day(data, "date", where)
        response = needed_code(data, "response", where, codes.OVERALL)
        read = Read(f"{where}.date", when)
        made.append(Assessment(when, response, where, read, (read, Read(f"{where}.response", response))))
    check_dates(made)
    made.sort(key=lambda one: one.date)
    found = best_response(reference, [one for one in made if until is None or one.date <= until], settings)
    return {
        "best": _value(found.best.value, found.best.date),
        "confirmed_best": _value(found.confirmed_best.value, found.confirmed_best.date),
        "response": _answer(found.response),
        "confirmed_response": _answer(found.confirmed_response),
        "steps": steps_json(found.steps),
    }


def _value(value: str | None, when: date | None) -> Result:
    return {"value": value, "date": plain(when)}


def _answer(when: date | None) -> Result:
    return _value(codes.N if when is None else codes.Y, when)


def run_time_to_event(case: Json, settings: Settings) -> Result:
    """Dates to a duration."""
    start, cutoff = needed_day(case, "start", ""), day(case, "data_cutoff", "")
    made = time_to_event(start, _endings(case, "events"), _endings(case, "censorings"), cutoff)
    return made.to_json()


def _endings(case: Json, key: str) -> list[Candidate]:
    found = []
    for i, row in enumerate(rows(case, key)):
        where = f"{key}[{i}]"
        data = as_object(row, ENDING_KEYS, where)
        name, when = text(data, "name", where), day(data, "date", where)
        if when is not None:
            found.append(Candidate(name, when, Read(f"{where}.date", when)))
    return found


def run_partial_date(case: Json, settings: Settings) -> Result:
    """Imputation with limits."""
    how = needed_code(case, "impute", "", ("first", "mid", "last"))
    highest = needed_code(case, "highest", "", ("none", "D", "M"))
    limits = day(case, "not_before", ""), day(case, "not_after", "")
    value = as_partial_day(need(case, "value", ""), "value")
    imputed = value.impute(how, highest, *limits)  # type: ignore[arg-type]
    return {"date": plain(imputed and imputed.date), "flag": imputed and imputed.flag}


def run_survival(case: Json, settings: Settings) -> Result:
    """Kaplan-Meier."""
    times = [_time(value, f"time[{i}]") for i, value in enumerate(rows(case, "time"))]
    events = [_flag(value, f"event[{i}]") for i, value in enumerate(rows(case, "event"))]
    if len(times) != len(events):
        raise EngineError("event", LENGTHS, {"times": len(times), "events": len(events)})
    landmarks = [_time(value, f"landmarks[{i}]") for i, value in enumerate(rows(case, "landmarks"))]
    conf_type = code(case, "conf_type", "", CONF_TYPES) or settings.conf_type
    return survival(times, events, landmarks, _level(case, settings), conf_type).to_json()


def _time(value: Any, where: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise EngineError(where, NOT_A_TIME, {"value": str(value)})
    return value


def _flag(value: Any, where: str) -> bool:
    if value not in (0, 1) or isinstance(value, float):
        raise EngineError(where, NOT_A_FLAG, {"value": str(value)})
    return bool(value)


def _level(case: Json, settings: Settings) -> float:
    level = _share(case, "conf_level")
    if level in (0, 1):
        raise EngineError("conf_level", NOT_A_SHARE, {"value": str(level)})
    return settings.conf_level if level is None else level


def _share(case: Json, key: str) -> float | None:
    value = case.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise EngineError(key, NOT_A_SHARE, {"value": str(value)})
    return float(value)


def run_proportion(case: Json, settings: Settings) -> Result:
    """Exact and score intervals, exact test."""
    x, n = _count(case, "x"), _count(case, "n")
    if x > n:
        raise EngineError("x", TOO_MANY, {"x": x, "n": n})
    return proportion(x, n, _level(case, settings), _share(case, "p0")).to_json()


def _count(case: Json, key: str) -> int:
    value = need(case, key, "")
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise EngineError(key, NOT_A_COUNT, {"value": str(value)})
    return value


def run_course(case: Json, settings: Settings) -> Result:
    """One participant's whole course to all endpoints."""
    return derive(Course.from_json(dict(case)), settings).to_json()


Run = Callable[[Json, Settings], Result]

OPERATIONS: dict[str, tuple[Run, frozenset[str]]] = {
    "timepoints": (run_timepoints, frozenset({"criteria", "baseline", "timepoints"})),
    "overall-response": (run_overall_response, frozenset({"criteria", "target", "nontarget", "new"})),
    "best-response": (run_best_response, frozenset({"reference_date", "assessments", "pd_date"})),
    "time-to-event": (run_time_to_event, frozenset({"start", "events", "censorings", "data_cutoff"})),
    "partial-date": (run_partial_date, frozenset({"value", "impute", "highest", "not_before", "not_after"})),
    "survival": (run_survival, frozenset({"time", "event", "landmarks", "conf_level", "conf_type"})),
    "proportion": (run_proportion, frozenset({"x", "n", "conf_level", "p0"})),
    "design": (run_design, DESIGN_KEYS),
    "course": (run_course, COURSE_KEYS),
    "trial": (run_trial, TRIAL_KEYS),
}
CASE_KEYS = frozenset({"id", "settings"})


def run_case(operation: str, case: Any) -> Result:
    """One case: its result, or what is wrong with it (G-27)."""
    run, allowed = OPERATIONS[operation]
    name = case.get("id") if isinstance(case, dict) else None
    try:
        data = as_object(case, allowed | CASE_KEYS, "")
        need(data, "id", "")
        return {"id": name} | run(data, Settings.from_json(data.get("settings"))) | {"id": name}
    except Exception as failure:  # whatever is wrong with one case: the others are still computed
        return {"id": name, "error": as_error(failure).to_json()}
