"""CK-056 to CK-063: viral hepatitis and HIV."""

from __future__ import annotations

from typing import Any

from .table import (
    C1D1,
    Case,
    at,
    event,
    fires,
    given,
    one_sided,
    panel,
    quiet,
    result,
    table,
)  # fmt: skip


def hep(**values: Any) -> dict[str, Any]:
    return {"@visit": "SCR", "hbsag": "POS", "hbvdna_dat": "2024-03-06"} | values


def load(value: str, day: str = "2024-04-09", op: str = "", **more: Any) -> dict[str, Any]:
    return panel(day, result("HBVDNA", value, op=op, unit="IU/mL"), visit="TA1", **more)


HIGH = {"hbvdna_op": "EQ", "hbvdna": "2000.1"}
TREATED = {"hep_avt_yn": "Y", "hep_avt_cmstdat": "2024-03-07"}
FOUND = {"hbvdna_op": "EQ", "hbvdna": "860"}
NOT_FOUND = {"hbvdna_op": "TND"}

CASES = [
    fires("CK-056", "no viral load", "HEP hbvdna_op", HEP=hep()),
    quiet("CK-056", "viral load", HEP=hep(hbvdna_op="TND")),
    quiet("CK-056", "antigen negative", HEP=hep(hbsag="NEG")),
    fires("CK-057", "not treated", "HEP hep_avt_yn", HEP=hep(hep_avt_yn="N"), EC=given()),
    fires("CK-057", "not applicable", "HEP hep_avt_yn", HEP=hep(hep_avt_yn="NA"), EC=given()),
    quiet("CK-057", "treated", HEP=hep(hep_avt_yn="Y"), EC=given()),
    quiet("CK-057", "not answered", HEP=hep(), EC=given()),
    quiet("CK-057", "no dose yet", HEP=hep(hep_avt_yn="N")),
    fires("CK-058", "not treated", "HEP hbvdna", HEP=hep(hep_avt_yn="N", **HIGH)),
    fires("CK-058", "six days", "HEP hbvdna", HEP=hep(**HIGH, **TREATED), EC=given("2024-03-13")),
    quiet("CK-058", "seven days", HEP=hep(**HIGH, **TREATED), EC=given(C1D1)),
    quiet("CK-058", "exactly 2000", HEP=hep(hep_avt_yn="N", hbvdna_op="EQ", hbvdna="2000")),
    fires("CK-058", "> 2000", "HEP hbvdna", HEP=hep(hep_avt_yn="N", hbvdna_op="GT", hbvdna="2000")),
    quiet("CK-058", "below a high limit", HEP=hep(hep_avt_yn="N", hbvdna_op="LT", hbvdna="5000")),
    quiet("CK-058", "treated, no dose yet", HEP=hep(**HIGH, **TREATED)),
    quiet(
        "CK-058", "perhaps since the first of March",
        HEP=hep(**HIGH, hep_avt_yn="Y", hep_avt_cmstdat="2024-03"), EC=given(C1D1),
    ),
    fires(
        "CK-058", "since April at the earliest", "HEP hbvdna",
        HEP=hep(**HIGH, hep_avt_yn="Y", hep_avt_cmstdat="2024-04"), EC=given("2024-04-07"),
    ),
    quiet("CK-058", "treated since an unknown day", HEP=hep(**HIGH, hep_avt_yn="Y"), EC=given(C1D1)),
    fires("CK-059", "both", "HEP hbsab", HEP=hep(hbsab="POS")),
    quiet("CK-059", "indeterminate", HEP=hep(hbsab="IND")),
    quiet("CK-059", "not done", HEP=hep(**{"hbsab@miss": "ND"})),
    fires("CK-060", "another limit", "HEP hbvdna", HEP=hep(hbvdna_op="LT", hbvdna="50", hbvdna_lloq="20")),
    quiet("CK-060", "the assay's", HEP=hep(hbvdna_op="LT", hbvdna="20", hbvdna_lloq="20")),
    quiet("CK-060", "limit not known", HEP=hep(hbvdna_op="LT", hbvdna="50")),
    quiet("CK-060", "measured", HEP=hep(hbvdna_op="EQ", hbvdna="50", hbvdna_lloq="20")),
    fires("CK-061", "measured", "HEP hcvrna_op", HEP=hep(hcvrna_op="EQ")),
    fires("CK-061", "above the assay", "HEP hcvrna_op", HEP=hep(hcvrna_op="GT")),
    quiet("CK-061", "not detected", HEP=hep(hcvrna_op="TND")),
    quiet("CK-061", "antigen negative", HEP=hep(hbsag="NEG", hcvrna_op="EQ")),
    fires("CK-062", "enrolled", "HEP hivab", HEP=hep(hivab="POS"), IE={"enr_yn": "Y"}),
    quiet("CK-062", "not enrolled", HEP=hep(hivab="POS"), IE={"enr_yn": "N"}),
    quiet("CK-062", "negative", HEP=hep(hivab="NEG"), IE={"enr_yn": "Y"}),
    quiet("CK-062", "not decided", HEP=hep(hivab="POS")),
    fires("CK-063", "hundredfold", at("HBVDNA"), HEP=hep(**FOUND), EC=given(), LB=load("86000")),
    quiet("CK-063", "less than hundredfold", HEP=hep(**FOUND), EC=given(), LB=load("85999")),
    fires("CK-063", "found again", at("HBVDNA"), HEP=hep(**NOT_FOUND), EC=given(), LB=load("1001")),
    quiet("CK-063", "found again, 1000", HEP=hep(**NOT_FOUND), EC=given(), LB=load("1000")),
    fires("CK-063", "> 1000", at("HBVDNA"), HEP=hep(**NOT_FOUND), EC=given(), LB=load("1000", op="GT")),
    quiet("CK-063", "below a limit", HEP=hep(**NOT_FOUND), EC=given(), LB=load("5000", op="LT")),
    fires(
        "CK-063", "hundred times the limit of the assay", at("HBVDNA"),
        HEP=hep(hbvdna_op="LT", hbvdna="20", hbvdna_lloq="20"), EC=given(), LB=load("2000"),
    ),
    quiet(
        "CK-063", "recorded as reactivation", HEP=hep(**FOUND), EC=given(), LB=load("86000"),
        AE1=event("Hepatitis B reactivation", "2024-04-09", ae_hbvreact="Y"),
    ),
    fires(
        "CK-063", "another event", at("HBVDNA"), HEP=hep(**FOUND), EC=given(), LB=load("86000"),
        AE1=event("Fatigue", "2024-04-09", ae_hbvreact="N"),
    ),
    quiet(
        "CK-063", "the panel before C1D1 is the baseline", HEP=hep(**NOT_FOUND), EC=given(),
        LB=[load("860", day="2024-03-12"), load("2000")],
    ),
    quiet("CK-063", "before the first dose", HEP=hep(**FOUND), LB=load("86000")),
    quiet("CK-063", "no baseline", EC=given(), LB=load("86000")),
    quiet("CK-063", "copies cannot be converted", HEP=hep(**FOUND), EC=given(),
          LB=panel("2024-04-09", result("HBVDNA", "500000", lbstresn=""))),
]  # fmt: skip


@table(CASES)
def test_check(case: Case) -> None:
    assert case.found() == list(case.at)


def test_every_check_of_the_group_is_shown_from_both_sides() -> None:
    assert one_sided(CASES, 56, 63) == set()
