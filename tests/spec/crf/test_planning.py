"""Planned visits: the windows of crf-book 1.3 hold the actual dates of participant 01-003, and each rule of 1.3.2."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from crf.analytes import panel_number
from crf.planning import PlannedVisit, conditional, form_expected, plan
from crf.schedule import REPEATING, VISITS, FormAt, forms_at, visit_label, visit_of, visit_order
from crf.sheets import Casebook, RowValues, Sheet
from trialsite.kernel.partial_date import PartialDate

Values = dict[str, Any]
_numbers = iter(range(1, 100000))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def sheet(key: str, visit: str = "", rows: dict[str, list[Values]] | None = None, **values: Any) -> Sheet:
    code, repeat = visit_of(visit) or ("", 1)
    made = {
        name: day(v) if isinstance(v, str) and v[:2] == "20" and len(v) == 10 else v
        for name, v in values.items()
    }
    lines = {
        section: [
            RowValues(
                n, {k: day(v) if str(v)[:2] == "20" and len(str(v)) == 10 else v for k, v in line.items()}
            )
            for n, line in enumerate(given, 1)
        ]
        for section, given in (rows or {}).items()
    }
    order = visit_order(code, repeat) if code else 0
    return Sheet(key, next(_numbers), visit, order, status="COMPLETE", values=made, rows=lines)


def dose(visit: str, on: str, phase: str = "NEO", end: str = "") -> Sheet:
    """One cycle: camrelizumab on day 1; in the neoadjuvant phase fluorouracil until two days later."""
    until = end or ((day(on) + dt.timedelta(days=2)).isoformat() if phase != "ADJ" else on)
    drugs = [{"ectrt": "CAM", "ecoccur": "Y", "ecstdat": on, "ecendat": on}]
    if phase != "ADJ":
        drugs.append({"ectrt": "FU_CI", "ecoccur": "Y", "ecstdat": on, "ecendat": until})
    return sheet("EC", visit, {"EC2": drugs}, ec_phase=phase, ec_given="Y", ec_d1dat=on)


def assessed(visit: str, on: str, response: str = "SD") -> Sheet:
    return sheet("TA", visit, tudat=on, ta_lastdat=on, ovresp_r_calc=response)


ENROLLED = [
    sheet("ICF", "SCR", icf_yn="Y", icf_dsstdat="2024-03-04", wd_yn="N"),
    sheet("IE", "SCR", enr_yn="Y", enr_dsstdat="2024-03-12"),
]
CYCLES = {"C1": "2024-03-14", "C2": "2024-03-28", "C3": "2024-04-18", "C4": "2024-05-02"}
TREATED = [*ENROLLED, *(dose(visit, on) for visit, on in CYCLES.items())]
SURGERY = "2024-05-30"
OPERATED = [
    *TREATED,
    sheet("EOT", "EOT", eot_phase="NEO", eot_dsstdat="2024-05-22", eot_dsdecod="SURGERY"),
    sheet("SURG", "SURG", surg_proccur="Y", surg_prtrt="RAS", surg_prstdat=SURGERY),
]
ADJUVANT = [
    "2024-07-11", "2024-08-01", "2024-08-22", "2024-09-12", "2024-10-03", "2024-10-24", "2024-11-14", "2024-12-05",
]  # fmt: skip
WHOLE = [
    *OPERATED,
    *(dose(f"ADJ{n}", on, "ADJ") for n, on in enumerate(ADJUVANT, 1)),
    sheet("EC", "ADJ1", {"EC3": [{"apa_ecstdat": "2024-07-11", "apa_ecendat": "2024-12-25", "apa_dose": 250}]}, ec_given="N"),
    sheet("EOT", "EOT", eot_phase="ADJ", eot_dsstdat="2024-12-26", eot_dsdecod="COMPLETED"),
]  # fmt: skip


def planned(sheets: list[Sheet], *opened: str) -> dict[str, PlannedVisit]:
    found = plan(Casebook("01-003", sheets), set(opened))
    assert [v.order for v in found] == sorted(v.order for v in found)
    assert len({v.label for v in found}) == len(found)
    return {visit.label: visit for visit in found}


def expected(visits: dict[str, PlannedVisit]) -> set[str]:
    return {label for label, visit in visits.items() if visit.expected}


# Every dated visit of section 6.
ACTUAL = [
    ("SCR", "2024-03-06"), ("BAS", "2024-03-12"), ("C1D8", "2024-03-21"), *CYCLES.items(), ("TA1", "2024-04-09"),
    ("TA2", "2024-05-20"), ("PREOP", "2024-05-28"), ("SURG", SURGERY), ("POD1", "2024-05-31"), ("POD3", "2024-06-02"),
    ("POD5", "2024-06-04"), ("POD7", "2024-06-06"), ("LPATH", "2024-06-11"), ("POD30", "2024-06-28"),
    ("CPATH", "2024-07-08"), *((f"ADJ{n}", on) for n, on in enumerate(ADJUVANT, 1)), ("EOT", "2024-12-26"),
    ("SFU30", "2025-01-23"), ("SFU90", "2025-03-04"),
    *zip(
        (f"FUIMG{n}" for n in range(1, 8)),
        ("2024-08-21", "2024-11-13", "2025-02-06", "2025-04-29", "2025-07-24", "2025-10-16", "2026-01-08"),
        strict=True,
    ),
    ("SURV5", "2025-05-08"), ("SURV6", "2025-07-31"), ("SURV7", "2025-10-23"), ("SURV8", "2026-01-15"),
    ("SURVEND", "2026-03-12"),
]  # fmt: skip
DELAYED = {"C3"}  # rule: later than its window is a delay with its reason


@pytest.mark.parametrize(("label", "on"), ACTUAL)
def test_the_window_holds_the_actual_date(label: str, on: str) -> None:
    visit = planned(WHOLE)[label]
    assert visit.expected
    assert visit.window_from is not None
    assert visit.window_to is not None
    assert visit.window_from <= visit.target <= visit.window_to  # type: ignore[operator]
    if label in DELAYED:
        assert visit.window_to < day(on) <= visit.window_to + dt.timedelta(days=28)
    else:
        assert visit.window_from <= day(on) <= visit.window_to


# Days from the anchor, as the schedule says: label, anchor day, target, from, to.
WINDOWS = [
    ("C1", "2024-03-12", 2, 0, 7), ("C2", CYCLES["C1"], 14, 11, 17), ("TA1", CYCLES["C2"], 14, 9, 17),
    ("C4", CYCLES["C3"], 14, 11, 17), ("TA2", CYCLES["C4"], 14, 11, 24), ("SURG", "2024-05-04", 28, 14, 42),
    ("PREOP", SURGERY, -3, -14, -1), ("POD5", SURGERY, 5, 5, 6), ("CPATH", SURGERY, 60, 7, 90),
    ("ADJ1", SURGERY, 42, 28, 56), ("ADJ5", ADJUVANT[3], 21, 18, 24), ("FUIMG3", SURGERY, 252, 238, 266),
    ("SURV5", CYCLES["C1"], 420, 406, 434), ("SURVEND", CYCLES["C1"], 730, 716, 758),
    ("SFU30", "2024-12-25", 30, 23, 37), ("SFU90", "2024-12-05", 90, 76, 104), ("EOT", "2024-12-25", 7, 0, 14),
]  # fmt: skip


@pytest.mark.parametrize(("label", "anchor", "target", "first", "last"), WINDOWS)
def test_windows_are_days_from_the_actual_anchor(
    label: str, anchor: str, target: int, first: int, last: int
) -> None:
    visit = planned(WHOLE)[label]
    days = [(d - day(anchor)).days for d in (visit.target, visit.window_from, visit.window_to) if d]
    assert days == [target, first, last]


# --- the rules of 1.3.2 ---------------------------------------------------------------------------------------------


def test_rule_1_a_delay_of_c3_moves_c4_ta2_and_surgery() -> None:
    until_c2 = [*ENROLLED, dose("C1", CYCLES["C1"]), dose("C2", CYCLES["C2"])]
    before = planned(until_c2)
    after = planned([*until_c2, dose("C3", "2024-04-18")])  # a week later than planned
    for label in ("C4", "TA2", "SURG"):
        assert (after[label].target - before[label].target).days == 7  # type: ignore[operator]
    assert after["C1"].target == before["C1"].target


def test_before_enrolment_no_window_is_invented() -> None:
    visits = planned(ENROLLED[:1])
    assert all(visit.window_from is None for visit in visits.values())
    assert {"SCR", "C1", "C4", "SURG", "EOS"} <= expected(visits)


def test_rule_2_more_cycles_are_opened_by_a_person() -> None:
    assert not {"C5", "C6", "TA3"} & set(planned(TREATED))
    opened = planned(TREATED, "C5", "C6", "TA3")
    assert {"C5", "C6", "TA3"} <= expected(opened)
    assert opened["C5"].window_from == day(CYCLES["C4"]) + dt.timedelta(days=11)
    assert opened["C5"].window_to == day(CYCLES["C4"]) + dt.timedelta(days=28)


def decided(decision: str, visit: str = "TA2", on: str = "2024-05-22", **values: Any) -> Sheet:
    return sheet("PREOP", visit, po_decision=decision, po_dat=on, **values)


def test_rule_2_more_cycles_open_c5_c6_and_ta3_and_move_surgery() -> None:
    before, after = planned(TREATED), planned([*TREATED, decided("MORE_CYCLES")])
    assert {"C5", "C6", "TA3"} <= expected(after)
    assert after["C5"].window_from == day(CYCLES["C4"]) + dt.timedelta(days=11)
    assert after["C6"].target == day(CYCLES["C4"]) + dt.timedelta(days=28)
    assert after["TA3"].target == day(CYCLES["C4"]) + dt.timedelta(days=42)
    assert after["SURG"].target == day(CYCLES["C4"]) + dt.timedelta(days=56)  # 28 days after the planned C6
    assert before["SURG"].target == day("2024-05-04") + dt.timedelta(days=28)


def test_rule_2_the_last_decision_counts_and_what_was_given_stays() -> None:
    more = [*TREATED, decided("MORE_CYCLES"), dose("C5", "2024-05-30")]
    visits = planned([*more, decided("SURGERY", "PREOP", "2024-06-20")])
    assert "C5" in expected(visits)
    assert not {"C6", "TA3"} & set(visits)
    assert "SURG" in expected(visits)


@pytest.mark.parametrize("decision", ["SURGERY", "TRANSPLANT"])
def test_rule_2_a_decision_for_surgery_keeps_it_open(decision: str) -> None:
    visits = planned([*TREATED, decided(decision)])
    assert {"PREOP", "SURG", "POD1", "POD90", "LPATH", "CPATH"} <= expected(visits)
    assert not any(label.startswith(("CONT", "FUIMG")) for label in visits)


@pytest.mark.parametrize("decision", ["NO_SURGERY", "WATCH"])
def test_rule_2_a_decision_against_surgery_opens_continued_treatment_and_imaging(decision: str) -> None:
    visits = planned([*TREATED, decided(decision)])
    assert "CONT1" in expected(visits)
    assert visits["CONT1"].target == day(CYCLES["C4"]) + dt.timedelta(days=14)
    assert not {"PREOP", "SURG", "POD1", "POD30", "LPATH", "CPATH"} & expected(visits)
    targets = [(visits[f"FUIMG{n}"].target - day(CYCLES["C1"])).days for n in (1, 2, 3)]  # type: ignore[operator]
    assert targets == [56, 112, 168]


def test_progression_decided_against_surgery_does_not_continue_treatment() -> None:
    """A-10: the same regimen until progression."""
    visits = planned([*TREATED, assessed("TA2", "2024-05-20", "PD"), decided("NO_SURGERY")])
    assert not any(label.startswith("CONT") for label in visits)


def test_an_operation_that_took_place_outweighs_a_decision_against_it() -> None:
    visits = planned([*OPERATED, decided("NO_SURGERY", on="2024-05-10")])
    assert {"SURG", "POD30", "LPATH"} <= expected(visits)


# --- forms that depend on the participant -----------------------------------------------------------------------------

PREGNANCY, VIROLOGY = (FormAt("LB", "C", panel_number(name)) for name in ("PREG", "VIR"))
LOCAL, MDT = FormAt("LPATH", "C"), FormAt("PREOP", "R")
FORM_TABLE: list[tuple[FormAt, str, list[Sheet], bool]] = [
    (PREGNANCY, "SCR", [sheet("DM", "SCR", wocbp="Y")], True),
    (PREGNANCY, "SCR", [sheet("DM", "SCR", wocbp="N_SURG")], False),
    (PREGNANCY, "SCR", [sheet("DM", "SCR", sex="M")], False),
    (PREGNANCY, "SCR", [], False),
    (VIROLOGY, "TA1", [sheet("HEP", "SCR", hbsag="POS", hcvab="NEG")], True),
    (VIROLOGY, "TA1", [sheet("HEP", "SCR", hbsag="NEG", hbcab="POS")], True),
    (VIROLOGY, "TA1", [sheet("HEP", "SCR", hbsag="NEG", hcvab="POS")], True),
    (VIROLOGY, "TA1", [sheet("HEP", "SCR", hbsag="NEG", hbcab="NEG", hcvab="NEG")], False),
    (VIROLOGY, "TA1", [], False),
    (LOCAL, "LPATH", OPERATED, True),
    (LOCAL, "LPATH", TREATED, False),
    (MDT, "TA2", [], True),
    (MDT, "PREOP", [decided("MORE_CYCLES")], True),
    (MDT, "PREOP", [decided("SURGERY")], False),  # decided at TA2 already
    (MDT, "TA2", [decided("SURGERY")], True),  # where it was decided
    (FormAt("VS", "R"), "BAS", [], True),
]


@pytest.mark.parametrize(("at", "visit", "sheets", "there"), FORM_TABLE)
def test_forms_that_depend_on_the_participant(
    at: FormAt, visit: str, sheets: list[Sheet], there: bool
) -> None:
    assert form_expected(Casebook("01-003", sheets), visit, at) is there


def test_what_depends_on_the_participant_is_asked_for_by_the_schedule() -> None:
    found = {
        (at.key, at.repeat) for code in VISITS for at in forms_at(code) if conditional(at.key, at.repeat)
    }
    assert found == {("LB", PREGNANCY.repeat), ("LB", VIROLOGY.repeat), ("LPATH", 1), ("PREOP", 1)}


def test_rule_2_surgery_opens_what_follows_it() -> None:
    assert {"SURG", "POD1", "POD30", "POD90", "LPATH", "CPATH", "ADJ1", "ADJ8", "FUIMG7"} <= expected(
        planned(OPERATED)
    )
    assert not any(label.startswith(("ADJ", "FUIMG")) for label in planned(TREATED))


def test_rule_2_no_surgery_closes_it_and_images_every_eight_weeks() -> None:
    stopped = [
        *TREATED,
        sheet("EOT", "EOT", eot_phase="NEO", eot_dsstdat="2024-05-22", eot_dsdecod="PHYSICIAN"),
    ]
    visits = planned(stopped)
    assert not {"PREOP", "SURG", "POD30", "LPATH", "CPATH"} & expected(visits)
    targets = [(visits[f"FUIMG{n}"].target - day(CYCLES["C1"])).days for n in (1, 2, 3)]  # type: ignore[operator]
    assert targets == [56, 112, 168]


def test_rule_3_exploration_opens_continued_treatment_and_no_pathology() -> None:
    explored = [
        *OPERATED[:-1],
        sheet("SURG", "SURG", surg_proccur="Y", surg_prtrt="EXPLORE", surg_prstdat=SURGERY),
    ]
    visits = planned(explored)
    assert "CONT1" in expected(visits)
    assert not {"LPATH", "CPATH"} & expected(visits)
    assert not any(label.startswith("ADJ") for label in visits)
    assert "CONT2" in planned([*explored, dose("CONT1", "2024-06-27", "CONT")])


def test_rule_4_progression_closes_the_remaining_cycles_and_a_person_may_open_them() -> None:
    progressed = [
        *ENROLLED,
        dose("C1", CYCLES["C1"]),
        dose("C2", CYCLES["C2"]),
        assessed("TA1", "2024-04-09", "PD"),
    ]
    visits = planned(progressed)
    assert not {"C4", "TA2"} & expected(visits)
    assert {"C1", "C2", "TA1", "EOT", "EOS"} <= expected(visits)
    assert "Progression" in visits["C4"].reason
    assert "C4" in expected(planned(progressed, "C4"))


@pytest.mark.parametrize(
    ("scope", "kept", "closed"),
    [
        ("TREATMENT", {"FUIMG1", "SURVEND", "EOT", "POD30"}, {"ADJ1", "ADJ8"}),
        ("TREAT_VISITS", {"EOT", "SURVEND", "EOS"}, {"ADJ1", "FUIMG1", "POD30"}),
        ("ALL", {"EOS"}, {"ADJ1", "FUIMG1", "POD30", "SURVEND", "EOT"}),
    ],
)
def test_rule_5_the_scope_of_a_withdrawal(scope: str, kept: set[str], closed: set[str]) -> None:
    withdrawn = sheet("ICF", "SCR", icf_yn="Y", icf_dsstdat="2024-03-04", wd_yn="Y", wd_scope=scope)
    visits = planned([withdrawn, *OPERATED[1:]])
    assert kept <= expected(visits)
    assert not closed & expected(visits)


def test_rule_6_death_closes_every_later_visit() -> None:
    dead = [*OPERATED, sheet("DTH", dthdat=PartialDate.parse("2024-08"))]
    visits = planned(dead)
    for label, visit in visits.items():
        if visit.window_from and visit.window_from > day("2024-08-31") and label != "EOS":
            assert not visit.expected, label
    assert {"POD90", "EOS", "SURG"} <= expected(visits)


def test_rule_7_enrolled_and_never_treated_goes_to_the_end_of_treatment() -> None:
    never = [
        *ENROLLED,
        sheet("EOT", "EOT", eot_phase="NEO", eot_dsstdat="2024-03-20", eot_dsdecod="WITHDRAWAL"),
    ]
    visits = planned(never)
    assert not {"C1", "C2", "C3", "C4", "C1D8", "SURG"} & expected(visits)
    assert {"EOT", "SURVEND", "EOS"} <= expected(visits)


def test_a_screen_failure_has_nothing_after_screening() -> None:
    visits = planned([ENROLLED[0], sheet("IE", "SCR", enr_yn="N")])
    assert expected(visits) == {"SCR", "BAS", "EOS"}


def test_recurrence_and_24_months_end_the_imaging() -> None:
    recurred = [*OPERATED, sheet("SS", "SFU30", ss_event_dat="2024-11-20")]
    visits = planned(recurred)
    assert {"FUIMG1", "FUIMG2"} <= expected(visits)
    assert not {"FUIMG3", "FUIMG8"} & expected(visits)
    whole = planned(
        OPERATED
    )  # two years from the first dose end on 2026-03-14, before the window of the eighth
    assert "FUIMG7" in expected(whole)
    assert "FUIMG8" not in expected(whole)


def test_unscheduled_visits_are_those_that_were_opened() -> None:
    assert not any(label.startswith("UNS") for label in planned(TREATED))
    assert {"UNS1", "UNS7"} <= expected(planned(TREATED, "UNS1", "UNS7"))


def test_labels_and_places_are_each_other_s_inverse() -> None:
    for code in VISITS:
        for repeat in REPEATING.get(code, (1,)):
            assert visit_of(visit_label(code, repeat)) == (code, repeat)
    for label in ("", "ADJ9", "FUIMG9", "CONT41", "ADJ", "C7", "TA0", "UNS100", "FUIMG0", "../C1"):
        assert visit_of(label) is None
