"""The derived fields of F08 LB: SI value, reference range (D-15), indicator, CTCAE grade (D-13) of every row."""

from __future__ import annotations

import datetime as dt

from . import facts
from .analytes import PANELS
from .ctcae_laboratory import Context, Grade, dipstick_grade, grade
from .deriving import Deriver, Values, fixed_key, yes_no
from .laboratory import Limits, Measured, indicator, limits_at, line_of, results, si_value
from .sheets import Casebook, RowValues, Sheet

TREATMENTS = {"INR": "ANTICOAG", "TSH": "THYROID"}  # what changes how these are graded


def _panel(sheet: Sheet, book: Casebook) -> Values:
    return {"lbcat": PANELS[sheet.repeat - 1] if 0 < sheet.repeat <= len(PANELS) else None}


def _result(row: RowValues, sheet: Sheet, book: Casebook) -> Values:
    code = fixed_key("LB", "LB2", row.row)
    if code is None:
        return {"lbtestcd": None}
    result, unit = row.get("lborres"), row.get("lborresu")
    given = result is not None or row.get("lbop") == "TND"
    limits = limits_at(book, sheet, code) if given and sheet.get("lbperf") != "N" else None
    low, high = limits or (None, None)
    for name, limit in (("lbornrlo", low), ("lbornrhi", high)):
        row.missing.pop(name, None)
        if limits is not None and limit is None:
            row.missing[name] = "NA"  # the laboratory gives no such limit
    found = _grade(code, row, sheet, book, limits)
    return {
        "lbtestcd": code,
        "lbstresn": si_value(code, result, unit),
        "lbornrlo": low,
        "lbornrhi": high,
        "lbnrind": indicator(code, result, unit, row.get("lbop"), limits),
        "lbtoxgr": found.grade if found else None,
        "lbtox": found.term or None if found else None,
        "lbtox_min": yes_no(found.minimum) if found else None,
    }


def _grade(code: str, row: RowValues, sheet: Sheet, book: Casebook, limits: Limits | None) -> Grade | None:
    if code == "UPROTDIP":
        day = line_of(sheet, "UPROT24")
        over = _grade("UPROT24", day, sheet, book, limits_at(book, sheet, "UPROT24")) if day else None
        return dipstick_grade(row.get("lborres"), over)
    value = si_value(code, row.get("lborres"), row.get("lborresu"))
    return grade(code, value, _context(code, sheet, book, limits)) if value is not None else None


def _context(code: str, sheet: Sheet, book: Casebook, limits: Limits | None) -> Context:
    low, high = limits or (None, None)
    albumin = line_of(sheet, "ALB") if code == "CA" else None
    base = baseline(book, code)
    later = base is not None and base.sheet is not sheet and _after(sheet, base)
    at_base = limits_at(book, base.sheet, code) if base and later else None
    return Context(
        low, high,
        baseline=base.value if base and later else None,
        baseline_low=at_base.low if at_base else None,
        baseline_high=at_base.high if at_base else None,
        albumin=si_value("ALB", albumin.get("lborres"), albumin.get("lborresu")) if albumin else None,
        treated=code in TREATMENTS and _treated(book, TREATMENTS[code], sheet.get("lbdat")),
    )  # fmt: skip


def _after(sheet: Sheet, base: Measured) -> bool:
    """Whether a panel was sampled after the baseline: results up to it are graded by the limits of normal."""
    day, time = sheet.get("lbdat"), sheet.get("lbtim") or dt.time.min
    return day is not None and (day, time) > (base.day, base.time or dt.time.min)


def baseline(book: Casebook, code: str) -> Measured | None:
    """D-13: the last value on or before C1D1, before the dose. None while no dose was given.

    On the day itself a sample counts unless its time is known to be after that of the first infusion.
    """
    first = facts.first_dose(book)
    if first is None:
        return None
    known = [one for one in results(book, code, last=first) if one.value is not None]
    if known and known[-1].day == first:  # only then the hour is asked for: it is found among all infusions
        began = facts.first_dose_time(book)
        known = [one for one in known if one.day < first or not (began and one.time and one.time > began)]
    return known[-1] if known else None


def _treated(book: Casebook, category: str, day: dt.date | None) -> bool:
    """Whether a medication of this category was certainly taken on a day."""
    if day is None:
        return False
    return any(
        sheet.get("cmcat") == category
        and (start := sheet.get("cmstdat")) is not None
        and start.latest <= day
        and ((end := sheet.get("cmendat")) is None or end.earliest >= day)
        for sheet in book.all("CM1")
    )


LABORATORY = Deriver(_panel, {"LB2": _result}, ("LB", "DM", "EC", "CM1"))
