"""CK-166 to CK-200: tumour assessment."""

from __future__ import annotations

from typing import Any

from crf.checks.engine import VisitFacts

from .build import day
from .table import C1D1, Case, apatinib, fires, given, one_sided, quiet, table

VISITS = ("SCR", "TA1", "TA2", "FUIMG1")
DAYS = ("2024-03-06", "2024-04-09", "2024-05-20", "2024-08-21")
OPERATED = {
    "surg_proccur": "Y", "surg_prstdat": "2024-05-30", "surg_prtrt": "RAS", "surg_r": "R0",
}  # fmt: skip


def ta(number: int = 0, *targets: Any, **more: Any) -> dict[str, Any]:
    """An assessment that took place: 0 the baseline, 3 the first of follow-up."""
    head = {
        "@visit": VISITS[number],
        "ta_no": str(number),
        "ta_perf": "Y",
        "tudat": DAYS[number],
        "TA2": targets,
    }
    return {name: value for name, value in (head | more).items() if value is not None}


def tl(id: str = "T01", mm: str = "", viable: str = "", **more: Any) -> dict[str, Any]:
    row = {"tl_lnkid": id, "tl_loc": "LIVER", "tl_node": "N", "tl_diam": mm, "tl_viable": viable}
    return row | more


def nt(id: str = "NT01", status: str = "PRESENT", organ: str = "LIVER") -> dict[str, Any]:
    return {"nt_lnkid": id, "nt_loc": organ, "nt_status": status}


def new(id: str = "N01", certain: str = "UNEQUIVOCAL", **more: Any) -> dict[str, Any]:
    return {"nl_lnkid": id, "nl_loc": "LIVER", "nl_certain": certain} | more


def pair(first: dict[str, Any], now: dict[str, Any]) -> list[dict[str, Any]]:
    """One lesion at baseline and at the next assessment."""
    return [ta(0, first), ta(1, now)]


def state(name: str, mm: str, viable: str = "") -> dict[str, Any]:
    return ta(1, tl("T01", mm, viable, tl_state=name))


def seen(on: str, visit: str = "TA1", number: str = "1", **more: Any) -> dict[str, Any]:
    return {"@visit": visit, "ta_no": number, "ta_perf": "Y", "tudat": on} | more


def planned(label: str, first: str, last: str) -> tuple[VisitFacts, ...]:
    return (VisitFacts(label, label, 1, "PLANNED", None, day(first), day(last)),)


def scanned(
    regions: str, *targets: Any, nl_yn: str = "N", before: str = "CHEST;ABDOMEN"
) -> list[dict[str, Any]]:
    lesions = targets or (tl(),)
    return [ta(0, *lesions, ta_regions=before), ta(1, *lesions, ta_regions=regions, nl_yn=nl_yn)]


def answered(number: int, recist: str = "", mrecist: str = "", **more: Any) -> dict[str, Any]:
    return ta(number, ovresp_r_inv=recist, ovresp_m_inv=mrecist, **more)


def counted(nodules: str, uncountable: str = "N") -> dict[str, Any]:
    return {"hcc_nodcount": nodules, "hcc_uncountable": uncountable}


TWO = [tl("T01"), tl("T02")]
THREE = [tl("T01"), tl("T02"), tl("T03")]
LUNG = {"tl_loc": "LUNG"}
ATYPICAL = {"tl_enh": "ATYPICAL"}
UNS = "UNS1"

CASES = [
    # --- baseline
    fires("CK-166", "the day after", "TA tudat", EC=given(), TA=ta(0, tudat="2024-03-15")),
    quiet("CK-166", "on the day", EC=given(), TA=ta(0, tudat=C1D1)),
    quiet("CK-166", "a later assessment", EC=given(), TA=ta(1)),
    quiet("CK-166", "no dose yet", TA=ta(0, tudat="2024-03-15")),
    fires("CK-167", "29 days", "TA tudat", EC=given(), TA=ta(0, tudat="2024-02-14")),
    quiet("CK-167", "28 days", EC=given(), TA=ta(0, tudat="2024-02-15")),
    quiet("CK-167", "not dated", EC=given(), TA=ta(0, tudat=None)),
    fires("CK-168", "six", "TA TA2:6/tl_lnkid", TA=ta(0, *[tl(f"T0{n}") for n in (1, 2, 3, 4, 5, 5)])),
    quiet("CK-168", "five", TA=ta(0, *[tl(f"T0{n}") for n in (1, 2, 3, 4, 5)])),
    quiet("CK-168", "five, and one taken out",
          TA=ta(0, *[tl(f"T0{n}") for n in (1, 2, 3, 4, 5)], tl("T05") | {"@removed": "twice"})),
    fires("CK-169", "third of the liver", "TA TA2:3/tl_loc", TA=ta(0, *THREE)),
    quiet("CK-169", "two of the liver", TA=ta(0, *TWO, tl("T03", **LUNG))),
    quiet("CK-169", "organ not given", TA=ta(0, *[tl(f"T0{n}", tl_loc="") for n in (1, 2, 3)])),
    fires("CK-170", "9.9 mm", "TA TA2:1/tl_diam", TA=ta(0, tl("T01", "9.9"))),
    quiet("CK-170", "10 mm", TA=ta(0, tl("T01", "10"))),
    quiet("CK-170", "not measured", TA=ta(0, tl("T01"))),
    quiet("CK-170", "9.9 mm afterwards", TA=ta(1, tl("T01", "9.9"))),
    fires("CK-171", "14.9 mm", "TA TA2:1/tl_diam", TA=ta(0, tl("T01", "14.9", tl_node="Y"))),
    quiet("CK-171", "15 mm", TA=ta(0, tl("T01", "15", tl_node="Y"))),
    quiet("CK-171", "no node", TA=ta(0, tl("T01", "14.9"))),
    fires("CK-172", "12.1 mm, slices of 6.1", "TA TA2:1/tl_diam", TA=ta(0, tl("T01", "12.1"), ta_slice="6.1")),
    quiet("CK-172", "12.2 mm, slices of 6.1", TA=ta(0, tl("T01", "12.2"), ta_slice="6.1")),
    quiet("CK-172", "slices of 5", TA=ta(0, tl("T01", "9.0"), ta_slice="5.0")),
    quiet("CK-172", "slices unknown", TA=ta(0, tl("T01", "9.0"), **{"ta_slice@miss": "UNK"})),
    fires("CK-173", "none", "TA ", TA=ta(0)),
    quiet("CK-173", "one", TA=ta(0, tl())),
    quiet("CK-173", "not done", TA=ta(0, ta_perf="N", tudat=None)),
    quiet("CK-173", "afterwards", TA=ta(1)),
    # --- the same lesions
    fires("CK-174", "one more", "TA TA2:3/tl_lnkid", TA=[ta(0, *TWO), ta(1, *THREE)]),
    fires("CK-174", "one less", "TA ", TA=[ta(0, *TWO), ta(1, tl("T01"))]),
    fires("CK-174", "another", "TA TA2:2/tl_lnkid", "TA ", TA=[ta(0, *TWO), ta(1, tl("T01"), tl("T03"))]),
    quiet("CK-174", "the same", TA=[ta(0, *TWO), ta(1, *reversed(TWO))]),
    quiet("CK-174", "not done", TA=[ta(0, *TWO), ta(1, ta_perf="N", tudat=None)]),
    quiet("CK-174", "an id is not given yet", TA=[ta(0, *TWO), ta(1, tl("T01"), tl(""))]),
    quiet("CK-174", "of another reader", TA=[ta(0, *TWO), ta(1, tl("T01"), **{"@evaluator": "BICR"})]),
    fires("CK-175", "one more", "TA TA3:1/nt_lnkid", TA=[ta(0, *TWO), ta(1, *TWO, TA3=[nt()])]),
    fires("CK-175", "one less", "TA ", TA=[ta(0, *TWO, TA3=[nt()]), ta(1, *TWO)]),
    quiet("CK-175", "the same", TA=[ta(0, *TWO, TA3=[nt()]), ta(1, *TWO, TA3=[nt()])]),
    fires("CK-176", "another organ", "TA TA2:1/tl_loc", TA=pair(tl(), tl(**LUNG))),
    fires("CK-176", "a node now", "TA TA2:1/tl_node", TA=pair(tl(), tl(tl_node="Y"))),
    quiet("CK-176", "the same", TA=pair(tl(), tl())),
    quiet("CK-176", "not answered", TA=pair(tl(), tl(tl_loc="", tl_node=""))),
    fires("CK-177", "begins with N02", "TA TA4:1/nl_lnkid", TA=[ta(0), ta(1, TA4=[new("N02")])]),
    quiet("CK-177", "N01, N02", TA=[ta(0), ta(1, TA4=[new("N01"), new("N02")])]),
    quiet("CK-177", "N01, then N02 beside it",
          TA=[ta(0), ta(1, TA4=[new("N01")]), ta(2, TA4=[new("N01"), new("N02")])]),
    fires("CK-177", "left out afterwards", "TA nl_yn", TA=[ta(0), ta(1, TA4=[new()]), ta(2)]),
    quiet("CK-177", "an equivocal one left out", TA=[ta(0), ta(1, TA4=[new(certain="EQUIVOCAL")]), ta(2)]),
    quiet("CK-177", "resected in between", SURG=OPERATED, TA=[ta(0), ta(1, TA4=[new()]), ta(3)]),
    # --- diameters
    fires("CK-178", "55.1 of 55.0", "TA TA2:1/tl_viable", TA=ta(1, tl("T01", "55.0", "55.1"))),
    quiet("CK-178", "55.0 of 55.0", TA=ta(1, tl("T01", "55.0", "55.0"))),
    quiet("CK-178", "not measured", TA=ta(1, tl("T01", "55.0", **{"tl_viable@miss": "NAV"}))),
    fires("CK-179", "atypical at baseline", "TA TA2:1/tl_viable", TA=pair(tl(**ATYPICAL), tl("T01", "", "8.0"))),
    fires("CK-179", "atypical, at baseline itself", "TA TA2:1/tl_viable", TA=ta(0, tl("T01", "", "8.0", **ATYPICAL))),
    quiet("CK-179", "left empty", TA=pair(tl(**ATYPICAL), tl("T01", "20.0"))),
    quiet("CK-179", "typical at baseline", TA=pair(tl(tl_enh="TYPICAL"), tl("T01", "", "8.0"))),
    quiet("CK-179", "outside the liver", TA=pair(tl(**ATYPICAL, **LUNG), tl("T01", "", "8.0", **LUNG))),
    fires("CK-180", "19.9 of 20.0", "TA TA2:1/tl_viable", TA=ta(0, tl("T01", "20.0", "19.9", **LUNG))),
    quiet("CK-180", "20.0 of 20.0", TA=ta(0, tl("T01", "20.0", "20.0", **LUNG))),
    quiet("CK-180", "in the liver", TA=ta(0, tl("T01", "20.0", "10.0"))),
    quiet("CK-180", "left empty", TA=ta(0, tl("T01", "20.0", **LUNG))),
    fires("CK-181", "0.1 mm", "TA TA2:1/tl_diam", TA=state("MERGED", "0.1")),
    quiet("CK-181", "0 mm", TA=state("MERGED", "0")),
    quiet("CK-181", "not given", TA=state("MERGED", "")),
    fires("CK-182", "abdomen", "TA nl_yn", TA=scanned("CHEST")),
    quiet("CK-182", "both", TA=scanned("CHEST;ABDOMEN")),
    quiet("CK-182", "cannot be excluded", TA=scanned("CHEST", nl_yn="U")),
    quiet("CK-182", "chest without disease", TA=scanned("ABDOMEN")),
    fires("CK-182", "chest with disease", "TA nl_yn", TA=scanned("ABDOMEN", tl(), tl("T02", **LUNG))),
    quiet("CK-182", "chest with disease, not scanned at baseline",
          TA=scanned("ABDOMEN", tl(), tl("T02", **LUNG), before="ABDOMEN")),
    quiet("CK-182", "regions not answered", TA=scanned("")),
    fires("CK-183", "yes without a row", "TA nl_yn", TA=ta(1, nl_yn="Y")),
    quiet("CK-183", "yes with a row", TA=ta(1, nl_yn="Y", TA4=[new()])),
    fires("CK-183", "no with a row", "TA nl_yn", TA=ta(1, nl_yn="N", TA4=[new()])),
    fires("CK-183", "not applicable with a row", "TA nl_yn", TA=ta(0, nl_yn="NA", TA4=[new()])),
    quiet("CK-183", "no without a row", TA=ta(1, nl_yn="N")),
    quiet("CK-183", "cannot be excluded, with a row", TA=ta(1, nl_yn="U", TA4=[new()])),
    quiet("CK-183", "not answered", TA=ta(1)),
    fires("CK-184", "no contrast", "TA TA2:1/tl_viable", TA=ta(1, tl("T01", "20.0", "0"), ta_contrast="N")),
    quiet("CK-184", "left empty", TA=ta(1, tl("T01", "20.0"), ta_contrast="N")),
    quiet("CK-184", "contrast", TA=ta(1, tl("T01", "20.0", "0"), ta_contrast="Y")),
    fires("CK-185", "4.9 mm", "TA TA2:1/tl_diam", TA=state("TOOSMALL", "4.9")),
    quiet("CK-185", "5 mm", TA=state("TOOSMALL", "5.0")),
    quiet("CK-185", "not given", TA=state("TOOSMALL", "")),
    fires("CK-186", "0.1 mm", "TA TA2:1/tl_diam", TA=state("DISAPPEARED", "0.1")),
    fires("CK-186", "viable 0.1 mm", "TA TA2:1/tl_viable", TA=state("DISAPPEARED", "0", "0.1")),
    quiet("CK-186", "0 mm", TA=state("DISAPPEARED", "0", "0")),
    fires("CK-187", "0 mm", "TA TA2:1/tl_diam", TA=state("MEASURED", "0")),
    quiet("CK-187", "0.1 mm", TA=state("MEASURED", "0.1")),
    quiet("CK-187", "not given", TA=state("MEASURED", "")),
    fires("CK-188", "40.2 to 20.0", "TA TA2:1/tl_diam", TA=pair(tl("T01", "40.2"), tl("T01", "20.0"))),
    quiet("CK-188", "by half, 41.0 to 20.5", TA=pair(tl("T01", "41.0"), tl("T01", "20.5"))),
    quiet("CK-188", "by 20 mm, 30 to 10", TA=pair(tl("T01", "30.0"), tl("T01", "10.0"))),
    fires("CK-188", "by 20.1 mm, 30 to 9.9", "TA TA2:1/tl_diam", TA=pair(tl("T01", "30.0"), tl("T01", "9.9"))),
    fires("CK-188", "back from nothing", "TA TA2:1/tl_diam", TA=pair(tl("T01", "0"), tl("T01", "20.1"))),
    quiet("CK-188", "not measured", TA=pair(tl("T01", "80.0"), tl("T01"))),
    fires("CK-188", "not evaluable in between", "TA TA2:1/tl_diam",
          TA=[ta(0, tl("T01", "80.0")), ta(1, tl("T01", tl_state="NE")), ta(2, tl("T01", "20.0"))]),
    quiet("CK-188", "in two steps",
          TA=[ta(0, tl("T01", "80.0")), ta(1, tl("T01", "50.0")), ta(2, tl("T01", "30.0"))]),
    # --- method and dates
    fires("CK-189", "CT after MRI", "TA ta_method", TA=[ta(0, ta_method="MRI_MP"), ta(1, ta_method="CT_MP")]),
    quiet("CK-189", "MRI after MRI", TA=[ta(0, ta_method="MRI_MP"), ta(1, ta_method="MRI_MP")]),
    quiet("CK-189", "not answered at baseline", TA=[ta(0), ta(1, ta_method="MRI_MP")]),
    fires("CK-190", "on the same day", "TA tudat", TA=[seen("2024-04-09"), seen("2024-04-09", "TA2", "2")]),
    quiet("CK-190", "the next day", TA=[seen("2024-04-09"), seen("2024-04-10", "TA2", "2")]),
    fires("CK-190", "numbered by date, planned the other way round", "TA tudat",
          TA=[seen("2024-05-20", "TA1", "2"), seen("2024-04-09", "TA2", "1")]),
    fires("CK-190", "on the day of the baseline", "TA tudat", TA=[ta(0), seen("2024-03-06")]),
    quiet("CK-190", "unscheduled, in between",
          TA=[seen("2024-04-09"), seen("2024-05-20", "TA2", "3"), seen("2024-04-20", UNS, "2")]),
    fires("CK-190", "unscheduled, on the same day", "TA tudat", TA=[seen("2024-04-09"), seen("2024-04-09", UNS, "2")]),
    fires("CK-190", "unscheduled, before the baseline", "TA tudat", TA=[ta(0), seen("2024-03-05", UNS)]),
    quiet("CK-190", "of another reader", TA=[seen("2024-04-09"), seen("2024-04-09", ta_eval="BICR")]),
    quiet("CK-190", "not dated", TA=[seen("2024-04-09"), seen("", "TA2", "2")]),
    fires("CK-191", "a day early", "TA tudat", TA=seen("2024-04-05"), visits=planned("TA1", "2024-04-06", "2024-04-14")),
    quiet("CK-191", "on the first day", TA=seen("2024-04-06"), visits=planned("TA1", "2024-04-06", "2024-04-14")),
    quiet("CK-191", "on the last day", TA=seen("2024-04-14"), visits=planned("TA1", "2024-04-06", "2024-04-14")),
    fires("CK-191", "a day late", "TA tudat", TA=seen("2024-04-15"), visits=planned("TA1", "2024-04-06", "2024-04-14")),
    quiet("CK-191", "no window", TA=seen("2024-04-15")),
    quiet("CK-191", "the baseline", TA=ta(0), visits=planned("SCR", "2024-03-10", "2024-03-13")),
    # --- response
    fires("CK-192", "absent, present", "TA TA3:1/nt_status",
          TA=[ta(0, TA3=[nt()]), ta(1, TA3=[nt(status="ABSENT")]), ta(2, TA3=[nt()])]),
    fires("CK-192", "absent, not seen, present", "TA TA3:1/nt_status",
          TA=[ta(0, TA3=[nt(status="ABSENT")]), ta(1, TA3=[nt(status="NE")]), ta(2, TA3=[nt()])]),
    quiet("CK-192", "present, present", TA=[ta(0, TA3=[nt()]), ta(1, TA3=[nt()])]),
    quiet("CK-192", "another lesion", TA=[ta(0, TA3=[nt(status="ABSENT")]), ta(1, TA3=[nt("NT02")])]),
    fires("CK-193", "CR, NE", "TA ntresp_r_inv", "TA ntresp_m_inv",
          TA=[ta(0), ta(1, ntresp_r_inv="CR", ntresp_m_inv="NE")]),
    quiet("CK-193", "NA", TA=[ta(0), ta(1, ntresp_r_inv="NA", ntresp_m_inv="NA")]),
    quiet("CK-193", "a non-target lesion", TA=[ta(0, TA3=[nt()]), ta(1, ntresp_r_inv="CR", ntresp_m_inv="CR")]),
    fires("CK-193", "an atypical target is a non-target of mRECIST", "TA ntresp_r_inv",
          TA=[ta(0, tl(**ATYPICAL)), ta(1, ntresp_r_inv="CR", ntresp_m_inv="CR")]),
    quiet("CK-193", "not answered", TA=[ta(0), ta(1)]),
    fires("CK-194", "SD", "TA ovresp_r_inv", TA=ta(1, nl_yn="Y", ovresp_r_inv="SD", TA4=[new()])),
    quiet("CK-194", "PD", TA=ta(1, nl_yn="Y", ovresp_r_inv="PD", TA4=[new()])),
    quiet("CK-194", "equivocal", TA=ta(1, nl_yn="Y", ovresp_r_inv="SD", TA4=[new(certain="EQUIVOCAL")])),
    quiet("CK-194", "response not answered", TA=ta(1, nl_yn="Y", TA4=[new()])),
    fires("CK-195", "PR, derived SD", "TA ovresp_r_inv", TA=ta(1, ovresp_r_inv="PR", ovresp_r_calc="SD")),
    quiet("CK-195", "explained", TA=ta(1, ovresp_r_inv="PR", ovresp_r_calc="SD", resp_com="Necrosis")),
    quiet("CK-195", "the same", TA=ta(1, ovresp_r_inv="SD", ovresp_r_calc="SD")),
    quiet("CK-195", "nothing derived", TA=ta(3, ovresp_r_inv="NED")),
    fires("CK-196", "PR, derived SD", "TA ovresp_m_inv", TA=ta(1, ovresp_m_inv="PR", ovresp_m_calc="SD")),
    quiet("CK-196", "explained", TA=ta(1, ovresp_m_inv="PR", ovresp_m_calc="SD", resp_com="Necrosis")),
    quiet("CK-196", "by RECIST only", TA=ta(1, ovresp_r_inv="PR", ovresp_r_calc="SD")),
    fires("CK-197", "PD, SD", "TA ovresp_r_inv", TA=[answered(1, "PD"), answered(2, "SD")]),
    quiet("CK-197", "PD, PD", TA=[answered(1, "PD"), answered(2, "PD")]),
    quiet("CK-197", "PD, NE", TA=[answered(1, "PD"), answered(2, "NE")]),
    quiet("CK-197", "by the other criterion", TA=[answered(1, "PD", "PR"), answered(2, "PD", "PR")]),
    fires("CK-197", "by mRECIST", "TA ovresp_m_inv", TA=[answered(1, "SD", "PD"), answered(2, "SD", "PR")]),
    quiet("CK-197", "after the resection", SURG=OPERATED, TA=[answered(1, "PD"), answered(3, "SD")]),
    fires("CK-198", "15 days later", "TA ovresp_r_inv", EC=given("2024-04-24"), TA=answered(1, "PD")),
    quiet("CK-198", "14 days later", EC=given("2024-04-23"), TA=answered(1, "PD")),
    quiet("CK-198", "15 days after the first scan, 14 after the last", EC=given("2024-04-24"),
          TA=answered(1, "PD", ta_lastdat="2024-04-10")),
    quiet("CK-198", "justified", EC=given("2024-04-24"), TA=answered(1, "PD", resp_com="Clinical benefit")),
    quiet("CK-198", "SD", EC=given("2024-04-24"), TA=answered(1, "SD")),
    fires("CK-198", "apatinib goes on", "TA ovresp_r_inv", today="2024-04-24",
          EC={"EC3": [apatinib(C1D1)]}, TA=answered(1, "PD")),
    quiet("CK-198", "apatinib goes on, not for 15 days yet", today="2024-04-23",
          EC={"EC3": [apatinib(C1D1)]}, TA=answered(1, "PD")),
    fires("CK-199", "one of two", "TA ", HCC=counted("2"), TA=ta(0, tl())),
    quiet("CK-199", "one target and one non-target", HCC=counted("2"), TA=ta(0, tl(), TA3=[nt()])),
    quiet("CK-199", "one in the portal vein does not count", HCC=counted("1"),
          TA=ta(0, tl(), TA3=[nt(organ="PORTAL_VEIN")])),
    fires("CK-199", "two of five", "TA ", HCC=counted("5"), TA=ta(0, *TWO)),
    quiet("CK-199", "two of six", HCC=counted("6"), TA=ta(0, *TWO)),
    quiet("CK-199", "too many to count", HCC=counted("5", "Y"), TA=ta(0, *TWO)),
    quiet("CK-199", "afterwards", HCC=counted("2"), TA=ta(1, tl())),
    quiet("CK-199", "not counted yet", HCC={"hcc_uncountable": "N"}, TA=ta(0, tl())),
    fires("CK-200", "measured", "TA TA2:1/tl_state", SURG=OPERATED, TA=[ta(0, tl()), ta(3, tl(tl_state="MEASURED"))]),
    quiet("CK-200", "resected", SURG=OPERATED, TA=[ta(0, tl()), ta(3, tl(tl_state="RESECTED"))]),
    quiet("CK-200", "not evaluable", SURG=OPERATED, TA=[ta(0, tl()), ta(3, tl(tl_state="NE"))]),
    quiet("CK-200", "not answered", SURG=OPERATED, TA=[ta(0, tl()), ta(3, tl())]),
    quiet("CK-200", "R2", SURG=OPERATED | {"surg_r": "R2"}, TA=[ta(0, tl()), ta(3, tl(tl_state="MEASURED"))]),
    quiet("CK-200", "R2 by pathology", SURG=OPERATED, LPATH={"lp_r": "R2"},
          TA=[ta(0, tl()), ta(3, tl(tl_state="MEASURED"))]),
    quiet("CK-200", "not operated", TA=[ta(0, tl()), ta(3, tl(tl_state="MEASURED"))]),
    quiet("CK-200", "before the operation", SURG=OPERATED,
          TA=[ta(0, tl()), ta(3, tl(tl_state="MEASURED"), tudat="2024-05-30")]),
]  # fmt: skip


@table(CASES)
def test_check(case: Case) -> None:
    assert case.found() == list(case.at)


def test_every_check_of_the_group_is_shown_from_both_sides() -> None:
    assert one_sided(CASES, 166, 200) == set()
