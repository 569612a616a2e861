"""The study drugs over the whole course, as the checks of treatment, imaging and surgery read them.

Cycles stand in the order of the trial: phase, then number within the phase. Apatinib periods are one log, whichever
cycle a period was written on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from crf.facts import IV_DRUGS
from crf.sheets import RowValues, Sheet

from .engine import Folder, Hit, Look
from .times import DAY

PHASES = ("NEO", "CONT", "ADJ")
MFOLFOX7 = ("OXA", "LLV", "FU_CI")


class Dose(NamedTuple):
    """An infusion that was given: its row, its first and last day."""

    sheet: Sheet
    row: RowValues
    drug: str
    start: dt.date | None
    end: dt.date | None

    def hit(self, look: Look, name: str = "ecstdat") -> Hit:
        """A hit in this row; at day 1 of the cycle, where the start was taken from there."""
        if name == "ecstdat" and self.row.get("ecstdat") is None:
            return look.hit("ec_d1dat", at=self.sheet, ec_d1dat=self.start)
        return look.hit(name, row=("EC2", self.row), at=self.sheet)


class Period(NamedTuple):
    """An apatinib period with its start; without an end it goes on."""

    sheet: Sheet
    row: RowValues
    start: dt.date
    end: dt.date | None

    @property
    def taken(self) -> bool:
        return (self.row.get("apa_dose") or 0) > 0

    @property
    def phase(self) -> str | None:
        return self.row.get("apa_phase")

    def hit(self, look: Look, name: str = "apa_ecstdat") -> Hit:
        return look.hit(name, row=("EC3", self.row), at=self.sheet)


def place_of(sheet: Sheet) -> tuple[int, int] | None:
    """Where a cycle stands in the trial; none until its phase and number are known."""
    phase, number = sheet.get("ec_phase"), sheet.get("ec_cycle")
    return None if phase not in PHASES or number is None else (PHASES.index(phase), number)


def cycles(folder: Folder) -> list[Sheet]:
    """Every cycle whose phase and number are known, in their order."""
    if "cycles" not in folder.kept:
        known = [sheet for sheet in folder.book.all("EC") if place_of(sheet) is not None]
        folder.kept["cycles"] = sorted(known, key=lambda s: (place_of(s), s.visit_order, s.form))
    found: list[Sheet] = folder.kept["cycles"]
    return found


def earlier(look: Look) -> list[Sheet]:
    """The cycles before the one that is looked at, oldest first."""
    own = place_of(look.sheet)
    return [] if own is None else [s for s in cycles(look.folder) if (place_of(s) or own) < own]


def previous_given(look: Look) -> Sheet | None:
    """The last cycle before this one that has a day 1: a cycle that was not given has none."""
    return next((s for s in reversed(earlier(look)) if s.get("ec_d1dat")), None)


def given(sheet: Sheet) -> Iterator[Dose]:
    """The infusions of one cycle."""
    for row in sheet.lines("EC2"):
        drug = row.get("ectrt")
        if row.get("ecoccur") == "Y" and drug in IV_DRUGS:
            start = row.get("ecstdat") or sheet.get("ec_d1dat")
            yield Dose(sheet, row, drug, start, row.get("ecendat") or start)


def doses(folder: Folder) -> list[Dose]:
    """The infusions of all cycles."""
    if "doses" not in folder.kept:
        folder.kept["doses"] = [dose for sheet in folder.book.all("EC") for dose in given(sheet)]
    found: list[Dose] = folder.kept["doses"]
    return found


def previous_dose(look: Look, drug: str) -> Dose | None:
    """The last cycle before this one in which the drug was given."""
    for sheet in reversed(earlier(look)):
        for dose in given(sheet):
            if dose.drug == drug:
                return dose
    return None


def periods(folder: Folder) -> list[Period]:
    """The dated apatinib periods of the study, oldest first."""
    if "periods" not in folder.kept:
        found = [
            Period(sheet, row, row.get("apa_ecstdat"), row.get("apa_ecendat"))
            for sheet in folder.book.all("EC")
            for row in sheet.lines("EC3")
            if row.get("apa_ecstdat")
        ]
        folder.kept["periods"] = sorted(found, key=_written)
    kept: list[Period] = folder.kept["periods"]
    return kept


def _written(period: Period) -> tuple[dt.date, int, int, int]:
    return period.start, period.sheet.visit_order, period.sheet.form, period.row.row


def periods_of(look: Look) -> list[Period]:
    """Those that were written on this cycle."""
    return [period for period in periods(look.folder) if period.sheet.form == look.sheet.form]


def first_dose_hits(look: Look) -> Iterator[Hit]:
    """Where EC.first stands: the first place of this cycle that was given on that day."""
    first = look.folder.first_dose
    for dose in given(look.sheet):
        if dose.start == first:
            yield dose.hit(look)
            return
    for period in periods_of(look):
        if period.taken and period.start == first:
            yield period.hit(look)
            return
    if look.get("ec_given") == "Y" and look.get("ec_d1dat") == first and not look.lines("EC2"):
        yield look.hit("ec_d1dat")


def last_day(folder: Folder) -> dt.date | None:
    """EC.last; today while an apatinib period goes on."""
    going_on = any(p.taken and p.end is None and p.start <= folder.today for p in periods(folder))
    return folder.today if going_on else folder.last_dose


def last_apatinib_before(folder: Folder, day: dt.date) -> tuple[Period, dt.date] | None:
    """The last period that began before a day, with the last day before it on which apatinib may have been taken."""
    found = [
        (min(period.end or day, day - DAY), period)
        for period in periods(folder)
        if period.taken and period.start < day
    ]
    if not found:
        return None
    last, period = max(found, key=lambda pair: (pair[0], pair[1].start))
    return period, last


def last_infusion_before(folder: Folder, day: dt.date) -> Dose | None:
    """The infusion that ended last, of those that began before a day."""
    found = [dose for dose in doses(folder) if dose.start and dose.end and dose.start < day]
    return max(found, key=lambda dose: dose.end or day, default=None)
