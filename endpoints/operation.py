"""Which operation counts for a course, where its margin stands, and when a treatment outside the protocol began.

Everything as of a cut-off (G-5, G-31): a record that is dated later says nothing yet. Pure functions over a casebook.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from crf import facts
from crf.sheets import Casebook, Sheet
from trialsite.kernel.partial_date import PartialDate


def operations(book: Casebook) -> list[Sheet]:
    """Resections, then explorations, each by their days.

    A form that does not say yet what was done, and when, is no operation yet.
    """
    done = [s for s in book.all("SURG") if _was_done(s)]
    return sorted(done, key=lambda s: (not is_resection(s), s.get("surg_prstdat")))


def operation_of(book: Casebook, cutoff: dt.date) -> Sheet | None:
    """Up to the cut-off the first resection, else the first exploration, else the form that says "not operated".

    Where there is none of these the later operation: it decides nothing yet, but what contradicts it is refused (G-39).
    """
    done = operations(book)
    known = [s for s in done if s.get("surg_prstdat") <= cutoff]
    refused = [s for s in book.all("SURG") if s.get("surg_proccur") == "N"]
    return next(iter([*known, *refused, *done]), None)


def margin_source(book: Casebook, operation: Sheet, cutoff: dt.date) -> tuple[Sheet, str]:
    """Where the R status stands: with local pathology; with the surgeon until that exists."""
    local = next((s for s in book.all("LPATH") if s.get("lp_r") and not _later(s, cutoff)), None)
    return (local, "lp_r") if local else (operation, "surg_r")


def is_resection(sheet: Sheet) -> bool:
    return sheet.get("surg_proccur") == "Y" and sheet.get("surg_prtrt") != "EXPLORE"


def therapy_limit(book: Casebook) -> dt.date | None:
    """G-30, of all records whatever the cut-off: a therapy did not begin before the latest of first dose, last study
    dose and operation (an exploration too), where its date may mean that day as well."""
    last = operation_of(book, dt.date.max)
    operated = last.get("surg_prstdat") if last and _was_done(last) else None
    return max(
        (day for day in (facts.first_dose(book), facts.last_dose(book), operated) if day), default=None
    )


def therapy_day(value: Any, limit: dt.date | None) -> dt.date | None:
    """G-10, G-30: the day on which a therapy is taken to have begun."""
    if not isinstance(value, PartialDate):
        return value if isinstance(value, dt.date) else None
    made = value.impute("first", "M", not_before=limit)
    return made.date if made else None


def _was_done(sheet: Sheet) -> bool:
    return (
        all(sheet.get(name) for name in ("surg_prstdat", "surg_prtrt")) and sheet.get("surg_proccur") == "Y"
    )


def _later(sheet: Sheet, cutoff: dt.date) -> bool:
    day = sheet.get("lp_midat")
    return day is not None and day > cutoff
