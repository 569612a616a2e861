"""Laboratory results as the checks read them: in the standard unit, with operator, limits of normal and day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from crf import facts
from crf.sheets import RowValues, Sheet

from .engine import Folder, Hit, Look

FIRST_MINUTE = dt.time.min


@dataclass(frozen=True, slots=True)
class Result:
    """One row of a panel. `number` is in the standard unit, as the limits of normal are (D-15)."""

    sheet: Sheet
    row: RowValues
    test: str

    @property
    def day(self) -> dt.date | None:
        return self.sheet.get("lbdat")

    @property
    def time(self) -> dt.time | None:
        return self.sheet.get("lbtim")

    @property
    def operator(self) -> str:
        return self.row.get("lbop") or "EQ"

    @property
    def number(self) -> Decimal | None:
        return None if self.operator == "TND" else self.row.get("lbstresn")

    @property
    def code(self) -> str | None:
        """The result as reported: of a dipstick, its code."""
        return self.row.get("lborres")

    @property
    def least(self) -> Decimal | None:
        """The smallest number that the result can mean; none of `<`."""
        return self.number if self.operator in ("EQ", "GT") else None

    @property
    def most(self) -> Decimal | None:
        return self.number if self.operator in ("EQ", "LT") else None

    @property
    def exact(self) -> Decimal | None:
        return self.number if self.operator == "EQ" else None

    @property
    def lln(self) -> Decimal | None:
        return self.row.get("lbornrlo")

    @property
    def uln(self) -> Decimal | None:
        return self.row.get("lbornrhi")

    def exceeds(self, limit: Decimal | None) -> bool:
        """Certainly above: `> 5` exceeds 5, `< 5` exceeds nothing."""
        if self.least is None or limit is None:
            return False
        return self.least > limit or (self.operator == "GT" and self.least == limit)

    def below(self, limit: Decimal | None) -> bool:
        """Certainly below."""
        if self.most is None or limit is None:
            return False
        return self.most < limit or (self.operator == "LT" and self.most == limit)

    def reaches(self, limit: Decimal | None) -> bool:
        """Certainly at or above."""
        return limit is not None and self.least is not None and self.least >= limit

    def within(self, limit: Decimal | None) -> bool:
        """Certainly at or below."""
        return limit is not None and self.most is not None and self.most <= limit

    def over_uln(self, times: Decimal | int = 1) -> bool:
        """Certainly above so many times the upper limit of normal."""
        return self.exceeds(None if self.uln is None else self.uln * times)

    def hit(self, look: Look, name: str = "lborres", **found: object) -> Hit:
        """A hit in this row."""
        return look.hit(name, row=("LB2", self.row), at=self.sheet, **found)

    @property
    def words(self) -> str:
        """The number with its operator, for the text of a query."""
        sign = {"LT": "<", "GT": ">"}.get(self.operator, "")
        return f"{sign}{plain(self.number)}"


def larger(one: Result, other: Result) -> bool:
    """Whether one result is certainly above another."""
    return one.exceeds(other.most) or (other.operator == "LT" and one.reaches(other.most))


def plain(number: Decimal | None) -> str:
    """Without the zeros that a column adds: 0.9200 → 0.92."""
    return "" if number is None else format(number.normalize(), "f")


def results_of(look: Look) -> dict[str, Result]:
    """The results of the panel that is looked at, by test; a test without a row is not in it."""
    kept = f"panel:{id(look.sheet)}"
    if kept not in look.folder.kept:
        look.folder.kept[kept] = {one.test: one for one in _rows(look.sheet)}
    found: dict[str, Result] = look.folder.kept[kept]
    return found


def _rows(sheet: Sheet) -> Iterator[Result]:
    for row in sheet.lines("LB2"):
        if test := row.get("lbtestcd"):
            yield Result(sheet, row, test)


def course(folder: Folder, test: str) -> list[Result]:
    """The dated results of a test over the whole course, oldest first; of one day, by time and visit."""
    if "laboratory" not in folder.kept:
        by_test: dict[str, list[Result]] = {}
        for sheet in folder.book.all("LB"):
            for one in _rows(sheet) if sheet.get("lbdat") and sheet.get("lbperf") != "N" else ():
                if one.code is not None or one.operator == "TND":
                    by_test.setdefault(one.test, []).append(one)
        for kept in by_test.values():
            kept.sort(key=_when)
        folder.kept["laboratory"] = by_test
    found: list[Result] = folder.kept["laboratory"].get(test, [])
    return found


def _when(one: Result) -> tuple[dt.date, dt.time, int, int]:
    assert one.day is not None
    return one.day, one.time or FIRST_MINUTE, one.sheet.visit_order, one.sheet.form


def baseline_result(folder: Folder, test: str) -> Result | None:
    """The last value on or before C1D1, before the dose (4.4.1); before a first dose, the last there is."""
    before = [one for one in course(folder, test) if one.number is not None and _before_dose(folder, one)]
    return before[-1] if before else None


def baseline_code(folder: Folder, test: str) -> Result | None:
    """The same of a test whose result is a code."""
    before = [one for one in course(folder, test) if _before_dose(folder, one)]
    return before[-1] if before else None


def _before_dose(folder: Folder, one: Result) -> bool:
    first = folder.first_dose
    if first is None or one.day is None or one.day != first:
        return first is None or (one.day is not None and one.day < first)
    began = facts.first_dose_time(folder.book)
    return began is None or one.time is None or one.time <= began


def before(look: Look, one: Result) -> Result | None:
    """The result of the same test before this one."""
    earlier = None
    for other in course(look.folder, one.test):
        if other.sheet.form == one.sheet.form:
            return earlier
        earlier = other
    return None
