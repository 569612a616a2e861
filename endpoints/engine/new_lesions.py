"""G-29, R-60, R-61, M-13, M-14: which lesions are new, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from endpoints.engine import codes
from endpoints.engine.steps import EngineError, Read, Step, gettext_noop
from endpoints.engine.types import Imaging, NewLesion

TYPICAL_MM = Decimal(10)
GROWTH_MM = Decimal(10)

NO_BESIDE_NEW = gettext_noop("The answer is no new lesion, but lesion {lesion} is unequivocal.")
TOO_EARLY = gettext_noop(
    "New lesion {lesion} cannot be first seen on {date}, on or before the baseline of {baseline}."
)
TOO_LATE = gettext_noop("New lesion {lesion} cannot be first seen on {date}, after the scans that show it.")
DIFFERENT_ROWS = gettext_noop("New lesion {lesion} has two different rows at one time point.")
NEGATIVE = gettext_noop("A diameter cannot be negative: {mm} mm.")

NEW_SINCE = gettext_noop("Lesion {lesion} is new, first seen on {date}.")
NEW_TYPICAL = gettext_noop(
    "Liver lesion {lesion} is new: {mm} mm with typical enhancement; first seen on {date}."
)
NEW_GROWN = gettext_noop(
    "Liver lesion {lesion} is new: grown from {first} mm to {mm} mm; first seen on {date}."
)
ANSWERED_YES = gettext_noop("A new lesion is reported.")
ANSWERED_NO = gettext_noop("No new lesion.")
ONLY_EQUIVOCAL = gettext_noop("Lesion {lesions} is not unequivocally new and does not change the response.")
CANNOT_EXCLUDE = gettext_noop("New lesions cannot be excluded.")
NOT_ANSWERED = gettext_noop("Whether there are new lesions was not answered.")


class Finding(NamedTuple):
    """A lesion that is new: since when, and the place of the first time point it belongs to."""

    lesion: str
    since: date
    since_read: Read
    first: int
    step: Step


class New(NamedTuple):
    """The answer on new lesions at one time point; `since` is the date of a progression by it (G-32)."""

    answer: str
    since: date | None
    since_read: Read | None
    step: Step


def check_new(point: Imaging, baseline: date | None) -> None:
    """G-39: what cannot be true of new lesions."""
    seen: dict[str, NewLesion] = {}
    for row in point.new:
        other = seen.setdefault(row.id, row)
        if other is not row and _content(other) != _content(row):
            raise EngineError(f"{row.path}.id", DIFFERENT_ROWS, {"lesion": row.id})
        if row.mm is not None and row.mm < 0:
            raise EngineError(f"{row.path}.mm", NEGATIVE, {"mm": row.mm})
        if row.state == codes.UNEQUIVOCAL and point.new_lesions == codes.NO:
            raise EngineError(f"{point.path}.new_lesions", NO_BESIDE_NEW, {"lesion": row.id})
        if row.date is not None:
            params = {"lesion": row.id, "date": row.date, "baseline": baseline}
            if baseline is not None and row.date <= baseline:
                raise EngineError(f"{row.path}.date", TOO_EARLY, params)
            if row.date > point.last_scan:
                raise EngineError(f"{row.path}.date", TOO_LATE, params)


def _content(row: NewLesion) -> tuple[object, ...]:
    return (row.state, row.date, row.organ, row.mm, row.typical)


def findings(points: Sequence[Imaging], recomputed: Sequence[bool], mrecist: bool) -> tuple[Finding, ...]:
    """G-29: every lesion that is unequivocal at any time point, dated at its first appearance."""
    rows: dict[str, list[tuple[Imaging, NewLesion]]] = {}
    for point in points:
        for row in point.new:
            rows.setdefault(row.id, []).append((point, row))
    found = []
    for lesion, shown in rows.items():
        since, read = min((_first_seen(point, row) for point, row in shown), key=lambda pair: pair[0])
        step = _reason(lesion, shown, since, mrecist)
        if step is None:
            continue
        belongs = (i for i, point in enumerate(points) if recomputed[i] and point.last_scan >= since)
        found.append(Finding(lesion, since, read, next(belongs), step))
    return tuple(found)


def _first_seen(point: Imaging, row: NewLesion) -> tuple[date, Read]:
    """The date of the row; without one the first scan of its time point."""
    if row.date is not None:
        return row.date, Read(f"{row.path}.date", row.date)
    return point.date, Read(f"{point.path}.date", point.date)


def _reason(lesion: str, shown: list[tuple[Imaging, NewLesion]], since: date, mrecist: bool) -> Step | None:
    """Why the lesion is unequivocal; none when it never is."""
    first = next((row for _, row in shown if row.mm is not None), None)
    dates = tuple(_first_seen(point, row)[1] for point, row in shown)
    for _, row in shown:
        if mrecist and row.organ == codes.LIVER and row.mm is not None and first is not None:
            size = Read(f"{row.path}.mm", row.mm)
            if row.mm >= TYPICAL_MM and row.typical:
                params = {"lesion": lesion, "mm": row.mm, "date": since}
                return Step("M-13", NEW_TYPICAL, params, (size, Read(f"{row.path}.typical", True), *dates))
            if first.mm is not None and row.mm - first.mm >= GROWTH_MM:
                params = {"lesion": lesion, "first": first.mm, "mm": row.mm, "date": since}
                return Step("M-13", NEW_GROWN, params, (Read(f"{first.path}.mm", first.mm), size, *dates))
        elif row.state == codes.UNEQUIVOCAL:
            rule = "M-14" if mrecist else "R-60"
            params = {"lesion": lesion, "date": since}
            return Step(rule, NEW_SINCE, params, (Read(f"{row.path}.state", row.state), *dates))
    return None


def new_at(index: int, point: Imaging, found: tuple[Finding, ...]) -> New:
    """G-29: the rows decide; the answer counts where there is no row, and "unknown" holds."""
    here = [finding for finding in found if finding.since <= point.last_scan]
    if here:
        first_scan = Read(f"{point.path}.date", point.date)
        dated = [
            (finding.since, finding.since_read) if finding.first == index else (point.date, first_scan)
            for finding in here
        ]
        since, read = min(dated, key=lambda pair: pair[0])
        earliest = min(here, key=lambda finding: finding.since)
        return New(codes.YES, since, read, earliest.step)
    return _answered(point)


def _answered(point: Imaging) -> New:
    """No unequivocal lesion is known: the answer, or the equivocal rows."""
    answer = point.new_lesions
    asked = Read(f"{point.path}.new_lesions", answer)
    if answer == codes.UNKNOWN:
        return New(codes.UNKNOWN, None, None, Step("R-73", CANNOT_EXCLUDE, {}, (asked,)))
    if point.new:
        reads = tuple(Read(f"{row.path}.state", row.state) for row in point.new)
        lesions = tuple(dict.fromkeys(row.id for row in point.new))
        return New(codes.NO, None, None, Step("R-61", ONLY_EQUIVOCAL, {"lesions": lesions}, reads))
    if answer == codes.YES:
        read = Read(f"{point.path}.date", point.date)
        return New(codes.YES, point.date, read, Step("R-60", ANSWERED_YES, {}, (asked,)))
    if answer is None:
        return New(codes.UNKNOWN, None, None, Step("G-29", NOT_ANSWERED, {}, (asked,)))
    return New(codes.NO, None, None, Step("R-60", ANSWERED_NO, {}, (asked,)))
