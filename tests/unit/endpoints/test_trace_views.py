"""A trace by another evaluator, and the tables of a trace."""

from __future__ import annotations

import datetime as dt
from typing import Any

from endpoints.cuts.data_state import partial_dates
from endpoints.cuts.inputs import by_address
from endpoints.mapping import Paths
from endpoints.trace import Shot, seen_by
from endpoints.trace_tables import all_read, lesions, readings


def shot(**evaluators: Any) -> Shot:
    content = {
        "endpoints": {"ORR": {"value": "Y", "steps": [0]}, "TRAE3": {"value": "N", "steps": []}},
        "responses": {"RECIST 1.1": ["own"]}, "steps": [], "reads": [], "evaluators": evaluators,
    }  # fmt: skip
    return Shot(content, dt.date(2024, 5, 1), "a", "b", "1.0", "c")


def test_another_evaluator_replaces_what_rests_on_images() -> None:
    other = {"endpoints": {"ORR": {"value": "N", "steps": [1]}}, "responses": {"RECIST 1.1": ["central"]}}
    seen = seen_by(shot(BICR=other), "BICR")
    assert seen is not None
    assert seen.content["endpoints"] == {
        "ORR": {"value": "N", "steps": [1]},
        "TRAE3": {"value": "N", "steps": []},
    }
    assert seen.content["responses"] == {"RECIST 1.1": ["central"]}
    assert seen_by(shot(BICR=other), "OTHER") is None
    refused = seen_by(shot(BICR={"error": {"message": "no"}}), "BICR")
    assert refused is not None and refused.content["error"] == {"message": "no"}


NODULE = {"id": "1", "length_mm": "40.0", "width_mm": "30.0", "height_mm": None, "viable_pct": "9.96"}
READING = {"reader": "Reader 1", "date": "2024-06-20", "adequacy": "ADEQUATE", "nodules": [NODULE]}


def test_readings_as_a_table() -> None:
    found = readings(all_read({"pathology": {"reads": [READING], "adjudication": READING | {"nodules": []}}}))
    assert [(one.title, one.date, one.adequacy) for one in found] == [
        ("Reading 1, blinded", "20 Jun 2024", "Adequate"), ("Adjudication, blinded", "20 Jun 2024", "Adequate"),
    ]  # fmt: skip
    assert [(bed.size, bed.viable) for bed in found[0].beds] == [("40 × 30", "9.96%")]
    assert found[1].beds == [] and readings(all_read({"pathology": None})) == []


def test_lesions_up_to_the_cut_off_by_one_evaluator() -> None:
    def scan(date: str, mm: str | None, evaluator: str = "INVESTIGATOR", **more: Any) -> dict[str, Any]:
        target = {"id": "T01", "organ": "LIVER", "mm": mm, "state": "absent"}
        return {"criteria": "mRECIST", "evaluator": evaluator, "date": date, "target": [target]} | more

    case = {
        "imaging": [
            scan("2024-05-01", None, name="TA2"), scan("2024-03-01", "50.0", baseline=True), scan("2024-09-01", "9"),
            scan("2024-04-01", "30.0", "BICR"),
        ]
    }  # fmt: skip
    table = lesions(case, "mRECIST", "INVESTIGATOR", "2024-06-01")
    assert table is not None
    assert table.heads == [("Baseline", "1 Mar 2024"), ("TA2", "1 May 2024")]
    assert table.rows == [("T01", "Liver", ["50.0", "Absent"])]
    assert lesions(case, "RECIST 1.1", "INVESTIGATOR", "2024-06-01") is None
    assert lesions(None, "mRECIST", "INVESTIGATOR", "2024-06-01") is None


def test_a_value_is_found_by_its_field_wherever_it_stands() -> None:
    def paths(*forms: int) -> Paths:
        made = Paths()
        made.imaging = [{"date": f"form:{form}/tudat"} for form in forms]
        return made

    one = by_address({"imaging": [{"date": "2024-04-09"}], "data_cutoff": "2024-05-01"}, paths(43))
    two = by_address({"imaging": [{"date": "2024-03-01"}, {"date": "2024-04-09"}]}, paths(25, 43))
    assert one["form:43/tudat"] == two["form:43/tudat"] and set(two) - set(one) == {"form:25/tudat"}


def test_dates_that_lack_their_day() -> None:
    case = {
        "diagnosed": "2024-02",
        "death": {"date": "2024"},
        "imaging": [{"date": "2024-04-09", "mm": "2024"}],
    }
    assert partial_dates(case) == 2
