"""G-20, T-1 rows 2 to 5: an event long after the last adequate assessment is not an event.

Two planned intervals and their windows: 140 days while not resected, 196 after the resection. The last day
of the limit is still inside. The treatment-policy figure (T-1b) counts every event.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from .build import FIRST_DOSE, RESECTED_ON, both, course, ended, follow_up, given, resection

LATE = {"data_cutoff": "2028-12-31"}
MISSED = "Two or more missed assessments"


def day(start: str, days: int) -> str:
    return (date.fromisoformat(start) + timedelta(days=days)).isoformat()


def dies(on: str) -> dict[str, Any]:
    return LATE | {"death": {"date": on}}


OPERATED = {"surgery": resection()}
LAST = "2026-03-06"

# changes -> PFS end, event, name
TABLE: list[Any] = [
    pytest.param(
        dies(day(LAST, 140)), (day(LAST, 140), True, "Death"), id="day 140 after the last assessment"
    ),
    pytest.param(dies(day(LAST, 141)), (LAST, False, MISSED), id="day 141"),
    pytest.param(
        OPERATED | dies(day(RESECTED_ON, 196)),
        (day(RESECTED_ON, 196), True, "Death"),
        id="resected, no scan since: 196 days from the resection",
    ),
    pytest.param(OPERATED | dies(day(RESECTED_ON, 197)), (LAST, False, MISSED), id="resected, 197 days"),
    pytest.param(
        OPERATED | dies(day("2026-06-01", 196)) | {"follow_up": [follow_up("2026-06-01")]},
        (day("2026-06-01", 196), True, "Death"),
        id="resected, counted from the last follow-up",
    ),
    pytest.param(
        OPERATED | dies(day("2026-06-01", 197)) | {"follow_up": [follow_up("2026-06-01")]},
        ("2026-06-01", False, MISSED),
        id="resected, 197 days after the last follow-up",
    ),
    pytest.param(
        OPERATED | dies(RESECTED_ON),
        (RESECTED_ON, True, "Death"),
        id="death on the day of the resection: the limit before it",
    ),
    pytest.param(
        LATE | {"imaging": given({LAST: "SD", day(LAST, 140): "PD"})},
        (day(LAST, 140), True, "Progression"),
        id="progression on day 140",
    ),
    pytest.param(
        LATE | {"imaging": given({LAST: "SD", day(LAST, 141): "PD"})},
        (LAST, False, MISSED),
        id="progression on day 141",
    ),
    pytest.param(
        LATE | {"imaging": given({LAST: "SD", day(LAST, 70): "NE", day(LAST, 141): "PD"})},
        (LAST, False, MISSED),
        id="NE between is not adequate",
    ),
    pytest.param(
        dies(day(LAST, 1)) | {"imaging": given({LAST: "SD", day(LAST, 1): "SD"})},
        (day(LAST, 1), True, "Death"),
        id="an assessment on the day of death counts",
    ),
    pytest.param(
        dies(day(FIRST_DOSE, 140)) | {"imaging": given({})},
        (day(FIRST_DOSE, 140), True, "Death"),
        id="row 3: never assessed, death on day 140",
    ),
    pytest.param(
        dies(day(FIRST_DOSE, 141)) | {"imaging": given({})},
        (FIRST_DOSE, False, "No post-baseline assessment"),
        id="row 2: never assessed, death on day 141",
    ),
    pytest.param(
        dies("2026-02-01") | {"imaging": given({}, baseline=None)},
        (FIRST_DOSE, False, "No baseline assessment"),
        id="row 1 comes first",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), TABLE)
def test_gap_limit(changes: dict[str, Any], expected: tuple[str, bool, str]) -> None:
    assert ended(course(**changes), "PFS") == expected


def test_treatment_policy_has_no_limit() -> None:
    """T-1b: rows 4 and 5 and the limit in rows 2 and 3 are off, row 1 stays."""
    late = day(LAST, 400)
    assert ended(course(**dies(late)), "PFS_TREATMENT_POLICY") == (late, True, "Death")
    unseen = course(**dies(late), imaging=given({}))
    assert ended(unseen, "PFS_TREATMENT_POLICY") == (late, True, "Death")
    no_baseline = course(**dies(late), imaging=given({}, baseline=None))
    assert ended(no_baseline, "PFS_TREATMENT_POLICY") == (FIRST_DOSE, False, "No baseline assessment")


def test_duration_of_response_and_disease_free_survival_have_the_limit_too() -> None:
    """T-2, T-3: row 5 as in T-1, with their own start."""
    responding = course(**dies(day(LAST, 141)), imaging=both({LAST: "PR"}))
    assert ended(responding, "DOR") == (LAST, False, MISSED)
    operated = course(**OPERATED, **dies(day(RESECTED_ON, 197)))
    assert ended(operated, "DFS") == (RESECTED_ON, False, MISSED)
    assert ended(operated, "DFS", gap_days_resected=197) == (day(RESECTED_ON, 197), True, "Death")
