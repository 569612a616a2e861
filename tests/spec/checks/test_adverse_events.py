"""CK-255 to CK-292: the log of adverse events."""

from __future__ import annotations

from typing import Any

from .table import C1D1, Case, apatinib, fires, given, one_sided, quiet, table

CONSENT = {"icf_dsstdat": "2024-03-04"}
ALL_DRUGS = "OXA;LLV;FU_CI;CAM"
NAMES = ("oxa", "llv", "fu", "cam", "apa")
SKIN = "Skin and subcutaneous tissue disorders - Other, specify"
PHARMA = {"cmcat": "THYROID", "cmtrt": "Levothyroxine", "cmaeno": "AE:1"}


def ae(number: int = 1, **values: Any) -> dict[str, Any]:
    return {"@repeat": number} | values


def lasting(start: str, end: str = "", **values: Any) -> dict[str, Any]:
    """An event with its dates; without an end it goes on."""
    over = {"aeongo": "N", "aeendat": end} if end else {"aeongo": "Y"}
    return {"aestdat": start} | over | values


def actions(**changed: str) -> dict[str, str]:
    return {f"aeacn_{drug}": changed.get(drug, "DOSE_NOT_CHANGED") for drug in NAMES}


def cycle(day: str, visit: str, level: str = "0", **more: Any) -> dict[str, Any]:
    """Oxaliplatin at a level."""
    found = given(day, visit, "OXA", **more)
    found["EC2"][0]["ec_lvl"] = level
    return found


def stopped(on: str) -> dict[str, Any]:
    """Camrelizumab given on C1D1 and stopped for good later."""
    found = given(drugs="CAM")
    found["EC2"][0] |= {"ec_perm_yn": "Y", "ec_perm_dat": on}
    return found


def tablets(*periods: dict[str, Any]) -> dict[str, Any]:
    return {"@visit": "C1", "EC3": list(periods)}


def serious(**yes: str) -> dict[str, str]:
    names = ("aesdth", "aeslife", "aeshosp", "aesdisab", "aescong", "aesmie")
    return {"aeser": "Y"} | dict.fromkeys(names, "N") | yes


RED = {"ae_ir": "Y", "aetoxgr": "3", "aeacn_cam": "DOSE_NOT_CHANGED"}

DATES = [
    fires("CK-255", "the day before", "AE1 aestdat", ICF=CONSENT, AE1=ae(aestdat="2024-03-03")),
    quiet("CK-255", "the same day", ICF=CONSENT, AE1=ae(aestdat="2024-03-04")),
    quiet("CK-255", "perhaps later in March", ICF=CONSENT, AE1=ae(aestdat="2024-03")),
    fires("CK-255", "February", "AE1 aestdat", ICF=CONSENT, AE1=ae(aestdat="2024-02")),
    fires("CK-256", "possible", "AE1 aerel_cam", EC=given(), AE1=ae(aestdat="2024-03-13", aerel_cam="POSSIBLE")),
    quiet("CK-256", "unlikely", EC=given(), AE1=ae(aestdat="2024-03-13", aerel_cam="UNLIKELY")),
    quiet("CK-256", "on the day", EC=given(), AE1=ae(aestdat=C1D1, aerel_cam="DEFINITE")),
    quiet("CK-256", "perhaps later in March", EC=given(), AE1=ae(aestdat="2024-03", aerel_cam="DEFINITE")),
    quiet("CK-256", "no dose yet", AE1=ae(aestdat="2024-03-13", aerel_cam="DEFINITE")),
    fires("CK-257", "a day too early", "AE1 aeendat", AE1=ae(aestdat="2024-04-02", aeendat="2024-04-01")),
    quiet("CK-257", "the same day", AE1=ae(aestdat="2024-04-02", aeendat="2024-04-02")),
    quiet("CK-257", "in the same month", AE1=ae(aestdat="2024-04-02", aeendat="2024-04")),
    fires("CK-258", "ongoing with an end", "AE1 aeendat", AE1=ae(aeongo="Y", aeendat="2024-04-02")),
    fires("CK-258", "over without an end", "AE1 aeendat", AE1=ae(aeongo="N")),
    quiet("CK-258", "over on an unknown day", AE1=ae(aeongo="N", **{"aeendat@miss": "UNK"})),
    quiet("CK-258", "ongoing", AE1=ae(aeongo="Y")),
    quiet("CK-258", "not answered", AE1=ae(aeendat="2024-04-02")),
    fires("CK-259", "recovered", "AE1 aeendat", AE1=ae(aeout="RECOVERED")),
    fires("CK-259", "sequelae", "AE1 aeendat", AE1=ae(aeout="SEQUELAE")),
    quiet("CK-259", "recovered, with its end", AE1=ae(aeout="RECOVERED", aeendat="2024-04")),
    quiet("CK-259", "recovered on an unknown day", AE1=ae(aeout="RECOVERED", **{"aeendat@miss": "UNK"})),
    quiet("CK-259", "recovering", AE1=ae(aeout="RECOVERING")),
    fires("CK-260", "recovering but over", "AE1 aeout", AE1=ae(aeout="RECOVERING", aeongo="N")),
    fires("CK-260", "not recovered but over", "AE1 aeout", AE1=ae(aeout="NOT_RECOVERED", aeongo="N")),
    quiet("CK-260", "ongoing", AE1=ae(aeout="NOT_RECOVERED", aeongo="Y")),
    quiet("CK-260", "outcome unknown", AE1=ae(aeout="UNKNOWN", aeongo="N")),
    fires("CK-261", "fatal, grade 4", "AE1 aeout", AE1=ae(aeout="FATAL", aetoxgr="4"), DTH={"dth_cause": "OTHER"}),
    fires("CK-261", "grade 5, recovered", "AE1 aeout", AE1=ae(aeout="RECOVERED", aetoxgr="5"), DTH={}),
    fires("CK-261", "no death criterion", "AE1 aesdth", AE1=ae(aeout="FATAL", aetoxgr="5", aesdth="N"), DTH={}),
    fires("CK-261", "no form of death", "AE1 aetoxgr", AE1=ae(aeout="FATAL", aetoxgr="5", aesdth="Y")),
    quiet("CK-261", "all agree", AE1=ae(aeout="FATAL", aetoxgr="5", aesdth="Y"), DTH={"dth_cause": "OTHER"}),
    quiet("CK-261", "grade not known", AE1=ae(aeout="FATAL")),
    quiet("CK-261", "neither", AE1=ae(aeout="RECOVERED", aetoxgr="4")),
    fires("CK-262", "no grade 4", "AE1 aetoxgr", AE1=ae(ae_ctcae="Proteinuria", aetoxgr="4")),
    quiet("CK-262", "grade 3", AE1=ae(ae_ctcae="Proteinuria", aetoxgr="3")),
    fires("CK-262", "no grade 2", "AE1 aetoxgr", AE1=ae(ae_ctcae="Cardiac troponin I increased", aetoxgr="2")),
    quiet("CK-262", "term not chosen", AE1=ae(aetoxgr="5")),
]  # fmt: skip

SERIOUS = [
    fires("CK-263", "no criterion", "AE1 aeser", AE1=ae(**serious())),
    quiet("CK-263", "hospital", AE1=ae(**serious(aeshosp="Y"))),
    quiet("CK-263", "one not answered", AE1=ae(**serious(aesmie=""))),
    fires("CK-264", "life-threatening", "AE1 aeslife", AE1=ae(aeser="N", aeslife="Y")),
    quiet("CK-264", "none", AE1=ae(aeser="N", aeslife="N")),
    fires("CK-265", "clinical", "AE1 aeser", AE1=ae(ae_ctcae="Ascites", aetoxgr="4", aeser="N")),
    quiet("CK-265", "serious", AE1=ae(ae_ctcae="Ascites", aetoxgr="4", aeser="Y")),
    quiet("CK-265", "grade 3", AE1=ae(ae_ctcae="Ascites", aetoxgr="3", aeser="N")),
    quiet("CK-265", "laboratory", AE1=ae(ae_ctcae="Neutrophil count decreased", aetoxgr="4", aeser="N")),
    fires("CK-266", "two days", "AE1 sae_repdat", AE1=ae(aeser="Y", sae_awaredat="2024-06-03", sae_repdat="2024-06-05")),
    quiet("CK-266", "the next day", AE1=ae(aeser="Y", sae_awaredat="2024-06-03", sae_repdat="2024-06-04")),
    quiet("CK-266", "not reported yet", AE1=ae(aeser="Y", sae_awaredat="2024-06-03")),
    fires("CK-267", "no date", "AE1 sae_admdat", AE1=ae(aeshosp="Y")),
    quiet("CK-267", "dated", AE1=ae(aeshosp="Y", sae_admdat="2024-06-03")),
    quiet("CK-267", "at home", AE1=ae(aeshosp="N")),
    fires("CK-268", "the day before", "AE1 sae_awaredat", AE1=ae(aestdat="2024-06-03", sae_awaredat="2024-06-02")),
    quiet("CK-268", "the same day", AE1=ae(aestdat="2024-06-03", sae_awaredat="2024-06-03")),
    quiet("CK-268", "in the same month", AE1=ae(aestdat="2024-06", sae_awaredat="2024-06-02")),
    fires("CK-269", "another day", "AE1 aeendat", AE1=ae(aesdth="Y", aeendat="2024-06-03"), DTH={"dthdat": "2024-06-04"}),
    quiet("CK-269", "the same day", AE1=ae(aesdth="Y", aeendat="2024-06-04"), DTH={"dthdat": "2024-06-04"}),
    quiet("CK-269", "died in that month", AE1=ae(aesdth="Y", aeendat="2024-06-04"), DTH={"dthdat": "2024-06"}),
    quiet("CK-269", "not fatal", AE1=ae(aesdth="N", aeendat="2024-06-03"), DTH={"dthdat": "2024-06-04"}),
]  # fmt: skip

DRUG = [
    fires("CK-270", "given the day before", "AE1 aerel_cam", EC=given(), AE1=ae(aestdat="2024-03-15", aerel_cam="NA")),
    quiet("CK-270", "began with the dose", EC=given(), AE1=ae(aestdat=C1D1, aerel_cam="NA")),
    fires("CK-270", "never given", "AE1 aerel_llv", EC=given(), AE1=ae(aestdat="2024-03-15", aerel_llv="UNRELATED")),
    quiet("CK-270", "never given, not applicable", EC=given(), AE1=ae(aestdat="2024-03-15", aerel_llv="NA")),
    quiet("CK-270", "no treatment form yet", AE1=ae(aestdat="2024-03-15", aerel_llv="UNRELATED")),
    quiet("CK-270", "bolus is fluorouracil", EC=given(drugs="FU_B"), AE1=ae(aestdat="2024-03-15", aerel_fu="UNRELATED")),
    quiet("CK-270", "apatinib", EC=tablets(apatinib(C1D1)), AE1=ae(aestdat="2024-03-15", aerel_apa="POSSIBLE")),
    fires(
        "CK-271", "stopped the day before", "AE1 aeacn_cam", EC=stopped("2024-04-01"),
        AE1=ae(aestdat="2024-04-02", aeacn_cam="DRUG_INTERRUPTED"),
    ),
    quiet("CK-271", "stopped on the day", EC=stopped("2024-04-02"), AE1=ae(aestdat="2024-04-02", aeacn_cam="DRUG_WITHDRAWN")),
    quiet("CK-271", "delayed", EC=stopped("2024-04-01"), AE1=ae(aestdat="2024-04-02", aeacn_cam="DOSE_DELAYED")),
    fires(
        "CK-271", "apatinib withdrawn for an earlier event", "AE1 aeacn_apa",
        AE1=[ae(1, aestdat="2024-04-01", aeacn_apa="DRUG_WITHDRAWN"), ae(2, aestdat="2024-04-02", aeacn_apa="DOSE_REDUCED")],
    ),
    fires(
        "CK-272", "the same level again", "AE1 aeacn_oxa", EC=[cycle(C1D1, "C1"), cycle("2024-04-18", "C3")],
        AE1=ae(aestdat="2024-04-11", aeacn_oxa="DOSE_REDUCED"),
    ),
    quiet(
        "CK-272", "a lower one", EC=[cycle(C1D1, "C1"), cycle("2024-04-18", "C3", "-1")],
        AE1=ae(aestdat="2024-04-11", aeacn_oxa="DOSE_REDUCED"),
    ),
    fires(
        "CK-272", "lower after 43 days", "AE1 aeacn_oxa", EC=[cycle(C1D1, "C1"), cycle("2024-05-24", "C3", "-1")],
        AE1=ae(aestdat="2024-04-11", aeacn_oxa="DOSE_REDUCED"),
    ),
    quiet(
        "CK-272", "lower after 42 days", EC=[cycle(C1D1, "C1"), cycle("2024-05-23", "C3", "-1")],
        AE1=ae(aestdat="2024-04-11", aeacn_oxa="DOSE_REDUCED"),
    ),
    fires(
        "CK-272", "nothing for 43 days", "AE1 aeacn_oxa", today="2024-05-24", EC=cycle(C1D1, "C1"),
        AE1=ae(aestdat="2024-04-11", aeacn_oxa="DOSE_REDUCED"),
    ),
    quiet(
        "CK-272", "nothing for 42 days", today="2024-05-23", EC=cycle(C1D1, "C1"),
        AE1=ae(aestdat="2024-04-11", aeacn_oxa="DOSE_REDUCED"),
    ),
    fires(
        "CK-273", "given again", "AE1 aeacn_cam", EC=[given(), given("2024-04-11", "C3")],
        AE1=ae(aestdat="2024-04-10", aeacn_cam="DRUG_WITHDRAWN"),
    ),
    quiet("CK-273", "given before", EC=given(), AE1=ae(aestdat="2024-04-10", aeacn_cam="DRUG_WITHDRAWN")),
    quiet(
        "CK-273", "stopped after that cycle", EC=[stopped("2024-04-12"), given("2024-04-11", "C3")],
        AE1=ae(aestdat="2024-04-10", aeacn_cam="DRUG_WITHDRAWN"),
    ),
    fires(
        "CK-274", "infusion", "AE1 aeacn_oxa", AE1=ae(6, **actions()),
        EC={"EC2": [{"ectrt": "OXA", "ecoccur": "Y", "ecadj_aeref": "AE:6"}]},
    ),
    fires("CK-274", "apatinib", "AE1 aeacn_apa", AE1=ae(5, **actions(apa="NA")), EC={"EC3": [{"apa_aeref": "AE:5"}]}),
    quiet("CK-274", "changed there too", AE1=ae(5, **actions(apa="DOSE_REDUCED")), EC={"EC3": [{"apa_aeref": "AE:5"}]}),
    quiet("CK-274", "another event", AE1=ae(4, **actions()), EC={"EC3": [{"apa_aeref": "AE:5"}]}),
    quiet("CK-275", "withdrawn", AE1=ae(aeacn_cam="DRUG_WITHDRAWN")),
    fires("CK-276", "nothing withdrawn", "AE1 aedis", AE1=ae(aedis="Y", **actions())),
    quiet("CK-276", "one withdrawn", AE1=ae(aedis="Y", **actions(apa="DRUG_WITHDRAWN"))),
    quiet("CK-276", "one not answered", AE1=ae(aedis="Y", **actions(apa=""))),
    quiet("CK-276", "goes on", AE1=ae(aedis="N", **actions())),
    fires("CK-277", "nothing linked", "AE1 aecontrt", AE1=ae(2, aecontrt="Y"), CM1={"cmaeno": "AE:1"}),
    quiet("CK-277", "a medication", AE1=ae(2, aecontrt="Y"), CM1={"cmaeno": "AE:2"}),
    quiet("CK-277", "a procedure", AE1=ae(2, aecontrt="Y"), PR1={"praeno": "AE:2"}),
    quiet("CK-277", "not treated", AE1=ae(2, aecontrt="N")),
]  # fmt: skip

IMMUNE = [
    fires("CK-278", "unlikely", "AE1 aerel_cam", AE1=ae(ae_ir="Y", aerel_cam="UNLIKELY")),
    quiet("CK-278", "possible", AE1=ae(ae_ir="Y", aerel_cam="POSSIBLE")),
    quiet("CK-278", "not answered", AE1=ae(ae_ir="Y")),
    fires(
        "CK-279", "steroid of another month", "AE1 ae_ir_steroid",
        AE1=ae(**lasting("2024-05-01", "2024-05-20"), ae_ir_steroid="Y"),
        CM1={"cmcat": "STEROID", "cmstdat": "2024-04-01", "cmongo": "N", "cmendat": "2024-04-30"},
    ),
    quiet(
        "CK-279", "steroid until that day", AE1=ae(**lasting("2024-05-01", "2024-05-20"), ae_ir_steroid="Y"),
        CM1={"cmcat": "STEROID", "cmstdat": "2024-04-01", "cmongo": "N", "cmendat": "2024-05-01"},
    ),
    quiet(
        "CK-279", "steroid at an unknown time", AE1=ae(**lasting("2024-05-01", "2024-05-20"), ae_ir_steroid="Y"),
        CM1={"cmcat": "STEROID", "cmongo": "N"},
    ),
    fires("CK-279", "another drug", "AE1 ae_ir_steroid", AE1=ae(**lasting("2024-05-01"), ae_ir_steroid="Y"), CM1=PHARMA),
    fires("CK-280", "grade 3", "AE1 aeacn_cam", AE1=ae(**RED, ae_ir_organ="SKIN")),
    quiet("CK-280", "grade 2", AE1=ae(**RED | {"aetoxgr": "2"}, ae_ir_organ="SKIN")),
    quiet("CK-280", "interrupted", AE1=ae(**RED | {"aeacn_cam": "DRUG_INTERRUPTED"}, ae_ir_organ="SKIN")),
    quiet("CK-280", "thyroid with replacement", AE1=ae(**RED, ae_ir_organ="THYROID"), CM1=PHARMA),
    fires("CK-280", "thyroid without", "AE1 aeacn_cam", AE1=ae(**RED, ae_ir_organ="THYROID")),
    fires("CK-281", "from the first dose", "AE1 ae_ir", EC=given(), AE1=ae(ae_ctcae="Colitis", aestdat=C1D1, ae_ir="N")),
    quiet("CK-281", "before it", EC=given(), AE1=ae(ae_ctcae="Colitis", aestdat="2024-03-13", ae_ir="N")),
    quiet("CK-281", "immune-related", EC=given(), AE1=ae(ae_ctcae="Colitis", aestdat=C1D1, ae_ir="Y")),
    quiet("CK-281", "another term", EC=given(), AE1=ae(ae_ctcae="Nausea", aestdat=C1D1, ae_ir="N")),
    quiet("CK-281", "perhaps before", EC=given(), AE1=ae(ae_ctcae="Colitis", aestdat="2024-03", ae_ir="N")),
    fires("CK-282", "by its letters", "AE1 rccep_yn", AE1=ae(aeterm="rccep of the trunk", rccep_yn="N")),
    fires("CK-282", "in Chinese", "AE1 rccep_yn", AE1=ae(aeterm="反应性皮肤毛细血管增生症", rccep_yn="N")),
    quiet("CK-282", "section filled in", AE1=ae(aeterm="RCCEP", rccep_yn="Y")),
    quiet("CK-282", "another event", AE1=ae(aeterm="Rash", rccep_yn="N")),
    fires("CK-283", "lower than suggested", "AE1 rccep_grade", AE1=ae(rccep_yn="Y", rccep_grade="1", rccep_grade_calc="2")),
    quiet("CK-283", "as suggested", AE1=ae(rccep_yn="Y", rccep_grade="2", rccep_grade_calc="2")),
    quiet("CK-283", "nothing suggested", AE1=ae(rccep_yn="Y", rccep_grade="2")),
    fires("CK-284", "unrelated", "AE1 aerel_cam", AE1=ae(rccep_yn="Y", aerel_cam="UNRELATED")),
    fires("CK-284", "not applicable", "AE1 aerel_cam", AE1=ae(rccep_yn="Y", aerel_cam="NA")),
    quiet("CK-284", "possible", AE1=ae(rccep_yn="Y", aerel_cam="POSSIBLE")),
    fires("CK-285", "the day before", "AE1 aestdat", EC=given(), AE1=ae(rccep_yn="Y", aestdat="2024-03-13")),
    quiet("CK-285", "on the day", EC=given(), AE1=ae(rccep_yn="Y", aestdat=C1D1)),
    quiet("CK-285", "perhaps later in March", EC=given(), AE1=ae(rccep_yn="Y", aestdat="2024-03")),
    fires(
        "CK-286", "while it was taken", "AE1 aerel_apa", EC=tablets(apatinib(C1D1, "2024-04-05")),
        AE1=ae(ae_ctcae="Hypertension", aestdat="2024-04-05", aerel_apa="UNLIKELY"),
    ),
    quiet(
        "CK-286", "the day after", EC=tablets(apatinib(C1D1, "2024-04-05")),
        AE1=ae(ae_ctcae="Hypertension", aestdat="2024-04-06", aerel_apa="UNLIKELY"),
    ),
    quiet(
        "CK-286", "held", EC=tablets(apatinib(C1D1, "2024-04-05", "HELD", "0")),
        AE1=ae(ae_ctcae="Hypertension", aestdat="2024-04-05", aerel_apa="UNLIKELY"),
    ),
    quiet(
        "CK-286", "possible", EC=tablets(apatinib(C1D1)),
        AE1=ae(ae_ctcae="Hypertension", aestdat="2024-04-05", aerel_apa="POSSIBLE"),
    ),
]  # fmt: skip

LOG = [
    fires(
        "CK-287", "on one day", "AE1 aestdat",
        AE1=[
            ae(1, ae_ctcae="Nausea", **lasting("2024-03-14", "2024-03-18")),
            ae(2, ae_ctcae="Nausea", **lasting("2024-03-18", "2024-03-20")),
        ],
    ),
    quiet(
        "CK-287", "one after the other",
        AE1=[
            ae(1, ae_ctcae="Nausea", **lasting("2024-03-14", "2024-03-18")),
            ae(2, ae_ctcae="Nausea", **lasting("2024-03-19", "2024-03-20")),
        ],
    ),
    quiet(
        "CK-287", "another term",
        AE1=[ae(1, ae_ctcae="Nausea", **lasting("2024-03-14")), ae(2, ae_ctcae="Vomiting", **lasting("2024-03-14"))],
    ),
    quiet(
        "CK-287", "two others of the skin",
        AE1=[
            ae(1, ae_ctcae=SKIN, aeterm="RCCEP", **lasting("2024-03-14")),
            ae(2, ae_ctcae=SKIN, aeterm="Dry lips", **lasting("2024-03-14")),
        ],
    ),
    fires(
        "CK-287", "the same other of the skin", "AE1 aestdat",
        AE1=[
            ae(1, ae_ctcae=SKIN, aeterm="RCCEP", **lasting("2024-03-14")),
            ae(2, ae_ctcae=SKIN, aeterm="rccep ", **lasting("2024-04-14")),
        ],
    ),
    quiet(
        "CK-287", "an end not known",
        AE1=[
            ae(1, ae_ctcae="Nausea", aestdat="2024-03-14", aeongo="N"),
            ae(2, ae_ctcae="Nausea", **lasting("2024-03-18")),
        ],
    ),
    fires("CK-288", "and", "AE1 aeterm", AE1=ae(aeterm="Nausea and vomiting")),
    fires("CK-288", "stroke", "AE1 aeterm", AE1=ae(aeterm="Nausea/vomiting")),
    fires("CK-288", "Chinese comma", "AE1 aeterm", AE1=ae(aeterm="恶心、呕吐")),
    quiet("CK-288", "within a word", AE1=ae(aeterm="Thyroid gland swelling")),
    quiet("CK-288", "a term of the CTCAE", AE1=ae(aeterm=SKIN)),
    fires(
        "CK-289", "as before", "AE1 aeterm", AE1=ae(aeterm="Hypertension", aetoxgr="2"),
        MH1={"mhterm": "hypertension", "mhongo": "Y", "mhtoxgr": "2"},
    ),
    fires(
        "CK-289", "by its Chinese name", "AE1 aeterm", AE1=ae(ae_ctcae="Hypertension", aetoxgr="2"),
        MH1={"mhterm": "高血压", "mhongo": "Y", "mhtoxgr": "2"},
    ),
    quiet(
        "CK-289", "worse", AE1=ae(aeterm="Hypertension", aetoxgr="3"),
        MH1={"mhterm": "Hypertension", "mhongo": "Y", "mhtoxgr": "2"},
    ),
    quiet(
        "CK-289", "over", AE1=ae(aeterm="Hypertension", aetoxgr="2"),
        MH1={"mhterm": "Hypertension", "mhongo": "N", "mhtoxgr": "2"},
    ),
    fires("CK-290", "31 days", "AE1 aestdat", EC=given(), AE1=ae(aestdat="2024-04-14", aeser="N", ae_ir="N")),
    quiet("CK-290", "30 days", EC=given(), AE1=ae(aestdat="2024-04-13", aeser="N", ae_ir="N")),
    quiet("CK-290", "serious", EC=given(), AE1=ae(aestdat="2024-04-14", aeser="Y", ae_ir="N")),
    quiet("CK-290", "immune-related", EC=given(), AE1=ae(aestdat="2024-04-14", aeser="N", ae_ir="Y")),
    quiet(
        "CK-290", "surgical", EC=given(), AE1=ae(aestdat="2024-04-14", aeser="N", ae_ir="N", aerel_surg="POSSIBLE")
    ),
    quiet(
        "CK-290", "a complication", EC=given(), AE1=ae(aestdat="2024-04-14", aeser="N", ae_ir="N"),
        SURG={"SU3": [{"comp_term": "ASCITES", "comp_aeref": "AE:1"}]},
    ),
    quiet(
        "CK-290", "apatinib goes on", EC=tablets(apatinib(C1D1)), AE1=ae(aestdat="2024-04-14", aeser="N", ae_ir="N")
    ),
    fires("CK-291", "not confirmed", "AE1 aeongo", AE1=ae(aeongo="Y"), EOS={"eos_aeclosed": "N"}),
    quiet("CK-291", "confirmed", AE1=ae(aeongo="Y"), EOS={"eos_aeclosed": "Y"}),
    quiet("CK-291", "not completed", AE1=ae(aeongo="Y"), EOS={"@status": "STARTED", "eos_aeclosed": "N"}),
    quiet("CK-291", "over", AE1=ae(aeongo="N"), EOS={"eos_aeclosed": "N"}),
    fires(
        "CK-292", "unrelated", "AE1 aerel_surg", AE1=ae(11, aerel_surg="UNRELATED"),
        SURG={"SU3": [{"comp_term": "ASCITES", "comp_aeref": "AE:11"}]},
    ),
    quiet(
        "CK-292", "possible", AE1=ae(11, aerel_surg="POSSIBLE"),
        SURG={"SU3": [{"comp_term": "ASCITES", "comp_aeref": "AE:11"}]},
    ),
    quiet(
        "CK-292", "another event", AE1=ae(1, aerel_surg="NA"),
        SURG={"SU3": [{"comp_term": "ASCITES", "comp_aeref": "AE:11"}]},
    ),
]  # fmt: skip

CASES = [*DATES, *SERIOUS, *DRUG, *IMMUNE, *LOG]


@table(CASES)
def test_check(case: Case) -> None:
    assert case.found() == list(case.at)


def test_every_check_of_the_group_is_shown_from_both_sides() -> None:
    assert one_sided(CASES, 255, 292) == {"CK-275"}  # nobody can choose it: test_mutations
