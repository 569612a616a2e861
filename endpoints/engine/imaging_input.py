"""Time points from JSON: the shape shared by the operations `timepoints` and `course`."""

from __future__ import annotations

from typing import Any

from endpoints.engine import codes
from endpoints.engine.parsing import (
    Json,
    as_object,
    code,
    day,
    need,
    needed_code,
    needed_day,
    needed_text,
    number,
    rows,
    text,
    yes_no,
)
from endpoints.engine.types import Imaging, Lesion, NewLesion

TARGET_KEYS = frozenset({"id", "organ", "node", "mm", "state"})
NONTARGET_KEYS = frozenset({"id", "organ", "node", "state"})
NEW_KEYS = frozenset({"id", "organ", "node", "state", "date", "mm", "typical"})
TIMEPOINT_KEYS = frozenset({"name", "date", "last_scan_date", "target", "nontarget", "new", "new_lesions"})
IMAGING_KEYS = TIMEPOINT_KEYS | {"evaluator", "criteria", "baseline", "overall"}


def target(value: Any, where: str) -> Lesion:
    """A target lesion with its diameter."""
    return _lesion(as_object(value, TARGET_KEYS, where), where, codes.TARGET_STATES)


def nontarget(value: Any, where: str) -> Lesion:
    """A non-target lesion with its state."""
    return _lesion(as_object(value, NONTARGET_KEYS, where), where, codes.NONTARGET_STATES)


def _lesion(data: Json, where: str, states: frozenset[str]) -> Lesion:
    """A lesion row. Well-formed values are taken at once; the others go to the reader that refuses them."""
    get = data.get
    lesion, organ, node, mm, state = get("id"), get("organ"), get("node"), get("mm"), get("state")
    if not lesion or not isinstance(lesion, str):
        lesion = needed_text(data, "id", where)
    if organ is not None and not isinstance(organ, str):
        organ = text(data, "organ", where)
    if node is not None and node is not True and node is not False:
        node = yes_no(data, "node", where)
    if mm is not None:
        mm = number(data, "mm", where)
    if state is not None:
        state = code(data, "state", where, states)
    return Lesion(where, lesion, organ, node, mm, state)


def new_lesion(value: Any, where: str) -> NewLesion:
    """A new lesion; a row without a state means nothing."""
    data = as_object(value, NEW_KEYS, where)
    yes_no(data, "node", where)
    return NewLesion(
        where,
        needed_text(data, "id", where),
        needed_code(data, "state", where, codes.NEW_STATES),
        day(data, "date", where),
        text(data, "organ", where),
        number(data, "mm", where),
        yes_no(data, "typical", where),
    )


def timepoint(
    data: Json,
    where: str,
    *,
    evaluator: str = "",
    criteria: str,
    baseline: bool = False,
    overall: str | None = None,
) -> Imaging:
    """One time point; its last scan is the first when not given."""
    first = needed_day(data, "date", where)
    last = day(data, "last_scan_date", where)
    return Imaging(
        where,
        evaluator,
        criteria,
        text(data, "name", where),
        baseline,
        first,
        last or first,
        f"{where}.last_scan_date" if last else f"{where}.date",
        tuple([target(row, f"{where}.target[{i}]") for i, row in enumerate(rows(data, "target", where))]),
        tuple(
            [
                nontarget(row, f"{where}.nontarget[{i}]")
                for i, row in enumerate(rows(data, "nontarget", where))
            ]
        ),
        tuple([new_lesion(row, f"{where}.new[{i}]") for i, row in enumerate(rows(data, "new", where))]),
        code(data, "new_lesions", where, codes.NEW_ANSWERS),
        overall,
    )


def imaging(value: Any, where: str) -> Imaging:
    """One imaging row of a course: a time point with its evaluator and criterion."""
    data = as_object(value, IMAGING_KEYS, where)
    return timepoint(
        data,
        where,
        evaluator=needed_text(data, "evaluator", where),
        criteria=needed_code(data, "criteria", where, codes.CRITERIA),
        baseline=bool(yes_no(data, "baseline", where)),
        overall=code(data, "overall", where, codes.OVERALL),
    )


def series(data: Json, criteria: str) -> tuple[Imaging, list[Imaging]]:
    """The input of the operation `timepoints`: baseline and time points."""
    baseline = as_object(need(data, "baseline", ""), TIMEPOINT_KEYS, "baseline")
    points = []
    for i, row in enumerate(rows(data, "timepoints")):
        where = f"timepoints[{i}]"
        points.append(timepoint(as_object(row, TIMEPOINT_KEYS, where), where, criteria=criteria))
    return timepoint(baseline, "baseline", criteria=criteria, baseline=True), points
