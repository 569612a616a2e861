"""CK-223 to CK-254: local and central pathology."""

from __future__ import annotations

from typing import Any

import pytest

from crf.checks import CHECKS, hits_of
from crf.checks.engine import FormFacts

from .build import folder
from .table import Case, fires, given, one_sided, quiet, table

SURG = {"@visit": "SURG", "surg_proccur": "Y", "surg_prstdat": "2024-05-30", "surg_prtrt": "RAS"}
EXPLORED = SURG | {"surg_prtrt": "EXPLORE"}
NOT_OPERATED = {"surg_proccur": "N"}
UNANSWERED = {"surg_icu": "1"}
ROLES = {"R1": 1, "R2": 2, "ADJ": 3}
NO_REPORT = FormFacts(91, "LPATH", "LPATH")
NO_RESULT = FormFacts(92, "CPATHF", "CPATH")


def lp(*nodules: Any, **more: Any) -> dict[str, Any]:
    return {"@visit": "LPATH", "LP3": nodules} | more


def lpn(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"lpn_no": str(number)} | more


def local(viable: str, necrosis: str, stroma: str) -> dict[str, Any]:
    return lp(lpn(lpn_rvt=viable, lpn_nec=necrosis, lpn_str=stroma))


def cp(role: str = "R1", *nodules: Any, **more: Any) -> dict[str, Any]:
    """A reading; nodules by number, or with their values."""
    rows = [{"cpn_no": str(one)} if isinstance(one, int) else {"cpn_no": "1"} | one for one in nodules]
    head = {"@visit": "CPATH", "@repeat": ROLES[role], "cp_reader": role, "cp_adeq": "ADEQUATE", "CP2": rows}
    return head | more


def central(viable: str, necrosis: str, stroma: str) -> dict[str, Any]:
    return cp("R1", {"cpn_rvt": viable, "cpn_nec": necrosis, "cpn_str": stroma})


def signed(role: str, on: str, user: str = "7", **more: Any) -> dict[str, Any]:
    return cp(role, cp_sign=f"user:{user} {on}T08:00:00Z", cp_user=f"user:{user}") | more


def result(**more: Any) -> dict[str, Any]:
    return {"@visit": "CPATH"} | more


def taking(role: str, user: str) -> dict[str, Any]:
    return cp(role, cp_user=f"user:{user}")


def lp_edm(viable: str, grade: str) -> dict[str, Any]:
    return lp(lpn(lpn_rvt=viable, lpn_edm=grade))


def cp_edm(viable: str, grade: str) -> dict[str, Any]:
    return cp("R1", {"cpn_rvt": viable, "cpn_edm": grade})


def mvi(grade: str, count: str = "", far: str = "") -> dict[str, str]:
    return {"mvi": grade, "mvi_n": count, "mvi_far": far}


def lesions(*organs: str) -> dict[str, Any]:
    rows = [{"tl_lnkid": f"T0{n}", "tl_loc": organ} for n, organ in enumerate(organs, 1)]
    return {"@visit": "SCR", "ta_no": "0", "ta_perf": "Y", "TA2": rows}


def clean(**more: str) -> dict[str, Any]:
    """No viable tumour in the bed."""
    return cp("R1", {"cpn_rvt": "0"}, **more)


MVI = [
    ("M0 with one", mvi("M0", "1"), True), ("M0 with none", mvi("M0", "0"), False), ("M0", mvi("M0"), False),
    ("M1 with none", mvi("M1", "0", "N"), True), ("M1 with one", mvi("M1", "1", "N"), False),
    ("M1 with 5", mvi("M1", "5", "N"), False), ("M1 with 6", mvi("M1", "6", "N"), True),
    ("M1 far away", mvi("M1", "1", "Y"), True), ("M2 with 5", mvi("M2", "5", "N"), True),
    ("M2 with 6", mvi("M2", "6", "N"), False), ("M2 with 5 far away", mvi("M2", "5", "Y"), False),
    ("M2 with 5, distance not known", mvi("M2", "5"), False), ("not evaluable", mvi("NE"), False),
]  # fmt: skip
ONE, TWO = (1,), (1, 2)
BOTH_SIGNED = [signed("R1", "2024-07-02"), signed("R2", "2024-07-05", "8")]
LATE = [signed("R1", "2024-08-28"), signed("R2", "2024-08-29", "8")]

CASES = [
    # --- local pathology
    fires("CK-223", "received the day before", "LPATH lp_recdat", SURG=SURG, LPATH=lp(lp_recdat="2024-05-29")),
    fires("CK-223", "reported the day before", "LPATH lp_midat", SURG=SURG, LPATH=lp(lp_midat="2024-05-29")),
    quiet("CK-223", "on the day", SURG=SURG, LPATH=lp(lp_recdat="2024-05-30", lp_midat="2024-05-30")),
    quiet("CK-223", "operation not dated", SURG=SURG | {"surg_prstdat": ""}, LPATH=lp(lp_recdat="2024-05-29")),
    fires("CK-223", "explored first", "LPATH lp_recdat", LPATH=lp(lp_recdat="2024-05-29"),
          SURG=[EXPLORED | {"surg_prstdat": "2024-05-01"}, SURG | {"@repeat": 2}]),
    fires("CK-224", "31 days", "LPATH ", today="2024-06-30", SURG=SURG, forms=(NO_REPORT,)),
    quiet("CK-224", "30 days", today="2024-06-29", SURG=SURG, forms=(NO_REPORT,)),
    fires("CK-224", "31 days, not expected", "SURG surg_prstdat", today="2024-06-30", SURG=SURG),
    quiet("CK-224", "begun", today="2024-06-30", SURG=SURG, LPATH=lp()),
    quiet("CK-224", "explored", today="2024-06-30", SURG=EXPLORED),
    quiet("CK-224", "not operated", today="2024-06-30", SURG=NOT_OPERATED),
    fires("CK-225", "not operated", "LPATH lp_recdat", SURG=NOT_OPERATED, LPATH=lp()),
    fires("CK-225", "no operation on record", "LPATH lp_recdat", LPATH=lp()),
    quiet("CK-225", "operation not answered yet", SURG=UNANSWERED, LPATH=lp()),
    quiet("CK-225", "operated", SURG=SURG, LPATH=lp()),
    fires("CK-226", "100.1 %", "LPATH LP3:1/lpn_rvt", LPATH=local("10.1", "65", "25")),
    fires("CK-226", "99.9 %", "LPATH LP3:1/lpn_rvt", LPATH=local("9.9", "65", "25")),
    quiet("CK-226", "100 %", LPATH=local("10", "65", "25")),
    quiet("CK-226", "one share missing", LPATH=local("10", "65", "")),
    fires("CK-227", "one of two", "LPATH lp_nnod", LPATH=lp(lpn(1), lp_nnod="2")),
    quiet("CK-227", "two of two", LPATH=lp(lpn(1), lpn(2), lp_nnod="2")),
    fires("CK-227", "two of two, one taken out", "LPATH lp_nnod",
          LPATH=lp(lpn(1), lpn(2) | {"@removed": "twice"}, lp_nnod="2")),
    quiet("CK-227", "number not given", LPATH=lp(lpn(1))),
    fires("CK-228", "one of two", "LPATH lp_nnod", TA=lesions("LIVER", "LIVER"), LPATH=lp(lp_nnod="1")),
    quiet("CK-228", "two of two", TA=lesions("LIVER", "LIVER"), LPATH=lp(lp_nnod="2")),
    quiet("CK-228", "a lesion of the lung does not count", TA=lesions("LIVER", "LUNG"), LPATH=lp(lp_nnod="1")),
    quiet("CK-228", "no baseline", LPATH=lp(lp_nnod="1")),
    *(
        Case("CK-229", what, ("LPATH lp_mvi",) if wrong else (), {"LPATH": lp(**{f"lp_{k}": v for k, v in m.items()})})
        for what, m, wrong in MVI
    ),
    fires("CK-230", "2 of 1", "LPATH lp_ln_pos", LPATH=lp(lp_ln_pos="2", lp_ln_ex="1")),
    quiet("CK-230", "1 of 1", LPATH=lp(lp_ln_pos="1", lp_ln_ex="1")),
    quiet("CK-230", "not known", LPATH=lp(lp_ln_pos="1")),
    fires("CK-231", "positive, 0.1 mm", "LPATH lp_margin_mm", LPATH=lp(lp_margin="POS", lp_margin_mm="0.1")),
    quiet("CK-231", "positive, 0 mm", LPATH=lp(lp_margin="POS", lp_margin_mm="0")),
    fires("CK-231", "negative, 0 mm", "LPATH lp_margin_mm", LPATH=lp(lp_margin="NEG", lp_margin_mm="0")),
    quiet("CK-231", "negative, 0.1 mm", LPATH=lp(lp_margin="NEG", lp_margin_mm="0.1")),
    quiet("CK-231", "not measured", LPATH=lp(lp_margin="NEG", **{"lp_margin_mm@miss": "NAV"})),
    fires("CK-232", "no tumour, 0.1 %", "LPATH lp_hist",
          LPATH=lp(lpn(1, lpn_rvt="0"), lpn(2, lpn_rvt="0.1"), lp_hist="NOTUMOUR")),
    quiet("CK-232", "no tumour, 0 %", LPATH=lp(lpn(1, lpn_rvt="0"), lp_hist="NOTUMOUR")),
    fires("CK-232", "HCC, 0 %", "LPATH lp_hist", LPATH=lp(lpn(1, lpn_rvt="0"), lpn(2, lpn_rvt="0"), lp_hist="HCC")),
    quiet("CK-232", "HCC, 0.1 %", LPATH=lp(lpn(1, lpn_rvt="0"), lpn(2, lpn_rvt="0.1"), lp_hist="HCC")),
    quiet("CK-232", "HCC, one share missing", LPATH=lp(lpn(1, lpn_rvt="0"), lpn(2), lp_hist="HCC")),
    quiet("CK-232", "HCC, no nodule yet", LPATH=lp(lp_hist="HCC")),
    fires("CK-233", "0.1 %, not graded", "LPATH LP3:1/lpn_edm", LPATH=lp_edm("0.1", "NA")),
    quiet("CK-233", "0.1 %, grade II", LPATH=lp_edm("0.1", "II")),
    fires("CK-233", "0 %, grade II", "LPATH LP3:1/lpn_edm", LPATH=lp_edm("0", "II")),
    quiet("CK-233", "0 %, not graded", LPATH=lp_edm("0", "NA")),
    quiet("CK-233", "0 %, not evaluable", LPATH=lp_edm("0", "NE")),
    quiet("CK-233", "share missing", LPATH=lp_edm("", "II")),
    fires("CK-234", "7 of 7.01 cm", "LPATH lp_blocks_bed",
          LPATH=lp(lpn(1, lpn_len="60.1"), lpn(2, lpn_len="10"), lp_blocks_bed="7")),
    quiet("CK-234", "7 of 7 cm", LPATH=lp(lpn(1, lpn_len="60"), lpn(2, lpn_len="10"), lp_blocks_bed="7")),
    quiet("CK-234", "not counted", LPATH=lp(lpn(1, lpn_len="60"))),
    fires("CK-235", "6 blocks, 7 points", "LPATH lp_blocks_all", LPATH=lp(lp_blocks_all="6", lp_sampling="P7")),
    fires("CK-235", "6 blocks, M0", "LPATH lp_blocks_all", LPATH=lp(lp_blocks_all="6", lp_mvi="M0")),
    quiet("CK-235", "7 blocks", LPATH=lp(lp_blocks_all="7", lp_sampling="P7", lp_mvi="M0")),
    quiet("CK-235", "6 blocks, M1", LPATH=lp(lp_blocks_all="6", lp_sampling="FULLBED", lp_mvi="M1")),
    fires("CK-236", "5.9 h", "LPATH lp_fix_h", LPATH=lp(lp_fix_h="5.9")),
    quiet("CK-236", "6 h", LPATH=lp(lp_fix_h="6")),
    quiet("CK-236", "72 h", LPATH=lp(lp_fix_h="72")),
    fires("CK-236", "72.1 h", "LPATH lp_fix_h", LPATH=lp(lp_fix_h="72.1")),
    quiet("CK-236", "unknown", LPATH=lp(**{"lp_fix_h@miss": "UNK"})),
    fires("CK-237", "23 of 22", "LPATH lp_slides_sent", LPATH=lp(lp_slides_sent="23", lp_slides_he="22")),
    quiet("CK-237", "22 of 22", LPATH=lp(lp_slides_sent="22", lp_slides_he="22")),
    # --- a central reading
    fires("CK-238", "not operated", "CPATH cp_recdat", SURG=NOT_OPERATED, CPATH=cp()),
    quiet("CK-238", "operated", SURG=SURG, CPATH=cp()),
    quiet("CK-238", "operation not answered yet", SURG=UNANSWERED, CPATH=cp()),
    fires("CK-239", "received the day before the operation", "CPATH cp_recdat", SURG=SURG,
          CPATH=cp(cp_recdat="2024-05-29")),
    quiet("CK-239", "received on the day", SURG=SURG, CPATH=cp(cp_recdat="2024-05-30")),
    fires("CK-239", "read the day before it was received", "CPATH cp_midat", SURG=SURG,
          CPATH=cp(cp_recdat="2024-06-24", cp_midat="2024-06-23")),
    quiet("CK-239", "read when it was received", SURG=SURG, CPATH=cp(cp_recdat="2024-06-24", cp_midat="2024-06-24")),
    quiet("CK-239", "not read yet", SURG=SURG, CPATH=cp(cp_recdat="2024-06-24")),
    fires("CK-240", "one reader twice", "CPATH cp_user", "CPATH cp_user", CPATH=[taking("R1", "7"), taking("R2", "7")]),
    fires("CK-240", "a reader adjudicates", "CPATH cp_user",
          CPATH=[taking("R1", "7"), taking("R2", "8"), taking("ADJ", "8")]),
    quiet("CK-240", "three people", CPATH=[taking("R1", "7"), taking("R2", "8"), taking("ADJ", "9")]),
    quiet("CK-240", "not taken yet", CPATH=[cp("R1"), cp("R2")]),
    fires("CK-241", "not blinded", "CPATH cp_blind", CPATH=cp(cp_blind="N")),
    quiet("CK-241", "blinded", CPATH=cp(cp_blind="Y")),
    quiet("CK-241", "not answered", CPATH=cp()),
    fires("CK-242", "11 of 10 are of the bed", "CPATH cp_slides_bed", CPATH=cp(cp_slides="10", cp_slides_bed="11")),
    quiet("CK-242", "10 of 10 are of the bed", CPATH=cp(cp_slides="10", cp_slides_bed="10")),
    fires("CK-242", "15 of 14 sent", "CPATH cp_slides", LPATH=lp(lp_slides_sent="14"), CPATH=cp(cp_slides="15")),
    quiet("CK-242", "14 of 14 sent", LPATH=lp(lp_slides_sent="14"), CPATH=cp(cp_slides="14")),
    quiet("CK-242", "of two specimens", CPATH=cp(cp_slides="15"),
          LPATH=[lp(lp_slides_sent="14"), lp(lp_slides_sent="1", **{"@repeat": 2})]),
    quiet("CK-242", "number sent not known", LPATH=lp(), CPATH=cp(cp_slides="15")),
    fires("CK-243", "98 %", "CPATH CP2:1/cpn_rvt", CPATH=central("8", "70", "20")),
    fires("CK-243", "100.1 %", "CPATH CP2:1/cpn_rvt", CPATH=central("8.1", "72", "20")),
    quiet("CK-243", "100 %", CPATH=central("8", "72", "20")),
    quiet("CK-243", "one share missing", CPATH=central("8", "", "20")),
    fires("CK-244", "one not read", "CPATH ", LPATH=lp(lpn(1), lpn(2)), CPATH=cp("R1", *ONE)),
    fires("CK-244", "one too many", "CPATH CP2:2/cpn_no", LPATH=lp(lpn(1)), CPATH=cp("R1", *TWO)),
    quiet("CK-244", "all read", LPATH=lp(lpn(1), lpn(2)), CPATH=[cp("R1", *TWO), cp("R2", 2, 1)]),
    fires("CK-244", "another reader read more", "CPATH ", "CPATH CP2:2/cpn_no", CPATH=[cp("R1", *ONE), cp("R2", *TWO)]),
    fires("CK-244", "a draft is compared with what is finished, not the other way round", "CPATH CP2:2/cpn_no",
          CPATH=[cp("R1", *ONE), cp("R2", *TWO, **{"@status": "IN_PROGRESS"})]),
    quiet("CK-244", "slides inadequate", LPATH=lp(lpn(1)), CPATH=cp("R1", cp_adeq="INADEQUATE")),
    quiet("CK-244", "for another reader inadequate", CPATH=[cp("R1", *ONE), cp("R2", cp_adeq="INADEQUATE")]),
    quiet("CK-244", "report not finished", LPATH=lp(lpn(1), **{"@status": "IN_PROGRESS"}), CPATH=cp("R1", *TWO)),
    quiet("CK-244", "adequacy not answered", LPATH=lp(lpn(1)), CPATH=cp("R1", *TWO, cp_adeq="")),
    fires("CK-245", "0.1 %", "CPATH CP2:1/cpn_insitu", CPATH=cp("R1", {"cpn_insitu": "Y", "cpn_rvt": "0.1"})),
    quiet("CK-245", "0 %", CPATH=cp("R1", {"cpn_insitu": "Y", "cpn_rvt": "0"})),
    quiet("CK-245", "not in situ", CPATH=cp("R1", {"cpn_insitu": "N", "cpn_rvt": "0.1"})),
    quiet("CK-245", "share missing", CPATH=cp("R1", {"cpn_insitu": "Y"})),
    fires("CK-246", "0 %, grade II", "CPATH CP2:1/cpn_edm", CPATH=cp_edm("0", "II")),
    fires("CK-246", "0.1 %, not graded", "CPATH CP2:1/cpn_edm", CPATH=cp_edm("0.1", "NA")),
    quiet("CK-246", "0 %, not evaluable", CPATH=cp_edm("0", "NE")),
    quiet("CK-246", "0.1 %, not evaluable", CPATH=cp_edm("0.1", "NE")),
    *(
        Case("CK-247", what, ("CPATH cp_mvi",) if wrong else (), {"CPATH": cp(**{f"cp_{k}": v for k, v in m.items()})})
        for what, m, wrong in MVI
    ),
    fires("CK-248", "scored", "CPATH CP2:1/cpn_no", CPATH=cp("R1", *ONE, cp_adeq="INADEQUATE")),
    quiet("CK-248", "not scored", CPATH=cp("R1", cp_adeq="INADEQUATE")),
    quiet("CK-248", "limited", CPATH=cp("R1", *ONE, cp_adeq="LIMITED")),
    fires("CK-249", "M1", "CPATH cp_mvi", CPATH=clean(cp_mvi="M1")),
    fires("CK-249", "M2 and nodes", "CPATH cp_mvi", "CPATH cp_ln_viable", CPATH=clean(cp_mvi="M2", cp_ln_viable="Y")),
    fires("CK-249", "thrombus", "CPATH cp_macro_viable", CPATH=clean(cp_macro_viable="Y")),
    fires("CK-249", "satellites", "CPATH cp_satellite", CPATH=clean(cp_satellite="Y")),
    quiet("CK-249", "none", CPATH=clean(cp_mvi="M0", cp_macro_viable="NA", cp_ln_viable="N", cp_satellite="U")),
    quiet("CK-249", "viable in the bed", CPATH=cp("R1", {"cpn_rvt": "0"}, {"cpn_rvt": "0.1"}, cp_mvi="M1")),
    quiet("CK-249", "share missing", CPATH=cp("R1", {"cpn_rvt": "0"}, {}, cp_mvi="M1")),
    fires("CK-254", "an open record with the signature of an earlier day", "CPATH cp_sign", today="2024-07-04",
          CPATH=signed("R1", "2024-07-02", **{"@status": "IN_PROGRESS"})),
    quiet("CK-254", "signed while it is saved", today="2024-07-03",
          CPATH=signed("R1", "2024-07-02", **{"@status": "IN_PROGRESS"})),
    quiet("CK-254", "signed and closed", CPATH=signed("R1", "2024-07-02")),
    fires("CK-254", "signed by somebody else", "CPATH cp_sign", CPATH=signed("R1", "2024-07-02", cp_user="user:8")),
    quiet("CK-254", "not signed", CPATH=cp(**{"@status": "IN_PROGRESS"})),
    # --- the final result
    fires("CK-250", "31 days", "CPATHF cpf_adj_need", today="2024-08-05", CPATH=BOTH_SIGNED,
          CPATHF=result(cpf_adj_need="Y")),
    quiet("CK-250", "30 days", today="2024-08-04", CPATH=BOTH_SIGNED, CPATHF=result(cpf_adj_need="Y")),
    quiet("CK-250", "adjudicated", today="2024-08-05", CPATH=[*BOTH_SIGNED, signed("ADJ", "2024-08-05", "9")],
          CPATHF=result(cpf_adj_need="Y")),
    fires("CK-250", "adjudication begun", "CPATHF cpf_adj_need", today="2024-08-05", CPATH=[*BOTH_SIGNED, cp("ADJ")],
          CPATHF=result(cpf_adj_need="Y")),
    quiet("CK-250", "not needed", today="2024-08-05", CPATH=BOTH_SIGNED, CPATHF=result(cpf_adj_need="N")),
    quiet("CK-250", "one signature", today="2024-08-05", CPATH=BOTH_SIGNED[:1], CPATHF=result(cpf_adj_need="Y")),
    fires("CK-251", "not needed", "CPATH cp_reader", CPATH=cp("ADJ"), CPATHF=result(cpf_adj_need="N")),
    quiet("CK-251", "needed", CPATH=cp("ADJ"), CPATHF=result(cpf_adj_need="Y")),
    quiet("CK-251", "no adjudicator", CPATH=[cp("R1"), cp("R2")], CPATHF=result(cpf_adj_need="N")),
    quiet("CK-251", "not known yet", CPATH=cp("ADJ"), CPATHF=result()),
    fires("CK-252", "20.1 points", "CPATHF cpf_rvt", LPATH=lp(lp_rvt_case="30.1"), CPATHF=result(cpf_rvt="10.0")),
    quiet("CK-252", "20 points", LPATH=lp(lp_rvt_case="30.0"), CPATHF=result(cpf_rvt="10.0")),
    quiet("CK-252", "no local value", LPATH=lp(), CPATHF=result(cpf_rvt="10.0")),
    fires("CK-253", "no second signature after 91 days", "CPATHF ", today="2024-08-29", SURG=SURG, forms=(NO_RESULT,),
          CPATH=BOTH_SIGNED[:1]),
    quiet("CK-253", "no second signature after 90 days", today="2024-08-28", SURG=SURG, CPATH=BOTH_SIGNED[:1]),
    fires("CK-253", "no case opened", "SURG ", today="2024-08-29", SURG=SURG),
    quiet("CK-253", "second signature in time", SURG=SURG, CPATH=BOTH_SIGNED, CPATHF=result(cpf_dat="2024-07-08")),
    fires("CK-253", "second signature on day 91", "CPATHF ", SURG=SURG, CPATH=LATE, forms=(NO_RESULT,)),
    quiet("CK-253", "released in time, taken over later", SURG=SURG, CPATH=LATE, CPATHF=result(cpf_dat="2024-08-28")),
    fires("CK-253", "released after 184 days", "CPATHF cpf_dat", EC=given(), CPATHF=result(cpf_dat="2024-09-14")),
    quiet("CK-253", "released after 183 days", EC=given(), CPATHF=result(cpf_dat="2024-09-13")),
    quiet("CK-253", "explored", today="2024-08-29", SURG=EXPLORED),
    quiet("CK-253", "operation not dated", today="2024-08-29", SURG=SURG | {"surg_prstdat": ""}),
]  # fmt: skip


@table(CASES)
def test_check(case: Case) -> None:
    assert case.found() == list(case.at)


def test_every_check_of_the_group_is_shown_from_both_sides() -> None:
    assert one_sided(CASES, 223, 254) == set()


@pytest.mark.parametrize("number", [n for n, one in CHECKS.items() if one.on == "CPATH"])
def test_a_reader_is_told_nothing_but_what_the_reader_wrote(number: str) -> None:
    """2.0 Blinding: whatever a rule found on a reading, its words come from this reading."""
    cases = [case for case in CASES if case.number == number and case.at]
    assert cases
    for case in cases:
        book = folder(**case.given)
        own = {sheet.form: sheet for sheet in book.book.all("CPATH")}
        for _check, hit in hits_of(book, {number: CHECKS[number]}):
            sheet = own[hit.form]
            written = [str(value) for value in sheet.values.values()]
            rows = [row for lines in sheet.rows.values() for row in lines]
            written += [str(value) for row in rows for value in row.values.values()]
            sums = [str(sum(row.get(f"cpn_{n}") or 0 for n in ("rvt", "nec", "str"))) for row in rows]
            assert hit.found.removeprefix("sum=") in ["", *written, *sums]
