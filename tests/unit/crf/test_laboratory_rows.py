"""What a row of a laboratory panel is asked: by its analyte and by what was said of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from crf.analytes import panel_number
from crf.laboratory import NUMBERS
from crf.lookups import Surroundings
from crf.registry import form_def
from crf.services.checking import Checked, check
from crf.sheets import Casebook, RowValues, Sheet


def checked(test: str, perf: str = "Y", miss: str = "", **values: Any) -> tuple[str, Checked]:
    """One row on its panel, and the path of the row."""
    from crf.analytes import ANALYTES

    row = RowValues(NUMBERS[test], values, {"lborres": miss} if miss else {})
    sheet = Sheet(
        "LB", 1, "C2", repeat=panel_number(ANALYTES[test].panel), values={"lbperf": perf}, rows={"LB2": [row]}
    )
    around = Surroundings(Casebook("", [sheet]), dt.date(2026, 1, 1))
    return f"LB2:{row.row}/", check(form_def("LB"), sheet, around)


@pytest.mark.parametrize(
    ("test", "values", "wanted"),
    [
        ("NEUT", {}, {"lborres"}),
        ("NEUT", {"lborres": "1.8"}, {"lborresu"}),
        ("NEUT", {"lborres": "1.8", "lborresu": "10^9/L"}, set()),
        ("NEUT", {"miss": "ND"}, set()),
        ("NEUT", {"lborresu": "10^9/L"}, {"lborres"}),
        ("NEUT", {"perf": "N"}, set()),
        ("MONO", {}, set()),  # optional and untouched
        ("MONO", {"lborresu": "10^9/L"}, set()),  # a unit alone is a default
        ("MONO", {"lborres": "0.3"}, {"lborresu"}),
        ("MONO", {"lbcom": "Clotted."}, {"lborres"}),
        ("UPROT24", {}, set()),
        ("HCVRNA", {}, set()),
        ("HCG", {}, set()),
        ("HBVDNA", {}, set()),
        ("HBVDNA", {"lbop": "TND"}, set()),  # not detected: no number
        ("HBVDNA", {"lbop": "EQ"}, {"lborres"}),
        ("UPROTDIP", {}, {"lborres"}),
        ("UPROTDIP", {"lborres": "NEG"}, set()),  # a code has no unit
        ("HCG", {"lborres": "NEG"}, set()),
    ],
)
def test_what_is_required(test: str, values: dict[str, str], wanted: set[str]) -> None:
    place, found = checked(test, **values)
    own = {path.removeprefix(place) for path in found.required if path.startswith(place)}
    assert own == wanted
    assert not found.hidden


@pytest.mark.parametrize(
    ("test", "values", "refused"),
    [
        ("NEUT", {"lborres": "NEG"}, {"lborres"}),
        ("NEUT", {"lborres": "1.8", "lborresu": "10^9/L"}, set()),
        ("NEUT", {"lborres": "1.8", "lborresu": "g/L"}, {"lborresu"}),
        ("HGB", {"lborres": "14.8", "lborresu": "g/dL"}, set()),
        ("UPROTDIP", {"lborres": "P1"}, set()),
        ("UPROTDIP", {"lborres": "POS"}, {"lborres"}),
        ("UPROTDIP", {"lborres": "1"}, {"lborres"}),
        ("HCG", {"lborres": "NEG"}, set()),
        ("HCG", {"lborres": "P1"}, {"lborres"}),
    ],
)
def test_what_cannot_be_of_the_analyte(test: str, values: dict[str, str], refused: set[str]) -> None:
    place, found = checked(test, **values)
    assert {path.removeprefix(place) for path in found.hard} == refused


def test_a_unit_on_a_code_and_a_result_without_a_sample_are_not_asked() -> None:
    place, found = checked("UPROTDIP", lborres="NEG", lborresu="g/L")
    assert set(found.hidden) == {place + "lborresu"}
    place, found = checked("NEUT", perf="N", lborres="1.8", lborresu="10^9/L")
    assert set(found.hidden) == {place + "lborres"}
