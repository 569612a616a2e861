"""The profile of a participant as the operation `trial` is given it: whatever the figures could not count is refused. Pure.

Only what figures read is checked, by its kind; other keys of a part are left alone (`endpoints.profile` says what there
is). A part that is absent or null is empty, but a profile without its disposition says nothing of the participant.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from endpoints.engine.parsing import (
    NOT_AN_ARRAY,
    NOT_AN_OBJECT,
    NOT_TEXT,
    NOT_YES_NO,
    REQUIRED,
    Json,
    as_object,
    as_partial_day,
    at,
)
from endpoints.engine.steps import EngineError, gettext_noop

PROFILE_KEYS = frozenset(
    {"baseline", "disposition", "safety", "exposure", "pathology", "deviations", "sets", "pps_not"}
)
NOT_A_NUMBER = gettext_noop("{value} is not a number of at least 0.")
NOT_A_GRADE = gettext_noop("{value} is not a grade: a whole number from 0 to 5.")
NOT_A_PAIR = gettext_noop("A day and a reason are expected here.")

Check = Callable[[Any, str], None]
MOST_GRADE = 5
EMPTY: dict[str, Any] = {"safety": [], "sets": {}, "baseline": {}}


def profile_of(value: Any, where: str = "profile") -> Json:
    """The profile with its parts, each of them as the figures read it; empty when there is none.

    Raises `EngineError` with the place of what does not fit.
    """
    if value is None or value == {}:
        return {}
    given = as_object(value, PROFILE_KEYS, where)
    if given.get("disposition") is None:
        raise EngineError(at(where, "disposition"), REQUIRED, {"key": "disposition"})
    kept = {name: part for name, part in given.items() if part is not None}
    _WHOLE(kept, where)
    disposition = {"ends": {}} | kept["disposition"]
    return EMPTY | kept | {"disposition": disposition}


# --- kinds ----------------------------------------------------------------------------------------------------------


def _text(value: Any, where: str) -> None:
    if not isinstance(value, str):
        raise EngineError(where, NOT_TEXT, {"value": str(value)})


def _number(value: Any, where: str) -> None:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not fits or not 0 <= value < math.inf:
        raise EngineError(where, NOT_A_NUMBER, {"value": str(value)})


def _grade(value: Any, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_GRADE:
        raise EngineError(where, NOT_A_GRADE, {"value": str(value)})


def _flag(value: Any, where: str) -> None:
    if not isinstance(value, bool):
        raise EngineError(where, NOT_YES_NO, {"value": str(value)})


def _day(value: Any, where: str) -> None:
    """G-10: it may lack its day, or day and month."""
    as_partial_day(value, where)


def _full_month(value: Any, where: str) -> None:
    """Enrolment is counted by months."""
    if as_partial_day(value, where).precision == "Y":
        as_partial_day(None, where)


def _pair(value: Any, where: str) -> None:
    """A day and the code of a reason, either of which may be missing."""
    if not isinstance(value, list) or len(value) != 2:
        raise EngineError(where, NOT_A_PAIR)
    for number, (part, check) in enumerate(zip(value, (_day, _text), strict=True)):
        if part is not None:
            check(part, f"{where}[{number}]")


def _object(checks: Mapping[str, Check], needed: tuple[str, ...] = ()) -> Check:
    """An object; of the keys that are named, each by its own check."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise EngineError(where, NOT_AN_OBJECT)
        for key in needed:
            if value.get(key) is None:
                raise EngineError(at(where, key), REQUIRED, {"key": key})
        for key, one in checks.items():
            if key in value:
                one(value[key], at(where, key))

    return check


def _by_name(one: Check) -> Check:
    """An object of any keys with values of one kind."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise EngineError(where, NOT_AN_OBJECT)
        for key, part in value.items():
            one(part, at(where, key))

    return check


def _list(one: Check) -> Check:
    def check(value: Any, where: str) -> None:
        if not isinstance(value, list):
            raise EngineError(where, NOT_AN_ARRAY)
        for number, part in enumerate(value):
            one(part, f"{where}[{number}]")

    return check


def _or_null(one: Check) -> Check:
    def check(value: Any, where: str) -> None:
        if value is not None:
            one(value, where)

    return check


def _empty_or(one: Check) -> Check:
    def check(value: Any, where: str) -> None:
        if value is not None and value != {}:
            one(value, where)

    return check


# --- parts ----------------------------------------------------------------------------------------------------------

_BASELINE = _object(
    {
        **dict.fromkeys(("sex", "child_pugh", "hbsag", "milan", "cirrhosis"), _text),
        **dict.fromkeys(("age", "ecog", "afp", "largest", "nodules"), _number),
        **dict.fromkeys(("bclc", "cnlc"), _by_name(_or_null(_text))),
        "uncountable": _flag,
    }
)
_SURGERY = _object(dict.fromkeys(("outcome", "reason", "margin"), _or_null(_text)) | {"date": _or_null(_day)})
_DISPOSITION = _object(
    {
        "screened": _flag,
        "enrolled": _full_month,
        "failure": _text,
        "cycles": _number,
        "ends": _by_name(_pair),
        "surgery": _SURGERY,
        "off": _pair,
        **dict.fromkeys(("consent", "first_dose", "last_dose", "adjuvant", "withdrawn", "death"), _day),
    }
)
_EVENT = _object(
    {
        **dict.fromkeys(("term", "soc", "related", "serious"), _text),
        "grade": _grade,
        "drugs": _list(_text),
        **dict.fromkeys(("ongoing", "teae", "fatal", "stopped", "ir", "aesi", "before"), _flag),
    }
)
_PHASE = _object(dict.fromkeys(("weeks", "rdi"), _number))
_DRUG = _object(
    {
        **dict.fromkeys(("doses", "mg", "mg_m2", "lower", "omitted", "held", "compliance"), _number),
        "phases": _by_name(_PHASE),
    },
    needed=("doses", "phases"),
)
_EXPOSURE = _object(
    {
        "cycles": _by_name(_number),
        "delayed": _number,
        **dict.fromkeys(("OXA", "LLV", "FU_B", "FU_CI", "CAM", "APA"), _DRUG),
    },
    needed=("cycles", "delayed"),
)
_ANSWERS = {"rvt": _number, "mpr": _text, "pcr": _text}
_PATHOLOGY = _object(
    {
        "local": _empty_or(_object(_ANSWERS)),
        "readings": _list(_object({"reader": _text, **_ANSWERS}, needed=("reader",))),
    }
)
_WHOLE = _object(
    {
        "baseline": _BASELINE,
        "disposition": _DISPOSITION,
        "safety": _list(_EVENT),
        "exposure": _empty_or(_EXPOSURE),
        "pathology": _PATHOLOGY,
        "deviations": _by_name(_number),
        "sets": _by_name(_flag),
        "pps_not": _list(_text),
    }
)
