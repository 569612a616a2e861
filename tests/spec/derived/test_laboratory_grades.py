"""D-13, CTCAE v5.0 by table 4.4.1: the worked examples, then both sides of every bound."""

from decimal import Decimal
from typing import Any

import pytest

from crf.analytes import ANALYTES
from crf.ctcae_laboratory import RULES, Context, Grade, dipstick_grade, grade


def context(**given: str | bool) -> Context:
    values: dict[str, Any] = {
        name: value if isinstance(value, bool) else Decimal(value) for name, value in given.items()
    }
    return Context(**values)


def graded(code: str, value: str, **given: str | bool) -> Grade | None:
    return grade(code, Decimal(value), context(**given))


def base(uln: str, value: str) -> dict[str, str]:
    """A result after a baseline, at one laboratory."""
    return {"high": uln, "baseline": value, "baseline_high": uln}


# test, value, context, grade, minimum: as the book gives them
EXAMPLES: list[tuple[str, str, dict[str, str], int, bool]] = [
    ("ALT", "150", base("50", "38"), 1, False),
    ("ALT", "151", base("50", "38"), 2, False),
    ("AST", "66", base("40", "41"), 1, False),
    ("AST", "52", base("40", "41"), 0, False),
    ("BILI", "27.4", base("23", "14.2"), 1, False),
    ("BILI", "40", base("23", "30"), 1, False),
    ("NEUT", "0.92", {"low": "1.8"}, 3, False),
    ("NEUT", "1.5", {"low": "1.8"}, 1, False),
    ("PLAT", "74", {"low": "125"}, 2, False),
    ("HGB", "78", {"low": "130", "high": "175"}, 3, True),
    ("CREAT", "130", base("97", "76"), 2, False),
    ("ALB", "31.0", {"low": "40"}, 1, False),
    ("INR", "1.32", {}, 1, False),
    ("SODIUM", "128", {"low": "137", "high": "147"}, 2, True),
    ("K", "3.2", {"low": "3.5", "high": "5.3"}, 1, True),
    ("UPROT24", "1.2", {"high": "0.15"}, 2, False),
]


@pytest.mark.parametrize(("code", "value", "given", "expected", "minimum"), EXAMPLES)
def test_worked_examples(code: str, value: str, given: dict[str, str], expected: int, minimum: bool) -> None:
    found = graded(code, value, **given)
    assert found is not None
    assert (found.grade, found.minimum, found.version) == (expected, minimum, "5.0")


# test, limits, term, then: last value of the milder grade | first of the worse = worse grade, * when that is a minimum
LOW: list[tuple[str, dict[str, str], str, str]] = [
    ("HGB", {"low": "130", "high": "175"}, "Anemia", "130|129=1 100|99=2 80|79=3*"),
    ("WBC", {"low": "3.5"}, "White blood cell decreased", "3.5|3.49=1 3.0|2.99=2 2.0|1.99=3 1.0|0.99=4"),
    ("NEUT", {"low": "1.8"}, "Neutrophil count decreased", "1.8|1.79=1 1.5|1.49=2 1.0|0.99=3 0.5|0.49=4"),
    ("LYM", {"low": "1.1"}, "Lymphocyte count decreased", "1.1|1.09=1 0.8|0.79=2 0.5|0.49=3 0.2|0.19=4"),
    ("PLAT", {"low": "125"}, "Platelet count decreased", "125|124=1 75|74=2 50|49=3 25|24=4"),
    ("ALB", {"low": "40"}, "Hypoalbuminemia", "40|39.9=1 30|29.9=2 20|19.9=3*"),
    ("FIBRINO", {"low": "2.4"}, "Fibrinogen decreased", "2.4|2.39=1 1.8|1.79=2 1.2|1.19=3 0.6|0.59=4"),
    ("SODIUM", {"low": "137", "high": "147"}, "Hyponatremia", "137|136=1 130|129=2* 125|124=3 120|119=4"),
    ("K", {"low": "3.5", "high": "5.3"}, "Hypokalemia", "3.5|3.4=1* 3.0|2.9=3 2.5|2.4=4"),
    ("CA", {"low": "2.11", "high": "2.52", "albumin": "40"}, "Hypocalcemia", "2.11|2.10=1 2.0|1.99=2 1.75|1.74=3 1.5|1.49=4"),
    ("MG", {"low": "0.75", "high": "1.02"}, "Hypomagnesemia", "0.75|0.74=1 0.5|0.49=2 0.4|0.39=3 0.3|0.29=4"),
    ("GLUC", {"low": "3.9", "high": "6.1"}, "Hypoglycemia", "3.9|3.8=1* 3.0|2.9=2* 2.2|2.1=3* 1.7|1.6=4"),
]  # fmt: skip
HIGH: list[tuple[str, dict[str, str], str, str]] = [
    ("HGB", {"low": "130", "high": "175"}, "Hemoglobin increased", "175|176=1 195|196=2 215|216=3"),
    ("WBC", {"low": "3.5"}, "Leukocytosis", "100|100.1=3*"),
    ("LYM", {"low": "1.1"}, "Lymphocyte count increased", "4.0|4.1=2 20|20.1=3"),
    ("ALT", {"high": "50"}, "Alanine aminotransferase increased", "50|51=1 150|151=2 250|251=3 1000|1001=4"),
    ("AST", {"high": "40"}, "Aspartate aminotransferase increased", "40|41=1 120|121=2 200|201=3 800|801=4"),
    ("AST", base("40", "50"), "Aspartate aminotransferase increased", "74.9|75=1 150|150.1=2 250|250.1=3 1000|1000.1=4"),
    ("ALP", {"high": "125"}, "Alkaline phosphatase increased", "125|126=1 312.5|313=2 625|626=3 2500|2501=4"),
    ("ALP", base("125", "200"), "Alkaline phosphatase increased", "399.9|400=1 500|500.1=2 1000|1001=3 4000|4001=4"),
    ("GGT", {"high": "60"}, "GGT increased", "60|61=1 150|151=2 300|301=3 1200|1201=4"),
    ("GGT", base("60", "86"), "GGT increased", "171.9|172=1 215|215.1=2 430|430.1=3 1720|1720.1=4"),
    ("BILI", {"high": "23"}, "Blood bilirubin increased", "23|23.1=1 34.5|34.6=2 69|69.1=3 230|230.1=4"),
    ("BILI", base("23", "30"), "Blood bilirubin increased", "30|30.1=1 45|45.1=2 90|90.1=3 300|300.1=4"),
    ("CREAT", {"high": "97"}, "Creatinine increased", "97|98=1 145.5|145.6=2 291|291.1=3 582|582.1=4"),
    ("CREAT", base("200", "60"), "Creatinine increased", "90|90.1=2 180|180.1=3"),
    ("INR", {}, "INR increased", "1.2|1.21=1 1.5|1.51=2 2.5|2.51=3"),
    ("APTT", {"high": "36"}, "Activated partial thromboplastin time prolonged", "36|36.1=1* 54|54.1=2* 90|90.1=3"),
    ("CK", {"high": "310"}, "CPK increased", "310|311=1 775|776=2 1550|1551=3 3100|3101=4"),
    ("LDH", {"high": "250"}, "Blood lactate dehydrogenase increased", "250|251=1"),
    ("AMYLASE", {"high": "100"}, "Serum amylase increased", "100|101=1 150|151=2 200|201=2* 500|501=3*"),
    ("LIPASE", {"high": "60"}, "Lipase increased", "60|61=1 90|91=2 300|301=3*"),
    ("SODIUM", {"low": "137", "high": "147"}, "Hypernatremia", "147|148=1* 150|151=2* 155|156=3 160|161=4"),
    ("K", {"low": "3.5", "high": "5.3"}, "Hyperkalemia", "5.3|5.4=1* 5.5|5.6=2* 6.0|6.1=3* 7.0|7.1=4"),
    ("CA", {"low": "2.11", "high": "2.52", "albumin": "40"}, "Hypercalcemia", "2.52|2.53=1 2.9|2.91=2 3.1|3.11=3 3.4|3.41=4"),
    ("MG", {"low": "0.75", "high": "1.02"}, "Hypermagnesemia", "1.02|1.03=1 1.23|1.24=3 3.30|3.31=4"),
    ("URATE", {"high": "428"}, "Hyperuricemia", "428|429=1*"),
    ("CHOL", {"high": "5.2"}, "Cholesterol high", "5.2|5.21=1 7.75|7.76=2 10.34|10.35=3 12.92|12.93=4"),
    ("TRIG", {}, "Hypertriglyceridemia", "1.70|1.71=1 3.42|3.43=2 5.7|5.71=3 11.4|11.41=4"),
    ("TSH", {"high": "4.94"}, "Thyroid stimulating hormone increased", "4.94|4.95=1"),
    ("TROPONI", {"high": "26"}, "Cardiac troponin I increased", "26|27=1*"),
    ("UPROT24", {"high": "0.15"}, "Proteinuria", "0.14|0.15=1 0.99|1.0=2 3.49|3.5=3"),
    ("EOS", base("0.52", "0.3"), "Eosinophilia", "0.52|0.53=1*"),
    ("EOS", base("0.52", "0.7"), "Eosinophilia", "0.7|0.71=1*"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "given", "term", "bounds"), LOW + HIGH)
def test_both_sides_of_every_bound(code: str, given: dict[str, str], term: str, bounds: str) -> None:
    milder = 0
    for bound in bounds.split():
        last, first, text = bound.replace("|", "=").split("=")
        worse, minimum = int(text.rstrip("*")), text.endswith("*")
        before, after = graded(code, last, **given), graded(code, first, **given)
        assert before is not None
        assert after is not None
        assert before.grade == milder, last
        assert (after.grade, after.term, after.minimum) == (worse, term, minimum), first
        milder = worse


def test_every_test_with_a_numeric_term_is_graded_here() -> None:
    tabled = {code for code, *_rest in LOW + HIGH} | {"PHOS"}
    assert set(RULES) == tabled
    assert set(RULES) <= set(ANALYTES)


def test_without_a_limit_of_normal_the_mildest_grade_cannot_be_told() -> None:
    assert graded("NEUT", "0.92") == Grade(3, "Neutrophil count decreased")
    assert graded("NEUT", "1.6") is None  # grade 1 or none
    assert graded("ALT", "151") is None
    assert graded("CREAT", "130", baseline="76") is None
    assert graded("K", "5.4", low="3.5") is None
    assert graded("K", "5.6", low="3.5") == Grade(2, "Hyperkalemia", True)


def test_calcium_is_corrected_for_albumin() -> None:
    limits = {"low": "2.11", "high": "2.52"}
    assert graded("CA", "2.00", **limits, albumin="30") == Grade(0)  # 2.20
    assert graded("CA", "2.00", **limits, albumin="40") == Grade(1, "Hypocalcemia")
    assert graded("CA", "2.00", **limits) is None


def test_fibrinogen_falls_from_an_abnormal_baseline() -> None:
    below: dict[str, str] = {"low": "2.0", "baseline": "1.6", "baseline_low": "2.0"}
    found = [graded("FIBRINO", value, **below) for value in ("1.6", "1.59", "1.2", "0.8", "0.49")]
    assert [one.grade for one in found if one] == [0, 1, 2, 3, 4]
    assert graded("FIBRINO", "0.51", low="0.4") == Grade(0)
    assert graded("FIBRINO", "0.49", low="0.4") == Grade(4, "Fibrinogen decreased")


def test_inr_on_an_anticoagulant_is_a_multiple_of_the_baseline() -> None:
    on: dict[str, Any] = {"baseline": "2.0", "treated": True}
    assert [one.grade for v in ("2.0", "2.1", "3.0", "3.1", "5.1") if (one := graded("INR", v, **on))] == [
        0, 1, 1, 2, 3,
    ]  # fmt: skip
    assert graded("INR", "2.6", treated=True) is None


def test_what_only_a_clinician_grades_says_so() -> None:
    limits = {"low": "3.9", "high": "6.1"}
    assert graded("GLUC", "6.1", **limits) == Grade(0)
    assert graded("GLUC", "6.2", **limits) == Grade(None, "Hyperglycemia", True)
    assert graded("PHOS", "0.84", low="0.85", high="1.51") == Grade(None, "Hypophosphatemia", True)
    assert graded("PHOS", "0.85", low="0.85", high="1.51") == Grade(0)
    assert graded("TSH", "14.6", high="4.94", treated=True) == Grade(None, "Hypothyroidism", True)


@pytest.mark.parametrize(
    ("result", "expected"), [("NEG", 0), ("TRACE", 0), ("P1", 1), ("P2", 2), ("P3", 2), ("P4", 3)]
)
def test_dipstick(result: str, expected: int) -> None:
    found = dipstick_grade(result)
    assert found is not None
    assert found.grade == expected
    assert dipstick_grade(result, Grade(2, "Proteinuria")) == Grade(2, "Proteinuria")


def test_tests_without_a_term_have_no_grade() -> None:
    assert graded("RBC", "4") is None
    assert grade("NEUT", None, Context()) is None
    assert dipstick_grade(None) is None
