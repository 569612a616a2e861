"""CK-116 to CK-165, study treatment: both sides of every limit (crf-book 3.G)."""

from __future__ import annotations

from typing import Any

import pytest

from .cases import Case, one_sided, places

VISITS = {"NEO": "C", "ADJ": "ADJ", "CONT": "CONT"}
C1D1 = "2024-03-14"
CONSENT = {"icf_dsstdat": "2024-03-14"}
OPERATED = {"surg_proccur": "Y", "surg_prstdat": "2024-05-30", "surg_prtrt": "RAS"}


def ec(number: int = 1, on: str = C1D1, *drugs: Any, phase: str = "NEO", **more: Any) -> dict[str, Any]:
    """One cycle that was given."""
    head = {
        "@visit": f"{VISITS[phase]}{number}", "ec_phase": phase, "ec_cycle": str(number), "ec_given": "Y",
        "ec_d1dat": on, "EC2": drugs,
    }  # fmt: skip
    return {name: value for name, value in (head | more).items() if value is not None}


def drug(name: str, on: str = C1D1, until: str = "", **more: Any) -> dict[str, Any]:
    """One infusion of one day."""
    return {"ectrt": name, "ecoccur": "Y", "ecstdat": on, "ecendat": until or on} | more


def apa(
    start: str, end: str = "", dose: str = "250", schedule: str = "QD", phase: str = "NEO"
) -> dict[str, Any]:
    row = {"apa_phase": phase, "apa_ecstdat": start, "apa_dose": dose, "apa_frq": schedule}
    return row | ({"apa_ecendat": end} if end else {})


def log(*periods: dict[str, Any]) -> dict[str, Any]:
    """A first cycle with apatinib periods."""
    return ec(EC3=periods)


def bsa(number: int, used: str, computed: str, weight: str = "70.0") -> dict[str, Any]:
    return ec(number, ec_bsa=used, ec_bsa_calc=computed, ec_wt=weight)


def oxa(number: int, mg: str, **more: Any) -> dict[str, Any]:
    return ec(number, C1D1, drug("OXA", ecdstxt=mg), ec_bsa="1.00", **more)


def timed(name: str, start: str, end: str, day: str = C1D1, until: str = "", **more: Any) -> dict[str, Any]:
    row = drug(name, day, until, ecsttim=start, ecentim=end)
    return {key: value for key, value in (row | more).items() if value}


def lasting(name: str, hours: str) -> dict[str, Any]:
    return {"EC": ec(1, C1D1, drug(name, ec_dur_h=hours))}


def counted(test: str, value: str, on: str, **more: Any) -> dict[str, Any]:
    return {
        "@visit": "C2", "lbperf": "Y", "lbdat": on,
        "LB2": [{"lbtestcd": test, "lborres": value, "lbstresn": value} | more],
    }  # fmt: skip


def ae(**more: Any) -> dict[str, Any]:
    """A related event of grade 3."""
    return {"@repeat": 6, "ae_trae": "Y", "aetoxgr": "3", "aestdat": "2024-03-10", "aeongo": "N"} | more


ROWS = [drug(name) for name in ("OXA", "LLV", "FU_B", "FU_CI", "CAM")]
LEVEL_0, LEVEL_1, LEVEL_2 = ({"ec_lvl": level} for level in ("0", "-1", "-2"))
RETREATED = ec(2, "2024-03-28", ec_retreat="Y")
COUNTED = ec(2, "2024-03-28", drug("OXA", "2024-03-28"))
CAM = [drug("CAM", "2024-03-28")]
IRAE = ae(ae_ir="Y", aeacn_cam="DRUG_WITHDRAWN", aestdat="2024-03-20")

CASES = [
    # --- the first dose
    Case("CK-116", "a day before consent", {"ICF": {"icf_dsstdat": "2024-03-15"}, "EC": ec(1, C1D1, drug("OXA"))},
         ["EC EC2:1/ecstdat"]),
    Case("CK-116", "apatinib before consent", {"ICF": {"icf_dsstdat": "2024-03-15"}, "EC": log(apa(C1D1))},
         ["EC EC3:1/apa_ecstdat"]),
    Case("CK-116", "start of the infusion left empty", {
        "ICF": {"icf_dsstdat": "2024-03-15"}, "EC": ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "Y"})}, ["EC ec_d1dat"]),
    Case("CK-116", "on the day of consent", {"ICF": CONSENT, "EC": ec(1, C1D1, drug("OXA"))}),
    Case("CK-116", "consent not known", {"ICF": {"icf_yn": "Y"}, "EC": ec(1, C1D1, drug("OXA"))}),
    Case("CK-116", "a later cycle is not the first dose", {
        "ICF": {"icf_dsstdat": "2024-03-29"},
        "EC": [ec(1, C1D1, drug("OXA")), ec(2, "2024-03-28", drug("OXA", "2024-03-28"))]}, ["EC EC2:1/ecstdat"]),
    Case("CK-117", "a day before enrolment", {"IE": {"enr_dsstdat": "2024-03-15"}, "EC": ec(1, C1D1, *ROWS)},
         ["EC EC2:1/ecstdat"]),
    Case("CK-117", "on the day of enrolment", {"IE": {"enr_dsstdat": C1D1}, "EC": ec(1, C1D1, *ROWS)}),
    Case("CK-118", "not eligible", {"IE": {"ieyn": "N"}, "EC": ec(1, C1D1, drug("OXA"))}, ["EC EC2:1/ecstdat"]),
    Case("CK-118", "eligible", {"IE": {"ieyn": "Y"}, "EC": ec(1, C1D1, drug("OXA"))}),
    Case("CK-118", "eligibility not answered yet", {"IE": {"iedat": C1D1}, "EC": ec(1, C1D1, drug("OXA"))}),
    Case("CK-118", "not eligible and not treated", {"IE": {"ieyn": "N"}, "EC": ec(1, ec_given="N", ec_d1dat=None)}),
    # --- cycles
    Case("CK-119", "1, 3", {"EC": [ec(1), ec(3)]}, ["EC ec_cycle"]),
    Case("CK-119", "1, 1", {"EC": [ec(1), ec(2, ec_cycle="1")]}, ["EC ec_cycle", "EC ec_cycle"]),
    Case("CK-119", "begins with 2", {"EC": [ec(2)]}, ["EC ec_cycle"]),
    Case("CK-119", "1, 2, 3", {"EC": [ec(1), ec(2), ec(3)]}),
    Case("CK-119", "each phase from 1", {"EC": [ec(1), ec(2), ec(1, phase="ADJ")]}),
    Case("CK-119", "a cycle without its number may be the one before", {"EC": [ec(1), ec(2, ec_cycle=None), ec(3)]}),
    Case("CK-120", "one twice", {"EC": ec(1, C1D1, *ROWS, drug("OXA"))}, ["EC EC2:6/ectrt"]),
    Case("CK-120", "one missing", {"EC": ec(1, C1D1, *ROWS[1:])}, ["EC"]),
    Case("CK-120", "each once", {"EC": ec(1, C1D1, *ROWS)}),
    Case("CK-120", "a row taken out does not count", {"EC": ec(1, C1D1, *ROWS, drug("OXA") | {"@removed": "twice"})}),
    Case("CK-121", "850.1 mg/m²", {"EC": [oxa(1, "300"), oxa(2, "300"), oxa(3, "250.1"), oxa(4, "0.0")]},
         ["EC EC2:1/ecdstxt", "EC EC2:1/ecdstxt"]),
    Case("CK-121", "850 mg/m²", {"EC": [oxa(1, "300"), oxa(2, "300"), oxa(3, "250")]}),
    Case("CK-121", "a dose without its body surface counts as nothing",
         {"EC": [oxa(1, "300"), oxa(2, "300"), oxa(3, "300") | {"ec_bsa": ""}]}),
    Case("CK-121", "not given in this cycle", {
        "EC": [oxa(1, "300"), oxa(2, "300"), oxa(3, "300"), ec(4, C1D1, {"ectrt": "OXA", "ecoccur": "N"})]},
        ["EC EC2:1/ecdstxt"]),
    Case("CK-122", "on the same day", {"EC": [ec(1), ec(2)]}, ["EC ec_d1dat"]),
    Case("CK-122", "a day later", {"EC": [ec(1), ec(2, "2024-03-15")]}),
    Case("CK-122", "the one before was not given, the one before that was",
         {"EC": [ec(1), ec(2, ec_given="N", ec_d1dat=None), ec(3, "2024-03-14")]}, ["EC ec_d1dat"]),
    Case("CK-122", "no date", {"EC": [ec(1), ec(2, ec_d1dat=None)]}),
    Case("CK-122", "adjuvant before the last neoadjuvant", {"EC": [ec(1, "2024-05-02"), ec(1, C1D1, phase="ADJ")]},
         ["EC ec_d1dat"]),
    Case("CK-123", "4 days", {"EC": ec(2, ec_delay="4")}, ["EC ec_delay_reas"]),
    Case("CK-123", "4 days with its reason", {"EC": ec(2, ec_delay="4", ec_delay_reas="AE_HEM")}),
    Case("CK-123", "3 days", {"EC": ec(2, ec_delay="3")}),
    Case("CK-123", "delay not known", {"EC": ec(1)}),
    Case("CK-124", "10 days", {"EC": [ec(1), ec(2, "2024-03-24")]}, ["EC ec_d1dat"]),
    Case("CK-124", "11 days", {"EC": [ec(1), ec(2, "2024-03-25")]}),
    Case("CK-124", "adjuvant 17 days", {"EC": [ec(1, phase="ADJ"), ec(2, "2024-03-31", phase="ADJ")]},
         ["EC ec_d1dat"]),
    Case("CK-124", "adjuvant 18 days", {"EC": [ec(1, phase="ADJ"), ec(2, "2024-04-01", phase="ADJ")]}),
    Case("CK-124", "continued 10 days after the last neoadjuvant", {"EC": [ec(1), ec(1, "2024-03-24", phase="CONT")]},
         ["EC ec_d1dat"]),
    Case("CK-125", "22 days", {"EC": ec(2, ec_delay="22")}, ["EC ec_d1dat"]),
    Case("CK-125", "21 days", {"EC": ec(2, ec_delay="21")}),
    Case("CK-125", "22 days, not given", {"EC": ec(2, ec_delay="22", ec_given="N")}),
    Case("CK-126", "the seventh", {"EC": ec(7)}, ["EC ec_cycle"]),
    Case("CK-126", "the sixth", {"EC": ec(6)}),
    Case("CK-126", "the seventh adjuvant", {"EC": ec(7, phase="ADJ")}),
    # --- body surface and weight
    Case("CK-127", "0.1001 apart", {"EC": bsa(1, "1.92", "1.8199")}, ["EC ec_bsa"]),
    Case("CK-127", "0.1000 apart", {"EC": bsa(1, "1.92", "1.8200")}),
    Case("CK-127", "not computed", {"EC": ec(1, ec_bsa="1.92")}),
    Case("CK-128", "0.0201 apart", {"EC": bsa(1, "1.82", "1.7999")}, ["EC ec_bsa"]),
    Case("CK-128", "0.0200 apart", {"EC": bsa(1, "1.82", "1.8000")}),
    Case("CK-128", "0.1000 apart", {"EC": bsa(1, "1.92", "1.8200")}, ["EC ec_bsa"]),
    Case("CK-128", "0.1001 apart is CK-127", {"EC": bsa(1, "1.92", "1.8199")}),
    Case("CK-128", "carried forward, 9.9 %", {"EC": [bsa(1, "1.82", "1.8200"), bsa(2, "1.82", "1.7700", "63.1")]}),
    Case("CK-128", "carried forward, 10 %", {"EC": [bsa(1, "1.82", "1.8200"), bsa(2, "1.82", "1.7600", "63.0")]},
         ["EC ec_bsa"]),
    Case("CK-128", "calculated anew", {"EC": [bsa(1, "1.82", "1.8200"), bsa(2, "1.80", "1.7700", "66.0")]},
         ["EC ec_bsa"]),
    Case("CK-129", "10 %", {"EC": [bsa(1, "1.82", "1.82"), bsa(2, "1.82", "1.73", "63.0")]}, ["EC ec_bsa"]),
    Case("CK-129", "9.9 %", {"EC": [bsa(1, "1.82", "1.82"), bsa(2, "1.82", "1.73", "63.1")]}),
    Case("CK-129", "10 %, calculated anew", {"EC": [bsa(1, "1.82", "1.82"), bsa(2, "1.73", "1.73", "63.0")]}),
    Case("CK-129", "in two steps", {
        "EC": [bsa(1, "1.82", "1.82"), bsa(2, "1.82", "1.77", "66.0"), bsa(3, "1.82", "1.73", "63.0")]},
        ["EC ec_bsa"]),
    Case("CK-129", "weight not known", {"EC": [bsa(1, "1.82", "1.82"), ec(2, ec_bsa="1.82")]}),
    Case("CK-130", "1.1 kg", {"EC": ec(1, ec_wt="70.0"), "VS": {"@visit": "C1", "weight": "71.1"}}, ["EC ec_wt"]),
    Case("CK-130", "1.0 kg", {"EC": ec(1, ec_wt="70.0"), "VS": {"@visit": "C1", "weight": "71.0"}}),
    Case("CK-130", "of another visit", {"EC": ec(1, ec_wt="70.0"), "VS": {"@visit": "BAS", "weight": "80.0"}}),
    Case("CK-130", "not measured", {"EC": ec(1, ec_wt="70.0"), "VS": {"@visit": "C1", "weight@miss": "ND"}}),
    Case("CK-130", "carried forward, 9.9 %", {
        "EC": [ec(1, ec_wt="70.0"), ec(2, ec_wt="70.0")], "VS": {"@visit": "C2", "weight": "63.1"}}),
    Case("CK-130", "carried forward, 10 %", {
        "EC": [ec(1, ec_wt="70.0"), ec(2, ec_wt="70.0")], "VS": {"@visit": "C2", "weight": "63.0"}}, ["EC ec_wt"]),
    # --- doses
    Case("CK-131", "no dose", {"EC": ec(1, C1D1, drug("OXA"))}, ["EC EC2:1/ecdstxt"]),
    Case("CK-131", "0 mg", {"EC": ec(1, C1D1, drug("OXA", ecdstxt="0"))}, ["EC EC2:1/ecdstxt"]),
    Case("CK-131", "0.1 mg", {"EC": ec(1, C1D1, drug("OXA", ecdstxt="0.1"))}),
    Case("CK-131", "not given", {"EC": ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N"})}),
    Case("CK-132", "a dose", {"EC": ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N", "ecdstxt": "0.1"})},
         ["EC EC2:1/ecdstxt"]),
    Case("CK-132", "0 mg", {"EC": ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N", "ecdstxt": "0"})}),
    Case("CK-133", "no reason", {"EC": ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N"})}, ["EC EC2:1/ecreasoc"]),
    Case("CK-133", "with its reason", {"EC": ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N", "ecreasoc": "LAB"})}),
    Case("CK-133", "does not apply", {"EC": ec(1, C1D1, {"ectrt": "FU_B", "ecoccur": "NA"})}),
    Case("CK-134", "105.1 %", {"EC": ec(1, C1D1, drug("OXA", ec_pct_plan="105.1", ecdosadj="N"))},
         ["EC EC2:1/ecdosadj"]),
    Case("CK-134", "105.0 %", {"EC": ec(1, C1D1, drug("OXA", ec_pct_plan="105.0", ecdosadj="N"))}),
    Case("CK-134", "94.9 %", {"EC": ec(1, C1D1, drug("FU_CI", ec_pct_plan="94.9", ecdosadj="N"))},
         ["EC EC2:1/ecdosadj"]),
    Case("CK-134", "95.0 %", {"EC": ec(1, C1D1, drug("FU_CI", ec_pct_plan="95.0", ecdosadj="N"))}),
    Case("CK-134", "adjusted", {"EC": ec(1, C1D1, drug("LLV", ec_pct_plan="94.9", ecdosadj="Y"))}),
    Case("CK-134", "camrelizumab has a rule of its own", {
        "EC": ec(1, C1D1, drug("CAM", ec_pct_plan="80.0", ecdosadj="N"))}),
    Case("CK-134", "adjustment not answered", {"EC": ec(1, C1D1, drug("OXA", ec_pct_plan="105.1"))}),
    Case("CK-135", "93.6 mg/m²", {"EC": ec(1, C1D1, drug("OXA", ecdstxt="93.6"), ec_bsa="1.00")},
         ["EC EC2:1/ecdstxt"]),
    Case("CK-135", "93.5 mg/m², 110 %", {"EC": ec(1, C1D1, drug("OXA", ecdstxt="93.5"), ec_bsa="1.00")}),
    Case("CK-135", "130 % of level -1 is 99 % of level 0", {
        "EC": ec(1, C1D1, drug("OXA", ecdstxt="84.5", ec_lvl="-1", ec_pct_plan="130.0"), ec_bsa="1.00")}),
    Case("CK-135", "camrelizumab 221 mg", {"EC": ec(1, C1D1, drug("CAM", ecdstxt="221"))}, ["EC EC2:1/ecdstxt"]),
    Case("CK-135", "body surface not known", {"EC": ec(1, C1D1, drug("OXA", ecdstxt="300"))}),
    Case("CK-136", "160 mg", {"EC": ec(1, C1D1, drug("CAM", ecdstxt="160"))}, ["EC EC2:1/ecdstxt"]),
    Case("CK-136", "200 mg", {"EC": ec(1, C1D1, drug("CAM", ecdstxt="200"))}),
    Case("CK-137", "10 days", {"EC": [ec(1, C1D1, drug("CAM")), ec(2, C1D1, drug("CAM", "2024-03-24"))]},
         ["EC EC2:1/ecstdat"]),
    Case("CK-137", "11 days", {"EC": [ec(1, C1D1, drug("CAM")), ec(2, C1D1, drug("CAM", "2024-03-25"))]}),
    Case("CK-137", "adjuvant 17 days", {
        "EC": [ec(1, C1D1, drug("CAM"), phase="ADJ"), ec(2, C1D1, drug("CAM", "2024-03-31"), phase="ADJ")]},
        ["EC EC2:1/ecstdat"]),
    Case("CK-137", "adjuvant 18 days", {
        "EC": [ec(1, C1D1, drug("CAM"), phase="ADJ"), ec(2, C1D1, drug("CAM", "2024-04-01"), phase="ADJ")]}),
    Case("CK-137", "another drug", {"EC": [ec(1, C1D1, drug("OXA")), ec(2, C1D1, drug("CAM", "2024-03-15"))]}),
    Case("CK-138", "a bolus", {"EC": ec(1, C1D1, drug("FU_B"))}, ["EC EC2:1/ecoccur"]),
    Case("CK-138", "no bolus", {"EC": ec(1, C1D1, {"ectrt": "FU_B", "ecoccur": "NA"})}),
    # --- infusions
    Case("CK-139", "43.99 h", lasting("FU_CI", "43.99"), ["EC EC2:1/ecentim"]),
    Case("CK-139", "44 h", lasting("FU_CI", "44")),
    Case("CK-139", "50 h", lasting("FU_CI", "50")),
    Case("CK-139", "50.01 h", lasting("FU_CI", "50.01"), ["EC EC2:1/ecentim"]),
    Case("CK-139", "not known", {"EC": ec(1, C1D1, drug("FU_CI"))}),
    Case("CK-140", "1.49 h", lasting("OXA", "1.49"), ["EC EC2:1/ecentim"]),
    Case("CK-140", "1.5 h", lasting("OXA", "1.5")),
    Case("CK-140", "6.5 h", lasting("OXA", "6.5")),
    Case("CK-140", "6.51 h", lasting("OXA", "6.51"), ["EC EC2:1/ecentim"]),
    Case("CK-141", "0.32 h", lasting("CAM", "0.32"), ["EC EC2:1/ecentim"]),
    Case("CK-141", "0.33 h", lasting("CAM", "0.33")),
    Case("CK-141", "1 h", lasting("CAM", "1.00")),
    Case("CK-141", "1.01 h", lasting("CAM", "1.01"), ["EC EC2:1/ecentim"]),
    Case("CK-142", "ends when it starts", {"EC": ec(1, C1D1, timed("OXA", "09:00", "09:00"))}, ["EC EC2:1/ecentim"]),
    Case("CK-142", "ends a minute later", {"EC": ec(1, C1D1, timed("OXA", "09:00", "09:01"))}),
    Case("CK-142", "ends a day earlier, no times", {"EC": ec(1, C1D1, drug("OXA", C1D1, "2024-03-13"))},
         ["EC EC2:1/ecendat"]),
    Case("CK-142", "ends a day later, earlier by the clock",
         {"EC": ec(1, C1D1, timed("OXA", "09:00", "08:00", C1D1, "2024-03-15"))}),
    Case("CK-142", "end time unknown", {"EC": ec(1, C1D1, timed("OXA", "09:00", "") | {"ecentim@miss": "UNK"})}),
    Case("CK-143", "a minute before oxaliplatin ends", {
        "EC": ec(1, C1D1, timed("OXA", "09:00", "11:00"), timed("FU_CI", "10:59", "09:00", C1D1, "2024-03-16"))},
        ["EC EC2:2/ecsttim"]),
    Case("CK-143", "when oxaliplatin ends", {
        "EC": ec(1, C1D1, timed("OXA", "09:00", "11:00"), timed("FU_CI", "11:00", "09:00", C1D1, "2024-03-16"))}),
    Case("CK-143", "end of oxaliplatin unknown", {
        "EC": ec(1, C1D1, timed("OXA", "09:00", ""), timed("FU_CI", "10:59", "09:00", C1D1, "2024-03-16"))}),
    Case("CK-144", "250.1 mg/m²", {"EC": ec(1, C1D1, drug("LLV", ecdstxt="250.1"), ec_bsa="1.00")},
         ["EC EC2:1/ecdstxt"]),
    Case("CK-144", "250 mg/m²", {"EC": ec(1, C1D1, drug("LLV", ecdstxt="250"), ec_bsa="1.00")}),
    Case("CK-144", "of oxaliplatin", {"EC": ec(1, C1D1, drug("OXA", ecdstxt="300"), ec_bsa="1.00")}),
    Case("CK-145", "for logistics", {"EC": ec(1, C1D1, {"ectrt": "LLV", "ecoccur": "N", "ecreasoc": "LOGISTIC"})},
         ["EC EC2:1/ecreasoc"]),
    Case("CK-145", "for an event", {"EC": ec(1, C1D1, {"ectrt": "LLV", "ecoccur": "N", "ecreasoc": "AE_HEM"})}),
    Case("CK-145", "by the participant", {"EC": ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N", "ecreasoc": "SUBJECT"})}),
    Case("CK-145", "by the physician", {"EC": ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N", "ecreasoc": "PHYSICIAN"})}),
    Case("CK-145", "no reason yet", {"EC": ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N"})}),
    Case("CK-145", "camrelizumab", {"EC": ec(1, C1D1, {"ectrt": "CAM", "ecoccur": "N", "ecreasoc": "LOGISTIC"})}),
    Case("CK-145", "adjuvant", {
        "EC": ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N", "ecreasoc": "COMPLETED"}, phase="ADJ")}),
    Case("CK-145", "nothing was given", {
        "EC": ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N", "ecreasoc": "LOGISTIC"}, ec_given="N")}),
    # --- dose levels
    Case("CK-146", "-1 then 0", {"EC": [ec(1, C1D1, drug("OXA", **LEVEL_1)), ec(2, C1D1, drug("OXA", **LEVEL_0))]},
         ["EC EC2:1/ec_lvl"]),
    Case("CK-146", "-1 then -1", {"EC": [ec(1, C1D1, drug("OXA", **LEVEL_1)), ec(2, C1D1, drug("OXA", **LEVEL_1))]}),
    Case("CK-146", "-1, not given, 0", {
        "EC": [ec(1, C1D1, drug("OXA", **LEVEL_1)), ec(2), ec(3, C1D1, drug("OXA", **LEVEL_0))]},
        ["EC EC2:1/ec_lvl"]),
    Case("CK-146", "another drug", {
        "EC": [ec(1, C1D1, drug("OXA", **LEVEL_1)), ec(2, C1D1, drug("FU_CI", **LEVEL_0))]}),
    Case("CK-146", "OTHER then 0", {
        "EC": [ec(1, C1D1, drug("OXA", ec_lvl="OTHER")), ec(2, C1D1, drug("OXA", **LEVEL_0))]}),
    Case("CK-147", "first cycle at -1", {
        "EC": [ec(1, C1D1, drug("OXA", **LEVEL_0)), ec(2, C1D1, drug("OXA", **LEVEL_1, ecdosadj="N"))]},
        ["EC EC2:1/ecdosadj"]),
    Case("CK-147", "begun at -1", {"EC": ec(1, C1D1, drug("OXA", **LEVEL_1, ecdosadj="N"))}, ["EC EC2:1/ecdosadj"]),
    Case("CK-147", "marked", {
        "EC": [ec(1, C1D1, drug("OXA", **LEVEL_0)), ec(2, C1D1, drug("OXA", **LEVEL_1, ecdosadj="Y"))]}),
    Case("CK-147", "second cycle at -1", {
        "EC": [ec(1, C1D1, drug("OXA", **LEVEL_1, ecdosadj="Y")), ec(2, C1D1, drug("OXA", **LEVEL_1, ecdosadj="N"))]}),
    Case("CK-147", "-1 then -2", {
        "EC": [ec(1, C1D1, drug("OXA", **LEVEL_1, ecdosadj="Y")), ec(2, C1D1, drug("OXA", **LEVEL_2, ecdosadj="N"))]},
        ["EC EC2:1/ecdosadj"]),
    Case("CK-147", "level before not known", {
        "EC": [ec(1, C1D1, drug("OXA")), ec(2, C1D1, drug("OXA", **LEVEL_1, ecdosadj="N"))]}),
    Case("CK-148", "no event", {"EC": ec(1, C1D1, drug("OXA", ecadj="AE_NONHEM"))}, ["EC EC2:1/ecadj_aeref"]),
    Case("CK-148", "its event", {"EC": ec(1, C1D1, drug("OXA", ecadj="AE_NONHEM", ecadj_aeref="6"))}),
    Case("CK-148", "for the weight", {"EC": ec(1, C1D1, drug("OXA", ecadj="WEIGHT"))}),
    # --- what forbids a dose
    Case("CK-149", "a day after the stop", {"EC": [
        ec(1, C1D1, drug("OXA", ec_perm_yn="Y", ec_perm_dat="2024-03-27")),
        ec(2, "2024-03-28", drug("OXA", "2024-03-28"))]}, ["EC EC2:1/ecstdat"]),
    Case("CK-149", "on the day of the stop", {"EC": [
        ec(1, C1D1, drug("OXA", ec_perm_yn="Y", ec_perm_dat="2024-03-28")),
        ec(2, "2024-03-28", drug("OXA", "2024-03-28"))]}),
    Case("CK-149", "another drug", {"EC": [
        ec(1, C1D1, drug("OXA", ec_perm_yn="Y", ec_perm_dat="2024-03-27")),
        ec(2, "2024-03-28", drug("CAM", "2024-03-28"))]}),
    Case("CK-150", "neutrophils 1.49", {"EC": COUNTED, "LB": counted("NEUT", "1.49", "2024-03-25")},
         ["EC EC2:1/ecoccur"]),
    Case("CK-150", "neutrophils 1.5", {"EC": COUNTED, "LB": counted("NEUT", "1.5", "2024-03-25")}),
    Case("CK-150", "platelets 74", {"EC": COUNTED, "LB": counted("PLAT", "74", "2024-03-28")}, ["EC EC2:1/ecoccur"]),
    Case("CK-150", "platelets 75", {"EC": COUNTED, "LB": counted("PLAT", "75", "2024-03-28")}),
    Case("CK-150", "four days old", {"EC": COUNTED, "LB": counted("NEUT", "1.0", "2024-03-24")}),
    Case("CK-150", "the day after", {"EC": COUNTED, "LB": counted("NEUT", "1.0", "2024-03-29")}),
    Case("CK-150", "a later count is enough", {
        "EC": COUNTED, "LB": [counted("NEUT", "1.0", "2024-03-26"), counted("NEUT", "1.6", "2024-03-27")]}),
    Case("CK-150", "below 1.5 by its sign", {"EC": COUNTED, "LB": counted("NEUT", "1.5", "2024-03-27", lbop="LT")},
         ["EC EC2:1/ecoccur"]),
    Case("CK-150", "above 1.2 may be enough", {"EC": COUNTED, "LB": counted("NEUT", "1.2", "2024-03-27", lbop="GT")}),
    Case("CK-150", "no oxaliplatin", {
        "EC": ec(2, "2024-03-28", drug("CAM", "2024-03-28")), "LB": counted("NEUT", "1.0", "2024-03-27")}),
    Case("CK-150", "no result", {"EC": COUNTED, "LB": {
        "lbdat": "2024-03-27", "LB2": [{"lbtestcd": "NEUT", "lborres@miss": "ND"}]}}),
    Case("CK-151", "goes on", {"EC": RETREATED, "AE1": ae(aeongo="Y")}, ["EC ec_retreat"]),
    Case("CK-151", "ends on day 1", {"EC": RETREATED, "AE1": ae(aeendat="2024-03-28")}, ["EC ec_retreat"]),
    Case("CK-151", "ended the day before", {"EC": RETREATED, "AE1": ae(aeendat="2024-03-27")}),
    Case("CK-151", "ended some day in March", {"EC": RETREATED, "AE1": ae(aeendat="2024-03")}),
    Case("CK-151", "began some day before April", {"EC": RETREATED, "AE1": ae(aestdat="2024-02", aeongo="Y")},
         ["EC ec_retreat"]),
    Case("CK-151", "may have begun later", {"EC": RETREATED, "AE1": ae(aestdat="2024-03", aeongo="Y")}),
    Case("CK-151", "grade 2", {"EC": RETREATED, "AE1": ae(aeongo="Y", aetoxgr="2")}),
    Case("CK-151", "not related", {"EC": RETREATED, "AE1": ae(aeongo="Y", ae_trae="N")}),
    Case("CK-151", "criteria not met", {"EC": RETREATED | {"ec_retreat": "N"}, "AE1": ae(aeongo="Y")}),
    Case("CK-152", "27 days after", {"SURG": OPERATED, "EC": ec(1, "2024-06-26", *[drug("CAM", "2024-06-26")])},
         ["EC EC2:1/ecstdat"]),
    Case("CK-152", "28 days after", {"SURG": OPERATED, "EC": ec(1, "2024-06-27", drug("CAM", "2024-06-27"))}),
    Case("CK-152", "on the day", {"SURG": OPERATED, "EC": ec(1, "2024-05-30", drug("CAM", "2024-05-30"))},
         ["EC EC2:1/ecstdat"]),
    Case("CK-152", "ended the day before", {
        "SURG": OPERATED, "EC": ec(1, "2024-05-27", drug("FU_CI", "2024-05-27", "2024-05-29"))}),
    Case("CK-152", "apatinib into the time after", {"SURG": OPERATED, "EC": log(apa("2024-05-01", "2024-05-30"))},
         ["EC EC3:1/apa_ecstdat"]),
    Case("CK-152", "apatinib goes on", {"SURG": OPERATED, "EC": log(apa("2024-05-01"))}, ["EC EC3:1/apa_ecstdat"]),
    Case("CK-152", "apatinib until the day before", {"SURG": OPERATED, "EC": log(apa("2024-05-01", "2024-05-29"))}),
    Case("CK-152", "apatinib held", {"SURG": OPERATED, "EC": log(apa("2024-05-01", "2024-07-01", "0", "HELD"))}),
    Case("CK-152", "not operated", {
        "SURG": {"surg_proccur": "N"}, "EC": ec(1, "2024-06-26", drug("CAM", "2024-06-26"))}),
    Case("CK-153", "on the day", {"SURG": OPERATED, "EC": ec(1, "2024-05-30")}, ["EC ec_d1dat"]),
    Case("CK-153", "the day before", {"SURG": OPERATED, "EC": ec(1, "2024-05-29")}),
    Case("CK-153", "adjuvant", {"SURG": OPERATED, "EC": ec(1, "2024-07-11", phase="ADJ")}),
    Case("CK-154", "not operated", {"SURG": {"surg_proccur": "N"}, "EC": ec(1, phase="ADJ")}, ["EC ec_phase"]),
    Case("CK-154", "no operation on record", {"EC": ec(1, phase="ADJ")}, ["EC ec_phase"]),
    Case("CK-154", "operation not answered yet", {"SURG": {"surg_icu": "1"}, "EC": ec(1, phase="ADJ")}),
    Case("CK-154", "on the day", {"SURG": OPERATED, "EC": ec(1, "2024-05-30", phase="ADJ")}, ["EC ec_d1dat"]),
    Case("CK-154", "the day after", {"SURG": OPERATED, "EC": ec(1, "2024-05-31", phase="ADJ")}),
    Case("CK-154", "neoadjuvant", {"SURG": {"surg_proccur": "N"}, "EC": ec(1)}),
    Case("CK-155", "resected", {"SURG": OPERATED, "EC": ec(1, phase="CONT")}, ["EC ec_phase"]),
    Case("CK-155", "explored", {"SURG": OPERATED | {"surg_prtrt": "EXPLORE"}, "EC": ec(1, phase="CONT")}),
    Case("CK-155", "not operated", {"SURG": {"surg_proccur": "N"}, "EC": ec(1, phase="CONT")}),
    Case("CK-156", "the day after", {"DTH": {"dthdat": "2024-03-13"}, "EC": ec(1, C1D1, drug("OXA"))},
         ["EC EC2:1/ecstdat", "EC EC2:1/ecendat"]),
    Case("CK-156", "on the day", {"DTH": {"dthdat": C1D1}, "EC": ec(1, C1D1, drug("OXA"))}),
    Case("CK-156", "ends the day after", {
        "DTH": {"dthdat": "2024-03-15"}, "EC": ec(1, C1D1, drug("FU_CI", C1D1, "2024-03-16"))}, ["EC EC2:1/ecendat"]),
    Case("CK-156", "died some day in March", {"DTH": {"dthdat": "2024-03"}, "EC": ec(1, C1D1, drug("OXA"))}),
    Case("CK-156", "died some day in February", {"DTH": {"dthdat": "2024-02"}, "EC": ec(1)}, ["EC ec_d1dat"]),
    Case("CK-156", "apatinib", {"DTH": {"dthdat": "2024-03-20"}, "EC": log(apa(C1D1, "2024-03-21"))},
         ["EC EC3:1/apa_ecendat"]),
    Case("CK-156", "apatinib held", {
        "DTH": {"dthdat": "2024-03-20"}, "EC": log(apa(C1D1, "2024-03-21", "0", "HELD")) | {"ec_given": "N"}}),
    # --- apatinib
    Case("CK-157", "one day", {"EC": log(apa(C1D1, "2024-03-20"), apa("2024-03-20", "2024-03-30"))},
         ["EC EC3:2/apa_ecstdat"]),
    Case("CK-157", "the next day", {"EC": log(apa(C1D1, "2024-03-20"), apa("2024-03-21", "2024-03-30"))}),
    Case("CK-157", "the first goes on", {"EC": log(apa(C1D1), apa("2024-03-21"))}, ["EC EC3:2/apa_ecstdat"]),
    Case("CK-157", "on another cycle", {"EC": [log(apa(C1D1, "2024-03-20")), ec(2, EC3=[apa("2024-03-20")])]},
         ["EC EC3:1/apa_ecstdat"]),
    Case("CK-157", "one taken out", {
        "EC": log(apa(C1D1, "2024-03-20") | {"@removed": "twice"}, apa("2024-03-20", "2024-03-30"))}),
    Case("CK-158", "one day", {"EC": log(apa(C1D1, "2024-03-20"), apa("2024-03-22"))}, ["EC EC3:2/apa_ecstdat"]),
    Case("CK-158", "none", {"EC": log(apa(C1D1, "2024-03-20"), apa("2024-03-21"))}),
    Case("CK-158", "between phases", {"EC": log(apa(C1D1, "2024-03-20"), apa("2024-07-11", phase="ADJ"))}),
    Case("CK-158", "written in another order", {"EC": log(apa("2024-03-22"), apa(C1D1, "2024-03-20"))},
         ["EC EC3:1/apa_ecstdat"]),
    Case("CK-158", "end not given", {"EC": log(apa(C1D1), apa("2024-03-22"))}),
    Case("CK-159", "250 mg held", {"EC": log(apa(C1D1, "", "250", "HELD"))}, ["EC EC3:1/apa_dose"]),
    Case("CK-159", "0 mg daily", {"EC": log(apa(C1D1, "", "0", "QD"))}, ["EC EC3:1/apa_dose"]),
    Case("CK-159", "0 mg held", {"EC": log(apa(C1D1, "", "0", "HELD"))}),
    Case("CK-159", "250 mg daily", {"EC": log(apa(C1D1))}),
    Case("CK-159", "no schedule", {"EC": log({"apa_ecstdat": C1D1, "apa_dose": "0"})}),
    Case("CK-160", "500 mg", {"EC": log(apa(C1D1, "", "500"))}, ["EC EC3:1/apa_dose"]),
    Case("CK-160", "250 mg", {"EC": log(apa(C1D1))}),
    Case("CK-160", "0 mg", {"EC": log(apa(C1D1, "", "0", "HELD"))}),
    Case("CK-160", "not known", {"EC": log({"apa_ecstdat": C1D1})}),
    Case("CK-161", "6 days", {"SURG": OPERATED, "EC": log(apa(C1D1, "2024-05-24"))}, ["EC EC3:1/apa_ecendat"]),
    Case("CK-161", "7 days", {"SURG": OPERATED, "EC": log(apa(C1D1, "2024-05-23"))}),
    Case("CK-161", "still taken", {"SURG": OPERATED, "EC": log(apa(C1D1))}, ["EC EC3:1/apa_ecendat"]),
    Case("CK-161", "held for the last days", {
        "SURG": OPERATED, "EC": log(apa(C1D1, "2024-05-20"), apa("2024-05-21", "2024-05-29", "0", "HELD"))}),
    Case("CK-161", "only afterwards", {"SURG": OPERATED, "EC": log(apa("2024-07-11", phase="ADJ"))}),
    Case("CK-162", "13 days", {"SURG": OPERATED, "EC": ec(1, "2024-05-15", drug("FU_CI", "2024-05-15", "2024-05-17"))},
         ["EC EC2:1/ecendat"]),
    Case("CK-162", "14 days", {"SURG": OPERATED, "EC": ec(1, "2024-05-14", drug("FU_CI", "2024-05-14", "2024-05-16"))}),
    Case("CK-162", "42 days", {"SURG": OPERATED, "EC": ec(1, "2024-04-18", drug("CAM", "2024-04-18"))}),
    Case("CK-162", "43 days", {"SURG": OPERATED, "EC": ec(1, "2024-04-17", drug("CAM", "2024-04-17"))},
         ["EC EC2:1/ecendat"]),
    Case("CK-162", "an earlier cycle is not the last", {
        "SURG": OPERATED, "EC": [ec(1, C1D1, drug("CAM")), ec(2, "2024-05-02", drug("CAM", "2024-05-02"))]}),
    Case("CK-162", "only adjuvant doses", {
        "SURG": OPERATED, "EC": ec(1, "2024-07-11", drug("CAM", "2024-07-11"), phase="ADJ")}),
    Case("CK-163", "79.9 %", {"EC": ec(1, EC4=[{"da_compl": "79.9"}])}, ["EC EC4:1/da_ret"]),
    Case("CK-163", "80 %", {"EC": ec(1, EC4=[{"da_compl": "80.0"}])}),
    Case("CK-163", "120 %", {"EC": ec(1, EC4=[{"da_compl": "120.0"}])}),
    Case("CK-163", "120.1 %", {"EC": ec(1, EC4=[{"da_compl": "120.1"}])}, ["EC EC4:1/da_ret"]),
    Case("CK-163", "not returned", {"EC": ec(1, EC4=[{"da_disp": "28"}])}),
    Case("CK-164", "29 of 28", {"EC": ec(1, EC4=[{"da_disp": "28", "da_ret": "29"}])}, ["EC EC4:1/da_ret"]),
    Case("CK-164", "28 of 28", {"EC": ec(1, EC4=[{"da_disp": "28", "da_ret": "28"}])}),
    Case("CK-164", "return not counted", {"EC": ec(1, EC4=[{"da_disp": "28", "da_ret@miss": "ND"}])}),
    Case("CK-165", "after the event", {"AE1": IRAE, "EC": ec(2, "2024-03-28", *CAM)}, ["EC EC2:1/ecstdat"]),
    Case("CK-165", "on its first day", {"AE1": IRAE | {"aestdat": "2024-03-28"}, "EC": ec(2, "2024-03-28", *CAM)}),
    Case("CK-165", "it began some day in March", {"AE1": IRAE | {"aestdat": "2024-03"}, "EC": ec(2, C1D1, *CAM)}),
    Case("CK-165", "grade 2", {"AE1": IRAE | {"aetoxgr": "2"}, "EC": ec(2, "2024-03-28", *CAM)}),
    Case("CK-165", "not withdrawn", {"AE1": IRAE | {"aeacn_cam": "DOSE_DELAYED"}, "EC": ec(2, "2024-03-28", *CAM)}),
    Case("CK-165", "another drug", {"AE1": IRAE, "EC": ec(2, "2024-03-28", drug("OXA", "2024-03-28"))}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    assert places(case) == list(case.hits)


def test_every_check_on_both_sides() -> None:
    assert one_sided(CASES, 116, 165) == []
