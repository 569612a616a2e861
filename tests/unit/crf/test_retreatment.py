"""A-25 and D-17 on the cycles of participant 01-003: what is met, on which value of which day."""

from __future__ import annotations

import copy
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from crf.retreatment import Criterion, planned_doses, retreatment, unresolved
from crf.sheets import Casebook, Sheet
from tests.participant_01_003 import pages
from tests.spec.checks.whole import folder

NAMES = ("ANC", "PLT", "HEM", "CHEM", "TOX", "CRCL")
KEPT: dict[str, Casebook] = {}


@pytest.fixture
def book() -> Casebook:
    if not KEPT:
        KEPT["whole"] = folder(pages()).book
    needed = ("EC", "LB", "VS", "AE1", "DM", "SURG", "EOT", "ICF")
    return Casebook("01-003", copy.deepcopy([sheet for sheet in KEPT["whole"] if sheet.key in needed]))


def cycle(book: Casebook, visit: str, **values: Any) -> Sheet:
    found = next(sheet for sheet in book.all("EC") if sheet.visit == visit)
    found.values |= values
    return found


def checked(book: Casebook, sheet: Sheet) -> dict[str, Criterion]:
    return dict(zip(NAMES, retreatment(book, sheet), strict=False))


def line(book: Casebook, visit: str, test: str) -> Any:
    return next(
        r for s in book.all("LB") if s.visit == visit for r in s.lines("LB2") if r.get("lbtestcd") == test
    )


@pytest.mark.parametrize("visit", ["C1", "C2", "C3", "C4"])
def test_every_cycle_of_section_6_may_be_given(book: Casebook, visit: str) -> None:
    found = checked(book, cycle(book, visit))
    assert {name: one.met for name, one in found.items()} == dict.fromkeys(NAMES, True)


def test_the_cycle_that_was_held_was_not_allowed(book: Casebook) -> None:
    found = checked(book, cycle(book, "C3", ec_d1dat=dt.date(2024, 4, 11)))
    assert (found["ANC"].met, found["ANC"].value, found["ANC"].day) == (
        False,
        "0.92 ×10⁹/L",
        dt.date(2024, 4, 11),
    )
    assert found["PLT"].met is True
    assert "1.5" in found["ANC"].limit


@pytest.mark.parametrize(
    ("test", "value", "met"),
    [("NEUT", "1.5", True), ("NEUT", "1.49", False), ("PLAT", "75", True), ("PLAT", "74", False)],
)
def test_counts(book: Casebook, test: str, value: str, met: bool) -> None:
    line(book, "C4", test).values["lborres"] = value
    found = checked(book, cycle(book, "C4"))
    assert found["ANC" if test == "NEUT" else "PLT"].met is met


@pytest.mark.parametrize(
    ("visit", "day", "met"),
    [
        ("C4", "2024-05-04", True),  # three days after the sample
        ("C4", "2024-05-05", False),
        ("C1", "2024-03-19", True),  # seven days before the first dose
        ("C1", "2024-03-20", False),
    ],
)
def test_age_of_the_laboratory(book: Casebook, visit: str, day: str, met: bool) -> None:
    until = book.all("EC")
    kept = [s for s in book if s.key != "EC"] + [s for s in until if s.visit <= visit]
    again = Casebook("01-003", kept)
    sheet = cycle(again, visit, ec_d1dat=dt.date.fromisoformat(day))
    for row in sheet.lines("EC2"):
        row.values["ecstdat"] = dt.date.fromisoformat(day)
    found = checked(again, sheet)
    assert (found["HEM"].met, found["CHEM"].met) == (met, met)


@pytest.mark.parametrize(("creatinine", "met"), [("243", True), ("244", False)])
def test_creatinine_clearance_for_oxaliplatin(book: Casebook, creatinine: str, met: bool) -> None:
    """85 × 70 × 88.4 / (72 × 243) = 30.1 mL/min."""
    line(book, "C4", "CREAT").values["lborres"] = creatinine
    assert checked(book, cycle(book, "C4"))["CRCL"].met is met


def test_adjuvant_cycles_have_no_oxaliplatin(book: Casebook) -> None:
    assert "CRCL" not in checked(book, cycle(book, "ADJ2"))


def test_nothing_known_is_neither_met_nor_unmet() -> None:
    sheet = Sheet("EC", 1, "C1")
    found = checked(Casebook("", [sheet]), sheet)
    assert [one.met for one in found.values()] == [None, None, None, None, True, None]
    assert [one.value for name, one in found.items() if name != "TOX"] == [""] * 5


def event(**values: Any) -> dict[str, Any]:
    return {
        "@repeat": 3, "aeterm": "Diarrhoea", "ae_ctcae": "Diarrhea", "aetoxgr": "2", "aestdat": "2024-04-25",
        "aerel_fu": "PROBABLE", "rccep_yn": "N",
    } | values  # fmt: skip


@pytest.mark.parametrize(
    ("change", "there"),
    [
        ({}, True),
        ({"aetoxgr": "1"}, False),
        ({"aeendat": "2024-05-01"}, False),
        ({"aeendat": "2024-05-02"}, True),
        ({"aeendat": "2024-05"}, True),  # may still be there
        ({"aestdat": "2024-05-01"}, True),
        ({"aestdat": "2024-05-02"}, False),  # the day of the dose
        ({"aestdat": "2024-03-01"}, False),  # from before the first dose: baseline
        ({"ae_ctcae": "Alopecia"}, False),
        ({"ae_ctcae": "Neutrophil count decreased"}, False),  # counted above
        ({"ae_ctcae": "Peripheral sensory neuropathy", "aetoxgr": "1"}, False),
        ({"ae_ctcae": "Peripheral sensory neuropathy", "aetoxgr": "2"}, True),
        ({"rccep_yn": "Y"}, False),
        ({f"aerel_{drug}": "UNRELATED" for drug in ("oxa", "llv", "fu", "cam", "apa")}, False),
    ],
)
def test_unresolved_toxicity(book: Casebook, change: dict[str, str], there: bool) -> None:
    from tests.spec.checks.build import sheet

    again = Casebook("01-003", [s for s in book if s.key != "AE1"] + [sheet("AE1", event(**change), 9999)])
    found = list(unresolved(again, dt.date(2024, 5, 2)))
    assert bool(found) is there
    criterion = checked(again, cycle(again, "C4"))["TOX"]
    assert criterion.met is not there
    assert ("Diarrhoea, grade 2 (AE 3)" in criterion.value) is there


def test_planned_doses_follow_the_level_of_the_cycle_before(book: Casebook) -> None:
    fresh = Sheet("EC", 999, "C5", 14101, values={"ec_phase": "NEO", "ec_bsa": Decimal("1.82")})
    found = {one.drug: one for one in planned_doses(book, fresh)}
    assert set(found) == {"OXA", "LLV", "FU_CI", "CAM"}  # no bolus in this configuration
    assert (found["OXA"].level, found["OXA"].mg) == ("-1", Decimal("118.30"))  # no re-escalation
    assert (found["FU_CI"].level, found["FU_CI"].mg) == ("0", Decimal("4368.00"))
    assert (found["CAM"].unit, found["CAM"].mg) == ("mg", Decimal(200))
    adjuvant = Sheet("EC", 999, "ADJ1", 30101, values={"ec_phase": "ADJ"})
    assert [one.drug for one in planned_doses(book, adjuvant)] == ["CAM"]


def test_planned_doses_without_a_body_surface(book: Casebook) -> None:
    found = {one.drug: one for one in planned_doses(Casebook(), Sheet("EC", 1, "C1"))}
    assert (found["OXA"].dose, found["OXA"].mg) == (Decimal(85), None)
