"""CK-022 to CK-055: eligibility, history of the tumour, staging."""

from __future__ import annotations

from typing import Any

from crf.analytes import panel_number
from crf.checks.engine import FormFacts

from .table import (
    C1D1,
    Case,
    criteria,
    criterion,
    fires,
    given,
    one_sided,
    panel,
    quiet,
    result,
    table,
)  # fmt: skip

ICF = {"icf_dsstdat": "2024-03-04"}
PANELS = ("HEM", "CHEM", "COAG", "THY", "UA", "TM")
NEEDED = [(key, 1) for key in ("DM", "HCC", "HEP", "VS", "EG", "TA")]
NEEDED += [("LB", panel_number(name)) for name in PANELS]


def ie(answers: dict[str, str | None] | None = None, **values: Any) -> dict[str, Any]:
    return {"@visit": "SCR", "IE1": criteria(**(answers or {}))} | values


def screening(**status: str) -> list[FormFacts]:
    """The forms of screening, complete but for these; a panel by its name."""
    found = []
    for number, (key, repeat) in enumerate(NEEDED, 100):
        name = PANELS[NEEDED.index((key, repeat)) - 6] if key == "LB" else key
        state = status.get(name, "COMPLETE")
        if state:
            found.append(FormFacts(number, key, "SCR", repeat, status=state))
    return found


def vs(day: str, visit: str = "SCR", **values: Any) -> dict[str, Any]:
    return {"@visit": visit, "vsdat": day, "ecog_rsdat": day} | values


ENROLLED = {"enr_yn": "Y", "enr_dsstdat": "2024-03-12"}
NEUTROPENIA = [panel("2024-03-12", result("NEUT", "1.4"), visit="BAS")]

ELIGIBILITY = [
    fires("CK-022", "inclusion answered No", "IE ieyn", IE=ie({"I09": "N"}, ieyn="Y")),
    fires("CK-022", "exclusion answered Yes", "IE ieyn", IE=ie({"E06": "Y"}, ieyn="Y")),
    quiet("CK-022", "not applicable is met", IE=ie({"I16": "NA", "E21": "NA"}, ieyn="Y")),
    quiet("CK-022", "decided not eligible", IE=ie({"I09": "N"}, ieyn="N")),
    quiet("CK-022", "not decided", IE=ie({"I09": "N"})),
    fires("CK-023", "nothing failed", "IE ieyn", IE=ie({"I16": "NA"}, ieyn="N")),
    quiet("CK-023", "one failed", IE=ie({"E03": "Y"}, ieyn="N")),
    quiet("CK-023", "one not answered", IE=ie({"E24": None}, ieyn="N")),
    fires("CK-024", "enrolled", "IE enr_yn", IE=ie(ieyn="N", enr_yn="Y")),
    quiet("CK-024", "not enrolled", IE=ie(ieyn="N", enr_yn="N")),
    quiet("CK-024", "eligible", IE=ie(ieyn="Y", enr_yn="Y")),
    fires("CK-025", "day before", "IE enr_dsstdat", ICF=ICF, IE=ie(enr_yn="Y", enr_dsstdat="2024-03-03")),
    quiet("CK-025", "same day", ICF=ICF, IE=ie(enr_yn="Y", enr_dsstdat="2024-03-04")),
    quiet("CK-025", "consent not known", IE=ie(enr_yn="Y", enr_dsstdat="2024-03-03")),
    fires("CK-026", "one in progress", "IE enr_yn", IE=ie(enr_yn="Y"), forms=screening(HEP="IN_PROGRESS")),
    fires("CK-026", "a panel not started", "IE enr_yn", IE=ie(enr_yn="Y"), forms=screening(TM="EXPECTED")),
    fires("CK-026", "one does not exist", "IE enr_yn", IE=ie(enr_yn="Y"), forms=screening(EG="")),
    quiet("CK-026", "all complete", IE=ie(enr_yn="Y"), forms=screening()),
    quiet("CK-026", "verified is complete", IE=ie(enr_yn="Y"), forms=screening(DM="VERIFIED")),
    quiet("CK-026", "not enrolled", IE=ie(enr_yn="N"), forms=screening(HEP="IN_PROGRESS")),
    fires("CK-027", "no reason", "IE sf_reason", IE=ie(enr_yn="N")),
    quiet("CK-027", "reason", IE=ie(enr_yn="N", sf_reason="LOST")),
    quiet("CK-027", "enrolled", IE=ie(enr_yn="Y")),
    fires("CK-028", "76 years", criterion("I02"), IE=ie(), DM={"age": "76"}),
    fires("CK-028", "17 years", criterion("I02"), IE=ie(), DM={"age": "17"}),
    quiet("CK-028", "75 years", IE=ie(), DM={"age": "75"}),
    quiet("CK-028", "18 years", IE=ie(), DM={"age": "18"}),
    quiet("CK-028", "age not known", IE=ie(), DM={"sex": "M"}),
    quiet("CK-028", "answered No", IE=ie({"I02": "N"}), DM={"age": "76"}),
    fires("CK-029", "ECOG 2", criterion("I08"), IE=ie(), VS=vs("2024-03-06", ecog="2")),
    quiet("CK-029", "ECOG 1", IE=ie(), VS=vs("2024-03-06", ecog="1")),
    quiet("CK-029", "not done", IE=ie(), VS=vs("2024-03-06", **{"ecog@miss": "ND"})),
    quiet(
        "CK-029", "the latest counts", IE=ie(),
        VS=[vs("2024-03-06", ecog="2"), vs("2024-03-12", "BAS", ecog="1")],
    ),
    quiet(
        "CK-029", "on C1D1 it is no longer before", IE=ie(), EC=given(),
        VS=[vs("2024-03-06", ecog="1"), vs(C1D1, "C1", ecog="2")],
    ),
    fires("CK-029", "baseline on C1D1 is", criterion("I08"), IE=ie(), EC=given(), VS=vs(C1D1, "BAS", ecog="2")),
    fires("CK-030", "score 7", criterion("I09"), IE=ie(), VS=vs("2024-03-06", cp_score="7")),
    quiet("CK-030", "score 6", IE=ie(), VS=vs("2024-03-06", cp_score="6")),
    quiet("CK-030", "score later", IE=ie(), EC=given(), VS=vs("2024-03-15", "C2", cp_score="7")),
    fires("CK-031", "neutrophils 1.4", criterion("I10"), IE=ie(), LB=NEUTROPENIA),
    quiet("CK-031", "neutrophils 1.5", IE=ie(), LB=panel("2024-03-12", result("NEUT", "1.5"))),
    quiet("CK-031", "answered No", IE=ie({"I10": "N"}), LB=NEUTROPENIA),
    quiet("CK-031", "after C1D1", IE=ie(), EC=given("2024-03-11"), LB=NEUTROPENIA),
    quiet(
        "CK-031", "the last before C1D1 counts", IE=ie(), EC=given(),
        LB=[*NEUTROPENIA, panel("2024-03-13", result("NEUT", "1.6"), visit="UNS1")],
    ),
    fires("CK-031", "platelets < 80", criterion("I10"), IE=ie(), LB=panel("2024-03-12", result("PLAT", "80", op="LT"))),
    quiet("CK-031", "platelets 80", IE=ie(), LB=panel("2024-03-12", result("PLAT", "80"))),
    fires("CK-031", "haemoglobin 89", criterion("I10"), IE=ie(), LB=panel("2024-03-12", result("HGB", "89"))),
    quiet("CK-031", "haemoglobin 90", IE=ie(), LB=panel("2024-03-12", result("HGB", "90"))),
    fires("CK-031", "bilirubin", criterion("I11"), IE=ie(), LB=panel("2024-03-12", result("BILI", "34.6", "", "23"))),
    quiet("CK-031", "bilirubin 1.5 x", IE=ie(), LB=panel("2024-03-12", result("BILI", "34.5", "", "23"))),
    quiet("CK-031", "bilirubin without limit", IE=ie(), LB=panel("2024-03-12", result("BILI", "99"))),
    fires("CK-031", "ALT", criterion("I11"), IE=ie(), LB=panel("2024-03-12", result("ALT", "151", "9", "50"))),
    quiet("CK-031", "ALT 3 x", IE=ie(), LB=panel("2024-03-12", result("ALT", "150", "9", "50"))),
    fires("CK-031", "AST", criterion("I11"), IE=ie(), LB=panel("2024-03-12", result("AST", "121", "15", "40"))),
    quiet("CK-031", "AST 3 x", IE=ie(), LB=panel("2024-03-12", result("AST", "120", "15", "40"))),
    fires("CK-031", "ALP", criterion("I11"), IE=ie(), LB=panel("2024-03-12", result("ALP", "313", "45", "125"))),
    quiet("CK-031", "ALP 2.5 x", IE=ie(), LB=panel("2024-03-12", result("ALP", "312.5", "45", "125"))),
    fires("CK-031", "albumin 27.9", criterion("I11"), IE=ie(), LB=panel("2024-03-12", result("ALB", "27.9"))),
    quiet("CK-031", "albumin 28", IE=ie(), LB=panel("2024-03-12", result("ALB", "28"))),
    fires("CK-031", "creatinine", criterion("I12"), IE=ie(), LB=panel("2024-03-12", result("CREAT", "146", "", "97"))),
    quiet("CK-031", "creatinine 1.5 x", IE=ie(), LB=panel("2024-03-12", result("CREAT", "145.5", "", "97"))),
    # Cockcroft-Gault: (140 - 72) x 60 x 88.4 / (72 x 100) = 50.09; with 101 umol/L 49.6
    fires(
        "CK-031", "clearance below 50", criterion("I12"), IE=ie(), DM={"age": "72", "sex": "M"},
        VS=vs("2024-03-12", weight="60"), LB=panel("2024-03-12", result("CREAT", "101", "", "97")),
    ),
    quiet(
        "CK-031", "clearance above 50", IE=ie(), DM={"age": "72", "sex": "M"},
        VS=vs("2024-03-12", weight="60"), LB=panel("2024-03-12", result("CREAT", "100", "", "97")),
    ),
    fires(
        "CK-031", "clearance of a woman", criterion("I12"), IE=ie(), DM={"age": "72", "sex": "F"},
        VS=vs("2024-03-12", weight="60"), LB=panel("2024-03-12", result("CREAT", "100", "", "97")),
    ),
    fires(
        "CK-031", "2+ and 1 g", criterion("I12"), IE=ie(),
        LB=panel("2024-03-12", result("UPROTDIP", "P2"), result("UPROT24", "1")),
    ),
    quiet("CK-031", "2+ and 0.99 g", IE=ie(), LB=panel("2024-03-12", result("UPROTDIP", "P2"), result("UPROT24", "0.99"))),
    quiet("CK-031", "1+ and 1 g", IE=ie(), LB=panel("2024-03-12", result("UPROTDIP", "P1"), result("UPROT24", "1"))),
    quiet("CK-031", "2+ not quantified", IE=ie(), LB=panel("2024-03-12", result("UPROTDIP", "P2"))),
    fires("CK-031", "INR 1.51", criterion("I13"), IE=ie(), LB=panel("2024-03-12", result("INR", "1.51"))),
    quiet("CK-031", "INR 1.5", IE=ie(), LB=panel("2024-03-12", result("INR", "1.5"))),
    fires("CK-031", "APTT", criterion("I13"), IE=ie(), LB=panel("2024-03-12", result("APTT", "55.6", "25", "37"))),
    quiet("CK-031", "APTT 1.5 x", IE=ie(), LB=panel("2024-03-12", result("APTT", "55.5", "25", "37"))),
    fires("CK-032", "within Milan", criterion("I05"), IE=ie(ie_milan_calc="WITHIN")),
    quiet("CK-032", "beyond Milan", IE=ie(ie_milan_calc="BEYOND")),
    quiet("CK-032", "not evaluable", IE=ie(ie_milan_calc="NE")),
    quiet("CK-032", "answered No", IE=ie({"I05": "N"}, ie_milan_calc="WITHIN")),
    fires("CK-033", "stage C", criterion("I04"), IE=ie(ie_bclc_calc="C")),
    fires("CK-033", "stage 0", criterion("I04"), IE=ie(ie_bclc_calc="0")),
    quiet("CK-033", "stage B", IE=ie(ie_bclc_calc="B")),
    quiet("CK-033", "no stage", IE=ie()),
    quiet(
        "CK-033", "C only by ECOG 1", IE=ie(ie_bclc_calc="C"), HCC={"hcc_macrovi": "N", "hcc_ehs": "N"},
        VS=vs("2024-03-06", ecog="1", ecog_tumrel="N"),
    ),
    fires(
        "CK-033", "ECOG 1 due to the tumour", criterion("I04"), IE=ie(ie_bclc_calc="C"),
        HCC={"hcc_macrovi": "N", "hcc_ehs": "N"}, VS=vs("2024-03-06", ecog="1", ecog_tumrel="Y"),
    ),
    fires(
        "CK-033", "invasion beside ECOG 1", criterion("I04"), IE=ie(ie_bclc_calc="C"),
        HCC={"hcc_macrovi": "Y", "hcc_ehs": "N"}, VS=vs("2024-03-06", ecog="1", ecog_tumrel="N"),
    ),
    fires("CK-034", "no comment", "IE ie_milan_com", IE=ie(ie_milan_inv="BEYOND", ie_milan_calc="WITHIN")),
    quiet("CK-034", "comment", IE=ie(ie_milan_inv="BEYOND", ie_milan_calc="WITHIN", ie_milan_com="Satellites.")),
    quiet("CK-034", "the same", IE=ie(ie_milan_inv="BEYOND", ie_milan_calc="BEYOND")),
    quiet("CK-034", "not derived", IE=ie(ie_milan_inv="BEYOND")),
    fires("CK-035", "no comment", "IE ie_bclc_com", IE=ie(ie_bclc_inv="A", ie_bclc_calc="B")),
    quiet("CK-035", "comment", IE=ie(ie_bclc_inv="A", ie_bclc_calc="B", ie_bclc_com="MDT.")),
    quiet("CK-035", "not staged", IE=ie(ie_bclc_calc="B")),
    fires("CK-036", "prior TACE", criterion("E03"), IE=ie(), HCC={"hcc_prior": "TACE"}),
    quiet("CK-036", "none", IE=ie(), HCC={"hcc_prior": "NONE"}),
    quiet("CK-036", "not answered", IE=ie(), HCC={"hcc_resect": "POTENTIAL"}),
    quiet("CK-036", "E03 answered Yes", IE=ie({"E03": "Y"}), HCC={"hcc_prior": "TACE"}),
    fires("CK-037", "29 days", "IE enr_dsstdat", ICF=ICF, IE=ie(), EC=given("2024-04-02")),
    quiet("CK-037", "28 days", ICF=ICF, IE=ie(), EC=given("2024-04-01")),
    quiet("CK-037", "no dose", ICF=ICF, IE=ie()),
    fires("CK-038", "8 days", "IE enr_dsstdat", IE=ie(**ENROLLED), EC=given("2024-03-20")),
    quiet("CK-038", "7 days", IE=ie(**ENROLLED), EC=given("2024-03-19")),
    fires("CK-038", "no dose after 8 days", "IE enr_dsstdat", today="2024-03-20", IE=ie(**ENROLLED)),
    quiet("CK-038", "no dose yet", today="2024-03-19", IE=ie(**ENROLLED)),
    quiet("CK-038", "not enrolled", IE=ie(enr_yn="N")),
]  # fmt: skip


def hcc(*sizes: str, **values: Any) -> dict[str, Any]:
    rows = [{"nod_no": str(number), "nod_diam": size} for number, size in enumerate(sizes, 1)]
    return {"@visit": "SCR", "HCC3": rows} | values


def ta(*rows: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {"@visit": "SCR", "ta_no": "0", "ta_eval": "INVESTIGATOR", "TA2": list(rows)} | values


def liver(mm: str) -> dict[str, Any]:
    return {"tl_loc": "LIVER", "tl_diam": mm}


STAGED = {
    "hcc_nodcount": "2",
    "hcc_maxdiam": "82",
    "hcc_macrovi": "N",
    "hcc_ehs": "N",
    "hcc_uncountable": "N",
}
FIT = vs("2024-03-06", ecog="0", cp_class="A")

TUMOUR = [
    fires("CK-039", "a row is missing", "HCC hcc_nodcount", HCC=hcc("82", hcc_uncountable="N", hcc_nodcount="2")),
    fires("CK-039", "five and four rows", "HCC hcc_nodcount", HCC=hcc(*"9876", hcc_uncountable="N", hcc_nodcount="5")),
    quiet("CK-039", "as many", HCC=hcc("82", "26", hcc_uncountable="N", hcc_nodcount="2")),
    quiet("CK-039", "uncountable", HCC=hcc("82", hcc_uncountable="Y", hcc_nodcount="2")),
    quiet("CK-039", "number not known", HCC=hcc("82", hcc_uncountable="N")),
    quiet("CK-039", "six have the next rule", HCC=hcc("82", hcc_uncountable="N", hcc_nodcount="6")),
    quiet(
        "CK-039", "a row that was taken out", HCC=hcc("82", hcc_uncountable="N", hcc_nodcount="1")
        | {"HCC3": [{"nod_diam": "82"}, {"nod_diam": "26", "@removed": "Typed twice."}]},
    ),
    fires("CK-040", "four of six", "HCC hcc_nodcount", HCC=hcc("50", "40", "30", "20", hcc_nodcount="6")),
    quiet("CK-040", "five of six", HCC=hcc("50", "40", "30", "20", "10", hcc_nodcount="6")),
    quiet("CK-040", "four of five", HCC=hcc("50", "40", "30", "20", hcc_nodcount="5")),
    fires("CK-041", "0.1 mm", "HCC hcc_maxdiam", HCC=hcc("82.1", "26", hcc_maxdiam="82.0")),
    fires("CK-041", "largest is no nodule", "HCC hcc_maxdiam", HCC=hcc("82", "26", hcc_maxdiam="84")),
    quiet("CK-041", "the same", HCC=hcc("82.0", "26", hcc_maxdiam="82.0")),
    quiet("CK-041", "the largest may still come", HCC=hcc("26", "", hcc_maxdiam="82.0")),
    fires("CK-041", "already larger", "HCC hcc_maxdiam", HCC=hcc("90", "", hcc_maxdiam="82.0")),
    quiet("CK-041", "no nodule", HCC=hcc(hcc_maxdiam="82.0")),
    fires("CK-042", "three", "HCC hcc_uncountable", HCC=hcc(hcc_uncountable="Y", hcc_nodcount="3")),
    quiet("CK-042", "four", HCC=hcc(hcc_uncountable="Y", hcc_nodcount="4")),
    quiet("CK-042", "countable", HCC=hcc(hcc_uncountable="N", hcc_nodcount="3")),
    quiet("CK-042", "number not known", HCC=hcc(hcc_uncountable="Y")),
    fires(
        "CK-043", "two tumours", "HCC hcc_bclc",
        HCC=hcc(hcc_bclc="A", hcc_milan_calc="BEYOND", hcc_nodcount="2", hcc_maxdiam="82"),
    ),
    fires(
        "CK-043", "single of 50 mm", "HCC hcc_bclc",
        HCC=hcc(hcc_bclc="A", hcc_milan_calc="BEYOND", hcc_nodcount="1", hcc_maxdiam="50"),
    ),
    quiet("CK-043", "single of 50.1 mm", HCC=hcc(hcc_bclc="A", hcc_milan_calc="BEYOND", hcc_nodcount="1", hcc_maxdiam="50.1")),
    quiet("CK-043", "single of unknown size", HCC=hcc(hcc_bclc="A", hcc_milan_calc="BEYOND", hcc_nodcount="1")),
    quiet("CK-043", "number not known", HCC=hcc(hcc_bclc="A", hcc_milan_calc="BEYOND", hcc_maxdiam="82")),
    quiet("CK-043", "within Milan", HCC=hcc(hcc_bclc="A", hcc_milan_calc="WITHIN", hcc_nodcount="2", hcc_maxdiam="28")),
    quiet("CK-043", "stage B", HCC=hcc(hcc_bclc="B", hcc_milan_calc="BEYOND", hcc_nodcount="2", hcc_maxdiam="82")),
    fires("CK-044", "IIb instead of IIa", "HCC hcc_cnlc", HCC=hcc(hcc_cnlc="IIb", **STAGED), VS=FIT),
    quiet("CK-044", "IIa", HCC=hcc(hcc_cnlc="IIa", **STAGED), VS=FIT),
    fires(
        "CK-044", "ECOG 3 is stage IV", "HCC hcc_cnlc", HCC=hcc(hcc_cnlc="IIa", **STAGED),
        VS=vs("2024-03-06", ecog="3", cp_class="A"),
    ),
    fires(
        "CK-044", "Child-Pugh C is stage IV", "HCC hcc_cnlc", HCC=hcc(hcc_cnlc="IIa", **STAGED),
        VS=vs("2024-03-06", ecog="0", cp_class="C"),
    ),
    quiet("CK-044", "IV while ECOG is not known", HCC=hcc(hcc_cnlc="IV", **STAGED)),
    fires("CK-044", "IV of a fit participant", "HCC hcc_cnlc", HCC=hcc(hcc_cnlc="IV", **STAGED), VS=FIT),
    quiet("CK-044", "spread not answered", HCC=hcc(hcc_cnlc="IIb", **STAGED | {"hcc_ehs": ""}), VS=FIT),
    fires("CK-045", "stage B", "HCC hcc_bclc", HCC=hcc(hcc_macrovi="Y", hcc_bclc="B")),
    fires("CK-045", "stage 0", "HCC hcc_bclc", HCC=hcc(hcc_macrovi="Y", hcc_bclc="0")),
    quiet("CK-045", "stage C", HCC=hcc(hcc_macrovi="Y", hcc_bclc="C")),
    quiet("CK-045", "no invasion", HCC=hcc(hcc_macrovi="N", hcc_bclc="B")),
    quiet("CK-045", "not staged", HCC=hcc(hcc_macrovi="Y")),
    fires("CK-046", "stage A", "HCC hcc_bclc", HCC=hcc(hcc_ehs="Y", hcc_bclc="A")),
    quiet("CK-046", "stage D", HCC=hcc(hcc_ehs="Y", hcc_bclc="D")),
    quiet("CK-046", "no spread", HCC=hcc(hcc_ehs="N", hcc_bclc="A")),
    fires("CK-047", "cN0 cM0", "HCC hcc_ehs", HCC=hcc(hcc_ehs="Y", hcc_cn="N0", hcc_cm="M0")),
    quiet("CK-047", "cN1", HCC=hcc(hcc_ehs="Y", hcc_cn="N1", hcc_cm="M0")),
    quiet("CK-047", "cM not known", HCC=hcc(hcc_ehs="Y", hcc_cn="N0")),
    quiet("CK-047", "no spread", HCC=hcc(hcc_ehs="N", hcc_cn="N0", hcc_cm="M0")),
    fires("CK-048", "histology", "HCC hcc_bx_prstdat", HCC=hcc(hcc_dxbasis="HISTOLOGY")),
    fires("CK-048", "cytology", "HCC hcc_bx_prstdat", HCC=hcc(hcc_dxbasis="CYTOLOGY")),
    quiet("CK-048", "dated", HCC=hcc(hcc_dxbasis="HISTOLOGY", hcc_bx_prstdat="2024-02-20")),
    quiet("CK-048", "clinical", HCC=hcc(hcc_dxbasis="CLINICAL_CN")),
    fires("CK-049", "both negative", "HCC hcc_aetiology", HCC=hcc(hcc_aetiology="HBV"), HEP={"hbsag": "NEG", "hbcab": "NEG"}),
    quiet("CK-049", "antibody positive", HCC=hcc(hcc_aetiology="HBV"), HEP={"hbsag": "NEG", "hbcab": "POS"}),
    quiet("CK-049", "antibody not done", HCC=hcc(hcc_aetiology="HBV"), HEP={"hbsag": "NEG", "hbcab@miss": "ND"}),
    quiet("CK-049", "other cause", HCC=hcc(hcc_aetiology="ALCOHOL"), HEP={"hbsag": "NEG", "hbcab": "NEG"}),
    fires("CK-050", "negative", "HCC hcc_aetiology", HCC=hcc(hcc_aetiology="HBV;HCV"), HEP={"hcvab": "NEG"}),
    quiet("CK-050", "positive", HCC=hcc(hcc_aetiology="HCV"), HEP={"hcvab": "POS"}),
    quiet("CK-050", "no serology", HCC=hcc(hcc_aetiology="HCV")),
    fires("CK-051", "none and TACE", "HCC hcc_prior", HCC=hcc(hcc_prior="NONE;TACE")),
    quiet("CK-051", "none", HCC=hcc(hcc_prior="NONE")),
    quiet("CK-051", "two therapies", HCC=hcc(hcc_prior="TACE;RT")),
    fires("CK-052", "unresectable", "HCC hcc_resect", HCC=hcc(hcc_resect="UNRESECTABLE")),
    quiet("CK-052", "potentially", HCC=hcc(hcc_resect="POTENTIAL")),
    fires("CK-053", "next day", "HCC hcc_imgdat", HCC=hcc(hcc_imgdat="2024-03-06"), TA=ta(tudat="2024-03-07")),
    quiet("CK-053", "same day", HCC=hcc(hcc_imgdat="2024-03-06"), TA=ta(tudat="2024-03-06")),
    quiet("CK-053", "later assessment", HCC=hcc(hcc_imgdat="2024-03-06"), TA=ta(ta_no="1", tudat="2024-04-09")),
    quiet("CK-053", "central reader", HCC=hcc(hcc_imgdat="2024-03-06"), TA=ta(ta_eval="BICR", tudat="2024-03-07")),
    quiet("CK-053", "not scanned", HCC=hcc(hcc_imgdat="2024-03-06"), TA=ta(ta_perf="N")),
    fires("CK-054", "5.1 mm", "HCC hcc_maxdiam", HCC=hcc(hcc_maxdiam="82.0"), TA=ta(liver("76.9"), liver("26"))),
    quiet("CK-054", "5.0 mm", HCC=hcc(hcc_maxdiam="82.0"), TA=ta(liver("77.0"))),
    quiet("CK-054", "target elsewhere", HCC=hcc(hcc_maxdiam="82.0"), TA=ta({"tl_loc": "LUNG", "tl_diam": "20"})),
    quiet("CK-054", "a target not measured yet", HCC=hcc(hcc_maxdiam="82.0"), TA=ta(liver("26"), liver(""))),
    fires("CK-055", "39.9 %", "HCC hcc_flr_pct", HCC=hcc(hcc_flr_pct="39.9", hcc_cirrhosis="CLINICAL")),
    quiet("CK-055", "40 %", HCC=hcc(hcc_flr_pct="40", hcc_cirrhosis="CLINICAL")),
    quiet("CK-055", "no cirrhosis", HCC=hcc(hcc_flr_pct="39.9", hcc_cirrhosis="NONE")),
    quiet("CK-055", "cirrhosis not answered", HCC=hcc(hcc_flr_pct="39.9")),
    quiet("CK-055", "not measured", HCC=hcc(hcc_cirrhosis="CLINICAL", **{"hcc_flr_pct@miss": "ND"})),
]  # fmt: skip

CASES = ELIGIBILITY + TUMOUR


@table(CASES)
def test_check(case: Case) -> None:
    assert case.found() == list(case.at)


def test_every_check_of_the_group_is_shown_from_both_sides() -> None:
    assert one_sided(CASES, 22, 55) == set()
