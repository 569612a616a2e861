"""Laboratory results: to SI units, their reference ranges (D-15), the range indicator, and a participant's series.

A unit is converted by the factor of the catalogue and never by a guess: without a factor there is no converted value,
and `unconverted` says so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, NamedTuple

from trialsite.kernel.texts import Text

from . import derived
from .analytes import ANALYTES, panel_number
from .codelists import CODELISTS, CodeList
from .sheets import Casebook, RowValues, Sheet

Range = Mapping[str, Any]  # a row of C01 by field name


# --- units ------------------------------------------------------------------------------------------------


def codes_of(code: str) -> CodeList | None:
    """The code list of an analyte whose result is a code (dipstick, pregnancy test)."""
    head, _, name = ANALYTES[code].unit.partition(" ")
    return CODELISTS[name] if head == "code" else None


@cache
def units_of(code: str) -> tuple[str, ...]:
    """Units in which a result may be reported, SI first; none for a code."""
    analyte = ANALYTES[code]
    if codes_of(code):
        return ()
    other = analyte.alt_units.partition(" (")[0]
    return (analyte.unit,) if other == "-" else (analyte.unit, other)


@cache
def factor(code: str, unit: str | None) -> Decimal | None:
    """What a result in this unit is multiplied by to be in SI; none when the catalogue gives no factor."""
    analyte = ANALYTES[code]
    if unit == analyte.unit and not codes_of(code):
        return Decimal(1)
    name, _, note = analyte.alt_units.partition(" (")
    given = re.match(r"\d+(?:\.\d+)?", note)
    return Decimal(given.group()) if given and unit == name else None


def unconverted(code: str, unit: str | None) -> Text | None:
    """Why there is no SI value of a result in an allowed unit; none when there is one."""
    if unit not in units_of(code) or factor(code, unit) is not None:
        return None
    return Text(
        f"No conversion from {unit} to {ANALYTES[code].unit}: the result is kept as reported, without grade.",
        f"{unit}不能换算为{ANALYTES[code].unit}：按报告值保存，不作分级。",
    )


def number(result: str | None) -> Decimal | None:
    """A result as a number; none when it is a code."""
    try:
        return None if result is None else Decimal(result)
    except InvalidOperation:
        return None


def si_value(code: str, result: str | None, unit: str | None) -> Decimal | None:
    """A result in SI, unrounded; none for a code, or without a factor."""
    value, times = number(result), factor(code, unit)
    return None if value is None or times is None else value * times


# --- reference ranges -------------------------------------------------------------------------------------


class Limits(NamedTuple):
    """Limits of normal in SI; either may not apply."""

    low: Decimal | None
    high: Decimal | None


def limits_of(
    ranges: Iterable[Range],
    code: str,
    laboratory: str | None,
    sex: str | None,
    age: int | None,
    day: dt.date | None,
) -> Limits | None:
    """D-15: the row of this laboratory and test that is valid on the day for this sex and age, in SI.

    A row for one sex goes before one for both, the later one before the earlier.
    """
    if laboratory is None or day is None:
        return None
    fitting = [row for row in ranges if _fits(row, code, laboratory, sex, age, day)]
    if not fitting:
        return None
    row = max(fitting, key=lambda row: (row["labr_sex"] != "BOTH", row["labr_from"]))
    times = factor(code, row["labr_unit"])
    if times is None:
        return None
    low, high = row.get("labr_lln"), row.get("labr_uln")
    return Limits(None if low is None else low * times, None if high is None else high * times)


def _fits(row: Range, code: str, laboratory: str, sex: str | None, age: int | None, day: dt.date) -> bool:
    if row["labr_test"] != code or row["labr_lab"] != laboratory:
        return False
    if row["labr_sex"] not in ("BOTH", sex):
        return False
    low, high = row["labr_agelo"], row["labr_agehi"]
    right_age = low <= age <= high if age is not None else (low, high) == (0, 120)
    end = row.get("labr_to")
    return right_age and row["labr_from"] <= day and (end is None or day <= end)


def limits_at(book: Casebook, sheet: Sheet, code: str) -> Limits | None:
    """The limits of normal for a result on a panel's record."""
    person, day = book.one("DM"), sheet.get("lbdat")
    sex = person.get("sex") if person else None
    age = derived.age(person.get("brthdat") if person else None, day)
    return limits_of(book.ranges, code, sheet.get("lbnam"), sex, age, day)


def indicator(
    code: str, result: str | None, unit: str | None, operator: str | None, limits: Limits | None
) -> str | None:
    """LBNRIND: NORMAL, LOW, HIGH; of a code NORMAL or ABNORMAL. None without a range."""
    if operator == "TND":
        return "NORMAL"
    if codes_of(code):
        return None if result is None else "NORMAL" if result == "NEG" else "ABNORMAL"
    value = si_value(code, result, unit)
    if value is None or limits is None or limits == Limits(None, None):
        return None
    if limits.low is not None and (value < limits.low or (operator == "LT" and value == limits.low)):
        return "LOW"
    if limits.high is not None and (value > limits.high or (operator == "GT" and value == limits.high)):
        return "HIGH"
    return "NORMAL"


# --- a participant's results ------------------------------------------------------------------------------


class Measured(NamedTuple):
    """One result of an analyte: when, the SI value (none for a code), the limits, where it stands."""

    day: dt.date
    time: dt.time | None
    value: Decimal | None
    result: str | None
    low: Decimal | None
    high: Decimal | None
    sheet: Sheet
    row: RowValues


NUMBERS = {code: place for place, code in enumerate(ANALYTES, 1)}


def line_of(sheet: Sheet, code: str) -> RowValues | None:
    """The row of an analyte on the record of its panel."""
    return next((row for row in sheet.lines("LB2") if row.row == NUMBERS[code]), None)


def results(
    book: Casebook, code: str, first: dt.date = dt.date.min, last: dt.date = dt.date.max
) -> list[Measured]:
    """Every result of an analyte within these days, in order of time. A sample that was not taken has none."""
    panel = panel_number(ANALYTES[code].panel)
    found = []
    for sheet in book.all("LB"):
        if sheet.repeat != panel or (day := sheet.get("lbdat")) is None or not first <= day <= last:
            continue
        row = line_of(sheet, code)
        if row is None or sheet.get("lbperf") == "N":
            continue
        result = row.get("lborres")
        if result is None and row.get("lbop") != "TND":
            continue
        value = si_value(code, result, row.get("lborresu"))
        limits = row.get("lbornrlo"), row.get("lbornrhi")
        found.append(Measured(day, sheet.get("lbtim"), value, result, *limits, sheet, row))
    return sorted(found, key=lambda one: (one.day, one.time or dt.time.min))


def latest(
    book: Casebook, code: str, until: dt.date | None, days_before: int, days_after: int = 0
) -> Measured | None:
    """The last result within so many days before a day; after an operation the nearest to it counts."""
    if until is None:
        return None
    first, last = until - dt.timedelta(days=days_before), until + dt.timedelta(days=days_after)
    found = results(book, code, first, last)
    near = [(one, (one.day - until).days) for one in found if one.value is not None]
    if not near:
        return None
    return min(reversed(near), key=lambda found: (abs(found[1]), found[1] > 0))[0]
