"""CK-201 to CK-222: pre-operative assessment and surgery."""

from __future__ import annotations

from typing import Any

from .table import Case, event, fires, given, one_sided, quiet, table

DAY = "2024-05-30"
FOR_SURGERY = {"@visit": "TA2", "po_decision": "SURGERY", "po_dat": "2024-05-22"}


def su(day: str = DAY, **more: Any) -> dict[str, Any]:
    """An operation that took place."""
    return {"@visit": "SURG", "surg_proccur": "Y", "surg_prstdat": day} | more


def comp(**more: Any) -> dict[str, Any]:
    return {"SU3": [{"comp_term": "ASCITES", "comp_cestdat": "2024-06-02"} | more]}


def dosed(end: str) -> dict[str, Any]:
    """The last neoadjuvant infusion ended on a day."""
    rows = [{"ectrt": "FU_CI", "ecoccur": "Y", "ecstdat": "2024-05-02", "ecendat": end}]
    return {"@visit": "C4", "ec_phase": "NEO", "ec_given": "Y", "ec_d1dat": "2024-05-02", "EC2": rows}


def po(**more: Any) -> dict[str, Any]:
    return FOR_SURGERY | more


def scan(day: str, response: str = "", **more: Any) -> dict[str, Any]:
    return {"@visit": "TA2", "ta_perf": "Y", "tudat": day, "ovresp_r_inv": response} | more


def resected(kind: str, segments: str) -> dict[str, Any]:
    return su(surg_prtrt=kind, surg_segs=segments)


def transfused(**more: Any) -> dict[str, Any]:
    return su(surg_rbc="2") | more


def procedure(start: str, end: str = "", kind: str = "TRANSFUSION") -> dict[str, Any]:
    return {"prcat": kind, "prstdat": start, "prendat": end}


def medication(start: str, end: str = "", kind: str = "TRANSFUSION") -> dict[str, Any]:
    return {"cmcat": kind, "cmstdat": start, "cmendat": end, "cmongo": "N"}


def ae12(grade: str) -> dict[str, Any]:
    return event("Pleural effusion", "2024-06-03", grade=grade) | {"@repeat": 12}


# The window after the infusion of 2024-05-04 ends on 2024-06-15, with 14 days on 2024-06-29.
CASES = [
    # --- the decision
    fires("CK-201", "57 days", "PREOP po_decision", today="2024-06-30", EC=dosed("2024-05-04"), PREOP=po()),
    quiet("CK-201", "56 days", today="2024-06-29", EC=dosed("2024-05-04"), PREOP=po()),
    quiet("CK-201", "operated", today="2024-06-30", EC=dosed("2024-05-04"), PREOP=po(), SURG=su()),
    quiet("CK-201", "said why not", today="2024-06-30", EC=dosed("2024-05-04"), PREOP=po(), SURG={"surg_proccur": "N"}),
    quiet("CK-201", "decided otherwise since", today="2024-06-30", EC=dosed("2024-05-04"),
          PREOP=[po(), po(po_dat="2024-05-29", po_decision="NO_SURGERY", **{"@visit": "PREOP"})]),
    quiet("CK-201", "more cycles", today="2024-06-30", EC=dosed("2024-05-04"), PREOP=po(po_decision="MORE_CYCLES")),
    quiet("CK-201", "no infusion on record", today="2024-06-30", PREOP=po()),
    fires("CK-202", "29 days", "PREOP po_taref", PREOP=po(po_imgage="29")),
    quiet("CK-202", "28 days", PREOP=po(po_imgage="28")),
    quiet("CK-202", "not known", PREOP=po()),
    fires("CK-203", "PD", "PREOP po_decision", PREOP=po(), TA=scan("2024-05-20", "PD")),
    quiet("CK-203", "SD", PREOP=po(), TA=scan("2024-05-20", "SD")),
    quiet("CK-203", "PD, then SD", PREOP=po(), TA=[scan("2024-04-09", "PD", **{"@visit": "TA1"}), scan("2024-05-20", "SD")]),
    quiet("CK-203", "PD seen afterwards", PREOP=po(), TA=scan("2024-05-23", "PD")),
    quiet("CK-203", "PD by another reader", PREOP=po(), TA=scan("2024-05-20", "PD", **{"@evaluator": "BICR"})),
    quiet("CK-203", "no surgery", PREOP=po(po_decision="NO_SURGERY"), TA=scan("2024-05-20", "PD")),
    quiet("CK-203", "decision not dated", PREOP=po(po_dat=""), TA=scan("2024-05-20", "PD")),
    fires("CK-204", "unresolved", "PREOP po_unresolved", PREOP=po(po_unresolved="Y")),
    quiet("CK-204", "none", PREOP=po(po_unresolved="N")),
    quiet("CK-204", "no surgery", PREOP=po(po_unresolved="Y", po_decision="WATCH")),
    # --- the operation
    fires("CK-205", "no reason", "SURG surg_reasoc", SURG={"surg_proccur": "N"}),
    quiet("CK-205", "a reason", SURG={"surg_proccur": "N", "surg_reasoc": "PD"}),
    quiet("CK-205", "operated", SURG=su()),
    fires("CK-206", "the day before the infusion ended", "SURG surg_prstdat", SURG=su("2024-05-03"), EC=dosed("2024-05-04")),
    quiet("CK-206", "on the day", SURG=su("2024-05-04"), EC=dosed("2024-05-04")),
    quiet("CK-206", "adjuvant doses do not count", SURG=su(), EC=given("2024-07-11", "ADJ1", ec_phase="ADJ")),
    quiet("CK-206", "not dated", SURG=su(""), EC=dosed("2024-05-04")),
    fires("CK-207", "the day before consent", "SURG surg_prstdat", SURG=su(), ICF={"icf_dsstdat": "2024-05-31"}),
    quiet("CK-207", "on the day", SURG=su(), ICF={"icf_dsstdat": DAY}),
    quiet("CK-207", "consent not dated", SURG=su(), ICF={"icf_yn": "Y"}),
    fires("CK-208", "no decision", "SURG surg_prstdat", SURG=su()),
    quiet("CK-208", "decided the day before", SURG=su(), PREOP=po(po_dat="2024-05-29")),
    fires("CK-208", "decided on the day", "SURG surg_prstdat", SURG=su(), PREOP=po(po_dat=DAY)),
    fires("CK-208", "not completed", "SURG surg_prstdat", SURG=su(), PREOP=po(**{"@status": "IN_PROGRESS"})),
    fires("CK-208", "decided otherwise", "SURG surg_prstdat", SURG=su(), PREOP=po(po_decision="WATCH")),
    quiet("CK-208", "not operated", SURG={"surg_proccur": "N"}),
    fires("CK-209", "29 days", "SURG surg_prstdat", SURG=su(), TA=scan("2024-05-01")),
    quiet("CK-209", "28 days", SURG=su(), TA=scan("2024-05-02")),
    quiet("CK-209", "28 days by the last scan", SURG=su(), TA=scan("2024-04-20", ta_lastdat="2024-05-02")),
    fires("CK-209", "a scan afterwards", "SURG surg_prstdat", SURG=su(),
          TA=[scan("2024-05-01"), scan("2024-05-31", **{"@visit": "FUIMG1"})]),
    quiet("CK-209", "no imaging on record", SURG=su()),
    fires("CK-210", "RH without S8", "SURG surg_segs", SURG=resected("RH", "S5;S6;S7")),
    quiet("CK-210", "RH", SURG=resected("RH", "S5;S6;S7;S8")),
    fires("CK-210", "LH with S1", "SURG surg_segs", SURG=resected("LH", "S1;S2;S3;S4")),
    quiet("CK-210", "LH", SURG=resected("LH", "S2;S3;S4")),
    fires("CK-210", "RAS of S5", "SURG surg_segs", SURG=resected("RAS", "S5")),
    quiet("CK-210", "RAS", SURG=resected("RAS", "S8;S5")),
    fires("CK-210", "RPS of S6, S8", "SURG surg_segs", SURG=resected("RPS", "S6;S8")),
    quiet("CK-210", "RPS", SURG=resected("RPS", "S6;S7")),
    fires("CK-210", "LLS with S4", "SURG surg_segs", SURG=resected("LLS", "S2;S3;S4")),
    quiet("CK-210", "LLS", SURG=resected("LLS", "S2;S3")),
    quiet("CK-210", "a wedge of any", SURG=resected("WEDGE", "S5")),
    quiet("CK-210", "segments not answered", SURG=resected("RH", "")),
    fires("CK-211", "1000 mL", "SURG surg_rbc", SURG=su(surg_ebl="1000", surg_rbc="0")),
    quiet("CK-211", "999 mL", SURG=su(surg_ebl="999", surg_rbc="0")),
    quiet("CK-211", "transfused", SURG=su(surg_ebl="1000", surg_rbc="0.5")),
    quiet("CK-211", "transfusion not answered", SURG=su(surg_ebl="1000")),
    quiet("CK-211", "loss unknown", SURG=su(surg_rbc="0", **{"surg_ebl@miss": "UNK"})),
    fires("CK-212", "not recorded", "SURG surg_rbc", SURG=transfused()),
    quiet("CK-212", "a procedure the day after", SURG=transfused(), PR1=procedure("2024-05-31")),
    fires("CK-212", "a procedure two days after", "SURG surg_rbc", SURG=transfused(), PR1=procedure("2024-06-01")),
    quiet("CK-212", "a medication the day before", SURG=transfused(), CM1=medication("2024-05-29", "2024-05-29")),
    fires("CK-212", "a medication two days before", "SURG surg_rbc", SURG=transfused(),
          CM1=medication("2024-05-28", "2024-05-28")),
    quiet("CK-212", "a procedure some day in May", SURG=transfused(), PR1=procedure("2024-05")),
    fires("CK-212", "a procedure some day in April", "SURG surg_rbc", SURG=transfused(), PR1=procedure("2024-04")),
    fires("CK-212", "another procedure", "SURG surg_rbc", SURG=transfused(), PR1=procedure(DAY, kind="DRAINAGE")),
    quiet("CK-212", "nothing transfused", SURG=su(surg_rbc="0")),
    # --- afterwards
    fires("CK-213", "the day before", "SURG surg_dischdat", SURG=su(surg_dischdat="2024-05-29")),
    quiet("CK-213", "on the day", SURG=su(surg_dischdat=DAY)),
    quiet("CK-213", "still in hospital", SURG=su()),
    fires("CK-214", "the day before", "SURG SU3:1/comp_cestdat", SURG=su() | comp(comp_cestdat="2024-05-29")),
    quiet("CK-214", "on the day", SURG=su() | comp(comp_cestdat=DAY)),
    quiet("CK-214", "not dated", SURG=su() | comp(comp_cestdat="")),
    fires("CK-215", "yes without a row", "SURG surg_comp_yn", SURG=su(surg_comp_yn="Y")),
    quiet("CK-215", "yes with a row", SURG=su(surg_comp_yn="Y") | comp()),
    fires("CK-215", "no with a row", "SURG surg_comp_yn", SURG=su(surg_comp_yn="N") | comp()),
    quiet("CK-215", "no without a row", SURG=su(surg_comp_yn="N")),
    quiet("CK-215", "no, the row taken out", SURG=su(surg_comp_yn="N") | comp(**{"@removed": "no complication"})),
    quiet("CK-215", "not answered", SURG=su() | comp()),
    fires("CK-216", "no death form", "SURG SU3:1/comp_cd", SURG=su() | comp(comp_cd="V")),
    quiet("CK-216", "death form", SURG=su() | comp(comp_cd="V"), DTH={"dthdat": "2024-06"}),
    quiet("CK-216", "grade IVb", SURG=su() | comp(comp_cd="IVb")),
    fires("CK-217", "IIIa, grade 2", "SURG SU3:1/comp_cd", SURG=su() | comp(comp_cd="IIIa", comp_aeref="12"), AE1=ae12("2")),
    quiet("CK-217", "IIIa, grade 3", SURG=su() | comp(comp_cd="IIIa", comp_aeref="12"), AE1=ae12("3")),
    fires("CK-217", "IVa, grade 3", "SURG SU3:1/comp_cd", SURG=su() | comp(comp_cd="IVa", comp_aeref="12"), AE1=ae12("3")),
    quiet("CK-217", "IVa, grade 4", SURG=su() | comp(comp_cd="IVa", comp_aeref="12"), AE1=ae12("4")),
    quiet("CK-217", "II, grade 1", SURG=su() | comp(comp_cd="II", comp_aeref="12"), AE1=ae12("1")),
    quiet("CK-217", "another event", SURG=su() | comp(comp_cd="IIIa", comp_aeref="11"), AE1=ae12("2")),
    fires("CK-218", "criterion met", "SURG surg_phlf", SURG=su(surg_phlf_calc="Y", surg_phlf="NONE")),
    quiet("CK-218", "graded", SURG=su(surg_phlf_calc="Y", surg_phlf="A")),
    quiet("CK-218", "criterion not met", SURG=su(surg_phlf_calc="N", surg_phlf="NONE")),
    quiet("CK-218", "criterion not known", SURG=su(surg_phlf="NONE")),
    fires("CK-219", "IVb", "SURG surg_comp_yn", SURG=su(surg_dth90="Y", surg_comp_yn="Y", surg_cdmax="IVb")),
    fires("CK-219", "no complication", "SURG surg_comp_yn", SURG=su(surg_dth90="Y", surg_comp_yn="N")),
    quiet("CK-219", "V", SURG=su(surg_dth90="Y", surg_comp_yn="Y", surg_cdmax="V")),
    quiet("CK-219", "not graded yet", SURG=su(surg_dth90="Y", surg_comp_yn="Y")),
    quiet("CK-219", "alive", SURG=su(surg_dth90="N", surg_comp_yn="N")),
    fires("CK-220", "31 days", "SURG surg_dischdat", SURG=su(surg_los="31", surg_comp_yn="N")),
    quiet("CK-220", "30 days", SURG=su(surg_los="30", surg_comp_yn="N")),
    quiet("CK-220", "31 days, a complication", SURG=su(surg_los="31", surg_comp_yn="Y")),
    fires("CK-221", "R2, R0", "SURG surg_r", SURG=su(surg_r="R2"), LPATH={"lp_r": "R0", "lp_recdat": DAY}),
    quiet("CK-221", "R2, R1", SURG=su(surg_r="R2"), LPATH={"lp_r": "R1", "lp_recdat": DAY}),
    quiet("CK-221", "R1, R0", SURG=su(surg_r="R1"), LPATH={"lp_r": "R0", "lp_recdat": DAY}),
    quiet("CK-221", "no report yet", SURG=su(surg_r="R2")),
    quiet("CK-221", "of the second operation", LPATH={"lp_r": "R0", "lp_recdat": "2024-09-02"},
          SURG=[su(surg_r="R2"), su("2024-09-01", surg_r="R0", **{"@repeat": 2})]),
    fires("CK-222", "stage B", "SURG surg_extra", SURG=su(surg_extra="Y"), PREOP=po(po_bclc="B")),
    fires("CK-222", "stage 0", "SURG surg_extra", SURG=su(surg_extra="Y"), PREOP=po(po_bclc="0")),
    quiet("CK-222", "stage C", SURG=su(surg_extra="Y"), PREOP=po(po_bclc="C")),
    quiet("CK-222", "staged again", SURG=su(surg_extra="Y"),
          PREOP=[po(po_bclc="B"), po(po_bclc="C", po_dat="2024-06-05", **{"@visit": "PREOP"})]),
    quiet("CK-222", "none found", SURG=su(surg_extra="N"), PREOP=po(po_bclc="B")),
    quiet("CK-222", "not staged", SURG=su(surg_extra="Y")),
]  # fmt: skip


@table(CASES)
def test_check(case: Case) -> None:
    assert case.found() == list(case.at)


def test_every_check_of_the_group_is_shown_from_both_sides() -> None:
    assert one_sided(CASES, 201, 222) == set()
