"""D-02, D-05 to D-08, D-12, D-14, D-16, D-26: the book's examples and both sides of each boundary."""

from decimal import Decimal
from typing import Any

import pytest

from crf import derived_clinic as clinic
from crf.derived import half_up


def D(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def shown(value: Decimal | None, places: int) -> str:
    return "" if value is None else str(half_up(value, places))


@pytest.mark.parametrize(
    ("weight", "height", "bmi"),
    [
        ("70.0", "171.0", "23.94"),
        ("55.5", "158.0", "22.23"),
        ("92.0", "176.0", "29.70"),
        (None, "171.0", ""),
        ("70.0", None, ""),
    ],
)
def test_bmi(weight: str | None, height: str | None, bmi: str) -> None:
    assert shown(clinic.bmi(D(weight), D(height)), 2) == bmi


# baseline, weight, change, suggested term and grade
WEIGHTS: list[tuple[str, str, str, Any]] = [
    ("70.0", "66.0", "-5.7", ("Weight loss", 1)),
    ("70.0", "62.5", "-10.7", ("Weight loss", 2)),
    ("70.0", "68.0", "-2.9", None),
    ("100", "95", "-5.0", ("Weight loss", 1)),
    ("100", "95.1", "-4.9", None),
    ("100", "90", "-10.0", ("Weight loss", 2)),
    ("100", "90.1", "-9.9", ("Weight loss", 1)),
    ("100", "80", "-20.0", ("Weight loss", 3)),
    ("100", "80.1", "-19.9", ("Weight loss", 2)),
    ("100", "105", "5.0", ("Weight gain", 1)),
    ("100", "110", "10.0", ("Weight gain", 2)),
    ("100", "120", "20.0", ("Weight gain", 3)),
    ("100", "100", "0.0", None),
]


@pytest.mark.parametrize(("baseline", "weight", "change", "grade"), WEIGHTS)
def test_weight_change(baseline: str, weight: str, change: str, grade: Any) -> None:
    found = clinic.weight_change(D(weight), D(baseline))
    assert shown(found, 1) == change
    assert clinic.weight_grade(found) == grade


def test_no_weight_no_change() -> None:
    assert clinic.weight_change(None, Decimal(70)) is None
    assert clinic.weight_change(Decimal(70), None) is None
    assert clinic.weight_grade(None) is None


# bilirubin, albumin, INR, seconds of PT, ascites, encephalopathy, score, class
CHILD_PUGH: list[tuple[Any, ...]] = [
    ("14.2", "42.1", "1.04", None, "NONE", "NONE", 5, "A"),
    ("38", "33", "1.5", None, "MILD", "NONE", 8, "B"),
    ("34.2", "35", "1.7", None, "NONE", "NONE", 8, "B"),
    ("60", "26", None, "7", "MODSEV", "G1_2", 14, "C"),
    ("34.1", "35.1", "1.69", None, "NONE", "NONE", 5, "A"),
    ("51.3", "28", "2.3", None, "NONE", "NONE", 8, "B"),
    ("51.4", "27.9", "2.31", None, "NONE", "NONE", 11, "C"),
    ("14", "42", None, "3.9", "NONE", "NONE", 5, "A"),
    ("14", "42", None, "4", "NONE", "NONE", 6, "A"),
    ("14", "42", None, "6", "NONE", "NONE", 6, "A"),
    ("14", "42", None, "6.1", "NONE", "NONE", 7, "B"),
    ("14", "42", "1", None, "MODSEV", "G3_4", 9, "B"),
    ("38", "33", "1", None, "MODSEV", "G3_4", 11, "C"),
]


@pytest.mark.parametrize(
    ("bilirubin", "albumin", "inr", "seconds", "ascites", "enceph", "score", "letter"), CHILD_PUGH
)
def test_child_pugh(
    bilirubin: str, albumin: str, inr: Any, seconds: Any, ascites: str, enceph: str, score: int, letter: str
) -> None:
    coagulation = clinic.coagulation_points(D(inr), D(seconds))
    assert clinic.child_pugh(D(bilirubin), D(albumin), coagulation, ascites, enceph) == (score, letter)


def test_child_pugh_needs_all_five() -> None:
    whole: list[Any] = [Decimal(14), Decimal(42), 1, "NONE", "NONE"]
    for place in range(5):
        assert clinic.child_pugh(*[None if i == place else part for i, part in enumerate(whole)]) is None


def test_coagulation_by_the_configured_item_else_the_other() -> None:
    inr, seconds = Decimal("1.0"), Decimal(7)
    assert clinic.coagulation_points(inr, seconds, "INR") == 1
    assert clinic.coagulation_points(inr, seconds, "PT") == 3
    assert clinic.coagulation_points(inr, None, "PT") == 1
    assert clinic.coagulation_points(None, None) is None


@pytest.mark.parametrize(
    ("bilirubin", "albumin", "score", "grade"),
    [
        ("14.2", "42.1", "-2.818", 1),
        ("38", "33", "-1.762", 2),
        ("60", "26", "-1.036", 3),
        ("10", "38.35294117647058823529411765", "-2.600", 1),  # the bound itself
        ("10", "38.352", "-2.600", 2),  # shown alike, graded unrounded
        ("10", "24.11764705882352941176470589", "-1.390", 2),
        ("10", "24.117", "-1.390", 3),
    ],
)
def test_albi(bilirubin: str, albumin: str, score: str, grade: int) -> None:
    found = clinic.albi(D(bilirubin), D(albumin))
    assert found is not None
    assert (shown(found.score, 3), found.grade) == (score, grade)


def test_no_albi_without_both() -> None:
    assert clinic.albi(None, Decimal(40)) is None
    assert clinic.albi(Decimal(14), None) is None
    assert clinic.albi(Decimal(0), Decimal(40)) is None


@pytest.mark.parametrize(
    ("age", "weight", "creatinine", "sex", "clearance"),
    [
        (55, "70", "76", "M", "96.1"),
        (65, "55.5", "62", "F", "70.1"),
        (72, "60", "150", "M", "33.4"),
        (None, "60", "150", "M", ""),
        (72, None, "150", "M", ""),
        (72, "60", None, "M", ""),
        (72, "60", "150", None, ""),
    ],
)
def test_creatinine_clearance(age: Any, weight: Any, creatinine: Any, sex: Any, clearance: str) -> None:
    assert shown(clinic.creatinine_clearance(age, D(weight), D(creatinine), sex), 1) == clearance


@pytest.mark.parametrize(
    ("qt", "rate", "qtcf"),
    [(398, 72, 423), (420, 95, 490), (380, 60, 380), (None, 60, None), (380, None, None)],
)
def test_qtcf(qt: int | None, rate: int | None, qtcf: int | None) -> None:
    assert clinic.qtcf(qt, rate) == qtcf


@pytest.mark.parametrize(
    ("ms", "baseline", "grade"),
    [
        (449, None, 0), (450, None, 1), (480, None, 1), (481, None, 2), (490, None, 2), (500, None, 2), (501, None, 3),
        (440, 380, 0), (441, 380, 3), (None, 380, None),
    ],
)  # fmt: skip
def test_grade_of_qtcf(ms: int | None, baseline: int | None, grade: int | None) -> None:
    assert clinic.qtcf_grade(ms, baseline) == grade


@pytest.mark.parametrize(
    ("systolic", "diastolic", "grade"),
    [
        (168, 102, 3), (138, 86, 1), (142, 84, 2), (116, 74, 0),
        (160, 70, 3), (159, 70, 2), (140, 70, 2), (139, 70, 1), (120, 70, 1), (119, 70, 0),
        (110, 100, 3), (110, 99, 2), (110, 90, 2), (110, 89, 1), (110, 80, 1), (110, 79, 0),
        (None, 80, None), (120, None, None),
    ],
)  # fmt: skip
def test_grade_of_blood_pressure(systolic: Any, diastolic: Any, grade: Any) -> None:
    assert clinic.blood_pressure_grade(systolic, diastolic) == grade


@pytest.mark.parametrize(
    ("value", "operator", "log"),
    [
        ("860", "EQ", "2.93"), ("2000", "EQ", "3.30"), ("36000", "EQ", "4.56"), ("20", "LT", ""), (None, "TND", ""),
        ("0", "EQ", ""), ("860", None, ""),
    ],
)  # fmt: skip
def test_log10(value: str | None, operator: str | None, log: str) -> None:
    assert shown(clinic.log10(D(value), operator), 2) == log


@pytest.mark.parametrize(
    ("general", "mm", "grade"),
    [
        (False, "4", 1), (False, "14", 2), (True, "8", 3), (False, "10", 1), (False, "10.1", 2), (True, None, 3),
        (False, None, None), (None, "14", None),
    ],
)  # fmt: skip
def test_grade_of_rccep(general: bool | None, mm: str | None, grade: int | None) -> None:
    assert clinic.rccep_grade(general, D(mm)) == grade
