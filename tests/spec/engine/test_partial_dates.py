"""G-10, G-30, G-31: partial dates take the earliest possible day, moved only by a limit inside their range.

They are imputed with all records of the participant, before the cut-off, so that a date does not move from
one cut-off to the next. The string that was given stays in the steps.
"""

from __future__ import annotations

from typing import Any

import pytest

from .build import course, ended, endpoint, follow_up, given, refusal, resection

LATE = "2028-12-31"


def death(given: str, **changes: Any) -> tuple[str | None, bool | None, str | None]:
    return ended(course(data_cutoff=LATE, death={"date": given}, **changes), "OS")


# death, changes -> date
DEATHS: list[Any] = [
    pytest.param("2026-06-17", {}, "2026-06-17", id="complete"),
    pytest.param("2026-06", {}, "2026-06-01", id="day unknown: the first"),
    pytest.param("2027", {}, "2027-01-01", id="month unknown: 1 January"),
    pytest.param("2026-06", {"alive_on": ["2026-06-20"]}, "2026-06-20", id="not before last known alive"),
    pytest.param(
        "2026-06", {"alive_on": ["2026-07-20"]}, "2026-06-01", id="a limit outside the month moves nothing"
    ),
    pytest.param("2026", {"alive_on": ["2026-07-20"]}, "2026-07-20", id="the limit inside the year"),
]


@pytest.mark.parametrize(("given", "changes", "expected"), DEATHS)
def test_death(given: str, changes: dict[str, Any], expected: str) -> None:
    assert death(given, **changes) == (expected, True, "Death")


def test_the_limit_is_the_uncapped_last_known_alive() -> None:
    """G-30: a contact after the cut-off keeps the death after it."""
    data = course(data_cutoff="2026-06-10", death={"date": "2026-06"}, alive_on=["2026-06-20"])
    assert ended(data, "OS") == ("2026-06-10", False, "Last known alive")


# therapy, changes -> end of PFS (censored at the last adequate assessment until then)
THERAPIES: list[Any] = [
    pytest.param("2026-03", {}, "2026-02-05", id="not before the last dose: 1 March"),
    pytest.param("2026", {}, "2026-02-05", id="the year: the last dose, 1 March"),
    pytest.param("2026-03-06", {}, "2026-03-06", id="on the day of an assessment"),
    pytest.param("2026-04", {}, "2026-03-06", id="after it"),
    pytest.param(
        "2026-03",
        {"surgery": {"performed": True, "resected": False, "date": "2026-03-10"}},
        "2026-03-06",
        id="not before the exploration of 10 March",
    ),
]


@pytest.mark.parametrize(("given", "changes", "expected"), THERAPIES)
def test_therapy(given: str, changes: dict[str, Any], expected: str) -> None:
    data = course(therapies=[{"date": given, "name": "TACE"}], **changes)
    assert ended(data, "PFS") == (expected, False, "New anticancer therapy")


# recurrence, clean follow-up -> date
RECURRENCES: list[Any] = [
    pytest.param("2026-06", [], "2026-06-01", id="the first of the month"),
    pytest.param("2026-03", [], "2026-03-20", id="not before the resection"),
    pytest.param("2026-06", ["2026-06-12"], "2026-06-12", id="not before the clean scan"),
    pytest.param("2026-06", ["2026-05-12", "2026-07-12"], "2026-06-01", id="clean scans outside the month"),
    pytest.param("2026", ["2026-05-12"], "2026-05-12", id="the year: the last clean scan"),
]


@pytest.mark.parametrize(("given", "clean", "expected"), RECURRENCES)
def test_recurrence(given: str, clean: list[str], expected: str) -> None:
    visits = [follow_up(given, "yes"), *(follow_up(day) for day in clean)]
    data = course(data_cutoff=LATE, surgery=resection(), follow_up=visits)
    assert ended(data, "DFS") == (expected, True, "Recurrence")


# diagnosis -> start
DIAGNOSES: list[Any] = [
    pytest.param("2025-11-20", "2025-11-20", id="complete"),
    pytest.param("2025-11", "2025-11-15", id="the 15th"),
    pytest.param("2025", "2025-06-30", id="30 June"),
    pytest.param("2026-01", "2026-01-08", id="not after enrolment"),
    pytest.param("2026", "2026-01-08", id="the year of enrolment"),
]


@pytest.mark.parametrize(("given", "expected"), DIAGNOSES)
def test_diagnosis(given: str, expected: str) -> None:
    """Q-8: overall survival from diagnosis, at risk from the first dose on (left truncation)."""
    made = endpoint(course(diagnosed=given), "OS_FROM_DIAGNOSIS")
    assert (made["start"], made["entry"]) == (expected, "2026-01-10")


@pytest.mark.parametrize("given", [None, "2026-01-11"])
def test_diagnosis_that_gives_no_start(given: str | None) -> None:
    """Not known, or after the first dose: no value, and the step says why; nothing else suffers."""
    data = course(diagnosed=given)
    assert endpoint(data, "OS_FROM_DIAGNOSIS")["start"] is None
    assert endpoint(data, "OS")["start"] == "2026-01-10"


def test_an_imputed_date_says_so() -> None:
    """G-10: the original string and the flag stay visible."""
    steps = endpoint(course(data_cutoff=LATE, death={"date": "2026-06"}), "OS")["steps"]
    imputed = next(step for step in steps if step["rule"] == "G-30")
    assert imputed["reads"] == [{"where": "death.date", "value": "2026-06"}]
    assert "2026-06-01" in imputed["text"]


# record that must have a complete date -> where
COMPLETE: list[Any] = [
    pytest.param({"first_dose": "2026-01"}, "first_dose", id="first dose"),
    pytest.param({"surgery": resection("2026-03")}, "surgery.date", id="surgery"),
    pytest.param({"alive_on": ["2026-03-01", "2026-04"]}, "alive_on[1]", id="contact"),
    pytest.param(
        {"surgery": resection(), "follow_up": [follow_up("2026-06")]},
        "follow_up[0].date",
        id="follow-up without recurrence",
    ),
    pytest.param({"imaging": given({"2026-02": "SD"})}, "imaging[1].date", id="scan"),
    pytest.param({"death": {"date": None}}, "death.date", id="a death needs its year"),
    pytest.param({"death": {}}, "death.date", id="a death without a date"),
    pytest.param({"therapies": [{"name": "TACE"}]}, "therapies[0].date", id="a therapy without a date"),
]


@pytest.mark.parametrize(("changes", "where"), COMPLETE)
def test_refused(changes: dict[str, Any], where: str) -> None:
    assert refusal(course(**changes)).where == where


# records around the cut-off -> end of OS
CUTS: list[Any] = [
    pytest.param({"alive_on": ["2026-04-30"]}, ("2026-04-30", False), id="contact on the cut-off"),
    pytest.param({"alive_on": ["2026-06-30"]}, ("2026-04-30", False), id="contact after it: capped (G-6)"),
    pytest.param({"death": {"date": "2026-04-30"}}, ("2026-04-30", True), id="death on the cut-off counts"),
    pytest.param(
        {"death": {"date": "2026-05-01"}}, ("2026-04-30", False), id="death after it: alive on the cut-off"
    ),
    pytest.param({}, ("2026-03-06", False), id="the last scan"),
    pytest.param(
        {"end_of_study": {"date": "2026-04-20"}},
        ("2026-03-06", False),
        id="administrative dates do not count",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), CUTS)
def test_cut_off(changes: dict[str, Any], expected: tuple[str, bool]) -> None:
    end, event, _ = ended(course(**changes), "OS")
    assert (end, event) == expected


def test_a_time_point_belongs_to_its_last_scan() -> None:
    """G-31: the second scan after the cut-off takes the whole time point out."""
    rows = given({"2026-02-05": "SD"})
    rows.append(
        rows[1] | {"name": "TA2", "date": "2026-04-29", "last_scan_date": "2026-05-01", "overall": "PD"}
    )
    assert ended(course(imaging=rows), "PFS") == ("2026-02-05", False, "Last adequate assessment")
