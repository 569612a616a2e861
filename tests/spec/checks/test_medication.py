"""CK-293 to CK-308: medication, procedures, therapy outside the protocol."""

from __future__ import annotations

from typing import Any

from crf.analytes import panel_number
from crf.checks.engine import FormFacts

from .build import fired, folder
from .table import C1D1, Case, apatinib, fires, given, one_sided, quiet, table

COUNT = {"@visit": "SCR", "@repeat": panel_number("HEM"), "lbperf": "Y", "lbdat": "2024-03-08"}
POSITIVE = {"hbsag": "POS"}
OPERATED = {"surg_proccur": "Y", "surg_prstdat": "2024-05-30"}


def drug(name: str, start: str, end: str = "", category: str = "GENERAL", **more: Any) -> dict[str, Any]:
    """A medication; without an end it goes on."""
    over = {"cmongo": "N", "cmendat": end} if end else {"cmongo": "Y"}
    return {"cmtrt": name, "cmcat": category, "cmstdat": start} | over | more


def steroid(start: str, end: str, mg: str = "11", why: str = "OTHER") -> dict[str, Any]:
    return drug("Prednisone", start, end, "STEROID", cm_predeq=mg, cm_indtype=why)


def treated(last: str = "2024-05-02") -> list[dict[str, Any]]:
    return [given(), given(last, "C4")]


def therapy(*starts: str) -> dict[str, Any]:
    return {"sact_yn": "Y", "SA1": [{"sact_type": "TACE", "sact_stdat": start} for start in starts]}


def recurrence(day: str) -> dict[str, Any]:
    return {"@visit": "FUIMG1", "ss_event_yn": "Y", "ss_event_basis": "IMAGING", "ss_event_dat": day}


MEDICATION = [
    fires("CK-293", "a day too early", "CM1 cmendat", CM1=drug("X", "2024-04-02", "2024-04-01")),
    quiet("CK-293", "the same day", CM1=drug("X", "2024-04-02", "2024-04-02")),
    quiet("CK-293", "in the same month", CM1=drug("X", "2024-04-02", "2024-04")),
    fires("CK-294", "ongoing with an end", "CM1 cmendat", CM1={"cmongo": "Y", "cmendat": "2024-04-02"}),
    fires("CK-294", "over without an end", "CM1 cmendat", CM1={"cmongo": "N"}),
    quiet("CK-294", "over on an unknown day", CM1={"cmongo": "N", "cmendat@miss": "UNK"}),
    quiet("CK-294", "ongoing", CM1={"cmongo": "Y"}),
    fires("CK-295", "not linked", "CM1 cmaeno", CM1={"cm_indtype": "AE"}),
    quiet("CK-295", "linked", CM1={"cm_indtype": "AE", "cmaeno": "AE:1"}),
    quiet("CK-295", "for the history", CM1={"cm_indtype": "MH"}),
    fires(
        "CK-296", "the day before", "CM1 cmstdat", CM1=drug("X", "2024-04-01", cmaeno="AE:2"),
        AE1=[{"@repeat": 1, "aestdat": "2024-03-01"}, {"@repeat": 2, "aestdat": "2024-04-02"}],
    ),
    quiet("CK-296", "the same day", CM1=drug("X", "2024-04-02", cmaeno="AE:1"), AE1={"aestdat": "2024-04-02"}),
    quiet("CK-296", "in the same month", CM1=drug("X", "2024-04", cmaeno="AE:1"), AE1={"aestdat": "2024-04-02"}),
    fires("CK-297", "28 days before", "CM1 cmtrt", EC=treated(), CM1=drug("MMR vaccine", "2024-02-15", "2024-02-15", "VACCINE")),
    quiet("CK-297", "29 days before", EC=treated(), CM1=drug("MMR vaccine", "2024-02-14", "2024-02-14", "VACCINE")),
    fires("CK-297", "90 days after", "CM1 cmtrt", EC=treated(), CM1=drug("水痘疫苗", "2024-07-31", "2024-07-31", "VACCINE")),
    quiet("CK-297", "91 days after", EC=treated(), CM1=drug("水痘疫苗", "2024-08-01", "2024-08-01", "VACCINE")),
    quiet("CK-297", "not live", EC=treated(), CM1=drug("Influenza vaccine", "2024-04-01", "2024-04-01", "VACCINE")),
    quiet("CK-297", "recombinant", EC=treated(), CM1=drug("重组带状疱疹疫苗", "2024-04-01", "2024-04-01", "VACCINE")),
    quiet("CK-297", "no camrelizumab", EC=given(drugs="OXA"), CM1=drug("MMR", C1D1, C1D1, "VACCINE")),
    fires("CK-298", "another anticancer drug", "CM1 cmtrt", EC=treated(), CM1=drug("Lenvatinib 8 mg", C1D1, "2024-03-20")),
    fires("CK-298", "on the last day", "CM1 cmtrt", EC=treated(), CM1=drug("仑伐替尼", "2024-05-02")),
    quiet("CK-298", "after the last day", EC=treated(), CM1=drug("仑伐替尼", "2024-05-03")),
    quiet("CK-298", "over before the first", EC=treated(), CM1=drug("Lenvatinib", "2024-02-01", "2024-03-13")),
    quiet("CK-298", "a study drug", EC=treated(), CM1=drug("Oxaliplatin", C1D1, C1D1, cmatc="L01XA03")),
    fires("CK-298", "by its code", "CM1 cmtrt", EC=treated(), CM1=drug("XY-123", C1D1, C1D1, cmatc="L01EX")),
    fires("CK-298", "anticancer Chinese medicine", "CM1 cmtrt", EC=treated(), CM1=drug("槐耳颗粒", C1D1, category="TCM")),
    quiet("CK-298", "another Chinese medicine", EC=treated(), CM1=drug("板蓝根", C1D1, category="TCM")),
    fires(
        "CK-298", "inhibitor with apatinib", "CM1 cmtrt", CM1=drug("Clarithromycin", "2024-04-01", "2024-04-07"),
        EC={"EC3": [apatinib(C1D1, "2024-04-05")]},
    ),
    quiet(
        "CK-298", "inhibitor after apatinib", CM1=drug("Clarithromycin", "2024-04-06", "2024-04-07"),
        EC=[given("2024-05-02", "C4"), {"@visit": "C1", "EC3": [apatinib(C1D1, "2024-04-05")]}],
    ),
    fires("CK-298", "immunosuppressant", "CM1 cmtrt", EC=treated(), CM1=drug("Tacrolimus", C1D1)),
    quiet(
        "CK-298", "immunosuppressant for an irAE", EC=treated(), CM1=drug("Infliximab", C1D1, cmaeno="AE:1"),
        AE1={"ae_ir": "Y"},
    ),
    quiet("CK-298", "no dose", CM1=drug("Lenvatinib", C1D1)),
    fires("CK-299", "the day before", "CM1 cm_predeq", EC=given(), CM1=steroid("2024-03-13", "2024-03-13")),
    quiet("CK-299", "on the day", EC=given(), CM1=steroid(C1D1, C1D1)),
    fires("CK-299", "until 14 days before", "CM1 cm_predeq", EC=given(), CM1=steroid("2024-02-01", "2024-02-29")),
    quiet("CK-299", "until 15 days before", EC=given(), CM1=steroid("2024-02-01", "2024-02-28")),
    quiet("CK-299", "10 mg", EC=given(), CM1=steroid("2024-03-13", "2024-03-13", "10")),
    quiet("CK-299", "premedication", EC=given(), CM1=steroid("2024-03-13", "2024-03-13", "50", "PROPHYLAXIS")),
    fires("CK-300", "14 days before", "CM1 cmstdat", LB=COUNT, CM1=drug("rhG-CSF", "2024-02-20", "2024-02-23", "GROWTH")),
    quiet("CK-300", "15 days before", LB=COUNT, CM1=drug("rhG-CSF", "2024-02-20", "2024-02-22", "GROWTH")),
    quiet("CK-300", "after the count", LB=COUNT, CM1=drug("rhG-CSF", "2024-03-09", "2024-03-09", "GROWTH")),
    quiet("CK-300", "a later count", LB=COUNT | {"@visit": "C2"}, CM1=drug("rhG-CSF", "2024-03-08", "2024-03-08", "GROWTH")),
    fires(
        "CK-301", "180 days after", "CM1 cmendat", HEP=POSITIVE, EC=treated(),
        CM1=drug("Entecavir", "2024-03-05", "2024-10-29", "ANTIVIRAL"),
    ),
    quiet("CK-301", "181 days after", HEP=POSITIVE, EC=treated(), CM1=drug("Entecavir", "2024-03-05", "2024-10-30", "ANTIVIRAL")),
    fires(
        "CK-301", "on the first day", "CM1 cmendat", HEP=POSITIVE, EC=treated(),
        CM1=drug("Entecavir", "2023", C1D1, "ANTIVIRAL"),
    ),
    quiet("CK-301", "before it", HEP=POSITIVE, EC=treated(), CM1=drug("Entecavir", "2023", "2024-03-13", "ANTIVIRAL")),
    quiet("CK-301", "antigen negative", HEP={"hbsag": "NEG"}, EC=treated(), CM1=drug("Entecavir", "2023", C1D1, "ANTIVIRAL")),
    quiet("CK-301", "ongoing", HEP=POSITIVE, EC=treated(), CM1=drug("Entecavir", "2023", category="ANTIVIRAL")),
    quiet(
        "CK-301", "changed for another", HEP=POSITIVE, EC=treated(),
        CM1=[
            drug("Entecavir", "2023", "2024-04-01", "ANTIVIRAL"),
            drug("TAF", "2024-04-02", category="ANTIVIRAL") | {"@repeat": 2},
        ],
    ),
    fires(
        "CK-301", "another a week later", "CM1 cmendat", HEP=POSITIVE, EC=treated(),
        CM1=[
            drug("Entecavir", "2023", "2024-04-01", "ANTIVIRAL"),
            drug("TAF", "2024-04-08", category="ANTIVIRAL") | {"@repeat": 2},
        ],
    ),
]  # fmt: skip

OTHERS = [
    fires("CK-302", "a day too early", "PR1 prendat", PR1={"prstdat": "2024-06-04", "prendat": "2024-06-03"}),
    quiet("CK-302", "the same day", PR1={"prstdat": "2024-06-04", "prendat": "2024-06-04"}),
    quiet("CK-302", "in the same month", PR1={"prstdat": "2024-06-04", "prendat": "2024-06"}),
    fires("CK-303", "not linked", "PR1 praeno", PR1={"pr_indtype": "AE"}),
    quiet("CK-303", "linked", PR1={"pr_indtype": "AE", "praeno": "AE:12"}),
    quiet("CK-303", "for surgery", PR1={"pr_indtype": "SURGERY"}),
    fires("CK-304", "14 days before", "PR1 prstdat", LB=COUNT, PR1={"prcat": "TRANSFUSION", "prstdat": "2024-02-23"}),
    quiet("CK-304", "15 days before", LB=COUNT, PR1={"prcat": "TRANSFUSION", "prstdat": "2024-02-22"}),
    quiet("CK-304", "after the count", LB=COUNT, PR1={"prcat": "TRANSFUSION", "prstdat": "2024-03-09"}),
    quiet("CK-304", "perhaps earlier in February", LB=COUNT, PR1={"prcat": "TRANSFUSION", "prstdat": "2024-02"}),
    fires("CK-305", "first day", "PR1 prcat", EC=given(), SURG=OPERATED, PR1={"prcat": "LOCOREG", "prstdat": C1D1}),
    quiet("CK-305", "before it", EC=given(), SURG=OPERATED, PR1={"prcat": "LOCOREG", "prstdat": "2024-03-13"}),
    quiet("CK-305", "on the day of surgery", EC=given(), SURG=OPERATED, PR1={"prcat": "LOCOREG", "prstdat": "2024-05-30"}),
    fires("CK-305", "the day before", "PR1 prcat", EC=given(), SURG=OPERATED, PR1={"prcat": "LOCOREG", "prstdat": "2024-05-29"}),
    fires("CK-305", "no operation yet", "PR1 prcat", EC=given(), PR1={"prcat": "LOCOREG", "prstdat": "2024-05-29"}),
    quiet(
        "CK-305", "after the end of the phase", EC=given(), PR1={"prcat": "LOCOREG", "prstdat": "2024-05-29"},
        EOT={"eot_phase": "NEO", "eot_dsstdat": "2024-05-22"},
    ),
    quiet("CK-305", "another procedure", EC=given(), PR1={"prcat": "BIOPSY", "prstdat": "2024-04-01"}),
    fires("CK-306", "the day before", "SACT SA1:1/sact_stdat", EC=given(), SACT=therapy("2024-03-13")),
    quiet("CK-306", "on the day", EC=given(), SACT=therapy(C1D1)),
    quiet("CK-306", "in the same month", EC=given(), SACT=therapy("2024-03")),
    fires(
        "CK-307", "the day before", "SACT SA1:2/sact_stdat", SACT=therapy("2025-03-01", "2025-02-05"),
        SS=recurrence("2025-02-06"),
    ),
    quiet("CK-307", "on the day", SACT=therapy("2025-02-06"), SS=recurrence("2025-02-06")),
    quiet("CK-307", "in the same month", SACT=therapy("2025-02"), SS=recurrence("2025-02-06")),
    fires("CK-307", "nothing documented", "SACT SA1:1/sact_stdat", SACT=therapy("2025-02-06")),
    fires("CK-308", "no form", "SS ss_newtx", SS={"@visit": "SURV5", "ss_newtx": "Y"}),
    fires("CK-308", "an empty form", "SACT sact_yn", SS={"@visit": "SURV5", "ss_newtx": "Y"}, SACT={"sact_yn": "Y"}),
    quiet("CK-308", "entered", SS={"@visit": "SURV5", "ss_newtx": "Y"}, SACT=therapy("2025-02")),
    quiet("CK-308", "none", SS={"@visit": "SURV5", "ss_newtx": "N"}),
]  # fmt: skip

CASES = [*MEDICATION, *OTHERS]


@table(CASES)
def test_check(case: Case) -> None:
    assert case.found() == list(case.at)


def test_a_missing_therapy_is_shown_where_it_is_to_be_entered() -> None:
    place = FormFacts(77, "SACT", "", required="E")
    found = folder(forms=[place], SS={"@visit": "SURV5", "ss_newtx": "Y"})
    assert fired(found, "CK-308") == [("SACT", "sact_yn")]


def test_every_check_of_the_group_is_shown_from_both_sides() -> None:
    assert one_sided(CASES, 293, 308) == set()
