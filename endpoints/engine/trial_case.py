"""The operation `trial`: a whole trial's data to every figure, as a report carries them. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from endpoints.engine.counting import PARTS, Person
from endpoints.engine.course import Course, derive
from endpoints.engine.evaluators import others_of, whole_summary
from endpoints.engine.figures import POPULATIONS, all_figures
from endpoints.engine.parsing import Json, as_object, at, need, needed_day, rows
from endpoints.engine.profile_figures import Pair, profile_figures
from endpoints.engine.profile_input import profile_of
from endpoints.engine.safety import with_safety
from endpoints.engine.settings import Settings
from endpoints.engine.steps import EngineError, as_error, gettext_noop
from endpoints.engine.summary import Summary

TRIAL_KEYS = frozenset({"null_rates", "accrual_plan", "participants"})
PLAN_KEYS = frozenset({"start", "per_month", "target"})
WHOLE = "ALL"  # every part in its own analysis set
PARTICIPANT_KEYS = frozenset({"course", "profile"})

NOT_POSITIVE = gettext_noop("{key} must be a number greater than 0, not {value}.")
NOT_A_SHARE = gettext_noop("{value} does not lie between 0 and 1.")
NOT_WHOLE = gettext_noop("{value} is not a whole number greater than 0.")
TWICE = gettext_noop("Participant {id} is there twice.")
OTHER_SETTINGS = gettext_noop("The settings of a course must be those of the trial.")

Result = dict[str, Any]


class AccrualPlan(NamedTuple):
    """Participants expected from a day on: so many a month until the target."""

    start: date
    per_month: float
    target: int


class Kept(NamedTuple):
    """One participant: what the figures need."""

    id: str
    summary: Summary
    profile: Json


def run_trial(case: Json, settings: Settings) -> Result:
    """A whole trial to every figure of a report."""
    rates, plan = null_rates(case), accrual_plan(case)
    kept: list[Kept] = []
    seen: set[str] = set()
    errors: list[Result] = []
    refused: list[Json] = []
    for where, data in _participants(case):
        try:
            kept.append(_computed(data, settings, seen))
        except Exception as failure:
            error = as_error(failure)
            course = data.get("course")
            name = course.get("id") if isinstance(course, dict) else None
            refused.append(_readable(data.get("profile")))
            errors.append(
                {"id": name, "where": at(where, error.where) if error.where else where, "message": error.text}
            )
    figures: dict[str, Result] = {}
    people: list[Person] = [(one.summary, one.profile) for one in kept]
    for (population, evaluator), results in all_figures(people, settings, rates, len(errors)).items():
        figures.setdefault(population, {})[evaluator] = results
    pairs: list[Pair] = [(one.summary, one.profile) for one in kept]
    pairs += [({}, one) for one in refused]
    tables = {
        one: profile_figures(pairs, settings, plan, "" if one == WHOLE else one)
        for one in (WHOLE, *POPULATIONS)
    }
    return {
        "participants": len(kept) + len(errors),
        "errors": errors,
        "figures": figures,
        "tables": tables,
        "values": [{"id": one.id} | one.summary for one in kept],
    }


def null_rates(case: Json) -> dict[str, float]:
    """S-2: shares of 1 by name of a rate."""
    given = case.get("null_rates")
    found = as_object({} if given is None else given, frozenset(PARTS), "null_rates")
    for name, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise EngineError(at("null_rates", name), NOT_A_SHARE, {"value": str(value)})
    return dict(found)


def accrual_plan(case: Json) -> AccrualPlan | None:
    """The plan that enrolment is compared with."""
    given = case.get("accrual_plan")
    if given is None:
        return None
    data = as_object(given, PLAN_KEYS, "accrual_plan")
    for key in ("per_month", "target"):
        value = need(data, key, "accrual_plan")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise EngineError(at("accrual_plan", key), NOT_POSITIVE, {"key": key, "value": str(value)})
    if not isinstance(data["target"], int):
        raise EngineError("accrual_plan.target", NOT_WHOLE, {"value": str(data["target"])})
    return AccrualPlan(needed_day(data, "start", "accrual_plan"), data["per_month"], data["target"])


def _participants(case: Json) -> Iterator[tuple[str, Json]]:
    """Each participant with its place. Taken out of the input as it is read, so that memory holds it once."""
    found = rows(case, "participants")
    for i in range(len(found)):
        where = f"participants[{i}]"
        one, found[i] = as_object(found[i], PARTICIPANT_KEYS, where), None
        yield where, one


def _computed(data: Json, settings: Settings, seen: set[str]) -> Kept:
    """Exactly what the site computes of a participant."""
    course = _course(data, settings)
    if course.id in seen:
        raise EngineError("course.id", TWICE, {"id": course.id})
    seen.add(course.id)
    profile = profile_of(data.get("profile"))
    try:
        result = derive(course, settings)
        others = others_of(course, settings)
    except EngineError as error:
        raise _inside_course(error) from error
    if profile:
        result = with_safety(course, result, profile)
    return Kept(course.id, whole_summary(course, result, others, profile), profile)


def _readable(profile: Any) -> Json:
    """Safety counts those whose course is refused, where the profile can be read."""
    try:
        return profile_of(profile)
    except EngineError:
        return {}


def _course(data: Json, settings: Settings) -> Course:
    given = data.get("course")
    try:
        course = Course.from_json(given)
        carried = given.get("settings") if isinstance(given, dict) else None
        own = settings if carried is None else Settings.from_json(carried)
    except EngineError as error:
        raise _inside_course(error) from error
    if own != settings:
        raise EngineError("course.settings", OTHER_SETTINGS)
    return course


def _inside_course(error: EngineError) -> EngineError:
    return EngineError(at("course", error.where) if error.where else "course", error.message, error.params)
