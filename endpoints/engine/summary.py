"""The little of a participant's result that the trial's figures and lists need. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from endpoints.engine import codes
from endpoints.engine.course import Course
from endpoints.engine.results import (
    Answer,
    BestOverall,
    CourseResult,
    Duration,
    Endpoint,
    Regression,
    Responder,
    TimePoint,
)
from endpoints.engine.steps import plain

Summary = dict[str, Any]
PROFILE_SETS = ("SAF", "PPS")


def summary_of(course: Course, result: CourseResult, profile: Mapping[str, Any] | None = None) -> Summary:
    """Analysis sets, values and durations of one participant, and the cut-off (`until`).

    The profile knows the safety and per-protocol set.
    """
    inside = (profile or {}).get("sets", {})
    sets = [*sets_of(course, result), *(name for name in PROFILE_SETS if inside.get(name))]
    found: Summary = {
        "sets": sets,
        "until": plain(course.data_cutoff),
        "resection": plain(course.surgery.date) if course.surgery and "RES" in sets else None,
        "values": {name: _value(endpoint) for name, endpoint in result.endpoints.items()},
        "best_change": {criteria: best_change(points) for criteria, points in result.responses.items()},
    }
    if result.unread is not None:
        found["unread"] = {
            name: value for name, value in result.unread._asdict().items() if value is not None
        }
    return found


def sets_of(course: Course, result: CourseResult) -> list[str]:
    """Section 5: ENR, FAS, RES, R0, PEV, REV (by each criterion), RSP. All up to the data cut-off."""
    cutoff, surgery = course.data_cutoff, course.surgery
    enrolled = course.enrolled is not None and course.enrolled <= cutoff
    treated = enrolled and course.first_dose is not None and course.first_dose <= cutoff
    operated = surgery is not None and surgery.date is not None and surgery.date <= cutoff
    resected = treated and operated and surgery is not None and surgery.resected
    regression = result.endpoints["MPR"]
    central = isinstance(regression, Regression) and regression.rvt_pct is not None
    best = result.endpoints["BOR_MRECIST"]
    found = {
        "ENR": enrolled,
        "FAS": treated,
        "RES": resected,
        "R0": resected and surgery is not None and surgery.margin == codes.R0,
        "PEV": resected and central,
        "REV": treated and _evaluable(result.responses[codes.RECIST]),
        "REV_M": treated and _evaluable(result.responses[codes.MRECIST]),
        "RSP": isinstance(best, BestOverall) and best.value in codes.RESPONDING,
    }
    return [name for name, inside in found.items() if inside]


def _evaluable(points: tuple[TimePoint, ...]) -> bool:
    return any(point.overall != codes.NE for point in points)


def best_change(points: tuple[TimePoint, ...]) -> float | None:
    """The deepest change of the sum from baseline, in % (waterfall)."""
    changes = [change for point in points if (change := point.change_from_baseline_pct) is not None]
    return min(changes, default=None)


def _value(endpoint: Endpoint) -> dict[str, Any]:
    found: dict[str, Any]
    if isinstance(endpoint, Duration):
        found = {
            "start": plain(endpoint.start),
            "end": plain(endpoint.end),
            "days": endpoint.days,
            "event": endpoint.event,
            "name": endpoint.name,
        }
    elif isinstance(endpoint, BestOverall):
        found = {
            "value": endpoint.value,
            "date": plain(endpoint.date),
            "confirmed": endpoint.confirmed,
            "confirmed_date": plain(endpoint.confirmed_date),
        }
    elif isinstance(endpoint, Regression):
        rvt = None if endpoint.rvt_pct is None else float(endpoint.rvt_pct)
        found = {"value": endpoint.value, "rvt_pct": rvt}
    elif isinstance(endpoint, Responder):
        found = {"value": endpoint.value, "confirmed": endpoint.confirmed}
    else:
        assert isinstance(endpoint, Answer)
        found = {"value": endpoint.value}
    return {key: value for key, value in found.items() if value is not None}
