"""The derived fields of every form, from the form and the participant's other forms.

`derive(sheet, book)` is the only writer. Each form has one line in `DERIVERS`: what is calculated, and from
which forms. What the system owns (signatures, reader, case number, day of release) stays as it is.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from trialsite.kernel.partial_date import PartialDate
from trialsite.kernel.study import study

from . import (
    derivation_events,
    derivation_imaging,
    derivation_laboratory,
    derivation_preoperative,
    derivation_visit,
    derived,
    facts,
    laboratory,
)
from .codelists import CODELISTS
from .criteria import CRITERIA
from .derivation_imaging import (
    assessment_numbers,
    assessment_values,
    evaluator_of,
    first_progression,
    resection_day,
)
from .derivation_laboratory import LABORATORY
from .derivation_preoperative import LOCAL_PATHOLOGY, PREOPERATIVE, phlf
from .derivation_visit import ELECTROCARDIOGRAM, HEPATITIS, VITAL_SIGNS, staging_vitals
from .deriving import Deriver, Values, fixed_key, is_yes, numbered, recorded, yes_no
from .fields import MISS
from .registry import form_def
from .sheets import Casebook, RowValues, Sheet

# Derived in the book, but written by the system elsewhere.
SYSTEM_OWNED = frozenset({"ie_signed", "eos_sign", "cp_sign", "cp_caseid", "cp_user", "cpf_dat", "dv_check"})


# --- F02 DM, F03 IE, F05 HCC ------------------------------------------------------------------------------


def _demographics(sheet: Sheet, book: Casebook) -> Values:
    return {"age": derived.age(sheet.get("brthdat"), book.value("ICF", "icf_dsstdat"))}


def _burden(hcc: Sheet) -> tuple[int | None, Decimal | None, bool | None, bool | None, bool | None]:
    answers = (is_yes(hcc.get(name)) for name in ("hcc_macrovi", "hcc_ehs", "hcc_uncountable"))
    macrovascular, extrahepatic, uncountable = answers
    return hcc.get("hcc_nodcount"), hcc.get("hcc_maxdiam"), macrovascular, extrahepatic, uncountable


def _milan(hcc: Sheet | None) -> str | None:
    """D-09; an untouched form is empty rather than not evaluable."""
    if hcc is None or all(part is None for part in _burden(hcc)):
        return None
    return derived.milan(*_burden(hcc))


def bclc_stage(book: Casebook) -> str | None:
    """D-10 at baseline, from burden, ECOG and Child-Pugh class."""
    hcc = book.one("HCC")
    if hcc is None:
        return None
    count, largest, macrovascular, extrahepatic, uncountable = _burden(hcc)
    vitals = staging_vitals(book)
    return derived.bclc(count, largest, macrovascular, extrahepatic, uncountable=uncountable, **vitals)


def cnlc_stage(book: Casebook) -> str | None:
    """D-11 at baseline."""
    hcc = book.one("HCC")
    if hcc is None:
        return None
    count, largest, macrovascular, extrahepatic, uncountable = _burden(hcc)
    vitals = staging_vitals(book)
    vitals.pop("ecog_by_tumour")
    return derived.cnlc(count, largest, macrovascular, extrahepatic, uncountable=uncountable, **vitals)


def _history(sheet: Sheet, book: Casebook) -> Values:
    count, largest, macrovascular, _, uncountable = burden = _burden(sheet)
    untouched = all(part is None for part in burden)
    up7 = None if untouched else derived.up_to_seven(count, largest, macrovascular, uncountable)
    return {"hcc_milan_calc": _milan(sheet), "hcc_up7_calc": up7}


def _eligibility(sheet: Sheet, book: Casebook) -> Values:
    hcc = book.one("HCC")
    return {
        "ie_milan_calc": _milan(hcc),
        "ie_bclc_calc": bclc_stage(book),
        "ie_bclc_inv": hcc.get("hcc_bclc") if hcc else None,
        "enr_no": (book.number or None) if sheet.get("enr_yn") == "Y" else None,
    }


def _criterion(row: RowValues, sheet: Sheet, book: Casebook) -> Values:
    code = fixed_key("IE", "IE1", row.row)
    return {"ietestcd": code, "iecat": CRITERIA[code].category if code else None}


# --- F10 EC, F20 EOT --------------------------------------------------------------------------------------


def cycle_days(phase: str | None) -> int:
    """Length of a cycle of a phase (A-01, A-09)."""
    return int(study()["adj_interval_days" if phase == "ADJ" else "cycle_length_days"])


def recomputed_bsa(sheet: Sheet) -> Decimal | None:
    return derived.BSA[study()["bsa_formula"]](sheet.get("ec_wt"), sheet.get("ec_ht"))


def _levels(drug: str | None) -> dict[str, Any]:
    """The configured doses of a drug by level, with their unit (A-24)."""
    levels: dict[str, Any] = study()["dose_levels"].get(drug, {})
    return levels


def _cycle(sheet: Sheet, book: Casebook) -> Values:
    phase, number = sheet.get("ec_phase"), sheet.get("ec_cycle")
    before = [
        other.get("ec_d1dat")
        for other in book.all("EC")
        if number and phase and other.get("ec_phase") == phase and other.get("ec_cycle") == number - 1
    ]
    planned = derived.planned_day(before[0] if len(before) == 1 else None, cycle_days(phase))
    return {
        "ec_d1plan": planned,
        "ec_delay": derived.days_between(planned, sheet.get("ec_d1dat")),
        "ec_bsa_calc": recomputed_bsa(sheet),
    }


def _infusion(row: RowValues, sheet: Sheet, book: Casebook) -> Values:
    drug = fixed_key("EC", "EC2", row.row)
    levels = _levels(drug)
    given = row.get("ecoccur") == "Y"
    dose = derived.level_dose(levels, row.get("ec_lvl")) if given else None
    planned = derived.planned_mg(dose, levels.get("unit", ""), sheet.get("ec_bsa"))
    times = (row.get(name) for name in ("ecstdat", "ecsttim", "ecendat", "ecentim"))
    return {
        "ectrt": drug,
        "ec_planm2": dose,
        "ec_plan_mg": planned,
        "ecdosu": "mg",
        "ecroute": "INTRAVENOUS",
        "ec_dur_h": derived.hours_between(*times) if given else None,
        "ec_pct_plan": derived.percent(row.get("ecdstxt"), planned) if given else None,
    }


def _period(row: RowValues) -> derived.Period | None:
    start, dose, schedule = row.get("apa_ecstdat"), row.get("apa_dose"), row.get("apa_frq")
    if start is None or dose is None or schedule is None:
        return None
    return derived.Period(start, row.get("apa_ecendat"), dose, schedule)


def _apatinib(row: RowValues, sheet: Sheet, book: Casebook) -> Values:
    period = _period(row)
    return {
        "apa_spid": row.row,
        "apa_lvl": derived.apatinib_level(
            row.get("apa_dose"), row.get("apa_frq"), study()["dose_levels"]["APA"]
        ),
        "apa_days": derived.duration_days(row.get("apa_ecstdat"), row.get("apa_ecendat")),
        "apa_cum": period.cumulative_mg if period else None,
    }


def apatinib_periods(book: Casebook, phase: str | None = None) -> list[derived.Period]:
    """The periods of all cycles: they are one log, whichever form a period was written on."""
    rows = (
        row for sheet in book.all("EC") for row in sheet.lines("EC3") if phase in (None, row.get("apa_phase"))
    )
    return [period for row in rows if (period := _period(row))]


def _dispensing(row: RowValues, sheet: Sheet, book: Casebook) -> Values:
    dispensed, returned = row.get("da_dispdat"), row.get("da_retdat")
    if dispensed is None or returned is None:
        return {"da_compl": None}
    expected = derived.tablets_expected(apatinib_periods(book), dispensed, returned)
    return {"da_compl": derived.compliance(row.get("da_disp"), row.get("da_ret"), expected)}


def started_cycles(book: Casebook, phase: str | None) -> list[Sheet]:
    """Cycles of a phase in which any drug was given."""
    return [s for s in book.all("EC") if phase and s.get("ec_phase") == phase and s.get("ec_given") == "Y"]


def _end_of_treatment(sheet: Sheet, book: Casebook) -> Values:
    phase = sheet.get("eot_phase")
    return {"eot_cycles": len(started_cycles(book, phase)) if phase else None}


def _last_dose(row: RowValues, sheet: Sheet, book: Casebook) -> Values:
    drug, phase = fixed_key("EOT", "EOT2", row.row), sheet.get("eot_phase")
    days = _dose_days(book, drug, phase)
    row.missing.pop("eotd_last_calc", None)
    if phase and not days:
        row.missing["eotd_last_calc"] = "NA"  # this drug was not given in this phase
    last = None if None in days else max((day for day in days if day), default=None)
    return {"eotd_trt": drug, "eotd_last_calc": last, "eotd_rdi": intensity(book, drug, phase)}


def _dose_days(book: Casebook, drug: str | None, phase: str | None) -> list[dt.date | None]:
    """Ends of the doses of a drug in a phase; none for one whose end is not known."""
    if drug == "APA":
        return [period.end for period in apatinib_periods(book, phase) if period.dose_mg > 0] if phase else []
    return [
        row.get("ecendat") or row.get("ecstdat") or sheet.get("ec_d1dat")
        for sheet, row in infusions_given(book, drug, phase)
    ]


def infusions_given(book: Casebook, drug: str | None, phase: str | None) -> list[tuple[Sheet, RowValues]]:
    return [
        (sheet, row)
        for sheet in started_cycles(book, phase)
        for row in sheet.lines("EC2")
        if row.get("ecoccur") == "Y" and fixed_key("EC", "EC2", row.row) == drug
    ]


def intensity(book: Casebook, drug: str | None, phase: str | None) -> Decimal | None:
    """D-18. The book's examples divide by the recomputed BSA (301.6 = 550 mg / 1.8235); so does this."""
    if drug is None or phase is None:
        return None
    if drug == "APA":
        return derived.apatinib_intensity(apatinib_periods(book, phase), study()["apa_dose_mg"])
    levels = _levels(drug)
    flat = levels.get("unit") == "mg"
    given = infusions_given(book, drug, phase)
    doses = [row.get("ecdstxt") if flat else per_m2(row.get("ecdstxt"), sheet) for sheet, row in given]
    known = [dose for dose in doses if dose is not None]
    firsts = [sheet.get("ec_d1dat") for sheet in started_cycles(book, phase) if sheet.get("ec_d1dat")]
    if not known or len(known) < len(doses):
        return None
    first, last = min(firsts, default=None), max(firsts, default=None)
    total, level0 = sum(known, Decimal(0)), derived.level_dose(levels, "0")
    return derived.relative_dose_intensity(total, first, last, cycle_days(phase), level0)


def per_m2(mg: Decimal | None, sheet: Sheet) -> Decimal | None:
    """A dose of a cycle in mg/m², by the recomputed surface; by the one used where that is not known."""
    bsa = recomputed_bsa(sheet) or sheet.get("ec_bsa")
    return mg / bsa if mg is not None and bsa else None


# --- F11 TA -----------------------------------------------------------------------------------------------


def _assessment(sheet: Sheet, book: Casebook) -> Values:
    series = [other for other in book.all("TA") if evaluator_of(other) == evaluator_of(sheet)]
    number = next(n for other, n in assessment_numbers(series) if other is sheet)
    return {"ta_no": number} | assessment_values(sheet, series, resection_day(book))


# --- F13 SURG, F15 CPATH ----------------------------------------------------------------------------------


def death_date(book: Casebook) -> dt.date | None:
    """G-10: a partial date of death is its earliest possible day, not before the last proof of life."""
    death = facts.death_day(book)
    imputed = death.impute("first", "M", facts.last_contact(book)) if death else None
    return imputed.date if imputed else None


def _surgery(sheet: Sheet, book: Casebook) -> Values:
    done, day = sheet.get("surg_proccur") == "Y", sheet.get("surg_prstdat")
    complications = [row.get("comp_cd") for row in sheet.lines("SU3")]
    order = list(CODELISTS["CLAVIEN"].codes)
    stay = derived.days_between(day, sheet.get("surg_dischdat"))
    after = derived.days_between(day, death_date(book))
    died = None if day is None else after is not None and after <= study()["surg_comp_days"]
    return {
        "surg_major": yes_no(derived.major_resection(sheet.get("surg_segs"))) if done else None,
        "surg_los": stay if done and stay is not None and stay >= 0 else None,
        "surg_phlf_calc": yes_no(phlf(sheet, book)) if done else None,
        "surg_cdmax": derived.highest(complications, order) if sheet.get("surg_comp_yn") == "Y" else None,
        "surg_dth90": yes_no(died) if done else None,
    }


def central_reading(sheet: Sheet | None) -> derived.Reading | None:
    """D-23, D-24 of one reader's record; none until it is complete enough."""
    if sheet is None:
        return None
    beds = [
        derived.Bed(row.get("cpn_len"), row.get("cpn_wid"), row.get("cpn_hgt"), row.get("cpn_rvt"))
        for row in sheet.lines("CP2")
    ]
    findings = ("cp_mvi", "cp_satellite", "cp_macro_viable", "cp_ln_viable", "cp_margin")
    elsewhere = derived.viable_elsewhere(*(sheet.get(name) for name in findings))
    config = study()
    if not config["pcr_specimen_wide"]:
        elsewhere = False
    threshold = Decimal(str(config["mpr_threshold_pct"]))
    return derived.reading(sheet.get("cp_adeq"), beds, elsewhere, threshold, config["rvt_weight"])


def _reader(sheet: Sheet, book: Casebook) -> Values:
    read = central_reading(sheet)
    mpr = read.mpr if read and read.mpr != "NE" else None  # code list NY
    return {"cp_rvt_case": read and read.rvt, "cp_mpr": mpr, "cp_pcr": read and read.pcr}


def final_reading(book: Casebook, role: str) -> Sheet | None:
    """The submitted record of a reader's role; none when there is not exactly one (G-36, G-39)."""
    submitted = [s for s in book.all("CPATH") if s.get("cp_reader") == role and s.status == "COMPLETE"]
    return submitted[0] if len(submitted) == 1 else None


def central_final(book: Casebook) -> derived.Final:
    """D-24 of the submitted readings, whether or not the result has been released."""
    one, two, third = (central_reading(final_reading(book, role)) for role in ("R1", "R2", "ADJ"))
    return derived.final_result(one, two, third, Decimal(str(study()["adj_diff_pct"])))


def _central_result(sheet: Sheet, book: Casebook) -> Values:
    """Its values stand from the day of the release on; that the readers do not agree is known before."""
    final = central_final(book)
    released = sheet.get("cpf_dat") is not None
    return {
        "cpf_adj_need": yes_no(final.need),
        "cpf_adj_reas": ", ".join(final.reasons) or None,
        "cpf_rvt": final.rvt if released else None,
        "cpf_mpr": final.mpr if released else None,
        "cpf_pcr": final.pcr if released else None,
    }


# --- F19 SACT, F22 DTH, F24 EOS ---------------------------------------------------------------------------


def documented_event(book: Casebook) -> dt.date | None:
    """The first progression by RECIST 1.1 before resection, or recurrence shown by imaging or histology."""
    seen = [
        sheet.get("ss_event_dat")
        for sheet in book.all("SS")
        if sheet.get("ss_event_yn") == "Y" and sheet.get("ss_event_basis") in ("IMAGING", "PATHOLOGY", "BOTH")
    ]
    days = [*seen, first_progression(book.all("TA"), resection_day(book))]
    return min((day for day in days if day), default=None)


def _therapy(row: RowValues, sheet: Sheet, book: Casebook) -> Values:
    """E-21: on one day the progression comes first. G-30: the earliest day, not before study treatment."""
    start = row.get("sact_stdat")
    limit = max((d for d in (facts.last_dose(book), facts.surgery_day(book)) if d), default=None)
    began = start.impute("first", "M", limit) if isinstance(start, PartialDate) else None
    event = documented_event(book)
    before = None if began is None else event is None or began.date < event
    return {"sact_spid": row.row, "sact_beforepd": yes_no(before)}


PRECISION = {"D": "FULL", "M": "MONTH", "Y": "YEAR"}


def _death(sheet: Sheet, book: Casebook) -> Values:
    died, day = sheet.get("dthdat"), death_date(book)
    return {
        "dth_prec": PRECISION[died.precision] if died else None,
        "dth_days_last": derived.days_between(facts.last_dose(book), day),
        "dth_days_surg": derived.days_between(facts.surgery_day(book), day),
    }


def _end_of_study(sheet: Sheet, book: Casebook) -> Values:
    days = (facts.last_contact(book), death_date(book))
    return {
        "eos_lastcontact": max((day for day in days if day), default=None),
        "eos_fu_days": derived.days_between(facts.first_dose(book), sheet.get("eos_dsstdat")),
    }


# --- the table --------------------------------------------------------------------------------------------


ALIVE = (*facts.ALIVE_FORMS, "DTH")  # last known alive and death (G-6, G-10)

# What is read by the calculations of others stands before them: a save derives them in this order.
DERIVERS: dict[str, Deriver] = {
    "ICF": Deriver(rows={"ICF2": numbered("recon_spid")}),
    "DM": Deriver(_demographics, reads=("ICF",)),
    "HCC": Deriver(_history),
    "HEP": HEPATITIS,
    "LB": LABORATORY,
    "VS": VITAL_SIGNS,
    "EG": ELECTROCARDIOGRAM,
    "IE": Deriver(_eligibility, {"IE1": _criterion}, ("HCC", *VITAL_SIGNS.reads)),
    "EC": Deriver(_cycle, {"EC2": _infusion, "EC3": _apatinib, "EC4": _dispensing}, ("EC",)),
    "TA": Deriver(_assessment, reads=("TA", "SURG")),
    "PREOP": PREOPERATIVE,
    "SURG": Deriver(_surgery, {"SU3": numbered("comp_spid")}, ALIVE),
    "LPATH": LOCAL_PATHOLOGY,
    "CPATH": Deriver(_reader),
    "CPATHF": Deriver(_central_result, reads=("CPATH",)),
    "SACT": Deriver(rows={"SA1": _therapy}, reads=("EC", "TA", "SURG", "SS")),
    "EOT": Deriver(_end_of_treatment, {"EOT2": _last_dose}, ("EC",)),
    "DTH": Deriver(_death, reads=ALIVE),
    "EOS": Deriver(_end_of_study, reads=ALIVE),
    "AE1": derivation_events.EVENT,
    "MH1": recorded("mhspid"),
    "CM1": recorded("cmspid"),
    "PR1": recorded("prspid"),
    "DV1": recorded("dvspid"),
}
NOTHING = Deriver()


def reads(form_key: str) -> tuple[str, ...]:
    """Form keys that must be in the casebook to derive this form."""
    return DERIVERS.get(form_key, NOTHING).reads


def dependents(form_key: str) -> tuple[str, ...]:
    """Forms whose derived values may change when this form does; of a form that repeats, itself too."""
    return tuple(key for key, deriver in DERIVERS.items() if form_key in deriver.reads)


def in_order(book: Casebook) -> list[Sheet]:
    """All sheets, those that others read before their readers."""
    places = {key: place for place, key in enumerate(DERIVERS)}
    return sorted(book, key=lambda sheet: places.get(sheet.key, 0))


@cache
def names_read() -> frozenset[str]:
    """Every word in the code of the calculations: a field whose name is not among them is read by none."""
    return words_of(
        derivation_events, derivation_imaging, derivation_laboratory, derivation_preoperative, derivation_visit, facts,
        laboratory, sys.modules[__name__],
    )  # fmt: skip


def words_of(*modules: ModuleType) -> frozenset[str]:
    sources = (Path(module.__file__ or "").read_text("utf-8") for module in modules)
    return frozenset(word for source in sources for word in re.findall(r"\w+", source))


def matters_elsewhere(form_key: str, paths: Iterable[str]) -> bool:
    """Whether changes at these paths can change what is calculated on another form.

    Every change of an assessment does: the code puts some of its names together from parts.
    """
    names = {path.removesuffix(MISS).rpartition("/")[2] for path in paths}
    return form_key == "TA" or "@active" in names or not names.isdisjoint(names_read())


def derive(sheet: Sheet, book: Casebook) -> None:
    """Fill the derived fields of the sheet and its active rows; a value whose input is missing is taken out.

    The casebook holds the forms of `reads(sheet.key)`; the sheet takes its place in it.
    """
    if not any(other is sheet for other in book.all(sheet.key)):
        book.add(sheet)
    deriver = DERIVERS.get(sheet.key, NOTHING)
    places = _places(sheet.key)
    if deriver.sheet:
        _put(sheet, deriver.sheet(sheet, book), places)
    for section, of_row in deriver.rows.items():
        for row in sheet.lines(section):
            _put(row, of_row(row, sheet, book), places)


def _put(target: Sheet | RowValues, found: Values, places: dict[str, int]) -> None:
    for name, value in found.items():
        if value is None:
            target.values.pop(name, None)
        else:
            target.values[name] = derived.half_up(Decimal(value), places[name]) if name in places else value
            target.missing.pop(name, None)


@cache
def _places(form_key: str) -> dict[str, int]:
    """Decimal places of the derived numbers of a form."""
    fields = (f for section in form_def(form_key).sections for f in section.fields)
    return {f.name: f.decimal_places for f in fields if f.derived and f.kind == "dec"}  # type: ignore[attr-defined]
