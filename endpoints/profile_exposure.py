"""Exposure of a participant to each study drug as plain values (D-18, D-19; rules of `crf.derivation`).

    {drug: {doses, mg, mg_m2, lower, omitted, stopped, phases: {NEO: {weeks, rdi}, …}}}   intravenous drugs
    {"APA": {doses, mg, lower, held, ongoing, compliance, phases: {…}}}                   apatinib
    {"cycles": {NEO: n, …}, "delayed": n}

doses: infusions given, or apatinib doses due in ended periods; mg: their sum; mg_m2: of drugs dosed by surface; lower:
how often the level went down; omitted: cycles in which the drug was not given; held: periods without apatinib; stopped:
day of permanent discontinuation; weeks: D-18 delivered weeks; rdi: %, left out while it is not known (a period of
apatinib that goes on has none); compliance: %, all tablets of returned dispensings against those due (D-19);
delayed: cycles later than the window allows. A drug that was never given has no entry.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from typing import Any

from crf.derivation import apatinib_periods, cycle_days, infusions_given, intensity, per_m2, started_cycles
from crf.derived import Period, apatinib_doses, compliance, tablets_expected
from crf.facts import IV_DRUGS
from crf.sheets import Casebook, RowValues, Sheet
from trialsite.kernel.study import study

PHASES = ("NEO", "ADJ", "CONT")
LEVELS = {"0": 0, "-1": 1, "-2": 2}

Plain = dict[str, Any]


def exposure_of(book: Casebook) -> Plain:
    cycles = {phase: started_cycles(book, phase) for phase in PHASES}
    if not any(cycles.values()) and not apatinib_periods(book):
        return {}
    limit = study()["cycle_window_days"]
    found: Plain = {
        "cycles": {phase: len(sheets) for phase, sheets in cycles.items() if sheets},
        "delayed": sum(
            (sheet.get("ec_delay") or 0) > limit for sheets in cycles.values() for sheet in sheets
        ),
    }
    for drug in IV_DRUGS:
        if made := _infused(book, drug, cycles):
            found[drug] = made
    if made := _apatinib(book):
        found["APA"] = made
    return found


# --- infusions ----------------------------------------------------------------------------------------------------


def _infused(book: Casebook, drug: str, cycles: dict[str, list[Sheet]]) -> Plain:
    phases: Plain = {}
    given: list[tuple[Sheet, RowValues]] = []
    for phase, sheets in cycles.items():
        if not sheets or not (mine := infusions_given(book, drug, phase)):
            continue
        given += mine
        phases[phase] = _with_rdi({"weeks": _weeks(sheets, phase)}, intensity(book, drug, phase))
    if not given:
        return {}
    made = {
        "doses": len(given),
        "mg": _total(row.get("ecdstxt") for _sheet, row in given),
        "mg_m2": _total(per_m2(row.get("ecdstxt"), sheet) for sheet, row in given) if drug != "CAM" else None,
        "lower": _lowered(row.get("ec_lvl") for _sheet, row in given),
        "omitted": sum(_omitted(cycles[phase], drug) for phase in phases),
        "stopped": _stopped(cycles, drug),
        "phases": phases,
    }
    return {name: value for name, value in made.items() if value is not None}


def _row(sheet: Sheet, drug: str) -> RowValues | None:
    return next((row for row in sheet.lines("EC2") if row.get("ectrt") == drug), None)


def _omitted(sheets: list[Sheet], drug: str) -> int:
    """Cycles without the drug in a phase in which it was given: adjuvant treatment has no chemotherapy to omit."""
    rows = (_row(sheet, drug) for sheet in sheets)
    return sum(row is not None and row.get("ecoccur") == "N" for row in rows)


def _stopped(cycles: dict[str, list[Sheet]], drug: str) -> str | None:
    rows = [_row(sheet, drug) for sheets in cycles.values() for sheet in sheets]
    days = [row.get("ec_perm_dat") for row in rows if row and row.get("ec_perm_yn") == "Y"]
    return min((day.isoformat() for day in days if day), default=None)


def _weeks(sheets: list[Sheet], phase: str) -> float | None:
    """D-18: from day 1 of the first to day 1 of the last cycle started, and one cycle."""
    days: list[dt.date] = [sheet.get("ec_d1dat") for sheet in sheets if sheet.get("ec_d1dat")]
    return round(((max(days) - min(days)).days + cycle_days(phase)) / 7, 2) if days else None


# --- apatinib -----------------------------------------------------------------------------------------------------


def _apatinib(book: Casebook) -> Plain:
    periods = apatinib_periods(book)
    taken = [period for period in periods if period.dose_mg > 0 and period.schedule != "HELD"]
    if not taken:
        return {}
    phases: Plain = {}
    for phase in PHASES:
        if mine := [p for p in apatinib_periods(book, phase) if p.dose_mg > 0 and p.schedule != "HELD"]:
            ends = [p.end for p in mine if p.end]
            span = (max(ends) - min(p.start for p in mine)).days + 1 if len(ends) == len(mine) else None
            weeks = None if span is None else round(span / 7, 2)
            phases[phase] = _with_rdi({"weeks": weeks}, intensity(book, "APA", phase))
    rows = sorted(
        (row for sheet in book.all("EC") for row in sheet.lines("EC3") if row.get("apa_ecstdat")),
        key=lambda row: row.get("apa_ecstdat"),
    )
    made = {
        "doses": sum(apatinib_doses(p.days, p.schedule) or 0 for p in taken),
        "mg": float(sum(p.cumulative_mg or 0 for p in taken)),
        "lower": _lowered(row.get("apa_lvl") for row in rows if row.get("apa_dose")),
        "held": len(periods) - len(taken),
        "ongoing": True if any(p.end is None for p in taken) else None,
        "compliance": _compliance(book, periods),
        "phases": phases,
    }
    return {name: value for name, value in made.items() if value is not None}


def _compliance(book: Casebook, periods: list[Period]) -> float | None:
    """D-19 over all dispensings whose return is recorded."""
    used, due = 0, Decimal(0)
    for sheet in book.all("EC"):
        for row in sheet.lines("EC4"):
            dates = row.get("da_dispdat"), row.get("da_retdat")
            numbers = row.get("da_disp"), row.get("da_ret")
            if None not in dates and None not in numbers:
                used += numbers[0] - numbers[1]
                due += tablets_expected(periods, *dates)
    share = compliance(used, 0, due)
    return None if share is None else round(float(share), 6)


# --- both ---------------------------------------------------------------------------------------------------------


def _with_rdi(found: Plain, rdi: Decimal | None) -> Plain:
    found["rdi"] = None if rdi is None else round(float(rdi), 6)
    return {name: value for name, value in found.items() if value is not None}


def _total(doses: Iterable[Decimal | None]) -> float | None:
    """The sum; none when one dose is not known."""
    every = [*doses]
    return None if None in every else round(float(sum(dose for dose in every if dose is not None)), 4)


def _lowered(levels: Iterable[str | None]) -> int:
    """How often a dose level is below the one before."""
    ranks = [LEVELS[level] for level in levels if level in LEVELS]
    return sum(later > earlier for earlier, later in pairwise(ranks))
