"""What else is known around a day: adverse events, history, medication, apatinib, earlier measurements.

A rule that misses an adverse event must not fire where one may lie (`overlapping`: what is not known may be anywhere);
a rule that needs two things at once fires only where they certainly meet (`certainly_within`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from decimal import Decimal
from typing import Any, NamedTuple

from crf.ctcae import TERMS
from crf.limits import interval
from crf.sheets import Casebook, RowValues, Sheet

from .engine import Folder, Look
from .times import overlapping

INFECTIONS = "Infections and infestations"
HYPERTENSION = re.compile(r"hypertens|\bhtn\b|高血压", re.IGNORECASE)
OTHER_PRESSURE = re.compile(r"portal|pulmonary|intracranial|ocular|门静?脉|肺动?脉|颅|眼", re.IGNORECASE)
ASCITES = re.compile(r"ascites|腹水|腹腔积液", re.IGNORECASE)
VITAMIN_K_ANTAGONIST = re.compile(
    r"warfarin|vitamin k antagonist|acenocoumarol|phenprocoumon|phenindione|华法林|维生素\s*k\s*拮抗|醋硝香豆素|苯丙香豆素",
    re.IGNORECASE,
)


# --- logs ---------------------------------------------------------------------------------------------------


def certainly_within(start: Any, end: Any, ongoing: bool, day: dt.date | None) -> bool:
    """Whether an interval contains a day whichever way partial dates are read; an unknown end contains nothing."""
    began, ended = interval(start), interval(end)
    if day is None or began is None or began[1] > day:
        return False
    return ongoing if ended is None else ended[0] >= day


def events_near(
    book: Casebook, day: dt.date, margin: int = 0, terms: Collection[str] | None = None
) -> list[Sheet]:
    """Adverse events, of some CTCAE terms, that may contain a day of `day` ± `margin`."""
    return [
        event
        for event in book.all("AE1")
        if (terms is None or event.get("ae_ctcae") in terms) and event_overlaps(event, day, margin)
    ]


def event_overlaps(event: Sheet, day: dt.date, margin: int = 0) -> bool:
    return overlapping(
        event.get("aestdat"), event.get("aeendat"), event.get("aeongo") == "Y", day, margin
    )  # fmt: skip


def event_contains(event: Sheet, day: dt.date) -> bool:
    return certainly_within(event.get("aestdat"), event.get("aeendat"), event.get("aeongo") == "Y", day)


def grade_of(event: Sheet) -> int | None:
    grade = event.get("aetoxgr")
    return int(grade) if grade is not None else None


def infectious(event: Sheet) -> bool:
    """By the organ class of its CTCAE term, or as coded."""
    term = TERMS.get(event.get("ae_ctcae") or "")
    return INFECTIONS in (term.soc if term else "", event.get("aesoc"))


def described(sheet: Sheet, pattern: re.Pattern[str], *names: str) -> bool:
    """Whether a line says so in words, in English or Chinese."""
    return any(pattern.search(sheet.get(name) or "") for name in names)


def history_overlaps(condition: Sheet, day: dt.date) -> bool:
    return overlapping(
        condition.get("mhstdat"), condition.get("mhendat"), condition.get("mhongo") == "Y", day
    )  # fmt: skip


def arterial_hypertension(condition: Sheet) -> bool:
    """High blood pressure in the history, not that of the portal vein or of the lung."""
    return described(condition, HYPERTENSION, "mhterm", "mhdecod") and not described(
        condition, OTHER_PRESSURE, "mhterm", "mhdecod"
    )


def medication_overlaps(medication: Sheet, day: dt.date) -> bool:
    return overlapping(
        medication.get("cmstdat"), medication.get("cmendat"), medication.get("cmongo") == "Y", day
    )  # fmt: skip


def vitamin_k_antagonist(medication: Sheet) -> bool:
    """By name, or by its ATC code (B01AA)."""
    return described(medication, VITAMIN_K_ANTAGONIST, "cmtrt", "cmdecod") or (
        medication.get("cmatc") or ""
    ).upper().startswith("B01AA")


# --- treatment ----------------------------------------------------------------------------------------------


def apatinib_on(book: Casebook, day: dt.date) -> RowValues | None:
    """The apatinib period that covers a day (periods belong to the study, not to a cycle); the latest begun, of several."""
    covering = [
        row
        for cycle in book.all("EC")
        for row in cycle.lines("EC3")
        if row.get("apa_ecstdat") and row.get("apa_ecstdat") <= day
        and (row.get("apa_ecendat") is None or row.get("apa_ecendat") >= day)
    ]  # fmt: skip
    return max(covering, key=lambda row: row.get("apa_ecstdat"), default=None)


def taking_apatinib(book: Casebook, day: dt.date) -> bool:
    """Whether apatinib is certainly not held on a day; a period without a schedule says nothing."""
    period = apatinib_on(book, day)
    return period is not None and period.get("apa_frq") not in (None, "HELD")


def infusions(cycle: Sheet, drug: str = "") -> list[RowValues]:
    """Intravenous drugs that were given in a cycle."""
    return [
        row
        for row in cycle.lines("EC2")
        if row.get("ecoccur") == "Y" and (not drug or row.get("ectrt") == drug)
    ]


def infusion_days(cycle: Sheet, drug: str = "") -> list[dt.date]:
    days = (row.get("ecstdat") or cycle.get("ec_d1dat") for row in infusions(cycle, drug))
    return [day for day in days if day]


def day_one(cycle: Sheet) -> dt.date | None:
    """The day on which a cycle was given: its day 1, else its first infusion."""
    if cycle.get("ec_given") == "N":
        return None
    return cycle.get("ec_d1dat") or min(infusion_days(cycle), default=None)


# --- measurements over time ---------------------------------------------------------------------------------


class Measured(NamedTuple):
    """One value of a form that is filled in at many visits, in the order of days and visits."""

    day: dt.date
    order: int
    form: int
    value: Any
    sheet: Sheet


def series(folder: Folder, key: str, name: str, *dates: str) -> list[Measured]:
    """Every dated value of a field, oldest first. `dates`: the fields that date it, the first answered one does."""
    kept = f"series:{key}:{name}"
    if kept not in folder.kept:
        found: list[Measured] = []
        for sheet in folder.book.all(key):
            day = next((sheet.get(date) for date in dates if sheet.get(date)), None)
            if sheet.get(name) is not None and day is not None:
                found.append(Measured(day, sheet.visit_order, sheet.form, sheet.get(name), sheet))
        folder.kept[kept] = sorted(found, key=lambda one: one[:3])
    measured: list[Measured] = folder.kept[kept]
    return measured


def baseline(folder: Folder, key: str, name: str, *dates: str) -> Measured | None:
    """The last value on or before the first dose; before a first dose, the last one there is."""
    first = folder.first_dose
    before = [one for one in series(folder, key, name, *dates) if first is None or one.day <= first]
    return before[-1] if before else None


def previous(look: Look, name: str, *dates: str) -> Measured | None:
    """The last value before that of the sheet that is looked at."""
    before = None
    for one in series(look.folder, look.sheet.key, name, *dates):
        if one.form == look.sheet.form:
            return before
        before = one
    return None


def after_first_dose(look: Look, day: dt.date | None) -> bool:
    """Later than C1D1: only then is there a baseline to compare with."""
    return day is not None and look.folder.first_dose is not None and day > look.folder.first_dose


def last_ecog(folder: Folder) -> Measured | None:
    """The last ECOG before C1D1. At screening and baseline it was asked before the dose, on the same day too."""
    first = folder.first_dose
    before = [
        one
        for one in series(folder, "VS", "ecog", "ecog_rsdat", "vsdat")
        if first is None or one.day < first or (one.day == first and one.sheet.visit in ("SCR", "BAS"))
    ]
    return before[-1] if before else None


def as_decimal(number: Any) -> Decimal:
    """A setting of the study (1.5, 80) without the noise of a binary fraction."""
    return Decimal(str(number))
