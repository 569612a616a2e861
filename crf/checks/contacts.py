"""When a participant was seen, sampled, treated or spoken to, and so was alive."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from crf import facts
from crf.sheets import Casebook, RowValues, Sheet

from .engine import Folder


class Alive(NamedTuple):
    """A date that proves the participant alive, with the form that says so."""

    sheet: Sheet
    name: str
    day: dt.date


def alive_on(folder: Folder) -> list[Alive]:
    """Every complete date of a visit, sample, dose, scan, operation or contact at which the participant was alive."""
    if "alive" not in folder.kept:
        folder.kept["alive"] = _alive_on(folder.book)
    found: list[Alive] = folder.kept["alive"]
    return found


def _alive_on(book: Casebook) -> list[Alive]:
    found = [Alive(*proof) for proof in facts.proofs_of_life(book)] + _doses(book)
    for sheet in book.all("TA"):
        if sheet.get("ta_perf") != "N":
            found += _dates(sheet, sheet, "tudat", "ta_lastdat")
    for sheet in book.all("SURG"):
        if sheet.get("surg_proccur") == "Y":
            found += _dates(sheet, sheet, "surg_prstdat")
    for sheet in book.all("SS"):
        found += _dates(sheet, sheet, "ss_lastalive")
        if sheet.get("ss_status") == "ALIVE":
            found += _dates(sheet, sheet, "ss_dat")
    return found


def _doses(book: Casebook) -> list[Alive]:
    found: list[Alive] = []
    for sheet in book.all("EC"):
        for row in sheet.lines("EC2"):
            if row.get("ecoccur") == "Y":
                found += _dates(sheet, row, "ecstdat", "ecendat")
        for row in sheet.lines("EC3"):
            if (row.get("apa_dose") or 0) > 0:
                found += _dates(sheet, row, "apa_ecstdat", "apa_ecendat")
    return found


def _dates(sheet: Sheet, holder: Sheet | RowValues, *names: str) -> list[Alive]:
    days = ((name, holder.get(name)) for name in names)
    return [Alive(sheet, name, day) for name, day in days if isinstance(day, dt.date)]


def contacts(folder: Folder) -> set[dt.date]:
    """The days on which the site heard of the participant: visits and contacts."""
    days = {visit.day for visit in folder.visits if visit.day}
    days |= {sheet.get("ss_dat") for sheet in folder.book.all("SS") if sheet.get("ss_dat")}
    return days | {found.day for found in alive_on(folder) if found.sheet.key != "AE1"}


def treatment_ended(book: Casebook) -> dt.date | None:
    """The end of the last phase; a neoadjuvant phase that ends in surgery goes on."""
    ends = [
        s.get("eot_dsstdat")
        for s in book.all("EOT")
        if s.get("eot_dsstdat") and (s.get("eot_phase"), s.get("eot_dsdecod")) != ("NEO", "SURGERY")
    ]
    return max(ends, default=None)
