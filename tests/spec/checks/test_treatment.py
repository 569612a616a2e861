"""CK-116 to CK-165: study treatment."""

from __future__ import annotations

from typing import Any

from .table import Case, fires, one_sided, quiet, table

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
    fires("CK-116", "a day before consent", "EC EC2:1/ecstdat", ICF={"icf_dsstdat": "2024-03-15"},
          EC=ec(1, C1D1, drug("OXA"))),
    fires("CK-116", "apatinib before consent", "EC EC3:1/apa_ecstdat", ICF={"icf_dsstdat": "2024-03-15"},
          EC=log(apa(C1D1))),
    fires("CK-116", "start of the infusion left empty", "EC ec_d1dat", ICF={"icf_dsstdat": "2024-03-15"},
          EC=ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "Y"})),
    quiet("CK-116", "on the day of consent", ICF=CONSENT, EC=ec(1, C1D1, drug("OXA"))),
    quiet("CK-116", "consent not known", ICF={"icf_yn": "Y"}, EC=ec(1, C1D1, drug("OXA"))),
    fires("CK-116", "a later cycle is not the first dose", "EC EC2:1/ecstdat", ICF={"icf_dsstdat": "2024-03-29"},
          EC=[ec(1, C1D1, drug("OXA")), ec(2, "2024-03-28", drug("OXA", "2024-03-28"))]),
    fires("CK-117", "a day before enrolment", "EC EC2:1/ecstdat", IE={"enr_dsstdat": "2024-03-15"},
          EC=ec(1, C1D1, *ROWS)),
    quiet("CK-117", "on the day of enrolment", IE={"enr_dsstdat": C1D1}, EC=ec(1, C1D1, *ROWS)),
    fires("CK-118", "not eligible", "EC EC2:1/ecstdat", IE={"ieyn": "N"}, EC=ec(1, C1D1, drug("OXA"))),
    quiet("CK-118", "eligible", IE={"ieyn": "Y"}, EC=ec(1, C1D1, drug("OXA"))),
    quiet("CK-118", "eligibility not answered yet", IE={"iedat": C1D1}, EC=ec(1, C1D1, drug("OXA"))),
    quiet("CK-118", "not eligible and not treated", IE={"ieyn": "N"}, EC=ec(1, ec_given="N", ec_d1dat=None)),
    # --- cycles
    fires("CK-119", "1, 3", "EC ec_cycle", EC=[ec(1), ec(3)]),
    fires("CK-119", "1, 1", "EC ec_cycle", "EC ec_cycle", EC=[ec(1), ec(2, ec_cycle="1")]),
    fires("CK-119", "begins with 2", "EC ec_cycle", EC=[ec(2)]),
    quiet("CK-119", "1, 2, 3", EC=[ec(1), ec(2), ec(3)]),
    quiet("CK-119", "each phase from 1", EC=[ec(1), ec(2), ec(1, phase="ADJ")]),
    quiet("CK-119", "a cycle without its number may be the one before", EC=[ec(1), ec(2, ec_cycle=None), ec(3)]),
    fires("CK-120", "one twice", "EC EC2:6/ectrt", EC=ec(1, C1D1, *ROWS, drug("OXA"))),
    fires("CK-120", "one missing", "EC ", EC=ec(1, C1D1, *ROWS[1:])),
    quiet("CK-120", "each once", EC=ec(1, C1D1, *ROWS)),
    quiet("CK-120", "a row taken out does not count", EC=ec(1, C1D1, *ROWS, drug("OXA") | {"@removed": "twice"})),
    fires("CK-121", "850.1 mg/m²", "EC EC2:1/ecdstxt", "EC EC2:1/ecdstxt",
          EC=[oxa(1, "300"), oxa(2, "300"), oxa(3, "250.1"), oxa(4, "0.0")]),
    quiet("CK-121", "850 mg/m²", EC=[oxa(1, "300"), oxa(2, "300"), oxa(3, "250")]),
    quiet("CK-121", "a dose without its body surface counts as nothing",
          EC=[oxa(1, "300"), oxa(2, "300"), oxa(3, "300") | {"ec_bsa": ""}]),
    fires("CK-121", "not given in this cycle", "EC EC2:1/ecdstxt",
          EC=[oxa(1, "300"), oxa(2, "300"), oxa(3, "300"), ec(4, C1D1, {"ectrt": "OXA", "ecoccur": "N"})]),
    fires("CK-122", "on the same day", "EC ec_d1dat", EC=[ec(1), ec(2)]),
    quiet("CK-122", "a day later", EC=[ec(1), ec(2, "2024-03-15")]),
    fires("CK-122", "the one before was not given, the one before that was", "EC ec_d1dat",
          EC=[ec(1), ec(2, ec_given="N", ec_d1dat=None), ec(3, "2024-03-14")]),
    quiet("CK-122", "no date", EC=[ec(1), ec(2, ec_d1dat=None)]),
    fires("CK-122", "adjuvant before the last neoadjuvant", "EC ec_d1dat",
          EC=[ec(1, "2024-05-02"), ec(1, C1D1, phase="ADJ")]),
    fires("CK-123", "4 days", "EC ec_delay_reas", EC=ec(2, ec_delay="4")),
    quiet("CK-123", "4 days with its reason", EC=ec(2, ec_delay="4", ec_delay_reas="AE_HEM")),
    quiet("CK-123", "3 days", EC=ec(2, ec_delay="3")),
    quiet("CK-123", "delay not known", EC=ec(1)),
    fires("CK-124", "10 days", "EC ec_d1dat", EC=[ec(1), ec(2, "2024-03-24")]),
    quiet("CK-124", "11 days", EC=[ec(1), ec(2, "2024-03-25")]),
    fires("CK-124", "adjuvant 17 days", "EC ec_d1dat", EC=[ec(1, phase="ADJ"), ec(2, "2024-03-31", phase="ADJ")]),
    quiet("CK-124", "adjuvant 18 days", EC=[ec(1, phase="ADJ"), ec(2, "2024-04-01", phase="ADJ")]),
    fires("CK-124", "continued 10 days after the last neoadjuvant", "EC ec_d1dat",
          EC=[ec(1), ec(1, "2024-03-24", phase="CONT")]),
    fires("CK-125", "22 days", "EC ec_d1dat", EC=ec(2, ec_delay="22")),
    quiet("CK-125", "21 days", EC=ec(2, ec_delay="21")),
    quiet("CK-125", "22 days, not given", EC=ec(2, ec_delay="22", ec_given="N")),
    fires("CK-126", "the seventh", "EC ec_cycle", EC=ec(7)),
    quiet("CK-126", "the sixth", EC=ec(6)),
    quiet("CK-126", "the seventh adjuvant", EC=ec(7, phase="ADJ")),
    # --- body surface and weight
    fires("CK-127", "0.1001 apart", "EC ec_bsa", EC=bsa(1, "1.92", "1.8199")),
    quiet("CK-127", "0.1000 apart", EC=bsa(1, "1.92", "1.8200")),
    quiet("CK-127", "not computed", EC=ec(1, ec_bsa="1.92")),
    fires("CK-128", "0.0201 apart", "EC ec_bsa", EC=bsa(1, "1.82", "1.7999")),
    quiet("CK-128", "0.0200 apart", EC=bsa(1, "1.82", "1.8000")),
    fires("CK-128", "0.1000 apart", "EC ec_bsa", EC=bsa(1, "1.92", "1.8200")),
    quiet("CK-128", "0.1001 apart is CK-127", EC=bsa(1, "1.92", "1.8199")),
    quiet("CK-128", "carried forward, 9.9 %", EC=[bsa(1, "1.82", "1.8200"), bsa(2, "1.82", "1.7700", "63.1")]),
    fires("CK-128", "carried forward, 10 %", "EC ec_bsa",
          EC=[bsa(1, "1.82", "1.8200"), bsa(2, "1.82", "1.7600", "63.0")]),
    fires("CK-128", "calculated anew", "EC ec_bsa", EC=[bsa(1, "1.82", "1.8200"), bsa(2, "1.80", "1.7700", "66.0")]),
    fires("CK-129", "10 %", "EC ec_bsa", EC=[bsa(1, "1.82", "1.82"), bsa(2, "1.82", "1.73", "63.0")]),
    quiet("CK-129", "9.9 %", EC=[bsa(1, "1.82", "1.82"), bsa(2, "1.82", "1.73", "63.1")]),
    quiet("CK-129", "10 %, calculated anew", EC=[bsa(1, "1.82", "1.82"), bsa(2, "1.73", "1.73", "63.0")]),
    fires("CK-129", "in two steps", "EC ec_bsa",
          EC=[bsa(1, "1.82", "1.82"), bsa(2, "1.82", "1.77", "66.0"), bsa(3, "1.82", "1.73", "63.0")]),
    quiet("CK-129", "weight not known", EC=[bsa(1, "1.82", "1.82"), ec(2, ec_bsa="1.82")]),
    fires("CK-130", "1.1 kg", "EC ec_wt", EC=ec(1, ec_wt="70.0"), VS={"@visit": "C1", "weight": "71.1"}),
    quiet("CK-130", "1.0 kg", EC=ec(1, ec_wt="70.0"), VS={"@visit": "C1", "weight": "71.0"}),
    quiet("CK-130", "of another visit", EC=ec(1, ec_wt="70.0"), VS={"@visit": "BAS", "weight": "80.0"}),
    quiet("CK-130", "not measured", EC=ec(1, ec_wt="70.0"), VS={"@visit": "C1", "weight@miss": "ND"}),
    quiet("CK-130", "carried forward, 9.9 %", EC=[ec(1, ec_wt="70.0"), ec(2, ec_wt="70.0")],
          VS={"@visit": "C2", "weight": "63.1"}),
    fires("CK-130", "carried forward, 10 %", "EC ec_wt", EC=[ec(1, ec_wt="70.0"), ec(2, ec_wt="70.0")],
          VS={"@visit": "C2", "weight": "63.0"}),
    # --- doses
    fires("CK-131", "no dose", "EC EC2:1/ecdstxt", EC=ec(1, C1D1, drug("OXA"))),
    fires("CK-131", "0 mg", "EC EC2:1/ecdstxt", EC=ec(1, C1D1, drug("OXA", ecdstxt="0"))),
    quiet("CK-131", "0.1 mg", EC=ec(1, C1D1, drug("OXA", ecdstxt="0.1"))),
    quiet("CK-131", "not given", EC=ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N"})),
    fires("CK-132", "a dose", "EC EC2:1/ecdstxt", EC=ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N", "ecdstxt": "0.1"})),
    quiet("CK-132", "0 mg", EC=ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N", "ecdstxt": "0"})),
    fires("CK-133", "no reason", "EC EC2:1/ecreasoc", EC=ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N"})),
    quiet("CK-133", "with its reason", EC=ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N", "ecreasoc": "LAB"})),
    quiet("CK-133", "does not apply", EC=ec(1, C1D1, {"ectrt": "FU_B", "ecoccur": "NA"})),
    fires("CK-134", "105.1 %", "EC EC2:1/ecdosadj", EC=ec(1, C1D1, drug("OXA", ec_pct_plan="105.1", ecdosadj="N"))),
    quiet("CK-134", "105.0 %", EC=ec(1, C1D1, drug("OXA", ec_pct_plan="105.0", ecdosadj="N"))),
    fires("CK-134", "94.9 %", "EC EC2:1/ecdosadj", EC=ec(1, C1D1, drug("FU_CI", ec_pct_plan="94.9", ecdosadj="N"))),
    quiet("CK-134", "95.0 %", EC=ec(1, C1D1, drug("FU_CI", ec_pct_plan="95.0", ecdosadj="N"))),
    quiet("CK-134", "adjusted", EC=ec(1, C1D1, drug("LLV", ec_pct_plan="94.9", ecdosadj="Y"))),
    quiet("CK-134", "camrelizumab has a rule of its own",
          EC=ec(1, C1D1, drug("CAM", ec_pct_plan="80.0", ecdosadj="N"))),
    quiet("CK-134", "adjustment not answered", EC=ec(1, C1D1, drug("OXA", ec_pct_plan="105.1"))),
    fires("CK-135", "93.6 mg/m²", "EC EC2:1/ecdstxt", EC=ec(1, C1D1, drug("OXA", ecdstxt="93.6"), ec_bsa="1.00")),
    quiet("CK-135", "93.5 mg/m², 110 %", EC=ec(1, C1D1, drug("OXA", ecdstxt="93.5"), ec_bsa="1.00")),
    quiet("CK-135", "130 % of level -1 is 99 % of level 0",
          EC=ec(1, C1D1, drug("OXA", ecdstxt="84.5", ec_lvl="-1", ec_pct_plan="130.0"), ec_bsa="1.00")),
    fires("CK-135", "camrelizumab 221 mg", "EC EC2:1/ecdstxt", EC=ec(1, C1D1, drug("CAM", ecdstxt="221"))),
    quiet("CK-135", "body surface not known", EC=ec(1, C1D1, drug("OXA", ecdstxt="300"))),
    fires("CK-136", "160 mg", "EC EC2:1/ecdstxt", EC=ec(1, C1D1, drug("CAM", ecdstxt="160"))),
    quiet("CK-136", "200 mg", EC=ec(1, C1D1, drug("CAM", ecdstxt="200"))),
    fires("CK-137", "10 days", "EC EC2:1/ecstdat",
          EC=[ec(1, C1D1, drug("CAM")), ec(2, C1D1, drug("CAM", "2024-03-24"))]),
    quiet("CK-137", "11 days", EC=[ec(1, C1D1, drug("CAM")), ec(2, C1D1, drug("CAM", "2024-03-25"))]),
    fires("CK-137", "adjuvant 17 days", "EC EC2:1/ecstdat",
          EC=[ec(1, C1D1, drug("CAM"), phase="ADJ"), ec(2, C1D1, drug("CAM", "2024-03-31"), phase="ADJ")]),
    quiet("CK-137", "adjuvant 18 days",
          EC=[ec(1, C1D1, drug("CAM"), phase="ADJ"), ec(2, C1D1, drug("CAM", "2024-04-01"), phase="ADJ")]),
    quiet("CK-137", "another drug", EC=[ec(1, C1D1, drug("OXA")), ec(2, C1D1, drug("CAM", "2024-03-15"))]),
    fires("CK-138", "a bolus", "EC EC2:1/ecoccur", EC=ec(1, C1D1, drug("FU_B"))),
    quiet("CK-138", "no bolus", EC=ec(1, C1D1, {"ectrt": "FU_B", "ecoccur": "NA"})),
    # --- infusions
    fires("CK-139", "43.99 h", "EC EC2:1/ecentim", **lasting("FU_CI", "43.99")),
    quiet("CK-139", "44 h", **lasting("FU_CI", "44")),
    quiet("CK-139", "50 h", **lasting("FU_CI", "50")),
    fires("CK-139", "50.01 h", "EC EC2:1/ecentim", **lasting("FU_CI", "50.01")),
    quiet("CK-139", "not known", EC=ec(1, C1D1, drug("FU_CI"))),
    fires("CK-140", "1.49 h", "EC EC2:1/ecentim", **lasting("OXA", "1.49")),
    quiet("CK-140", "1.5 h", **lasting("OXA", "1.5")),
    quiet("CK-140", "6.5 h", **lasting("OXA", "6.5")),
    fires("CK-140", "6.51 h", "EC EC2:1/ecentim", **lasting("OXA", "6.51")),
    fires("CK-141", "0.32 h", "EC EC2:1/ecentim", **lasting("CAM", "0.32")),
    quiet("CK-141", "0.33 h", **lasting("CAM", "0.33")),
    quiet("CK-141", "1 h", **lasting("CAM", "1.00")),
    fires("CK-141", "1.01 h", "EC EC2:1/ecentim", **lasting("CAM", "1.01")),
    fires("CK-142", "ends when it starts", "EC EC2:1/ecentim", EC=ec(1, C1D1, timed("OXA", "09:00", "09:00"))),
    quiet("CK-142", "ends a minute later", EC=ec(1, C1D1, timed("OXA", "09:00", "09:01"))),
    fires("CK-142", "ends a day earlier, no times", "EC EC2:1/ecendat",
          EC=ec(1, C1D1, drug("OXA", C1D1, "2024-03-13"))),
    quiet("CK-142", "ends a day later, earlier by the clock",
          EC=ec(1, C1D1, timed("OXA", "09:00", "08:00", C1D1, "2024-03-15"))),
    quiet("CK-142", "end time unknown", EC=ec(1, C1D1, timed("OXA", "09:00", "") | {"ecentim@miss": "UNK"})),
    fires("CK-143", "a minute before oxaliplatin ends", "EC EC2:2/ecsttim",
          EC=ec(1, C1D1, timed("OXA", "09:00", "11:00"), timed("FU_CI", "10:59", "09:00", C1D1, "2024-03-16"))),
    quiet("CK-143", "when oxaliplatin ends",
          EC=ec(1, C1D1, timed("OXA", "09:00", "11:00"), timed("FU_CI", "11:00", "09:00", C1D1, "2024-03-16"))),
    quiet("CK-143", "end of oxaliplatin unknown",
          EC=ec(1, C1D1, timed("OXA", "09:00", ""), timed("FU_CI", "10:59", "09:00", C1D1, "2024-03-16"))),
    fires("CK-144", "250.1 mg/m²", "EC EC2:1/ecdstxt", EC=ec(1, C1D1, drug("LLV", ecdstxt="250.1"), ec_bsa="1.00")),
    quiet("CK-144", "250 mg/m²", EC=ec(1, C1D1, drug("LLV", ecdstxt="250"), ec_bsa="1.00")),
    quiet("CK-144", "of oxaliplatin", EC=ec(1, C1D1, drug("OXA", ecdstxt="300"), ec_bsa="1.00")),
    fires("CK-145", "for logistics", "EC EC2:1/ecreasoc",
          EC=ec(1, C1D1, {"ectrt": "LLV", "ecoccur": "N", "ecreasoc": "LOGISTIC"})),
    quiet("CK-145", "for an event", EC=ec(1, C1D1, {"ectrt": "LLV", "ecoccur": "N", "ecreasoc": "AE_HEM"})),
    quiet("CK-145", "by the participant", EC=ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N", "ecreasoc": "SUBJECT"})),
    quiet("CK-145", "by the physician", EC=ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N", "ecreasoc": "PHYSICIAN"})),
    quiet("CK-145", "no reason yet", EC=ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N"})),
    quiet("CK-145", "camrelizumab", EC=ec(1, C1D1, {"ectrt": "CAM", "ecoccur": "N", "ecreasoc": "LOGISTIC"})),
    quiet("CK-145", "adjuvant", EC=ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N", "ecreasoc": "COMPLETED"}, phase="ADJ")),
    quiet("CK-145", "nothing was given",
          EC=ec(1, C1D1, {"ectrt": "OXA", "ecoccur": "N", "ecreasoc": "LOGISTIC"}, ec_given="N")),
    # --- dose levels
    fires("CK-146", "-1 then 0", "EC EC2:1/ec_lvl",
          EC=[ec(1, C1D1, drug("OXA", **LEVEL_1)), ec(2, C1D1, drug("OXA", **LEVEL_0))]),
    quiet("CK-146", "-1 then -1", EC=[ec(1, C1D1, drug("OXA", **LEVEL_1)), ec(2, C1D1, drug("OXA", **LEVEL_1))]),
    fires("CK-146", "-1, not given, 0", "EC EC2:1/ec_lvl",
          EC=[ec(1, C1D1, drug("OXA", **LEVEL_1)), ec(2), ec(3, C1D1, drug("OXA", **LEVEL_0))]),
    quiet("CK-146", "another drug", EC=[ec(1, C1D1, drug("OXA", **LEVEL_1)), ec(2, C1D1, drug("FU_CI", **LEVEL_0))]),
    quiet("CK-146", "OTHER then 0", EC=[ec(1, C1D1, drug("OXA", ec_lvl="OTHER")), ec(2, C1D1, drug("OXA", **LEVEL_0))]),
    fires("CK-147", "first cycle at -1", "EC EC2:1/ecdosadj",
          EC=[ec(1, C1D1, drug("OXA", **LEVEL_0)), ec(2, C1D1, drug("OXA", **LEVEL_1, ecdosadj="N"))]),
    fires("CK-147", "begun at -1", "EC EC2:1/ecdosadj", EC=ec(1, C1D1, drug("OXA", **LEVEL_1, ecdosadj="N"))),
    quiet("CK-147", "marked",
          EC=[ec(1, C1D1, drug("OXA", **LEVEL_0)), ec(2, C1D1, drug("OXA", **LEVEL_1, ecdosadj="Y"))]),
    quiet("CK-147", "second cycle at -1",
          EC=[ec(1, C1D1, drug("OXA", **LEVEL_1, ecdosadj="Y")), ec(2, C1D1, drug("OXA", **LEVEL_1, ecdosadj="N"))]),
    fires("CK-147", "-1 then -2", "EC EC2:1/ecdosadj",
          EC=[ec(1, C1D1, drug("OXA", **LEVEL_1, ecdosadj="Y")), ec(2, C1D1, drug("OXA", **LEVEL_2, ecdosadj="N"))]),
    quiet("CK-147", "level before not known",
          EC=[ec(1, C1D1, drug("OXA")), ec(2, C1D1, drug("OXA", **LEVEL_1, ecdosadj="N"))]),
    fires("CK-148", "no event", "EC EC2:1/ecadj_aeref", EC=ec(1, C1D1, drug("OXA", ecadj="AE_NONHEM"))),
    quiet("CK-148", "its event", EC=ec(1, C1D1, drug("OXA", ecadj="AE_NONHEM", ecadj_aeref="6"))),
    quiet("CK-148", "for the weight", EC=ec(1, C1D1, drug("OXA", ecadj="WEIGHT"))),
    # --- what forbids a dose
    fires("CK-149", "a day after the stop", "EC EC2:1/ecstdat",
          EC=[ec(1, C1D1, drug("OXA", ec_perm_yn="Y", ec_perm_dat="2024-03-27")),
              ec(2, "2024-03-28", drug("OXA", "2024-03-28"))]),
    quiet("CK-149", "on the day of the stop",
          EC=[ec(1, C1D1, drug("OXA", ec_perm_yn="Y", ec_perm_dat="2024-03-28")),
              ec(2, "2024-03-28", drug("OXA", "2024-03-28"))]),
    quiet("CK-149", "another drug",
          EC=[ec(1, C1D1, drug("OXA", ec_perm_yn="Y", ec_perm_dat="2024-03-27")),
              ec(2, "2024-03-28", drug("CAM", "2024-03-28"))]),
    fires("CK-150", "neutrophils 1.49", "EC EC2:1/ecoccur", EC=COUNTED, LB=counted("NEUT", "1.49", "2024-03-25")),
    quiet("CK-150", "neutrophils 1.5", EC=COUNTED, LB=counted("NEUT", "1.5", "2024-03-25")),
    fires("CK-150", "platelets 74", "EC EC2:1/ecoccur", EC=COUNTED, LB=counted("PLAT", "74", "2024-03-28")),
    quiet("CK-150", "platelets 75", EC=COUNTED, LB=counted("PLAT", "75", "2024-03-28")),
    quiet("CK-150", "four days old", EC=COUNTED, LB=counted("NEUT", "1.0", "2024-03-24")),
    quiet("CK-150", "the day after", EC=COUNTED, LB=counted("NEUT", "1.0", "2024-03-29")),
    quiet("CK-150", "a later count is enough", EC=COUNTED,
          LB=[counted("NEUT", "1.0", "2024-03-26"), counted("NEUT", "1.6", "2024-03-27")]),
    fires("CK-150", "below 1.5 by its sign", "EC EC2:1/ecoccur", EC=COUNTED,
          LB=counted("NEUT", "1.5", "2024-03-27", lbop="LT")),
    quiet("CK-150", "above 1.2 may be enough", EC=COUNTED, LB=counted("NEUT", "1.2", "2024-03-27", lbop="GT")),
    quiet("CK-150", "no oxaliplatin", EC=ec(2, "2024-03-28", drug("CAM", "2024-03-28")),
          LB=counted("NEUT", "1.0", "2024-03-27")),
    quiet("CK-150", "no result", EC=COUNTED,
          LB={ "lbdat": "2024-03-27", "LB2": [{"lbtestcd": "NEUT", "lborres@miss": "ND"}]}),
    fires("CK-151", "goes on", "EC ec_retreat", EC=RETREATED, AE1=ae(aeongo="Y")),
    fires("CK-151", "ends on day 1", "EC ec_retreat", EC=RETREATED, AE1=ae(aeendat="2024-03-28")),
    quiet("CK-151", "ended the day before", EC=RETREATED, AE1=ae(aeendat="2024-03-27")),
    quiet("CK-151", "ended some day in March", EC=RETREATED, AE1=ae(aeendat="2024-03")),
    fires("CK-151", "began some day before April", "EC ec_retreat", EC=RETREATED,
          AE1=ae(aestdat="2024-02", aeongo="Y")),
    quiet("CK-151", "may have begun later", EC=RETREATED, AE1=ae(aestdat="2024-03", aeongo="Y")),
    quiet("CK-151", "grade 2", EC=RETREATED, AE1=ae(aeongo="Y", aetoxgr="2")),
    quiet("CK-151", "not related", EC=RETREATED, AE1=ae(aeongo="Y", ae_trae="N")),
    quiet("CK-151", "criteria not met", EC=RETREATED | {"ec_retreat": "N"}, AE1=ae(aeongo="Y")),
    fires("CK-152", "27 days after", "EC EC2:1/ecstdat", SURG=OPERATED,
          EC=ec(1, "2024-06-26", *[drug("CAM", "2024-06-26")])),
    quiet("CK-152", "28 days after", SURG=OPERATED, EC=ec(1, "2024-06-27", drug("CAM", "2024-06-27"))),
    fires("CK-152", "on the day", "EC EC2:1/ecstdat", SURG=OPERATED, EC=ec(1, "2024-05-30", drug("CAM", "2024-05-30"))),
    quiet("CK-152", "ended the day before", SURG=OPERATED,
          EC=ec(1, "2024-05-27", drug("FU_CI", "2024-05-27", "2024-05-29"))),
    fires("CK-152", "apatinib into the time after", "EC EC3:1/apa_ecstdat", SURG=OPERATED,
          EC=log(apa("2024-05-01", "2024-05-30"))),
    fires("CK-152", "apatinib goes on", "EC EC3:1/apa_ecstdat", SURG=OPERATED, EC=log(apa("2024-05-01"))),
    quiet("CK-152", "apatinib until the day before", SURG=OPERATED, EC=log(apa("2024-05-01", "2024-05-29"))),
    quiet("CK-152", "apatinib held", SURG=OPERATED, EC=log(apa("2024-05-01", "2024-07-01", "0", "HELD"))),
    quiet("CK-152", "not operated", SURG={"surg_proccur": "N"}, EC=ec(1, "2024-06-26", drug("CAM", "2024-06-26"))),
    fires("CK-153", "on the day", "EC ec_d1dat", SURG=OPERATED, EC=ec(1, "2024-05-30")),
    quiet("CK-153", "the day before", SURG=OPERATED, EC=ec(1, "2024-05-29")),
    quiet("CK-153", "adjuvant", SURG=OPERATED, EC=ec(1, "2024-07-11", phase="ADJ")),
    fires("CK-154", "not operated", "EC ec_phase", SURG={"surg_proccur": "N"}, EC=ec(1, phase="ADJ")),
    fires("CK-154", "no operation on record", "EC ec_phase", EC=ec(1, phase="ADJ")),
    quiet("CK-154", "operation not answered yet", SURG={"surg_icu": "1"}, EC=ec(1, phase="ADJ")),
    fires("CK-154", "on the day", "EC ec_d1dat", SURG=OPERATED, EC=ec(1, "2024-05-30", phase="ADJ")),
    quiet("CK-154", "the day after", SURG=OPERATED, EC=ec(1, "2024-05-31", phase="ADJ")),
    quiet("CK-154", "neoadjuvant", SURG={"surg_proccur": "N"}, EC=ec(1)),
    fires("CK-155", "resected", "EC ec_phase", SURG=OPERATED, EC=ec(1, phase="CONT")),
    quiet("CK-155", "explored", SURG=OPERATED | {"surg_prtrt": "EXPLORE"}, EC=ec(1, phase="CONT")),
    quiet("CK-155", "not operated", SURG={"surg_proccur": "N"}, EC=ec(1, phase="CONT")),
    fires("CK-156", "the day after", "EC EC2:1/ecstdat", "EC EC2:1/ecendat", DTH={"dthdat": "2024-03-13"},
          EC=ec(1, C1D1, drug("OXA"))),
    quiet("CK-156", "on the day", DTH={"dthdat": C1D1}, EC=ec(1, C1D1, drug("OXA"))),
    fires("CK-156", "ends the day after", "EC EC2:1/ecendat", DTH={"dthdat": "2024-03-15"},
          EC=ec(1, C1D1, drug("FU_CI", C1D1, "2024-03-16"))),
    quiet("CK-156", "died some day in March", DTH={"dthdat": "2024-03"}, EC=ec(1, C1D1, drug("OXA"))),
    fires("CK-156", "died some day in February", "EC ec_d1dat", DTH={"dthdat": "2024-02"}, EC=ec(1)),
    fires("CK-156", "apatinib", "EC EC3:1/apa_ecendat", DTH={"dthdat": "2024-03-20"}, EC=log(apa(C1D1, "2024-03-21"))),
    quiet("CK-156", "apatinib held", DTH={"dthdat": "2024-03-20"},
          EC=log(apa(C1D1, "2024-03-21", "0", "HELD")) | {"ec_given": "N"}),
    # --- apatinib
    fires("CK-157", "one day", "EC EC3:2/apa_ecstdat",
          EC=log(apa(C1D1, "2024-03-20"), apa("2024-03-20", "2024-03-30"))),
    quiet("CK-157", "the next day", EC=log(apa(C1D1, "2024-03-20"), apa("2024-03-21", "2024-03-30"))),
    fires("CK-157", "the first goes on", "EC EC3:2/apa_ecstdat", EC=log(apa(C1D1), apa("2024-03-21"))),
    fires("CK-157", "on another cycle", "EC EC3:1/apa_ecstdat",
          EC=[log(apa(C1D1, "2024-03-20")), ec(2, EC3=[apa("2024-03-20")])]),
    quiet("CK-157", "one taken out",
          EC=log(apa(C1D1, "2024-03-20") | {"@removed": "twice"}, apa("2024-03-20", "2024-03-30"))),
    fires("CK-158", "one day", "EC EC3:2/apa_ecstdat", EC=log(apa(C1D1, "2024-03-20"), apa("2024-03-22"))),
    quiet("CK-158", "none", EC=log(apa(C1D1, "2024-03-20"), apa("2024-03-21"))),
    quiet("CK-158", "between phases", EC=log(apa(C1D1, "2024-03-20"), apa("2024-07-11", phase="ADJ"))),
    fires("CK-158", "written in another order", "EC EC3:1/apa_ecstdat",
          EC=log(apa("2024-03-22"), apa(C1D1, "2024-03-20"))),
    quiet("CK-158", "end not given", EC=log(apa(C1D1), apa("2024-03-22"))),
    fires("CK-159", "250 mg held", "EC EC3:1/apa_dose", EC=log(apa(C1D1, "", "250", "HELD"))),
    fires("CK-159", "0 mg daily", "EC EC3:1/apa_dose", EC=log(apa(C1D1, "", "0", "QD"))),
    quiet("CK-159", "0 mg held", EC=log(apa(C1D1, "", "0", "HELD"))),
    quiet("CK-159", "250 mg daily", EC=log(apa(C1D1))),
    quiet("CK-159", "no schedule", EC=log({"apa_ecstdat": C1D1, "apa_dose": "0"})),
    fires("CK-160", "500 mg", "EC EC3:1/apa_dose", EC=log(apa(C1D1, "", "500"))),
    quiet("CK-160", "250 mg", EC=log(apa(C1D1))),
    quiet("CK-160", "0 mg", EC=log(apa(C1D1, "", "0", "HELD"))),
    quiet("CK-160", "not known", EC=log({"apa_ecstdat": C1D1})),
    fires("CK-161", "6 days", "EC EC3:1/apa_ecendat", SURG=OPERATED, EC=log(apa(C1D1, "2024-05-24"))),
    quiet("CK-161", "7 days", SURG=OPERATED, EC=log(apa(C1D1, "2024-05-23"))),
    fires("CK-161", "still taken", "EC EC3:1/apa_ecendat", SURG=OPERATED, EC=log(apa(C1D1))),
    quiet("CK-161", "held for the last days", SURG=OPERATED,
          EC=log(apa(C1D1, "2024-05-20"), apa("2024-05-21", "2024-05-29", "0", "HELD"))),
    quiet("CK-161", "only afterwards", SURG=OPERATED, EC=log(apa("2024-07-11", phase="ADJ"))),
    fires("CK-162", "13 days", "EC EC2:1/ecendat", SURG=OPERATED,
          EC=ec(1, "2024-05-15", drug("FU_CI", "2024-05-15", "2024-05-17"))),
    quiet("CK-162", "14 days", SURG=OPERATED, EC=ec(1, "2024-05-14", drug("FU_CI", "2024-05-14", "2024-05-16"))),
    quiet("CK-162", "42 days", SURG=OPERATED, EC=ec(1, "2024-04-18", drug("CAM", "2024-04-18"))),
    fires("CK-162", "43 days", "EC EC2:1/ecendat", SURG=OPERATED, EC=ec(1, "2024-04-17", drug("CAM", "2024-04-17"))),
    quiet("CK-162", "an earlier cycle is not the last", SURG=OPERATED,
          EC=[ec(1, C1D1, drug("CAM")), ec(2, "2024-05-02", drug("CAM", "2024-05-02"))]),
    quiet("CK-162", "only adjuvant doses", SURG=OPERATED,
          EC=ec(1, "2024-07-11", drug("CAM", "2024-07-11"), phase="ADJ")),
    fires("CK-163", "79.9 %", "EC EC4:1/da_ret", EC=ec(1, EC4=[{"da_compl": "79.9"}])),
    quiet("CK-163", "80 %", EC=ec(1, EC4=[{"da_compl": "80.0"}])),
    quiet("CK-163", "120 %", EC=ec(1, EC4=[{"da_compl": "120.0"}])),
    fires("CK-163", "120.1 %", "EC EC4:1/da_ret", EC=ec(1, EC4=[{"da_compl": "120.1"}])),
    quiet("CK-163", "not returned", EC=ec(1, EC4=[{"da_disp": "28"}])),
    fires("CK-164", "29 of 28", "EC EC4:1/da_ret", EC=ec(1, EC4=[{"da_disp": "28", "da_ret": "29"}])),
    quiet("CK-164", "28 of 28", EC=ec(1, EC4=[{"da_disp": "28", "da_ret": "28"}])),
    quiet("CK-164", "return not counted", EC=ec(1, EC4=[{"da_disp": "28", "da_ret@miss": "ND"}])),
    fires("CK-165", "after the event", "EC EC2:1/ecstdat", AE1=IRAE, EC=ec(2, "2024-03-28", *CAM)),
    quiet("CK-165", "on its first day", AE1=IRAE | {"aestdat": "2024-03-28"}, EC=ec(2, "2024-03-28", *CAM)),
    quiet("CK-165", "it began some day in March", AE1=IRAE | {"aestdat": "2024-03"}, EC=ec(2, C1D1, *CAM)),
    quiet("CK-165", "grade 2", AE1=IRAE | {"aetoxgr": "2"}, EC=ec(2, "2024-03-28", *CAM)),
    quiet("CK-165", "not withdrawn", AE1=IRAE | {"aeacn_cam": "DOSE_DELAYED"}, EC=ec(2, "2024-03-28", *CAM)),
    quiet("CK-165", "another drug", AE1=IRAE, EC=ec(2, "2024-03-28", drug("OXA", "2024-03-28"))),
]  # fmt: skip


@table(CASES)
def test_check(case: Case) -> None:
    assert case.found() == list(case.at)


def test_every_check_of_the_group_is_shown_from_both_sides() -> None:
    assert one_sided(CASES, 116, 165) == set()
