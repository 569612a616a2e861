"""R-66: after an accepted complete response whatever comes back is progression, however small.

Without the rule a lesion that regrows from 0 to 4 mm would be a partial response. It counts from the first
overall CR on, also when that CR was used as it is (G-37); a setting switches it off.
"""

from __future__ import annotations

from typing import Any

import pytest

from endpoints.engine.settings import Settings
from endpoints.engine.timepoint import series_from_json

from .build import RECIST, lesion

BASE = {
    "date": "2026-01-05",
    "target": [lesion("T01", "30", node=False), lesion("LN1", "18", node=True)],
    "nontarget": [{"id": "NT01"}],
}
GONE = {"target": [lesion("T01", "0"), lesion("LN1", "6")], "nontarget": [{"id": "NT01", "state": "absent"}]}


def point(day: str, t01: Any, ln1: str, nontarget: str = "absent") -> dict[str, Any]:
    first = t01 if isinstance(t01, dict) else lesion("T01", t01)
    rows = {"target": [first, lesion("LN1", ln1)], "nontarget": [{"id": "NT01", "state": nontarget}]}
    return {"name": day, "date": day, "new_lesions": "no", **rows}


def last(*points: dict[str, Any], **settings: Any) -> tuple[str | None, str | None, str]:
    case = {"id": "x", "criteria": RECIST, "baseline": BASE, "timepoints": list(points)}
    made = series_from_json(case, Settings.from_json(settings)).timepoints[-1]
    return made.target, made.nontarget, made.overall


CLEARED = point("2026-02-05", "0", "6")

TABLE: list[Any] = [
    pytest.param(point("2026-03-05", "0", "6"), ("CR", "CR", "CR"), id="still gone"),
    pytest.param(point("2026-03-05", "4.9", "6"), ("PD", "CR", "PD"), id="a target of 4.9 mm"),
    pytest.param(point("2026-03-05", "0", "9.9"), ("CR", "CR", "CR"), id="a node of 9.9 mm is normal (R-39)"),
    pytest.param(point("2026-03-05", "0", "10"), ("PD", "CR", "PD"), id="a node of 10 mm"),
    pytest.param(point("2026-03-05", "0", "6", "present"), ("CR", "PD", "PD"), id="a non-target is present"),
    pytest.param(
        point("2026-03-05", {"id": "T01", "state": "too_small"}, "6"),
        ("PD", "CR", "PD"),
        id="too small to measure",
    ),
    pytest.param(
        point("2026-03-05", {"id": "T01", "state": "not_evaluable"}, "12"),
        ("PD", "CR", "PD"),
        id="one missing, one back",
    ),
    pytest.param(
        point("2026-03-05", {"id": "T01", "state": "not_evaluable"}, "6"),
        ("NE", "CR", "NE"),
        id="one missing, none back",
    ),
]


@pytest.mark.parametrize(("again", "expected"), TABLE)
def test_after_a_complete_response(again: dict[str, Any], expected: tuple[str, str, str]) -> None:
    assert last(CLEARED, again) == expected


def test_switched_off() -> None:
    assert last(CLEARED, point("2026-03-05", "4.9", "6"), reappearance_after_cr_is_pd=False) == (
        "PR",
        "CR",
        "PR",
    )


def test_a_merged_lesion_blocks_complete_response_and_does_not_reappear() -> None:
    """R-25: merged counts 0 but is not gone."""
    merged = point("2026-02-05", {"id": "T01", "state": "merged"}, "6")
    assert last(merged) == ("PR", "CR", "PR")
    assert last(CLEARED, merged | {"date": "2026-03-05"})[0] == "PR"
