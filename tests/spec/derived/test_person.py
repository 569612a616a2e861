"""D-01 age, D-03 and D-04 body surface: the book's examples and both sides of each boundary."""

from datetime import date
from decimal import Decimal

import pytest

from crf import derived
from trialsite.kernel.partial_date import PartialDate

# born, consent, completed years
AGES = [
    ("1968-05", "2024-03-04", 55),
    ("1959-02-28", "2024-03-04", 65),
    ("2006-03", "2024-03-04", 17),  # the day unknown: the last of the month, so not yet 18
    ("2006-03", "2024-03-31", 18),
    ("2006-03-04", "2024-03-04", 18),  # the birthday itself counts
    ("2006-03-05", "2024-03-04", 17),
    ("2004-02-29", "2023-02-28", 18),  # no 29 February that year: not before 1 March
    ("2004-02-29", "2023-03-01", 19),
    ("1960", "2024-06-30", 63),
]


@pytest.mark.parametrize("born, consent, years", AGES)
def test_age_is_never_overstated(born: str, consent: str, years: int) -> None:
    assert derived.age(PartialDate.parse(born), date.fromisoformat(consent)) == years


def test_no_age_without_birth_or_consent() -> None:
    assert derived.age(None, date(2024, 3, 4)) is None
    assert derived.age(PartialDate.parse("1968-05"), None) is None


# kg, cm, Mosteller, Du Bois
SURFACES = [
    ("70.0", "171.0", "1.8235", "1.8174"),
    ("55.5", "158.0", "1.5607", "1.5550"),
    ("92.0", "176.0", "2.1208", "2.0844"),
]


@pytest.mark.parametrize("weight, height, mosteller, dubois", SURFACES)
def test_body_surface(weight: str, height: str, mosteller: str, dubois: str) -> None:
    w, h = Decimal(weight), Decimal(height)
    assert str(derived.half_up(derived.bsa_mosteller(w, h) or Decimal(0), 4)) == mosteller
    assert str(derived.half_up(derived.bsa_dubois(w, h) or Decimal(0), 4)) == dubois


@pytest.mark.parametrize("formula", derived.BSA.values())
@pytest.mark.parametrize("weight, height", [(None, Decimal(171)), (Decimal(70), None), (None, None)])
def test_no_body_surface_without_both(
    formula: object, weight: Decimal | None, height: Decimal | None
) -> None:
    assert formula(weight, height) is None  # type: ignore[operator]


@pytest.mark.parametrize(
    "value, shown", [("0.05", "0.1"), ("-0.05", "-0.1"), ("0.04", "0.0"), ("8.25", "8.3")]
)
def test_rounds_half_away_from_zero(value: str, shown: str) -> None:
    assert str(derived.half_up(Decimal(value), 1)) == shown


# first dose, day, study day
STUDY_DAYS = [
    ("2024-03-14", "2024-03-14", 1),
    ("2024-03-14", "2024-03-13", -1),
    ("2024-03-14", "2024-07-08", 117),
]


@pytest.mark.parametrize("first, day, number", STUDY_DAYS)
def test_there_is_no_study_day_0(first: str, day: str, number: int) -> None:
    assert derived.study_day(date.fromisoformat(first), date.fromisoformat(day)) == number


def test_durations_count_both_ends_and_never_run_backwards() -> None:
    assert derived.duration_days(date(2024, 3, 14), date(2024, 4, 5)) == 23
    assert derived.duration_days(date(2024, 3, 14), date(2024, 3, 14)) == 1
    assert derived.duration_days(date(2024, 3, 14), date(2024, 3, 13)) is None
    assert derived.duration_days(None, date(2024, 3, 13)) is None
    assert derived.days_between(date(2024, 5, 30), date(2024, 6, 14)) == 15
