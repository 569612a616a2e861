"""Lines of the logs: how they name each other, and when they share a day."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from crf.analytes import ANALYTES
from crf.ctcae import TERMS
from crf.limits import interval
from crf.sheets import Casebook, Sheet

from .times import both_overlap

# Terms whose grade is read off laboratory results: so says their hint, or the catalogue of analytes names them.
_NAMED = {
    re.sub(r"\s*\(.*?\)", "", part).strip() for a in ANALYTES.values() for part in re.split(r"[;/]", a.ctcae)
}
CLINICAL = frozenset({"Hematuria"})  # "(clinical)" in the catalogue
LABORATORY_TERMS = frozenset(
    name for name, term in TERMS.items() if term.hint.startswith("lab") or name in _NAMED
) - CLINICAL  # fmt: skip

DATES = {
    "AE1": ("aestdat", "aeendat", "aeongo"), "CM1": ("cmstdat", "cmendat", "cmongo"), "MH1": ("mhstdat", "mhendat", "mhongo"),
}  # fmt: skip


def reference(log: str, line: Sheet) -> str:
    """How other forms name a line: `AE:6`."""
    return f"{log}:{line.repeat}"


def line_named(book: Casebook, address: str | None) -> Sheet | None:
    """The line that a reference leads to."""
    log, _sep, number = (address or "").partition(":")
    lines = book.all(f"{log}1") if log else []
    return next((line for line in lines if str(line.repeat) == number), None)


def linked(book: Casebook, event: Sheet) -> list[Sheet]:
    """Medication and procedures that were given for an event."""
    own = reference("AE", event)
    drugs = [line for line in book.all("CM1") if line.get("cmaeno") == own]
    return drugs + [line for line in book.all("PR1") if line.get("praeno") == own]


def span(line: Sheet) -> tuple[Any, Any, bool]:
    """Start, end, and whether it is known to go on."""
    start, end, ongoing = DATES[line.key]
    return line.get(start), line.get(end), line.get(ongoing) == "Y"


def may_meet(one: Sheet, other: Sheet) -> bool:
    """Whether two lines may share a day: what is not known may be any day."""
    (first, last), (start, end) = _widest(one), _widest(other)
    return start <= last and first <= end


def _widest(line: Sheet) -> tuple[dt.date, dt.date]:
    start, end, _ongoing = span(line)
    began, ended = interval(start), interval(end)
    return (began[0] if began else dt.date.min), (ended[1] if ended else dt.date.max)


def met(one: Sheet, other: Sheet) -> bool:
    """Whether two lines certainly share a day; an end that is neither known nor open decides nothing."""
    spans = [span(one), span(other)]
    if any(end is None and not ongoing for _start, end, ongoing in spans):
        return False
    return both_overlap(spans[0][:2], spans[1][:2])


def certainly_meets(line: Sheet, first: dt.date, last: dt.date) -> bool:
    """Whether a line certainly shares a day with a span of days. Without a known end it lasted at least one day."""
    start, end, ongoing = span(line)
    began, ended = interval(start), interval(end)
    if began is None or began[1] > last:
        return False
    return ongoing or began[0] >= first or (ended is not None and ended[0] >= first)
