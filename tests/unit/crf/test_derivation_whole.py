"""Participant 01-003 whole, in memory: what section 6 says is calculated of laboratory, visits, events and operation."""

from __future__ import annotations

import copy
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from crf import derivation
from crf.derivation import cnlc_stage
from crf.sheets import Casebook, Sheet
from tests.participant_01_003 import pages
from tests.spec.checks.whole import folder

KEPT: dict[str, Casebook] = {}


@pytest.fixture
def book() -> Casebook:
    """A copy for each test: deriving 225 forms takes half a second."""
    if not KEPT:
        KEPT["whole"] = folder(pages()).book
    kept = KEPT["whole"]
    return Casebook(kept.number, copy.deepcopy(list(kept)), lambda: kept.ranges)


def at(book: Casebook, key: str, visit: str, repeat: int = 0) -> Sheet:
    return next(s for s in book.all(key) if s.visit == visit and repeat in (0, s.repeat))


def grades(book: Casebook, visit: str) -> dict[str, int]:
    """Grades above 0 of a visit by test."""
    return {
        row.get("lbtestcd"): row.get("lbtoxgr")
        for sheet in book.all("LB")
        if sheet.visit == visit
        for row in sheet.lines("LB2")
        if row.get("lbtoxgr")
    }


# Table 6.3, the grades in brackets.
GRADES: list[tuple[str, dict[str, int]]] = [
    ("BAS", {"AST": 1, "GGT": 1}),
    ("C1D8", {}),
    ("C2", {"PLAT": 1, "ALT": 1, "AST": 1}),
    ("UNS2", {"WBC": 2, "NEUT": 3, "LYM": 1, "PLAT": 1}),
    ("C3", {"PLAT": 1}),
    ("C4", {"HGB": 1, "PLAT": 1, "UPROTDIP": 1}),
    ("PREOP", {"ALB": 1}),
    ("POD1", {"LYM": 1, "HGB": 1, "PLAT": 1, "ALT": 3, "AST": 3, "BILI": 1, "ALB": 1, "INR": 1}),
    ("POD3", {"LYM": 1, "HGB": 1, "PLAT": 1, "ALT": 2, "AST": 1, "BILI": 1, "ALB": 1, "INR": 1}),
    ("POD5", {"HGB": 1, "ALT": 1, "BILI": 1, "ALB": 1, "INR": 1}),
    ("POD7", {"HGB": 1, "ALT": 1, "ALB": 1}),
    ("ADJ1", {}),
    ("EOT", {}),
]


@pytest.mark.parametrize(("visit", "expected"), GRADES)
def test_grades_of_section_6(book: Casebook, visit: str, expected: dict[str, int]) -> None:
    assert grades(book, visit) == expected


def test_examinations_of_section_6(book: Casebook) -> None:
    base = at(book, "VS", "BAS")
    names = ("bmi", "bsa_mosteller", "bsa_dubois", "cp_score", "cp_class", "albi_score", "albi_grade")
    assert [str(base.get(name)) for name in names] == ["23.94", "1.8235", "1.8174", "5", "A", "-2.82", "1"]
    assert str(at(book, "VS", "POD30").get("wt_pctchg")) == "-4.4"
    assert (at(book, "VS", "POD5").get("cp_score"), at(book, "VS", "POD5").get("cp_class")) == (7, "B")
    assert at(book, "VS", "UNS1").get("bp_grade_sug") == 3  # 166/101 when repeated
    assert at(book, "VS", "SCR").get("wt_pctchg") is None  # before the baseline
    assert [row.get("pesys") for row in base.lines("VS4")][:2] == ["GENERAL", "SKIN"]
    assert at(book, "EG", "SCR").get("eg_qtcf") == 423
    assert str(book.value("HEP", "hbvdna_log")) == "2.93"


def test_stages_of_section_6(book: Casebook) -> None:
    assert (book.value("IE", "ie_bclc_calc"), cnlc_stage(book)) == ("B", "IIa")


@pytest.mark.parametrize(
    ("values", "bclc", "cnlc"),
    [
        ({"ecog": "1", "ecog_tumrel": "N"}, "B", "IIa"),
        ({"ecog": "1", "ecog_tumrel": "Y"}, "C", "IIa"),
        ({"ecog": "3", "ecog_tumrel": "N"}, "D", "IV"),
        ({"cp_class": "C"}, "D", "IV"),
    ],
)
def test_stages_read_the_latest_screening_examination(
    book: Casebook, values: dict[str, str], bclc: str, cnlc: str
) -> None:
    at(book, "VS", "BAS").values |= values
    at(book, "VS", "PREOP").values |= {"ecog": "4", "cp_class": "C"}  # after screening: not asked
    assert (derivation.bclc_stage(book), cnlc_stage(book)) == (bclc, cnlc)


def test_pre_operative_decision_of_section_6(book: Casebook) -> None:
    form = at(book, "PREOP", "TA2")
    names = ("po_imgage", "po_milan_calc", "po_cp", "po_lastiv", "po_lastcam", "po_lastapa")
    assert [str(form.get(name)) for name in names] == [
        "2", "BEYOND", "5", "2024-05-04", "2024-05-02", "2024-05-15",
    ]  # fmt: skip


def test_a_decision_knows_the_doses_of_its_day(book: Casebook) -> None:
    form = at(book, "PREOP", "TA2")
    form.values["po_dat"] = dt.date(2024, 4, 20)
    derivation.derive(form, book)
    assert form.get("po_lastiv") == dt.date(2024, 4, 20)  # the end of the infusion of C3
    assert form.get("po_lastcam") == dt.date(2024, 4, 18)
    assert form.get("po_lastapa") == dt.date(2024, 5, 15)  # the period that was open then


def test_an_open_apatinib_period_has_no_last_day(book: Casebook) -> None:
    for sheet in book.all("EC"):
        for row in sheet.lines("EC3"):
            row.values.pop("apa_ecendat", None)
    form = at(book, "PREOP", "TA2")
    derivation.derive(form, book)
    assert form.get("po_lastapa") is None


def test_liver_failure_of_section_6(book: Casebook) -> None:
    operation = book.one("SURG")
    assert operation is not None
    assert operation.get("surg_phlf_calc") == "Y"
    assert book.value("LPATH", "lp_rvt_case").quantize(Decimal("0.1")) == Decimal("9.2")


@pytest.mark.parametrize(
    ("visit", "test", "result", "answer"),
    [
        ("POD5", "BILI", "20", "N"),
        ("POD5", "INR", "1.20", "N"),
        ("PREOP", "INR", "1.24", "N"),  # was already abnormal: must be exceeded
        ("PREOP", "INR", "1.23", "Y"),
    ],
)
def test_liver_failure(book: Casebook, visit: str, test: str, result: str, answer: str) -> None:
    change(book, visit, test, result)
    if visit == "POD5":
        change(book, "POD7", test, "1.0")
    operation = book.one("SURG")
    assert operation is not None
    derivation.derive(operation, book)
    assert operation.get("surg_phlf_calc") == answer


def change(book: Casebook, visit: str, test: str, result: str) -> Any:
    for sheet in book.all("LB"):
        for row in sheet.lines("LB2"):
            if sheet.visit == visit and row.get("lbtestcd") == test:
                row.values["lborres"] = result
                derivation.derive(sheet, book)
                return row
    raise AssertionError(f"no {test} at {visit}")


# --- laboratory: baseline, limits, what is not known ------------------------------------------------------------------


def test_the_baseline_is_the_last_value_before_the_first_dose(book: Casebook) -> None:
    later = change(book, "C2", "AST", "66")
    assert later.get("lbtoxgr") == 1  # 1.61 times 41
    change(book, "BAS", "AST", "40")  # normal now: multiples of the limit
    assert change(book, "C2", "AST", "121").get("lbtoxgr") == 2
    change(book, "BAS", "AST", "41")
    assert change(book, "C2", "AST", "121").get("lbtoxgr") == 1  # 2.95 times 41


@pytest.mark.parametrize(("time", "base"), [(None, "44"), (dt.time(8, 30), "44"), (dt.time(11, 30), "38")])
def test_a_sample_of_the_day_of_the_first_dose(book: Casebook, time: dt.time | None, base: str) -> None:
    """It counts unless it is known to have been taken after the infusion began (09:00)."""
    from crf.derivation_laboratory import baseline

    sample = next(s for s in book.all("LB") if s.visit == "C1D8" and s.get("lbcat") == "CHEM")
    sample.values |= {"lbdat": dt.date(2024, 3, 14), "lbtim": time}
    found = baseline(book, "ALT")
    assert found is not None
    assert str(found.value) == base


def test_no_baseline_before_a_dose_was_given(book: Casebook) -> None:
    from crf.derivation_laboratory import baseline

    screening = Casebook("01-003", [s for s in book if s.key != "EC"])
    assert baseline(screening, "ALT") is None


def test_a_result_without_a_range_and_without_a_factor(book: Casebook) -> None:
    row = change(book, "BAS", "ALT", "151")
    assert (str(row.get("lbornrhi")), row.get("lbnrind"), row.get("lbtoxgr")) == ("50.0000", "HIGH", 2)
    sheet = next(s for s in book.all("LB") if s.visit == "BAS" and s.get("lbcat") == "CHEM")
    sheet.values["lbnam"] = "lab:2"
    derivation.derive(sheet, book)
    gone = ("lbornrlo", "lbornrhi", "lbnrind", "lbtoxgr", "lbtox", "lbtox_min")
    assert [row.get(name) for name in gone] == [None] * 6
    assert row.get("lbstresn") == Decimal(151)
    row.values["lborresu"] = "mkat/L"
    derivation.derive(sheet, book)
    assert row.get("lbstresn") is None


def test_a_limit_that_the_laboratory_does_not_give_is_not_applicable(book: Casebook) -> None:
    only_high = [{**r, "labr_lln": None} if r["labr_test"] == "ALT" else r for r in book.ranges]
    again = Casebook("01-003", list(book), lambda: only_high)
    row = change(again, "BAS", "ALT", "38")
    assert (row.get("lbornrlo"), row.missing.get("lbornrlo"), row.get("lbnrind")) == (None, "NA", "NORMAL")
    row.values.pop("lborres")
    derivation.derive(
        next(s for s in again.all("LB") if s.visit == "BAS" and s.get("lbcat") == "CHEM"), again
    )
    assert row.missing.get("lbornrlo") is None


def test_the_value_of_24_hours_overrides_the_dipstick(book: Casebook) -> None:
    sheet = next(s for s in book.all("LB") if s.visit == "C4" and s.get("lbcat") == "UA")
    stick, day = (
        next(r for r in sheet.lines("LB2") if r.get("lbtestcd") == c) for c in ("UPROTDIP", "UPROT24")
    )
    stick.values["lborres"] = "P3"
    derivation.derive(sheet, book)
    assert stick.get("lbtoxgr") == 2
    day.values |= {"lborres": "3600", "lborresu": "mg/24h"}
    derivation.derive(sheet, book)
    assert (day.get("lbtoxgr"), stick.get("lbtoxgr"), stick.get("lbtox")) == (3, 3, "Proteinuria")


# --- adverse events ---------------------------------------------------------------------------------------------------


def event(book: Casebook, **values: Any) -> Sheet:
    from tests.spec.checks.build import sheet

    made = sheet("AE1", {"@repeat": 7, **values}, number=9999)
    derivation.derive(made, book)
    return made


def test_events_of_section_6(book: Casebook) -> None:
    phases = [e.get("ae_relphase") for e in sorted(book.all("AE1"), key=lambda e: e.repeat)]
    assert phases == ["NEOADJUVANT"] * 10 + ["PERI-OPERATIVE"] * 2 + ["ADJUVANT"]
    assert {e.get("ae_teae") for e in book.all("AE1")} == {"Y"}
    related = {e.repeat for e in book.all("AE1") if e.get("ae_trae") == "Y"}
    assert related == {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13}
    assert {e.repeat: e.get("sae_susar") for e in book.all("AE1") if e.get("aeser") == "Y"} == {12: "N"}
    assert [e.get("rccep_grade_calc") for e in book.all("AE1") if e.get("rccep_yn") == "Y"] == [1]


@pytest.mark.parametrize(
    ("onset", "phase", "emergent"),
    [
        ("2024-03-13", "SCREENING", "N"),
        ("2024-03-14", "NEOADJUVANT", "Y"),
        ("2024-03", "NEOADJUVANT", "Y"),  # may be after the first dose
        ("2024-02", "SCREENING", "N"),
        ("2024-05-29", "NEOADJUVANT", "Y"),
        ("2024-05-30", "PERI-OPERATIVE", "Y"),
        ("2024-07-10", "PERI-OPERATIVE", "Y"),
        ("2024-07-11", "ADJUVANT", "Y"),
        ("2025-01-24", "ADJUVANT", "Y"),  # 30 days after the last dose
        ("2025-01-25", "FOLLOW-UP", "N"),
    ],
)
def test_phase_and_emergence(book: Casebook, onset: str, phase: str, emergent: str) -> None:
    made = event(book, aestdat=onset)
    assert (made.get("aespid"), made.get("ae_relphase"), made.get("ae_teae")) == (7, phase, emergent)


DRUGS = ("oxa", "llv", "fu", "cam", "apa")


@pytest.mark.parametrize(
    ("answers", "serious", "expected", "related", "susar"),
    [
        (["UNRELATED"] * 5, "Y", "N", "N", "N"),
        (["UNLIKELY", *["NA"] * 4], "Y", "N", "N", "N"),
        (["POSSIBLE", *["NA"] * 4], "Y", "N", "Y", "Y"),
        (["POSSIBLE", *["NA"] * 4], "Y", "Y", "Y", "N"),
        (["PROBABLE"], "Y", None, "Y", None),
        (["UNRELATED"] * 4, "Y", "N", None, None),
        (["UNRELATED"] * 4, "Y", "Y", None, "N"),
        (["DEFINITE"], "N", None, "Y", None),
    ],
)
def test_related_and_susar(
    book: Casebook, answers: list[str], serious: str, expected: str | None, related: Any, susar: Any
) -> None:
    values: dict[str, Any] = {f"aerel_{d}": a for d, a in zip(DRUGS, answers, strict=False)} | {
        "aeser": serious
    }
    made = event(book, **values, **({"sae_expected": expected} if expected else {}))
    assert (made.get("ae_trae"), made.get("sae_susar")) == (related, susar)


@pytest.mark.parametrize(
    ("key", "name"),
    [("MH1", "mhspid"), ("CM1", "cmspid"), ("PR1", "prspid"), ("DV1", "dvspid"), ("AE1", "aespid")],
)
def test_a_line_of_a_log_shows_its_number(key: str, name: str) -> None:
    line = Sheet(key, 1, repeat=4)
    derivation.derive(line, Casebook())
    assert line.get(name) == 4


def test_an_edit_check_s_number_on_a_deviation_stays() -> None:
    line = Sheet("DV1", 1, values={"dv_src": "EDC", "dv_check": "CK-024"})
    derivation.derive(line, Casebook())
    assert line.get("dv_check") == "CK-024"
