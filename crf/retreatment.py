"""Before a cycle is given: the retreatment criteria (A-25) with value, limit and day, and the dose of each drug (A-24).

Pure functions. What is not known is neither met nor unmet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from trialsite.kernel.study import study
from trialsite.web import figures

from . import derived, facts
from .analytes import ANALYTES, panel_number
from .ctcae import TERMS
from .derivation_events import phase_at_onset, related
from .derived_clinic import creatinine_clearance
from .fields import unit_shown
from .laboratory import results
from .limits import interval
from .sheets import Casebook, Sheet

HAEMATOLOGICAL = frozenset(
    {name for name, term in TERMS.items() if term.soc == "Blood and lymphatic system disorders"}
    | {
        "Lymphocyte count decreased", "Neutrophil count decreased", "Platelet count decreased",
        "White blood cell decreased",
    }
)  # fmt: skip
EXCEPTED = frozenset({"Alopecia"})
WITH_CHEMOTHERAPY = ("NEO", "CONT")


class Criterion(NamedTuple):
    """One criterion before dosing. `met` is none while the value is not known; `day` is that of the value."""

    name: str
    limit: str
    value: str
    day: dt.date | None
    met: bool | None


class Toxicity(NamedTuple):
    """An unresolved event that forbids the dose: number in the log, term, worst grade of the episode."""

    number: int
    term: str
    grade: int
    since: dt.date


def retreatment(book: Casebook, sheet: Sheet) -> list[Criterion]:
    """A-25 for a cycle, on its day 1 (planned, until it is known)."""
    day = sheet.get("ec_d1dat") or sheet.get("ec_d1plan")
    found = [
        _count(book, "NEUT", Decimal(str(study()["anc_min"])), day),
        _count(book, "PLAT", Decimal(str(study()["plt_min"])), day),
        _age(book, "HEM", sheet, day),
        _age(book, "CHEM", sheet, day),
        _toxicities(book, day),
    ]
    if sheet.get("ec_phase") in (None, *WITH_CHEMOTHERAPY):
        found.append(_clearance(book, sheet, day))
    return found


def _count(book: Casebook, code: str, least: Decimal, day: dt.date | None) -> Criterion:
    analyte = ANALYTES[code]
    known = [one for one in results(book, code) if one.value is not None and (day is None or one.day <= day)]
    limit = _("at least %(least)s %(unit)s") % {
        "least": figures.number(least),
        "unit": unit_shown(analyte.unit),
    }
    if not known:
        return Criterion(str(analyte.label), limit, "", None, None)
    last, value = known[-1], known[-1].value
    assert value is not None
    words = f"{figures.number(value)} {unit_shown(analyte.unit)}"
    return Criterion(str(analyte.label), limit, words, last.day, value >= least)


def first_cycle(book: Casebook, sheet: Sheet) -> bool:
    """Whether no other cycle was given before this one: its day 1 is, or will be, C1D1."""
    others = facts.first_dose(Casebook(sheets=[one for one in book.all("EC") if one.form != sheet.form]))
    day = sheet.get("ec_d1dat")
    return others is None or (day is not None and day < others)


def _age(book: Casebook, panel: str, sheet: Sheet, day: dt.date | None) -> Criterion:
    """Results at most three days old; before the first dose seven (A-13)."""
    most = study()["qual_lab_days" if first_cycle(book, sheet) else "lab_age_days"]
    names = {"HEM": _("Age of the haematology"), "CHEM": _("Age of the biochemistry")}
    limit = _("at most %(days)s days before dosing") % {"days": most}
    sampled = [
        one.get("lbdat")
        for one in book.all("LB")
        if one.repeat == panel_number(panel) and one.get("lbperf") != "N" and one.get("lbdat")
    ]
    until = [at for at in sampled if day is None or at <= day]
    if not until or day is None:
        return Criterion(names[panel], limit, "", max(until, default=None), None)
    age = (day - max(until)).days
    return Criterion(names[panel], limit, _("%(days)s d") % {"days": age}, max(until), age <= most)


def unresolved(book: Casebook, day: dt.date | None) -> Iterator[Toxicity]:
    """Non-haematological toxicity above grade 1 that may still be there on a day.

    Not: conditions from before the first dose (baseline), alopecia, RCCEP; an event that no drug can have caused; what
    began on the day itself, which this dose may have caused. The grade is the worst of the episode: no other is recorded.
    """
    for event in book.all("AE1"):
        began, ended = interval(event.get("aestdat")), interval(event.get("aeendat"))
        grade, term = event.get("aetoxgr"), event.get("ae_ctcae") or ""
        if began is None or grade is None or int(grade) < 2:
            continue
        if term in HAEMATOLOGICAL | EXCEPTED or event.get("rccep_yn") == "Y" or related(event) is False:
            continue
        gone = ended is not None and day is not None and ended[1] < day
        if gone or (day is not None and began[0] >= day) or phase_at_onset(event, book) == "SCREENING":
            continue
        yield Toxicity(event.repeat, event.get("aeterm") or term, int(grade), began[0])


def _toxicities(book: Casebook, day: dt.date | None) -> Criterion:
    found = list(unresolved(book, day))
    words = "; ".join(
        _("%(term)s, grade %(grade)s (AE %(number)s)")
        % {"term": t.term, "grade": t.grade, "number": t.number}
        for t in found
    )
    limit = _("grade 1 or less, or as at baseline; not alopecia, neuropathy of grade 1, RCCEP")
    since = max((one.since for one in found), default=None)
    return Criterion(_("Non-haematological toxicity"), limit, words or _("none above"), since, not found)


def clearance(book: Casebook, sheet: Sheet, day: dt.date | None) -> tuple[Decimal, dt.date] | None:
    """D-08 with the last creatinine until a day and the weight used for dosing."""
    known = [
        one for one in results(book, "CREAT") if one.value is not None and (day is None or one.day <= day)
    ]
    person = book.one("DM")
    if not known or person is None:
        return None
    last = known[-1]
    found = creatinine_clearance(
        person.get("age"), _weight(book, sheet, last.day), last.value, person.get("sex")
    )
    return None if found is None else (found, last.day)


def _weight(book: Casebook, sheet: Sheet, day: dt.date) -> Decimal | None:
    """Used for dosing; else the last that was measured."""
    weighed = [
        (at, other.get("weight"))
        for other in book.all("VS")
        if other.get("weight") and (at := other.get("vsdat")) and at <= (sheet.get("ec_d1dat") or day)
    ]
    used: Decimal | None = sheet.get("ec_wt")
    return used or (max(weighed, key=lambda found: found[0])[1] if weighed else None)


def _clearance(book: Casebook, sheet: Sheet, day: dt.date | None) -> Criterion:
    least = Decimal(study()["crcl_oxa_min"])
    name = _("Creatinine clearance (for oxaliplatin)")
    limit = _("at least %(least)s mL/min") % {"least": figures.number(least)}
    found = clearance(book, sheet, day)
    if found is None:
        return Criterion(name, limit, "", None, None)
    value, on = found
    return Criterion(name, limit, f"{figures.number(value, 1)} mL/min", on, value >= least)


# --- doses --------------------------------------------------------------------------------------------------


class PlannedDose(NamedTuple):
    """What a drug would be dosed at: level, dose of the level with its unit, and mg at the BSA used."""

    drug: str
    level: str
    dose: Decimal | None
    unit: str
    mg: Decimal | None


def planned_doses(book: Casebook, sheet: Sheet) -> list[PlannedDose]:
    """D-17 for the infusions of a cycle, at the level chosen, else at the last one of the phase: no re-escalation."""
    drugs = ("OXA", "LLV", "FU_B", "FU_CI", "CAM") if sheet.get("ec_phase") != "ADJ" else ("CAM",)
    found = []
    for drug in drugs:
        if drug == "FU_B" and not study()["fu_bolus_planned"]:
            continue
        levels: dict[str, Any] = study()["dose_levels"][drug]
        level = _level(book, sheet, drug)
        dose = derived.level_dose(levels, level)
        mg = derived.planned_mg(dose, levels["unit"], sheet.get("ec_bsa"))
        found.append(PlannedDose(drug, level, dose, levels["unit"], mg))
    return found


def _level(book: Casebook, sheet: Sheet, drug: str) -> str:
    chosen = [
        row.get("ec_lvl")
        for other in [*_earlier(book, sheet), sheet]
        for row in other.lines("EC2")
        if row.get("ectrt") == drug and row.get("ec_lvl")
    ]
    return chosen[-1] if chosen else "0"


def _earlier(book: Casebook, sheet: Sheet) -> list[Sheet]:
    phase, order = sheet.get("ec_phase"), sheet.visit_order
    return [
        other
        for other in book.all("EC")
        if other.form != sheet.form and other.get("ec_phase") == phase and other.visit_order < order
    ]
