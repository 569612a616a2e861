"""`derive` on the forms of participant 01-003 (section 6 of the book), and what it does when inputs are missing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as D
from typing import Any

import pytest

from crf import derivation
from crf.derivation import derive
from crf.registry import form_def, forms, parts
from crf.sheets import Casebook, RowValues, Sheet
from trialsite.kernel.partial_date import PartialDate

_numbers = iter(range(1, 10**6))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def sheet(key: str, rows: dict[str, list[dict[str, Any]]] | None = None, **values: Any) -> Sheet:
    """A form with its values and rows; `visit` and `order` place it."""
    made = Sheet(key, form=next(_numbers), visit=values.pop("visit", ""), visit_order=values.pop("order", 0))
    made.values = values
    made.rows = {
        section: [RowValues(number, dict(line)) for number, line in enumerate(lines, 1)]
        for section, lines in (rows or {}).items()
    }
    return made


def derived(form: Sheet, *others: Sheet, number: str = "01-003") -> Sheet:
    """The form, derived among the participant's other forms."""
    derive(form, Casebook(number, [other for other in others if other is not form]))
    return form


# --- every derived field is somebody's ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [*forms(), *parts()])
def test_every_derived_field_is_derived_or_owned_by_the_system(key: str) -> None:
    definition = {**forms(), **parts()}[key]
    form = sheet(key, {section.id: [{}] for section in definition.row_sections})
    book = Casebook("01-003", [form])
    deriver = derivation.DERIVERS.get(key, derivation.NOTHING)
    made = set(deriver.sheet(form, book)) if deriver.sheet else set()
    for section, of_row in deriver.rows.items():
        made |= set(of_row(form.lines(section)[0], form, book))
    wanted = {f.name for section in definition.sections for f in section.fields if f.derived}
    assert made == wanted - derivation.SYSTEM_OWNED


@pytest.mark.parametrize("key", [*forms(), *parts()])
def test_only_forms_that_exist_are_read(key: str) -> None:
    assert set(derivation.reads(key)) <= {*forms(), *parts()}


def test_dependents_are_the_readers() -> None:
    assert derivation.dependents("ICF") == ("DM", "SURG", "DTH", "EOS")
    assert "TA" in derivation.dependents("TA")
    assert derivation.dependents("HCC") == ("IE",)
    assert derivation.reads("SS") == ()


def test_what_is_read_stands_before_its_readers() -> None:
    """Child-Pugh (VS) reads results, the stage (IE) reads Child-Pugh: one pass in this order is enough."""
    keys = ["IE", "SURG", "PREOP", "VS", "LB", "TA"]
    book = Casebook("", [sheet(key) for key in keys])
    ordered = [one.key for one in derivation.in_order(book)]
    for first, then in (("LB", "VS"), ("VS", "IE"), ("VS", "PREOP"), ("TA", "PREOP"), ("LB", "SURG")):
        assert ordered.index(first) < ordered.index(then)
    assert sorted(ordered) == sorted(keys)


def test_a_value_goes_when_its_input_goes() -> None:
    form = derived(
        sheet("DM", brthdat=PartialDate.parse("1968-05")), sheet("ICF", icf_dsstdat=day("2024-03-04"))
    )
    assert form.get("age") == 55
    del form.values["brthdat"]
    assert derived(form, sheet("ICF", icf_dsstdat=day("2024-03-04"))).get("age") is None
    assert "age" not in form.values


def test_deriving_twice_changes_nothing_and_adds_nothing() -> None:
    form = Sheet("DM", values={"brthdat": PartialDate.parse("1968-05")})  # not stored yet: form 0
    book = Casebook("01-003", [sheet("ICF", icf_dsstdat=day("2024-03-04"))])
    derive(form, book)
    once = dict(form.values)
    derive(form, book)
    assert form.values == once
    assert len(book.all("DM")) == 1


def test_removed_rows_are_left_alone() -> None:
    form = sheet("ICF", {"ICF2": [{}, {}]})
    form.rows["ICF2"][0].active = False
    derived(form)
    assert [row.get("recon_spid") for row in form.rows["ICF2"]] == [None, 2]


# --- baseline -------------------------------------------------------------------------------------------------------


def history(**values: Any) -> Sheet:
    burden = {
        "hcc_nodcount": 2,
        "hcc_maxdiam": D("82.0"),
        "hcc_macrovi": "N",
        "hcc_ehs": "N",
        "hcc_uncountable": "N",
    }
    return sheet("HCC", **burden | {"hcc_bclc": "B"} | values)


def test_burden_and_stage_of_section_6() -> None:
    hcc = derived(history())
    assert (hcc.get("hcc_milan_calc"), hcc.get("hcc_up7_calc")) == ("BEYOND", "BEYOND")
    ie = derived(sheet("IE", {"IE1": [{}] * 41}, enr_yn="Y"), hcc)
    names = ("ie_milan_calc", "ie_bclc_calc", "ie_bclc_inv", "enr_no")
    assert [ie.get(name) for name in names] == ["BEYOND", "B", "B", "01-003"]
    assert [(r.get("ietestcd"), r.get("iecat")) for r in (ie.lines("IE1")[0], ie.lines("IE1")[16])] == [
        ("I01", "INCLUSION"),
        ("I17", "INCLUSION"),
    ]
    assert ie.lines("IE1")[40].values == {"ietestcd": "E24", "iecat": "EXCLUSION"}


def test_baseline_without_input() -> None:
    assert derived(sheet("HCC")).values == {}
    assert derived(sheet("IE", enr_yn="N")).values == {"enr_yn": "N"}
    assert derived(history(hcc_maxdiam=None)).get("hcc_milan_calc") == "NE"
    assert derived(history(hcc_uncountable="Y", hcc_nodcount=None)).get("hcc_up7_calc") == "BEYOND"


# --- treatment ------------------------------------------------------------------------------------------------------


def infusion(
    mg: str | None, level: str = "0", start: str = "2024-03-14", end: str = "", **values: Any
) -> dict[str, Any]:
    if mg is None:
        return {"ecoccur": "N"}
    times = {"ecsttim": dt.time(10, 0), "ecentim": dt.time(12, 0)}
    return {
        "ecoccur": "Y", "ec_lvl": level, "ecdstxt": D(mg), "ecstdat": day(start), "ecendat": day(end or start),
        **times, **values,
    }  # fmt: skip


def cycle(number: int, d1: str, oxaliplatin: str, level: str, end: str) -> Sheet:
    drugs = [
        infusion(oxaliplatin, level, d1),
        infusion("365", "0", d1),
        infusion(None),
        infusion("4375", "0", d1, end, ecentim=dt.time(8, 0)),
        infusion("200", "0", d1, ecentim=dt.time(10, 30)),
    ]
    head = {"ec_phase": "NEO", "ec_cycle": number, "ec_given": "Y", "ec_d1dat": day(d1)}
    body = {"ec_wt": D("70.0"), "ec_ht": D("171.0"), "ec_bsa": D("1.82")}
    return sheet("EC", {"EC2": drugs}, visit=f"C{number}", order=100 + number, **head, **body)


def treated() -> list[Sheet]:
    cycles = [
        cycle(1, "2024-03-14", "155", "0", "2024-03-16"),
        cycle(2, "2024-03-28", "155", "0", "2024-03-30"),
        cycle(3, "2024-04-18", "120", "-1", "2024-04-20"),
        cycle(4, "2024-05-02", "120", "-1", "2024-05-04"),
    ]
    periods = [
        ("2024-03-14", "2024-04-05", 250, "QD"),
        ("2024-04-06", "2024-04-12", 0, "HELD"),
        ("2024-04-13", "2024-05-15", 250, "QOD"),
    ]
    log = [
        {"apa_phase": "NEO", "apa_ecstdat": day(a), "apa_ecendat": day(b), "apa_dose": mg, "apa_frq": frq}
        for a, b, mg, frq in periods
    ]
    for at, line in zip((0, 2, 2), log, strict=True):  # one log, written on the forms of two cycles
        lines = cycles[at].rows.setdefault("EC3", [])
        lines.append(RowValues(len(lines) + 1, line))
    bottles = [("2024-03-14", 28, "2024-04-18", 2), ("2024-04-18", 15, "2024-05-20", 1)]
    for at, (out, given, back, left) in zip((0, 2), bottles, strict=True):
        line = {"da_dispdat": day(out), "da_disp": given, "da_retdat": day(back), "da_ret": left}
        cycles[at].rows["EC4"] = [RowValues(1, line)]
    return cycles


def test_cycles_of_section_6() -> None:
    cycles = treated()
    for form in cycles:
        derived(form, *cycles)
    assert [c.get("ec_d1plan") for c in cycles] == [
        None,
        day("2024-03-28"),
        day("2024-04-11"),
        day("2024-05-02"),
    ]
    assert [c.get("ec_delay") for c in cycles] == [None, 0, 7, 0]
    assert {str(c.get("ec_bsa_calc")) for c in cycles} == {"1.8235"}
    shares = [str(c.lines("EC2")[0].get("ec_pct_plan")) for c in cycles]
    assert shares == ["100.2", "100.2", "101.4", "101.4"]


def test_an_infusion_row() -> None:
    row = derived(treated()[0]).lines("EC2")[3]
    names = ("ectrt", "ecdosu", "ecroute", "ec_planm2", "ec_plan_mg", "ec_pct_plan", "ec_dur_h")
    assert [str(row.get(name)) for name in names] == [
        "FU_CI",
        "mg",
        "INTRAVENOUS",
        "2400.0",
        "4368.0",
        "100.2",
        "46.00",
    ]


def test_a_drug_not_given_has_no_plan() -> None:
    row = derived(treated()[0]).lines("EC2")[2]
    assert row.values == {"ecoccur": "N", "ectrt": "FU_B", "ecdosu": "mg", "ecroute": "INTRAVENOUS"}


def test_apatinib_log_of_section_6() -> None:
    cycles = treated()
    lines = [row for form in cycles for row in derived(form, *cycles).lines("EC3")]
    assert [(r.get("apa_spid"), r.get("apa_lvl"), r.get("apa_days"), r.get("apa_cum")) for r in lines] == [
        (1, "0", 23, 5750),
        (1, "OTHER", 7, 0),
        (2, "-2", 33, 4250),
    ]
    bottles = [row for form in cycles for row in form.lines("EC4")]
    assert [str(row.get("da_compl")) for row in bottles] == ["100.0", "100.0"]


def test_compliance_waits_for_the_return() -> None:
    form = sheet("EC", {"EC4": [{"da_dispdat": day("2024-03-14"), "da_disp": 28}]})
    assert "da_compl" not in derived(form).lines("EC4")[0].values


def test_a_cycle_of_another_phase_is_not_the_one_before() -> None:
    neo = cycle(1, "2024-03-14", "155", "0", "2024-03-16")
    second = sheet("EC", ec_phase="ADJ", ec_cycle=2, ec_d1dat=day("2024-08-01"))
    first = sheet("EC", ec_phase="ADJ", ec_cycle=1, ec_d1dat=day("2024-07-11"))
    assert derived(second, neo).get("ec_d1plan") is None
    assert derived(second, neo, first).get("ec_d1plan") == day("2024-08-01")  # 21 days
    assert second.get("ec_delay") == 0


def test_end_of_treatment_of_section_6() -> None:
    eot = derived(sheet("EOT", {"EOT2": [{}] * 5}, eot_phase="NEO"), *treated())
    assert eot.get("eot_cycles") == 4
    found = [
        (r.get("eotd_trt"), str(r.get("eotd_last_calc")), str(r.get("eotd_rdi"))) for r in eot.lines("EOT2")
    ]
    assert found == [
        ("OXA", "2024-05-02", "78.9"),
        ("LLV", "2024-05-02", "89.0"),
        ("FU_CI", "2024-05-04", "88.9"),
        ("CAM", "2024-05-02", "88.9"),
        ("APA", "2024-05-15", "63.5"),
    ]


def test_end_of_adjuvant_treatment_of_section_6() -> None:
    days = ["07-11", "08-01", "08-22", "09-12", "10-03", "10-24", "11-14", "12-05"]
    cycles = [
        sheet(
            "EC",
            {"EC2": [{}, {}, {}, {}, infusion("200", "0", f"2024-{d}")]},
            ec_phase="ADJ",
            ec_cycle=n,
            ec_given="Y",
            ec_d1dat=day(f"2024-{d}"),
        )
        for n, d in enumerate(days, 1)
    ]
    period = {
        "apa_ecstdat": day("2024-07-11"),
        "apa_ecendat": day("2024-12-25"),
        "apa_dose": 250,
        "apa_frq": "QOD",
    }
    cycles[0].rows["EC3"] = [RowValues(1, {"apa_phase": "ADJ", **period})]
    eot = derived(sheet("EOT", {"EOT2": [{}] * 5}, eot_phase="ADJ"), *cycles, *treated())
    lines = eot.lines("EOT2")
    assert eot.get("eot_cycles") == 8
    assert [str(row.get("eotd_rdi")) for row in lines] == ["None", "None", "None", "100.0", "50.0"]
    assert [row.missing.get("eotd_last_calc") for row in lines] == ["NA", "NA", "NA", None, None]
    assert [row.get("eotd_last_calc") for row in lines[3:]] == [day("2024-12-05"), day("2024-12-25")]


def test_an_open_period_has_no_last_dose_and_no_intensity() -> None:
    cycles = treated()
    del cycles[2].lines("EC3")[1].values["apa_ecendat"]
    row = derived(sheet("EOT", {"EOT2": [{}] * 5}, eot_phase="NEO"), *cycles).lines("EOT2")[4]
    assert row.values == {"eotd_trt": "APA"}
    assert row.missing == {}


def test_end_of_treatment_without_its_phase() -> None:
    eot = derived(sheet("EOT", {"EOT2": [{}]}), *treated())
    assert (eot.values, eot.lines("EOT2")[0].values) == ({}, {"eotd_trt": "OXA"})


# --- surgery and pathology ------------------------------------------------------------------------------------------


def operation(**values: Any) -> Sheet:
    given = {
        "surg_proccur": "Y",
        "surg_prstdat": day("2024-05-30"),
        "surg_prtrt": "RAS",
        "surg_segs": ("S5", "S8"),
    }
    rows = {"SU3": [{"comp_cd": "II"}, {"comp_cd": "IIIa"}]}
    return sheet("SURG", rows, **given | {"surg_dischdat": day("2024-06-14"), "surg_comp_yn": "Y"} | values)


def test_surgery_of_section_6() -> None:
    form = derived(operation())
    names = ("surg_major", "surg_los", "surg_cdmax", "surg_dth90", "surg_phlf_calc")
    assert [form.get(name) for name in names] == ["N", 15, "IIIa", "N", None]
    assert [row.get("comp_spid") for row in form.lines("SU3")] == [1, 2]


# death, within 90 days of the operation on 2024-05-30
DEATHS = [("2024-08-28", "Y"), ("2024-08-29", "N"), ("2024-08", "Y"), ("2024-09", "N"), ("2024", "Y")]


@pytest.mark.parametrize("died, answer", DEATHS)
def test_death_within_90_days(died: str, answer: str) -> None:
    assert derived(operation(), sheet("DTH", dthdat=PartialDate.parse(died))).get("surg_dth90") == answer


def test_no_operation_no_course() -> None:
    form = derived(sheet("SURG", surg_proccur="N"))
    assert form.values == {"surg_proccur": "N"}
    assert derived(operation(surg_comp_yn="N")).get("surg_cdmax") is None
    assert derived(operation(surg_dischdat=day("2024-05-29"))).get("surg_los") is None


RELEASED = day("2024-07-08")


def reading(role: str, first: str, second: str, submitted: bool = True, **values: Any) -> Sheet:
    nodules = [
        {"cpn_no": 1, "cpn_len": D("60.0"), "cpn_wid": D("52.0"), "cpn_rvt": D(first)},
        {"cpn_no": 2, "cpn_len": D("18.0"), "cpn_wid": D("15.0"), "cpn_rvt": D(second)},
    ]
    found = {
        "cp_mvi": "M0",
        "cp_satellite": "N",
        "cp_macro_viable": "NA",
        "cp_ln_viable": "NA",
        "cp_margin": "NEG",
    }
    head = {"cp_reader": role, "cp_adeq": "ADEQUATE", "cp_sign": "esign:1"}
    made = sheet("CPATH", {"CP2": nodules}, **head | found | values)
    made.status = "COMPLETE" if submitted else "IN_PROGRESS"
    return made


def test_readings_of_section_6() -> None:
    one, two = derived(reading("R1", "8", "0")), derived(reading("R2", "10", "0"))
    for form, rvt in ((one, "7.362832"), (two, "9.20354")):  # unrounded: shown with one decimal (D-23)
        assert (
            form_def("CPATH").fields["cp_rvt_case"].to_text(form.get("cp_rvt_case")),
            form.get("cp_mpr"),
            form.get("cp_pcr"),
        ) == (rvt, "Y", "N")
        assert form.get("cp_sign") == "esign:1"


def final(*readings: Sheet, on: dt.date | None = RELEASED) -> list[Any]:
    """Of the released result, as the page shows it."""
    form = derived(sheet("CPATHF", cpf_dat=on), *readings)
    shown = ("cpf_adj_need", "cpf_adj_reas", "cpf_rvt", "cpf_mpr", "cpf_pcr")
    fields = form_def("CPATHF").fields
    return [None if form.get(name) is None else fields[name].to_raw(form.get(name)) for name in shown]


def test_before_the_release_no_value_stands() -> None:
    """That the readers do not agree is known; what they read is not."""
    one = reading("R1", "8", "0")
    assert final(one, reading("R2", "10", "0"), on=None) == ["N", None, None, None, None]
    differing = (one, reading("R2", "20", "0"))
    assert final(*differing, on=None) == ["Y", "RVT_DIFF, MPR_DISC", None, None, None]
    assert final(*differing, reading("ADJ", "9", "0"), on=None) == [
        "Y",
        "RVT_DIFF, MPR_DISC",
        None,
        None,
        None,
    ]


def test_final_result_of_section_6() -> None:
    assert final(reading("R1", "8", "0"), reading("R2", "10", "0")) == ["N", None, "8.3", "Y", "N"]


def test_the_final_result_takes_submitted_readings_only() -> None:
    one, two = reading("R1", "8", "0"), reading("R2", "10", "0", submitted=False)
    assert final(one, two) == [None] * 5
    assert final(one, reading("R1", "9", "0"), reading("R2", "9", "0")) == [None] * 5  # two by one reader
    discordant = reading("R2", "20", "0")
    waiting = ["Y", "RVT_DIFF, MPR_DISC", None, None, None]
    assert final(one, discordant) == waiting
    assert final(one, discordant, reading("ADJ", "9", "0", submitted=False)) == waiting
    assert final(one, discordant, reading("ADJ", "9", "0")) == [*waiting[:2], "8.3", "Y", "N"]


def test_inadequate_for_both() -> None:
    blank = {"cp_adeq": "INADEQUATE"}
    one, two = (sheet("CPATH", cp_reader=role, **blank) for role in ("R1", "R2"))
    one.status = two.status = "COMPLETE"
    assert derived(one).get("cp_mpr") is None
    assert (one.get("cp_pcr"), one.get("cp_rvt_case")) == ("NE", None)
    assert final(one, two) == ["N", None, None, "NE", "NE"]


# --- after treatment ------------------------------------------------------------------------------------------------


def death(text: str) -> Sheet:
    return sheet("DTH", dthdat=PartialDate.parse(text))


# death, precision, days from last dose (2024-05-15), days from surgery (2024-05-30)
COURSES = [
    ("2024-06-14", "FULL", 30, 15),
    ("2024-07", "MONTH", 47, 32),
    ("2024", "YEAR", 30, 15),  # not before the last proof of life, the discharge on 2024-06-14
]


@pytest.mark.parametrize("died, precision, since_dose, since_surgery", COURSES)
def test_death(died: str, precision: str, since_dose: int, since_surgery: int) -> None:
    contact = sheet("SS", ss_status="ALIVE", ss_dat=day("2024-06-09"))
    form = derived(death(died), contact, operation(), *treated())
    found = (form.get("dth_prec"), form.get("dth_days_last"), form.get("dth_days_surg"))
    assert found == (precision, since_dose, since_surgery)


def test_death_without_treatment_or_surgery() -> None:
    assert set(derived(death("2024-06-14")).values) == {"dthdat", "dth_prec"}
    assert derived(sheet("DTH"), operation(), *treated()).values == {}


def test_end_of_study_of_section_6() -> None:
    contact = sheet("SS", ss_status="ALIVE", ss_dat=day("2026-03-12"), ss_lastalive=day("2026-03-12"))
    form = derived(sheet("EOS", eos_dsstdat=day("2026-03-16")), contact, operation(), *treated())
    assert (form.get("eos_lastcontact"), form.get("eos_fu_days")) == (day("2026-03-12"), 732)
    assert derived(sheet("EOS"), contact).get("eos_fu_days") is None


def test_last_contact_of_one_who_died() -> None:
    form = derived(sheet("EOS"), death("2025-08-02"), *treated())
    assert form.get("eos_lastcontact") == day("2025-08-02")


def recurrence(on: str, basis: str = "IMAGING") -> Sheet:
    return sheet("SS", ss_status="ALIVE", ss_event_yn="Y", ss_event_dat=day(on), ss_event_basis=basis)


# therapy start, event, started before it
THERAPIES = [
    ("2025-02-05", recurrence("2025-02-06"), "Y"),
    ("2025-02-06", recurrence("2025-02-06"), "N"),  # same day: the event comes first (E-21)
    ("2025-02-07", recurrence("2025-02-06"), "N"),
    ("2025-02", recurrence("2025-02-06"), "Y"),  # the earliest possible day
    ("2025-02-07", recurrence("2025-02-06", "AFP"), "Y"),  # AFP alone is no event
    ("2025-02-07", None, "Y"),
    ("2024-05", recurrence("2024-05-30"), "N"),  # not before the operation of that day
    (None, recurrence("2025-02-06"), None),
]


@pytest.mark.parametrize("start, event, answer", THERAPIES)
def test_therapy_before_the_event(start: str | None, event: Sheet | None, answer: str | None) -> None:
    line = {"sact_stdat": PartialDate.parse(start)} if start else {}
    others = [operation(), *treated(), *([event] if event else [])]
    row = derived(sheet("SACT", {"SA1": [line]}), *others).lines("SA1")[0]
    assert (row.get("sact_spid"), row.get("sact_beforepd")) == (1, answer)
