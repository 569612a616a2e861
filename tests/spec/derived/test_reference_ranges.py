"""D-15 and the conversion of units: by the catalogue's factor, or not at all."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from crf import laboratory
from crf.analytes import ANALYTES
from crf.laboratory import Limits, factor, indicator, limits_of, si_value, unconverted


@pytest.mark.parametrize(
    ("code", "result", "unit", "si"),
    [
        ("HGB", "14.8", "g/dL", "148.0"),
        ("HGB", "148", "g/L", "148"),
        ("BILI", "1.0", "mg/dL", "17.104"),
        ("CREAT", "1", "mg/dL", "88.4"),
        ("UPROT24", "1200", "mg/24h", "1.200"),
        ("TROPONI", "0.04", "ng/mL", "40.00"),
        ("AFP", "10", "IU/mL", "12.10"),
        ("HGB", "148", None, None),  # never guessed
        ("HGB", "148", "mg/dL", None),
        ("CKMB", "5", "ng/mL", None),  # assay specific
        ("HBVDNA", "5000", "copies/mL", None),
        ("UWBC", "5", "/HPF", None),
        ("UPROTDIP", "P1", None, None),
        ("HGB", None, "g/L", None),
    ],
)
def test_conversion(code: str, result: str | None, unit: str | None, si: str | None) -> None:
    found = si_value(code, result, unit)
    assert found == (None if si is None else Decimal(si))


def test_every_factor_of_the_catalogue_is_read() -> None:
    for code, analyte in ANALYTES.items():
        assert (factor(code, analyte.unit) == 1) is not analyte.unit.startswith("code ")
        for unit in laboratory.units_of(code)[1:]:
            assert (factor(code, unit) is None) is (
                "no" in analyte.alt_units.split() or "no " in analyte.alt_units
            )


def test_a_unit_without_a_factor_says_so() -> None:
    said = unconverted("CKMB", "ng/mL")
    assert said is not None
    assert "ng/mL" in said.en
    assert "ng/mL" in said.zh
    assert unconverted("HGB", "g/dL") is None
    assert unconverted("HGB", "stone") is None  # not a unit of it at all: another message


def row(**given: Any) -> dict[str, Any]:
    usual = {
        "labr_lab": "lab:1", "labr_test": "HGB", "labr_unit": "g/L", "labr_sex": "BOTH", "labr_agelo": 18,
        "labr_agehi": 60, "labr_lln": Decimal(120), "labr_uln": Decimal(160), "labr_from": dt.date(2024, 1, 1),
    }  # fmt: skip
    return usual | given


def found(
    *rows: dict[str, Any],
    lab: str | None = "lab:1",
    sex: str | None = "M",
    age: int | None = 55,
    day: str = "2024-03-12",
) -> Limits | None:
    return limits_of(rows, "HGB", lab, sex, age, dt.date.fromisoformat(day))


USUAL = Limits(Decimal(120), Decimal(160))


@pytest.mark.parametrize(
    ("change", "asked", "there"),
    [
        ({}, {}, True),
        ({}, {"lab": "lab:2"}, False),
        ({}, {"lab": None}, False),
        ({"labr_test": "PLAT"}, {}, False),
        ({"labr_sex": "M"}, {}, True),
        ({"labr_sex": "F"}, {}, False),
        ({"labr_sex": "M"}, {"sex": None}, False),
        ({}, {"sex": None}, True),
        ({}, {"age": 18}, True),
        ({}, {"age": 17}, False),
        ({}, {"age": 60}, True),
        ({}, {"age": 61}, False),
        ({}, {"age": None}, False),
        ({"labr_agelo": 0, "labr_agehi": 120}, {"age": None}, True),
        ({}, {"day": "2024-01-01"}, True),
        ({}, {"day": "2023-12-31"}, False),
        ({"labr_to": dt.date(2024, 3, 12)}, {}, True),
        ({"labr_to": dt.date(2024, 3, 11)}, {}, False),
    ],
)
def test_which_row_is_in_force(change: dict[str, Any], asked: dict[str, Any], there: bool) -> None:
    assert found(row(**change), **asked) == (USUAL if there else None)


def test_one_sex_goes_before_both_and_later_before_earlier() -> None:
    own = row(labr_sex="M", labr_lln=Decimal(130))
    later = row(labr_from=dt.date(2024, 2, 1), labr_lln=Decimal(125))
    assert found(row(), own) == Limits(Decimal(130), Decimal(160))
    assert found(row(), later) == Limits(Decimal(125), Decimal(160))


def test_limits_are_converted_like_results() -> None:
    assert found(row(labr_unit="g/dL", labr_lln=Decimal(12), labr_uln=None)) == Limits(Decimal(120), None)
    assert found(row(labr_unit="stone")) is None


@pytest.mark.parametrize(
    ("code", "result", "unit", "operator", "limits", "said"),
    [
        ("HGB", "119", "g/L", None, USUAL, "LOW"),
        ("HGB", "120", "g/L", None, USUAL, "NORMAL"),
        ("HGB", "160", "g/L", None, USUAL, "NORMAL"),
        ("HGB", "161", "g/L", None, USUAL, "HIGH"),
        ("HGB", "160", "g/L", "GT", USUAL, "HIGH"),
        ("HGB", "120", "g/L", "LT", USUAL, "LOW"),
        ("HGB", "119", "g/L", None, None, None),
        ("HGB", "119", "g/L", None, Limits(None, None), None),
        ("HGB", "119", "g/L", None, Limits(None, Decimal(160)), "NORMAL"),
        ("HGB", "119", None, None, USUAL, None),
        ("UPROTDIP", "NEG", None, None, None, "NORMAL"),
        ("UPROTDIP", "P1", None, None, None, "ABNORMAL"),
        ("UPROTDIP", None, None, None, None, None),
        ("HCG", "POS", None, None, None, "ABNORMAL"),
        ("HBVDNA", None, None, "TND", None, "NORMAL"),
    ],
)
def test_indicator(code: str, result: Any, unit: Any, operator: Any, limits: Any, said: Any) -> None:
    assert indicator(code, result, unit, operator, limits) == said
