"""T-1 to T-4, G-33 to G-35, E-21: rows are tested top to bottom, the first that holds gives the result.

Surgery is neither event nor censoring in the main figure. Progression before the resection and recurrence
after it are one kind of event; on one day they come before death, and any event comes before a new therapy.
"""

from __future__ import annotations

from typing import Any

import pytest

from .build import FIRST_DOSE, RESECTED_ON, both, course, ended, endpoint, follow_up, given, resection

LAST = "2026-03-06"
TACE = [{"date": "2026-03-10", "name": "TACE", "protocol": False}]
OPERATED: dict[str, Any] = {"surgery": resection(), "data_cutoff": "2026-12-31"}

PFS: list[Any] = [
    pytest.param({}, (LAST, False, "Last adequate assessment"), id="row 9"),
    pytest.param({"imaging": given({LAST: "PD"})}, (LAST, True, "Progression"), id="row 6"),
    pytest.param({"death": {"date": "2026-04-01"}}, ("2026-04-01", True, "Death"), id="row 8"),
    pytest.param({"therapies": TACE}, (LAST, False, "New anticancer therapy"), id="row 4"),
    pytest.param(
        {"therapies": TACE, "death": {"date": "2026-04-01"}},
        (LAST, False, "New anticancer therapy"),
        id="row 4, then death",
    ),
    pytest.param(
        {"therapies": TACE, "death": {"date": "2026-03-10"}},
        ("2026-03-10", True, "Death"),
        id="same day: the event wins",
    ),
    pytest.param(
        {"therapies": TACE, "imaging": given({"2026-03-10": "PD"})},
        ("2026-03-10", True, "Progression"),
        id="same day: progression wins",
    ),
    pytest.param(
        {"imaging": given({LAST: "PD"}), "death": {"date": LAST}},
        (LAST, True, "Progression"),
        id="same day: before death",
    ),
    pytest.param(
        {"therapies": [{"date": FIRST_DOSE, "name": "X"}]},
        (FIRST_DOSE, False, "New anticancer therapy"),
        id="therapy on day 1: no assessment until then, the start",
    ),
    pytest.param(
        {"therapies": [{"date": "2026-01-09", "name": "X"}]},
        (LAST, False, "Last adequate assessment"),
        id="a therapy before the start is not new",
    ),
    pytest.param(
        {"therapies": TACE, "imaging": given({})},
        (FIRST_DOSE, False, "No post-baseline assessment"),
        id="row 2 comes before row 4",
    ),
    pytest.param(
        OPERATED | {"follow_up": [follow_up("2026-06-01"), follow_up("2026-08-20", "yes")]},
        ("2026-08-20", True, "Recurrence"),
        id="row 7",
    ),
    pytest.param(
        OPERATED | {"follow_up": [follow_up("2026-06-01"), follow_up("2026-08-20", "not_evaluable")]},
        ("2026-06-01", False, "Last adequate assessment"),
        id="not evaluable is no assessment",
    ),
    pytest.param(
        OPERATED | {"imaging": both({"2026-03-18": "PD"})},
        ("2026-03-18", True, "Progression"),
        id="progression before the resection counts though it took place (G-22)",
    ),
    pytest.param(
        OPERATED | {"imaging": both({LAST: "SD", "2026-04-20": "PD"})},
        (LAST, False, "Last adequate assessment"),
        id="imaging after the resection is not assessed (R-92)",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), PFS)
def test_progression_free_survival(changes: dict[str, Any], expected: tuple[str, bool, str]) -> None:
    assert ended(course(**changes), "PFS") == expected


AT_SURGERY: list[Any] = [
    pytest.param({}, (RESECTED_ON, False, "Surgery"), id="row 9 becomes the resection"),
    pytest.param({"imaging": both({LAST: "PD"})}, (LAST, True, "Progression"), id="progression before"),
    pytest.param({"death": {"date": RESECTED_ON}}, (RESECTED_ON, True, "Death"), id="death on the day"),
    pytest.param({"death": {"date": "2026-04-01"}}, (RESECTED_ON, False, "Surgery"), id="death after it"),
    pytest.param({"therapies": TACE}, (LAST, False, "New anticancer therapy"), id="therapy before"),
    pytest.param(
        {"therapies": [{"date": "2026-03-21", "name": "X"}]},
        (RESECTED_ON, False, "Surgery"),
        id="therapy after it",
    ),
    pytest.param(
        {"imaging": given({})},
        (FIRST_DOSE, False, "No post-baseline assessment"),
        id="row 2 stays (open for the sponsor)",
    ),
    pytest.param(
        {"follow_up": [follow_up(RESECTED_ON, "yes")]},
        (RESECTED_ON, False, "Surgery"),
        id="no recurrence in this figure",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), AT_SURGERY)
def test_censored_at_surgery(changes: dict[str, Any], expected: tuple[str, bool, str]) -> None:
    """T-1c, G-34."""
    assert ended(course(**(OPERATED | changes)), "PFS_CENSOR_AT_SURGERY") == expected


@pytest.mark.parametrize("when", ["2026-01-08", FIRST_DOSE])
def test_progression_before_treatment_does_not_count_and_that_is_said(when: str) -> None:
    """G-33: assessments count when dated after the first dose."""
    data = course(imaging=given({when: "PD", LAST: "SD"}))
    made = endpoint(data, "PFS")
    assert (made["end"], made["name"]) == (LAST, "Last adequate assessment")
    assert any(
        step["reads"][0]["value"] == when and "does not count" in step["text"] for step in made["steps"]
    )


def test_operated_and_recurring_on_the_day_of_the_first_dose() -> None:
    """Rows 2 and 3 are about death only; a recurrence keeps its name."""
    data = course(
        surgery=resection(FIRST_DOSE), follow_up=[follow_up(FIRST_DOSE, "yes")], last_study_dose=None
    )
    assert ended(data, "PFS") == (FIRST_DOSE, True, "Recurrence")


def test_without_a_resection_it_equals_the_main_figure() -> None:
    data = course(death={"date": "2026-04-01"})
    assert endpoint(data, "PFS_CENSOR_AT_SURGERY") == endpoint(data, "PFS")


# margin -> DFS, DFS_R1
MARGINS: list[Any] = [("R0", True, True), ("R1", False, True), ("R2", False, False), ("RX", False, False)]


@pytest.mark.parametrize(("margin", "main", "sensitivity"), [*MARGINS, (None, False, False)])
def test_who_is_disease_free(margin: str | None, main: bool, sensitivity: bool) -> None:
    """G-35, Q-9: R0; with R1 as sensitivity."""
    data = course(**(OPERATED | {"surgery": resection(margin=margin)}))
    assert (endpoint(data, "DFS")["start"] is not None) is main
    assert (endpoint(data, "DFS_R1")["start"] is not None) is sensitivity


DFS: list[Any] = [
    pytest.param({}, (RESECTED_ON, False, "No post-baseline assessment"), id="neither event nor assessment"),
    pytest.param(
        {"therapies": [{"date": "2026-04-01", "name": "X"}]},
        (RESECTED_ON, False, "No post-baseline assessment"),
        id="this comes before the therapy",
    ),
    pytest.param(
        {"therapies": [{"date": "2026-04-01", "name": "X"}], "death": {"date": "2026-05-01"}},
        (RESECTED_ON, False, "New anticancer therapy"),
        id="therapy, then death, no assessment",
    ),
    pytest.param(
        {"therapies": TACE, "death": {"date": "2026-05-01"}},
        ("2026-05-01", True, "Death"),
        id="before surgery",
    ),
    pytest.param(
        {"follow_up": [follow_up(RESECTED_ON, "yes")]}, (RESECTED_ON, True, "Recurrence"), id="on the day"
    ),
    pytest.param(
        {"follow_up": [follow_up("2026-06-01")]},
        ("2026-06-01", False, "Last adequate assessment"),
        id="free of disease",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), DFS)
def test_disease_free_survival(changes: dict[str, Any], expected: tuple[str, bool, str]) -> None:
    assert ended(course(**(OPERATED | changes)), "DFS") == expected


DOR: list[Any] = [
    pytest.param(
        {LAST: "PR"}, {}, (LAST, False, "Last adequate assessment"), id="response on the last scan: 1 day"
    ),
    pytest.param({LAST: "PR", "2026-04-05": "PD"}, {}, ("2026-04-05", True, "Progression"), id="progression"),
    pytest.param({LAST: "PR"}, {"therapies": TACE}, (LAST, False, "New anticancer therapy"), id="therapy"),
    pytest.param({LAST: "CR"}, {"death": {"date": "2026-04-01"}}, ("2026-04-01", True, "Death"), id="death"),
    pytest.param(
        {LAST: "PR"},
        OPERATED | {"follow_up": [follow_up("2026-06-01", "yes")]},
        ("2026-06-01", True, "Recurrence"),
        id="recurrence",
    ),
    pytest.param({LAST: "SD"}, {}, (None, None, None), id="no response: no duration"),
    pytest.param(
        {LAST: "PD", "2026-04-05": "PR"}, {}, (None, None, None), id="a response after progression is none"
    ),
]


@pytest.mark.parametrize(("responses", "changes", "expected"), DOR)
def test_duration_of_response(
    responses: dict[str, str], changes: dict[str, Any], expected: tuple[str | None, bool | None, str | None]
) -> None:
    assert ended(course(imaging=both(responses), **changes), "DOR") == expected


def test_each_criterion_has_its_own_series() -> None:
    """Q-11: DOR by mRECIST, PFS by RECIST 1.1."""
    data = course(imaging=given({LAST: "PD"}) + given({LAST: "PR"}, "mRECIST"))
    assert ended(data, "PFS")[2] == "Progression"
    assert ended(data, "DOR")[2] == "Last adequate assessment"


def test_nothing_but_death_ends_overall_survival() -> None:
    """T-4: progression, therapy and surgery never censor it."""
    data = course(imaging=both({LAST: "PD"}), therapies=TACE, alive_on=["2026-04-20"])
    assert ended(data, "OS") == ("2026-04-20", False, "Last known alive")


def test_no_contact_after_the_first_dose() -> None:
    data = course(imaging=[], last_study_dose=None)
    made = endpoint(data, "OS")
    assert (made["end"], made["days"], made["event"]) == (FIRST_DOSE, 1, False)


def test_another_evaluator_is_a_sensitivity() -> None:
    """G-23: the same course, the other reader's series; nothing is pooled (G-7)."""
    central = [row | {"evaluator": "BICR"} for row in given({LAST: "PD"})]
    data = course(imaging=given({LAST: "SD"}) + central)
    assert ended(data, "PFS")[2] == "Last adequate assessment"
    assert ended(data, "PFS", evaluator="BICR")[2] == "Progression"
