"""Exposure to each study drug, as the log of adverse events names them: fluorouracil is one drug there, bolus or not."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from crf.sheets import Sheet

from .doses import doses, periods
from .engine import Folder
from .times import certainly_before

# As in `aerel_oxa`, `aeacn_oxa` → drug rows of a cycle; apatinib is taken in periods.
AE_DRUGS = {"oxa": ("OXA",), "llv": ("LLV",), "fu": ("FU_B", "FU_CI"), "cam": ("CAM",), "apa": ("APA",)}
LEVELS = ("0", "-1", "-2")  # from the full dose downwards


class Given(NamedTuple):
    """A dose of a drug: first and last day, dose level."""

    start: dt.date
    end: dt.date | None
    level: str | None


def doses_of(folder: Folder, drug: str) -> list[Given]:
    """The dated doses of a drug (`oxa` … `apa`), oldest first."""
    kept = f"doses_of:{drug}"
    if kept not in folder.kept:
        if drug == "apa":
            found = [Given(p.start, p.end, p.row.get("apa_lvl")) for p in periods(folder) if p.taken]
        else:
            codes = AE_DRUGS[drug]
            found = [
                Given(d.start, d.end, d.row.get("ec_lvl"))
                for d in doses(folder)
                if d.drug in codes and d.start
            ]
        folder.kept[kept] = sorted(found, key=lambda one: one.start)
    known: list[Given] = folder.kept[kept]
    return known


def first_camrelizumab(folder: Folder) -> dt.date | None:
    return min((dose.start for dose in doses_of(folder, "cam")), default=None)


def last_camrelizumab(folder: Folder) -> dt.date | None:
    return max((dose.end or dose.start for dose in doses_of(folder, "cam")), default=None)


def level_before(folder: Folder, drug: str, day: dt.date) -> str:
    """The level of the last dose on or before a day; the full dose, before the first one."""
    levels = [dose.level for dose in doses_of(folder, drug) if dose.start <= day and dose.level]
    return levels[-1] if levels else LEVELS[0]


def levels_between(folder: Folder, drug: str, first: dt.date, last: dt.date) -> list[str | None]:
    """The levels of the doses that began after one day and until another."""
    return [dose.level for dose in doses_of(folder, drug) if first < dose.start <= last]


def lower(level: str | None, than: str) -> bool:
    """Whether a level may be lower; one that is not on the scale may."""
    if level not in LEVELS or than not in LEVELS:
        return True
    return LEVELS.index(level) > LEVELS.index(than)


def discontinued(folder: Folder, drug: str, but: Sheet) -> Any:
    """The day from which a drug was stopped for good: as the cycles say; of apatinib, whose periods do not say it, the
    onset of the first other event for which it was withdrawn."""
    if drug == "apa":
        onsets = [
            line.get("aestdat")
            for line in folder.book.all("AE1")
            if line.form != but.form and line.get("aeacn_apa") == "DRUG_WITHDRAWN" and line.get("aestdat")
        ]
        return next((day for day in onsets if not any(certainly_before(d, day) for d in onsets)), None)
    code = AE_DRUGS[drug][-1]
    days = [
        row.get("ec_perm_dat")
        for sheet in folder.book.all("EC")
        for row in sheet.lines("EC2")
        if row.get("ectrt") == code and row.get("ec_perm_yn") == "Y" and row.get("ec_perm_dat")
    ]
    return min(days, default=None)
