"""CK-001 to CK-021: consent, demographics, dates and texts of every form, visits."""

from __future__ import annotations

from typing import Any

from crf.checks.engine import FormFacts, SiteFacts, VisitFacts
from crf.schedule import visit_of, visit_order

from .build import day
from .table import Case, fires, given, one_sided, panel, quiet, result, table

ICF = {"@visit": "SCR", "icf_yn": "Y", "icf_dsstdat": "2024-03-04", "icf_version": "1.1"}
VERSIONS = SiteFacts(consent_versions=(("1.0", day("2023-11-01")), ("1.1", day("2024-01-15"))))
RENEWED = SiteFacts(
    consent_versions=(("1.1", day("2024-01-15")), ("2.0", day("2024-05-01")), ("3.0", day("2024-05-20")))
)
WITHDRAWN = ICF | {"wd_yn": "Y", "wd_dsstdat": "2024-04-10", "wd_scope": "ALL"}
MAY = ("2024-05-02", "2.0")
NAMES = SiteFacts(names=("王小明", "Peter Olsen"))


def visit(label: str, on: str = "", first: str = "", last: str = "") -> VisitFacts:
    code, repeat = visit_of(label) or (label, 1)
    days = [day(text) if text else None for text in (on, first, last)]
    return VisitFacts(label, code, visit_order(code, repeat), "DONE" if on else "PLANNED", *days)


def c2(on: str) -> VisitFacts:
    return visit("C2", on, "2024-03-25", "2024-03-31")


def delayed(days: int, **more: Any) -> dict[str, Any]:
    return given("2024-04-01", "C2", ec_delay=days, **more)


def reconsent(*lines: tuple[str, str], **values: Any) -> dict[str, Any]:
    rows = [{"recon_dsstdat": on, "recon_version": version} for on, version in lines]
    return ICF | values | {"ICF2": rows}


def comment(text: str) -> dict[str, Any]:
    return {"AE1": [{"@repeat": 1, "aeterm": text}]}


FORMS = [
    fires("CK-001", "tomorrow", "VS vsdat", today="2024-03-12", VS={"vsdat": "2024-03-13"}),
    quiet("CK-001", "today", today="2024-03-12", VS={"vsdat": "2024-03-12"}),
    fires("CK-001", "in a row", "EC EC2:1/ecstdat", today="2024-03-12", EC={"EC2": [{"ecstdat": "2024-03-13"}]}),
    fires("CK-001", "next month", "AE1 aestdat", today="2024-03-12", AE1={"aestdat": "2024-04"}),
    quiet("CK-001", "some day of this month", today="2024-03-12", AE1={"aestdat": "2024-03"}),
    quiet("CK-001", "a planned operation", today="2024-03-12", PREOP={"po_plandat": "2024-05-30"}),
    fires("CK-002", "the day before", "VS vsdat", ICF=ICF, VS={"vsdat": "2024-03-03"}),
    quiet("CK-002", "the day of consent", ICF=ICF, VS={"vsdat": "2024-03-04"}),
    quiet("CK-002", "consent not known", VS={"vsdat": "2024-03-03"}),
    fires("CK-002", "the month before", "AE1 aestdat", ICF=ICF, AE1={"aestdat": "2024-02"}),
    quiet("CK-002", "the month of consent", ICF=ICF, AE1={"aestdat": "2024-03"}),
    quiet("CK-002", "birth and version of the form", ICF=ICF | {"icf_version_date": "2024-01-15"}, DM={"brthdat": "1968-05"}),
    quiet("CK-002", "medical history", ICF=ICF, MH1={"mhstdat": "1995-07", "mhendat": "1995-08"}),
    quiet("CK-002", "history of the disease", ICF=ICF, HCC={"hcc_mhstdat": "2024-02", "hcc_bx_prstdat": "2024-02-20"}),
    fires("CK-002", "staging", "HCC hcc_imgdat", ICF=ICF, HCC={"hcc_imgdat": "2024-03-01"}),
    quiet("CK-002", "start of an antiviral", ICF=ICF, HEP={"hep_avt_cmstdat": "2020"}),
    quiet("CK-002", "start of a medication", ICF=ICF, CM1={"cmstdat": "2020"}),
    fires("CK-002", "end of a medication", "CM1 cmendat", ICF=ICF, CM1={"cmstdat": "2020", "cmendat": "2021"}),
    fires("CK-002", "a sample", "LB lbdat", ICF=ICF, LB=panel("2024-03-01", result("HGB", "140"), lb_soc_pre="N")),
    quiet("CK-002", "a sample of routine care", ICF=ICF, LB=panel("2024-03-01", result("HGB", "140"), lb_soc_pre="Y")),
    fires("CK-017", "identity card", "AE1 aeterm", **comment("id 110101199003074258 fell")),
    fires("CK-017", "identity card with X", "AE1 aeterm", **comment("11010119900307425x")),
    fires("CK-017", "full-width digits", "AE1 aeterm", **comment("１１０１０１１９９００３０７４２５Ｘ")),
    quiet("CK-017", "sixteen digits", **comment("lot 1101011990030742")),
    quiet("CK-017", "nineteen digits", **comment("1101011990030742581")),
    fires("CK-017", "mobile number", "AE1 aeterm", **comment("call 13800138000.")),
    fires("CK-017", "mobile number in groups", "AE1 aeterm", **comment("138 0013 8000")),
    quiet("CK-017", "eleven digits that begin with 2", **comment("23800138000")),
    quiet("CK-017", "twelve digits", **comment("138001380001")),
    quiet("CK-017", "a day and a time", **comment("2024-03-14 10:20")),
    fires("CK-017", "a Chinese name", "AE1 aeterm", site=NAMES, **comment("患者王小明诉头痛")),
    fires("CK-017", "a Latin name, other case", "AE1 aeterm", site=NAMES, **comment("PETER OLSEN had fever")),
    quiet("CK-017", "part of a word", site=NAMES, **comment("Peter Olsenberg classification")),
    fires("CK-021", "both", "VS weight", VS={"weight": "70.0", "weight@miss": "ND"}),
    quiet("CK-021", "value", VS={"weight": "70.0"}),
    quiet("CK-021", "reason", VS={"weight@miss": "ND"}),
]  # fmt: skip

AT_C2 = FormFacts(90, "EC", "C2", status="COMPLETE")
LATE = c2("2024-04-01")
C1 = visit("C1", "2024-03-14", "2024-03-12", "2024-03-19")
MEETING = [
    visit("BAS", "2024-03-14", "2024-03-07", "2024-03-14"), visit("C1", "2024-03-13", "2024-03-12", "2024-03-19"),
]  # fmt: skip
REPORTED = [
    visit("LPATH", "2024-07-20", "2024-06-02", "2024-06-20"), visit("POD30", "2024-06-29", "2024-06-22", "2024-07-06"),
]  # fmt: skip
AT_POD3 = [visit("POD3", "2024-06-02")]
UNEXPECTED = FormFacts(91, "LB", "POD3", expected=False)
POD = [FormFacts(91, "LB", "POD3"), FormFacts(92, "LB", "POD3", 2, "O"), FormFacts(93, "LB", "POD5")]

VISITS = [
    fires("CK-018", "a day late", "EC ec_d1dat", visits=[LATE], forms=[AT_C2]),
    fires("CK-018", "a day early", "EC ec_d1dat", visits=[c2("2024-03-24")], forms=[AT_C2]),
    quiet("CK-018", "the last day", visits=[c2("2024-03-31")], forms=[AT_C2]),
    quiet("CK-018", "the first day", visits=[c2("2024-03-25")], forms=[AT_C2]),
    quiet("CK-018", "no window", visits=[visit("UNS1", "2024-03-24")], forms=[FormFacts(90, "VS", "UNS1")]),
    quiet("CK-018", "a deviation of this visit", visits=[LATE], forms=[AT_C2], DV1={"dv_visit": "C2"}),
    fires("CK-018", "a deviation of another", "EC ec_d1dat", visits=[LATE], forms=[AT_C2], DV1={"dv_visit": "C1"}),
    quiet("CK-018", "a documented delay", visits=[LATE], EC=delayed(21, ec_delay_reas=["AE"])),
    fires("CK-018", "a delay too long", "EC ec_d1dat", visits=[LATE], EC=delayed(22, ec_delay_reas=["AE"])),
    fires("CK-018", "a delay without reason", "EC ec_d1dat", visits=[LATE], EC=delayed(4)),
    fires("CK-019", "before an earlier one", "EC ec_d1dat", visits=[C1, c2("2024-03-13")], forms=[AT_C2]),
    quiet("CK-019", "the same day", visits=[C1, c2("2024-03-14")], forms=[AT_C2]),
    quiet("CK-019", "windows that meet", visits=MEETING, forms=[FormFacts(90, "EC", "C1")]),
    quiet("CK-019", "a late report", visits=REPORTED, forms=[FormFacts(90, "VS", "POD30")]),
    fires("CK-020", "fifteen days", "LB ", visits=AT_POD3, forms=POD, today="2024-06-17"),
    quiet("CK-020", "fourteen days", visits=AT_POD3, forms=POD, today="2024-06-16"),
    quiet("CK-020", "started", visits=AT_POD3, forms=[FormFacts(91, "LB", "POD3", status="IN_PROGRESS")], today="2024-06-17"),
    quiet("CK-020", "no longer expected", visits=AT_POD3, forms=[UNEXPECTED], today="2024-06-17"),
]  # fmt: skip

DUE, LATER = [visit("POD7", "2024-06-13")], [visit("POD30", "2024-07-02")]

CONSENT = [
    fires("CK-003", "another form", "ICF icf_yn", ICF=ICF | {"icf_yn": "N"}, DM={"sex": "M"}),
    quiet("CK-003", "alone", ICF=ICF | {"icf_yn": "N"}, forms=[FormFacts(90, "DM", "SCR")]),
    quiet("CK-003", "consented", ICF=ICF, DM={"sex": "M"}),
    fires("CK-004", "a day later", "ICF icf_version_date", ICF=ICF | {"icf_version_date": "2024-03-05"}),
    quiet("CK-004", "the same day", ICF=ICF | {"icf_version_date": "2024-03-04"}),
    fires("CK-005", "an older version", "ICF icf_version", site=VERSIONS, ICF=ICF | {"icf_version": "1.0"}),
    fires("CK-005", "a day before it was approved", "ICF icf_version", site=VERSIONS, ICF=ICF | {"icf_dsstdat": "2024-01-14"}),
    quiet("CK-005", "the day it was approved", site=VERSIONS, ICF=ICF | {"icf_dsstdat": "2024-01-15"}),
    quiet("CK-005", "the site has none configured", ICF=ICF | {"icf_version": "9"}),
    fires("CK-006", "unexplained", "ICF icf_lar_relation", ICF=ICF | {"icf_signatory": "LEGAL_REP"}),
    quiet("CK-006", "explained", ICF=ICF | {"icf_signatory": "LEGAL_REP", "icf_lar_relation": "Daughter; stroke"}),
    quiet("CK-006", "signed in person", ICF=ICF | {"icf_signatory": "PARTICIPANT"}),
    fires("CK-007", "before consent", "ICF ICF2:1/recon_dsstdat", ICF=reconsent(("2024-03-03", "2.0"))),
    quiet("CK-007", "the day of consent", ICF=reconsent(("2024-03-04", "2.0"))),
    fires("CK-007", "the same day twice", "ICF ICF2:2/recon_dsstdat", ICF=reconsent(MAY, ("2024-05-02", "3.0"))),
    quiet("CK-007", "in order", ICF=reconsent(("2024-05-02", "2.0"), ("2024-05-03", "3.0"))),
    fires("CK-008", "43 days", "ICF icf_version", site=RENEWED, ICF=ICF, visits=DUE),
    quiet("CK-008", "42 days", site=RENEWED, ICF=ICF, visits=[visit("POD7", "2024-06-12")]),
    quiet("CK-008", "given", site=RENEWED, ICF=reconsent(("2024-05-10", "2.0")), visits=DUE),
    quiet("CK-008", "given to a newer one", site=RENEWED, ICF=reconsent(("2024-05-21", "3.0")), visits=DUE),
    fires("CK-008", "the newer one is due", "ICF icf_version", site=RENEWED, ICF=reconsent(("2024-05-10", "2.0")), visits=LATER),
    fires("CK-009", "a visit", "ICF wd_dsstdat", ICF=WITHDRAWN, visits=[visit("C3", "2024-04-11")]),
    fires("CK-009", "a sample", "ICF wd_dsstdat", ICF=WITHDRAWN, LB=panel("2024-04-11", result("HGB", "140"))),
    fires("CK-009", "a dose", "ICF wd_dsstdat", ICF=WITHDRAWN, EC=given("2024-04-11", "C3")),
    quiet("CK-009", "the same day", ICF=WITHDRAWN, visits=[visit("C3", "2024-04-10")]),
    quiet("CK-009", "the end of the study", ICF=WITHDRAWN, visits=[visit("EOS", "2024-04-20")]),
    quiet("CK-009", "treatment only", ICF=WITHDRAWN | {"wd_scope": "TREATMENT"}, visits=[visit("C3", "2024-04-11")]),
    fires("CK-010", "fifteen days", "ICF wd_yn", ICF=WITHDRAWN, today="2024-04-25"),
    quiet("CK-010", "fourteen days", ICF=WITHDRAWN, today="2024-04-24"),
    quiet("CK-010", "treatment ended", ICF=WITHDRAWN, EOT={"eot_phase": "NEO"}, today="2024-04-25"),
    quiet("CK-010", "study ended", ICF=WITHDRAWN, EOS={"eos_dsstdat": "2024-04-20"}, today="2024-04-25"),
]  # fmt: skip

DEMOGRAPHICS = [
    fires("CK-011", "a day short of 18", "DM brthdat", ICF=ICF, DM={"brthdat": "2006-03-05"}),
    quiet("CK-011", "18 on the day", ICF=ICF, DM={"brthdat": "2006-03-04"}),
    quiet("CK-011", "may be 18", ICF=ICF, DM={"brthdat": "2006-03"}),
    fires("CK-011", "cannot be 18", "DM brthdat", ICF=ICF, DM={"brthdat": "2006-04"}),
    fires("CK-012", "76 on the day", "DM brthdat", ICF=ICF, DM={"brthdat": "1948-03-04"}),
    quiet("CK-012", "75", ICF=ICF, DM={"brthdat": "1948-03-05"}),
    quiet("CK-012", "may be 75", ICF=ICF, DM={"brthdat": "1948-03"}),
    fires("CK-013", "unanswered", "DM wocbp", DM={"sex": "F"}),
    quiet("CK-013", "answered", DM={"sex": "F", "wocbp": "N_SURG"}),
    quiet("CK-013", "a man", DM={"sex": "M"}),
    fires("CK-014", "a man", "DM wocbp", DM={"sex": "M", "wocbp": "N_SURG"}),
    quiet("CK-014", "a woman", DM={"sex": "F", "wocbp": "N_SURG"}),
    fires("CK-015", "never", "DM su_packyr", DM={"su_tob": "NEVER", "su_packyr": "0.5"}),
    quiet("CK-015", "none", DM={"su_tob": "NEVER", "su_packyr": "0"}),
    quiet("CK-015", "former", DM={"su_tob": "FORMER", "su_packyr": "15"}),
    fires("CK-016", "somebody else", "DM brthdat", site=SiteFacts(namesakes=("01-007",)), DM={"brthdat": "1968-05"}),
    quiet("CK-016", "nobody else", DM={"brthdat": "1968-05"}),
]  # fmt: skip

CASES = FORMS + VISITS + CONSENT + DEMOGRAPHICS


@table(CASES)
def test_a_rule_fires_where_it_says_and_nowhere_else(case: Case) -> None:
    assert case.found() == list(case.at)


def test_both_sides_of_every_rule() -> None:
    assert one_sided(CASES, 1, 21) == set()
