"""G-23: every other evaluator of images gets the same derivation, kept beside the one that counts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from endpoints.engine import codes
from endpoints.engine.course import Course, derive
from endpoints.engine.results import CourseResult
from endpoints.engine.settings import Settings
from endpoints.engine.steps import EngineError
from endpoints.engine.summary import Summary, summary_of

Others = Mapping[str, CourseResult | EngineError]

# What rests on images alone; the pathologic endpoints do so only until there is a resection (G-25).
IMAGING = ("BOR_", "ORR", "DCR", "DOR", "PFS")
IMAGING_SETS = ("REV", "REV_M", "RSP")
PATHOLOGIC = ("MPR", "PCR", "MPR_30", "MPR_50", "MPR_VOLUME", "MPR_UNWEIGHTED")
NO_CHANGE = {codes.RECIST: None, codes.MRECIST: None}


def others_of(course: Course, settings: Settings) -> dict[str, CourseResult | EngineError]:
    """The course by each other evaluator who has imaging rows up to the cut-off; what is refused is that evaluator's own."""
    named = {row.evaluator for row in course.imaging if row.last_scan <= course.data_cutoff}
    return {one: _derived(course, settings, one) for one in sorted(named - {settings.evaluator})}


def _derived(course: Course, settings: Settings, evaluator: str) -> CourseResult | EngineError:
    try:
        return derive(course, replace(settings, evaluator=evaluator))
    except EngineError as error:
        return error


def whole_summary(
    course: Course, result: CourseResult, others: Others, profile: Mapping[str, Any] | None = None
) -> Summary:
    """The summary with a part for each other evaluator; without any, the summary alone."""
    summary = summary_of(course, result, profile)
    if others:
        summary["evaluators"] = {name: _part(course, summary, found) for name, found in others.items()}
    return summary


def _part(course: Course, main: Summary, found: CourseResult | EngineError) -> dict[str, Any]:
    """What rests on images by this evaluator, and what else is not the same; or why the rows are refused."""
    if isinstance(found, EngineError):
        return {"error": {"where": found.where, "message": found.message, "params": found.shown}}
    own = summary_of(course, found)
    values = {
        name: value
        for name, value in own["values"].items()
        if name.startswith(IMAGING) or value != main["values"][name]
    }
    return {"sets": own["sets"], "values": values, "best_change": own["best_change"]}


def seen_by(summary: Summary, evaluator: str) -> Summary | None:
    """A participant's summary by another evaluator; none when the rows of that evaluator are refused.

    Of whom the evaluator has read nothing, the course alone speaks (`Unread`).
    """
    part = summary.get("evaluators", {}).get(evaluator)
    if part is None:
        return summary | _without_images(summary)
    if "error" in part:
        return None
    sets = [name for name in summary["sets"] if name not in IMAGING_SETS]
    sets += [name for name in part["sets"] if name in IMAGING_SETS]
    values = summary["values"] | part["values"]
    return summary | {"sets": sets, "values": values, "best_change": part["best_change"]}


def _without_images(summary: Summary) -> dict[str, Any]:
    """What the derivation gives of a participant without an imaging row (T-1 row 1, R-90, G-25)."""
    sets = [name for name in summary["sets"] if name not in IMAGING_SETS]
    bare: dict[str, Any] = {"sets": sets, "best_change": NO_CHANGE}
    unread = summary.get("unread")
    if unread is None:  # outside the full analysis set everything is empty
        return bare
    start = summary["values"]["PFS"]["start"]
    untimed = {"start": start, "end": start, "days": 1, "event": False, "name": codes.NO_BASELINE}
    values = dict(summary["values"])
    for name in values:
        if name.startswith("BOR_"):
            values[name] = {"value": codes.NE, "confirmed": codes.NE}
        elif name.startswith("ORR"):
            values[name] = {"value": unread["response"], "confirmed": unread["response"]}
        elif name.startswith("DCR"):
            values[name] = {"value": unread["response"]}
        elif name.startswith("DOR"):
            values[name] = {}
        elif name.startswith("PFS"):
            values[name] = untimed
        elif name in PATHOLOGIC and "pathologic" in unread:
            values[name] = {"value": unread["pathologic"]}
    return bare | {"values": values}
