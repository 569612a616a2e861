"""TRAE3, SAE and R0 with their reasons (docs/endpoint-additions.md)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from endpoints.engine.course import Course, derive
from endpoints.engine.results import Answer
from endpoints.engine.safety import safety_answers, with_safety
from tests.unit.endpoints.books import CUTOFF, mapping, resection, result, sheet

FIRST = dt.date(2026, 1, 10)


def event(
    grade: int | None, related: str | None = "Y", serious: str | None = "N", **more: Any
) -> dict[str, Any]:
    values = {"term": "Nausea", "grade": grade, "related": related, "serious": serious, **more}
    return {name: value for name, value in values.items() if value is not None}


def answer(name: str, *events: dict[str, Any], first: dt.date | None = FIRST) -> Answer:
    return safety_answers(first, events, CUTOFF)[name]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], "N"),
        ([event(2)], "N"),
        ([event(3)], "Y"),
        ([event(1), event(5), event(3)], "Y"),
        ([event(4, "N")], "N"),
        ([event(3, before=True)], "N"),
        ([event(3, None)], "PENDING"),
        ([event(2, None)], "N"),
        ([event(None, "Y")], "PENDING"),
        ([event(None, None)], "PENDING"),
        ([event(None, "N")], "N"),
        ([event(None, "Y"), event(3)], "Y"),
        ([event(None, "Y", before=True)], "N"),
    ],
)
def test_related_events_of_grade_3(events: list[dict[str, Any]], expected: str) -> None:
    assert answer("TRAE3", *events).value == expected


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], "N"),
        ([event(5, "N", "N")], "N"),
        ([event(1, "N", "Y")], "Y"),
        ([event(1, "N", "Y", before=True)], "N"),
        ([event(1, "N", None)], "PENDING"),
        ([event(1, "N", None), event(1, "N", "Y")], "Y"),
    ],
)
def test_serious_events(events: list[dict[str, Any]], expected: str) -> None:
    assert answer("SAE", *events).value == expected


def test_outside_the_safety_set_there_is_no_value() -> None:
    for name in ("TRAE3", "SAE"):
        found = answer(name, event(5, "Y", "Y"), first=None)
        assert found.value is None
        assert [step.rule for step in found.steps] == ["SAF-1"]


def test_the_reason_names_the_worst_event_and_every_grade_it_was_chosen_from() -> None:
    found = answer("TRAE3", event(2), event(4, "N"), event(3, term="Hypertension"))
    assert found.steps[-1].text == "The worst related grade is 3 (Hypertension): Y."
    assert [(read.where, read.value) for read in found.steps[-1].reads] == [
        ("adverse_events[0].grade", 2), ("adverse_events[2].grade", 3),
    ]  # fmt: skip
    assert [read.where for read in found.steps[1].reads] == [f"adverse_events[{n}].related" for n in range(3)]
    assert [step.rule for step in found.steps] == ["SAF-1", "SAF-2", "SAF-2"]


def test_what_is_open_is_named() -> None:
    found = answer("TRAE3", event(3, None, term="Fatigue"), event(1))
    assert found.steps[-1].text == "Grade or causality is not answered yet: Fatigue."
    assert ("adverse_events[0].related", None) in [tuple(read) for read in found.steps[-1].reads]


@pytest.mark.parametrize(("name", "rule"), [("TRAE3", "SAF-2"), ("SAE", "SAF-3")])
def test_a_final_analysis_leaves_nothing_pending(name: str, rule: str) -> None:
    """G-25: N, and the reason says what was missing."""
    open_one = event(3, None, None, term="Fatigue")
    assert answer(name, open_one).value == "PENDING"
    found = safety_answers(FIRST, [open_one], CUTOFF, final=True)[name]
    assert found.value == "N"
    assert [step.rule for step in found.steps][-2:] == [rule, "G-25"]
    assert found.steps[-2].text.endswith("Fatigue.")
    assert found.steps[-1].text == "Final analysis: not answered by the cut-off."
    settled = event(3, "Y", "Y")
    assert safety_answers(FIRST, [open_one, settled], CUTOFF, final=True)[name].value == "Y"


def test_the_course_says_that_the_analysis_is_final() -> None:
    case = mapping().case | {"final": True}
    course = Course.from_json(case)
    found = with_safety(course, derive(course), {"safety": [event(3, None, None)]}).endpoints
    assert [found[name].value for name in ("TRAE3", "SAE")] == ["N", "N"]  # type: ignore[union-attr]


def test_reads_lead_to_the_lines_of_the_log() -> None:
    made = mapping()
    made.paths.events = [412, 415]
    assert made.paths.address("adverse_events[1].grade") == "form:415/aetoxgr"
    assert made.paths.address("adverse_events[0].related") == "form:412/ae_trae"
    assert made.paths.address("adverse_events[0].serious") == "form:412/aeser"
    assert made.paths.address("adverse_events") is None


class TestMargin:
    def test_not_resected(self) -> None:
        assert result().endpoints["R0"].value is None  # type: ignore[union-attr]
        assert result(resection(surg_prtrt="EXPLORE")).endpoints["R0"].value is None  # type: ignore[union-attr]

    @pytest.mark.parametrize(("margin", "value"), [("R0", "Y"), ("R1", "N"), ("R2", "N"), ("RX", "N")])
    def test_by_the_margin(self, margin: str, value: str) -> None:
        found = result(resection(surg_r=margin)).endpoints["R0"]
        assert isinstance(found, Answer)
        assert found.value == value
        assert found.steps[-1].rule == "R0-2"
        assert tuple(found.steps[-1].reads[0]) == ("surgery.margin", margin)

    def test_local_pathology_goes_before_the_surgeon(self) -> None:
        found = result(resection(surg_r="R0"), sheet("LPATH", "LPATH", 211, lp_r="R1")).endpoints["R0"]
        assert isinstance(found, Answer)
        assert found.value == "N"

    @pytest.mark.parametrize(("final", "value"), [(False, "PENDING"), (True, "N")])
    def test_not_known_yet(self, final: bool, value: str) -> None:
        operation = resection()
        del operation.values["surg_r"]
        case = mapping(operation).case | {"final": final}
        found = derive(Course.from_json(case)).endpoints["R0"]
        assert isinstance(found, Answer)
        assert found.value == value

    def test_outside_the_full_analysis_set(self) -> None:
        case = mapping(resection()).case | {"enrolled": None}
        found = derive(Course.from_json(case)).endpoints["R0"]
        assert isinstance(found, Answer)
        assert found.value is None
