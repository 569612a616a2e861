"""D-17 planned dose, D-18 dose intensity, D-19 compliance, D-20 planned day 1, D-21 dose level."""

from datetime import date, time
from decimal import Decimal

import pytest

from crf import derived
from crf.derived import Period
from trialsite.kernel.study import study

LEVELS = study()["dose_levels"]


def shown(value: Decimal | None) -> str | None:
    return None if value is None else str(derived.half_up(value, 1))


def day(text: str) -> date:
    return date.fromisoformat(text)


# drug, level, BSA used, actual mg, planned mg, % of plan
PLANNED = [
    ("OXA", "0", "1.82", "155", "154.7", "100.2"),
    ("OXA", "-1", "1.56", "100", "101.4", "98.6"),
    ("OXA", "-1", "1.82", "120", "118.3", "101.4"),
    ("FU_CI", "0", "2.12", "4500", "5088.0", "88.4"),
    ("FU_B", "0", "2.00", "800", "800.0", "100.0"),
    ("CAM", "0", "", "160", "200.0", "80.0"),  # a flat dose needs no body surface
    ("OXA", "0", "", "155", None, None),
    ("OXA", "OTHER", "1.82", "155", None, None),
    ("LLV", "-1", "1.82", "365", None, None),  # levofolinate has one level
    ("OXA", "0", "1.82", "", "154.7", None),
]


@pytest.mark.parametrize("drug, level, bsa, actual, planned, share", PLANNED)
def test_planned_dose(
    drug: str, level: str, bsa: str, actual: str, planned: str | None, share: str | None
) -> None:
    dose = derived.level_dose(LEVELS[drug], level)
    mg = derived.planned_mg(dose, LEVELS[drug]["unit"], Decimal(bsa) if bsa else None)
    assert shown(mg) == planned
    assert shown(derived.percent(Decimal(actual) if actual else None, mg)) == share


# delivered (mg/m², camrelizumab mg), first and last day 1, cycle days, level-0 dose, RDI %
INTENSITIES = [
    ("301.62", "2024-03-14", "2024-05-02", 14, "85", "78.9"),  # 550 mg / 1.8235 m²
    ("800", "2024-03-14", "2024-05-02", 14, "200", "88.9"),
    ("340", "2024-03-14", "2024-04-25", 14, "85", "100.0"),
    ("1600", "2024-07-11", "2024-12-05", 21, "200", "100.0"),
    ("85", "2024-03-14", "2024-03-14", 14, "85", "100.0"),  # one cycle
]


@pytest.mark.parametrize("delivered, first, last, cycle, level0, rdi", INTENSITIES)
def test_relative_dose_intensity(
    delivered: str, first: str, last: str, cycle: int, level0: str, rdi: str
) -> None:
    found = derived.relative_dose_intensity(Decimal(delivered), day(first), day(last), cycle, Decimal(level0))
    assert shown(found) == rdi


def test_no_intensity_without_doses_days_or_plan() -> None:
    first = day("2024-03-14")
    assert derived.relative_dose_intensity(None, first, first, 14, Decimal(85)) is None
    assert derived.relative_dose_intensity(Decimal(85), None, first, 14, Decimal(85)) is None
    assert derived.relative_dose_intensity(Decimal(85), first, first, 14, None) is None


# days, schedule, doses
DOSES = [
    (23, "QD", 23), (33, "QOD", 17), (32, "QOD", 16), (1, "QOD", 1), (168, "QOD", 84), (56, "5ON2OFF", 40),
    (5, "5ON2OFF", 5), (6, "5ON2OFF", 5), (7, "5ON2OFF", 5), (8, "5ON2OFF", 6), (7, "HELD", 0), (0, "QD", 0),
    (None, "QD", None), (3, None, None),
]  # fmt: skip


@pytest.mark.parametrize("days, schedule, doses", DOSES)
def test_apatinib_doses(days: int | None, schedule: str | None, doses: int | None) -> None:
    assert derived.apatinib_doses(days, schedule) == doses


def period(start: str, end: str, dose: int, schedule: str) -> Period:
    return Period(day(start), day(end) if end else None, dose, schedule)


FIRST, HELD, SECOND = (
    period("2024-03-14", "2024-04-05", 250, "QD"),
    period("2024-04-06", "2024-04-12", 0, "HELD"),
    period("2024-04-13", "2024-05-15", 250, "QOD"),
)
SECTION_6 = [FIRST, HELD, SECOND]

APATINIB = [
    (SECTION_6, "63.5"),
    ([period("2024-03-14", "2024-05-08", 250, "QD")], "100.0"),  # 56 days
    ([period("2024-03-14", "2024-05-08", 250, "5ON2OFF")], "71.4"),
    ([period("2024-07-11", "2024-12-25", 250, "QOD")], "50.0"),
    (
        [FIRST, period("2024-04-06", "2024-04-12", 0, "HELD")],
        "100.0",
    ),  # held to the end: the last dose was before
    ([HELD], None),
    ([], None),
    ([period("2024-03-14", "", 250, "QD")], None),  # still going on
]


@pytest.mark.parametrize("periods, rdi", APATINIB)
def test_apatinib_intensity(periods: list[Period], rdi: str | None) -> None:
    assert shown(derived.apatinib_intensity(periods)) == rdi


def test_cumulative_dose_of_section_6() -> None:
    assert [(p.days, p.cumulative_mg) for p in SECTION_6] == [(23, 5750), (7, 0), (33, 4250)]
    assert period("2024-03-14", "", 250, "QD").cumulative_mg is None


# dispensed, returned on, expected
EXPECTED = [
    ("2024-03-14", "2024-04-18", "26"),
    ("2024-04-18", "2024-05-20", "14"),
    ("2024-03-14", "2024-03-28", "14"),  # the tablet of the day of return is the next bottle's
    ("2024-04-06", "2024-04-13", "0"),
    ("2024-05-16", "2024-05-20", "0"),
    ("2024-03-14", "2024-03-14", "0"),
]


@pytest.mark.parametrize("dispensed, returned, tablets", EXPECTED)
def test_tablets_expected(dispensed: str, returned: str, tablets: str) -> None:
    assert derived.tablets_expected(SECTION_6, day(dispensed), day(returned)) == Decimal(tablets)


def test_tablets_of_a_double_dose_and_of_a_period_that_goes_on() -> None:
    double = [period("2024-03-14", "", 500, "QD")]
    assert derived.tablets_expected(double, day("2024-03-14"), day("2024-03-28")) == 28


# dispensed, returned, expected, %
COMPLIANCE = [
    (14, 1, 14, "92.9"), (28, 5, 23, "100.0"), (14, 6, 14, "57.1"), (28, 2, 26, "100.0"), (15, 1, 14, "100.0"),
    (14, 14, 14, "0.0"), (14, None, 14, None), (None, 1, 14, None), (14, 1, 0, None),
]  # fmt: skip


@pytest.mark.parametrize("dispensed, returned, expected, share", COMPLIANCE)
def test_compliance(dispensed: int | None, returned: int | None, expected: int, share: str | None) -> None:
    assert shown(derived.compliance(dispensed, returned, expected)) == share


# day 1 before, actual day 1, planned, delay
DELAYS = [
    ("2024-03-28", "2024-04-18", "2024-04-11", 7),
    ("2024-03-28", "2024-04-13", "2024-04-11", 2),
    ("2024-03-28", "2024-04-08", "2024-04-11", -3),
    ("2024-03-28", "2024-04-11", "2024-04-11", 0),
]


@pytest.mark.parametrize("before, actual, planned, delay", DELAYS)
def test_planned_day_and_delay(before: str, actual: str, planned: str, delay: int) -> None:
    found = derived.planned_day(day(before), 14)
    assert (found, derived.days_between(found, day(actual))) == (day(planned), delay)


def test_the_first_cycle_has_no_planned_day() -> None:
    assert derived.planned_day(None, 14) is None
    assert derived.days_between(None, day("2024-03-14")) is None


# delivered mg, BSA, level
LEVELLED = [
    ("155", "1.8235", "0"), ("120", "1.8235", "-1"), ("140", "1.8235", "OTHER"), ("89.25", "1", "0"),
    ("89.26", "1", "OTHER"), ("80.75", "1", "0"), ("80.74", "1", "OTHER"), ("50", "1", "-2"),
]  # fmt: skip


@pytest.mark.parametrize("mg, bsa, level", LEVELLED)
def test_dose_level_from_the_delivered_dose(mg: str, bsa: str, level: str) -> None:
    assert derived.dose_level(Decimal(mg) / Decimal(bsa), LEVELS["OXA"]) == level


def test_no_dose_level_without_a_dose() -> None:
    assert derived.dose_level(None, LEVELS["OXA"]) is None


# dose, schedule, level
APATINIB_LEVELS = [
    (250, "QD", "0"), (250, "5ON2OFF", "-1"), (250, "QOD", "-2"), (0, "HELD", "OTHER"), (500, "QD", "OTHER"),
    (None, "QD", None), (250, None, None),
]  # fmt: skip


@pytest.mark.parametrize("dose, schedule, level", APATINIB_LEVELS)
def test_apatinib_level(dose: int | None, schedule: str | None, level: str | None) -> None:
    assert derived.apatinib_level(dose, schedule, LEVELS["APA"]) == level


# start, end, hours
HOURS = [
    ("2024-03-14", "10:00", "2024-03-16", "08:00", "46"),
    ("2024-03-14", "10:00", "2024-03-14", "10:20", "0.33"),
    ("2024-03-14", "23:30", "2024-03-15", "00:30", "1"),
    ("2024-03-14", "10:00", "2024-03-14", "10:00", None),
    ("2024-03-14", "10:00", "2024-03-14", "09:00", None),
    ("2024-03-14", "", "2024-03-14", "09:00", None),
]


@pytest.mark.parametrize("start_day, start, end_day, end, hours", HOURS)
def test_infusion_duration(start_day: str, start: str, end_day: str, end: str, hours: str | None) -> None:
    begun = time.fromisoformat(start) if start else None
    found = derived.hours_between(day(start_day), begun, day(end_day), time.fromisoformat(end))
    assert (None if found is None else derived.half_up(found, 2)) == (
        None if hours is None else Decimal(hours)
    )
