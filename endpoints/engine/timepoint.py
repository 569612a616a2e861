"""Sections 2 and 3: the time points of one evaluator by one criterion, from lesions to overall responses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from endpoints.engine import codes
from endpoints.engine.imaging_input import series
from endpoints.engine.lesions import baseline_of, nontargets_at, targets_at
from endpoints.engine.new_lesions import check_new, findings
from endpoints.engine.parsing import Json, needed_code
from endpoints.engine.results import Series
from endpoints.engine.settings import Settings
from endpoints.engine.steps import EngineError, gettext_noop
from endpoints.engine.types import Imaging
from endpoints.engine.walk import Walk

ENDS_BEFORE_START = gettext_noop("The last scan ({last}) is before the first ({first}).")
SAME_DATE = gettext_noop("Two time points of one evaluator on one date: {date}.")
ON_BASELINE = gettext_noop("A time point on {date} is on or before the baseline of {baseline}.")


def assess(baseline: Imaging | None, points: Iterable[Imaging], criteria: str, settings: Settings) -> Series:
    """All time points of a series in date order; what contradicts itself is refused (G-27, G-39)."""
    start = baseline_of(baseline, settings)
    ordered = sorted(points, key=lambda point: (point.last_scan, point.date))
    check_dates(baseline, ordered)
    recomputed = [not used_as_given(point) for point in ordered]
    found = findings(ordered, recomputed, criteria == codes.MRECIST)
    walk = Walk(start, found, criteria == codes.MRECIST, settings)
    made = [
        walk.recompute(i, point) if recomputed[i] else walk.as_given(point) for i, point in enumerate(ordered)
    ]
    made.sort(key=lambda point: point.date)
    return Series(criteria, start.sum, tuple(made))


def series_from_json(data: Json, settings: Settings) -> Series:
    """The operation `timepoints`, also for a form that previews its response."""
    criteria = needed_code(data, "criteria", "", codes.CRITERIA)
    baseline, points = series(data, criteria)
    return assess(baseline, points, criteria, settings)


def used_as_given(point: Imaging) -> bool:
    """G-37: an overall response and no lesion row of any kind."""
    return point.overall is not None and not (point.target or point.nontarget or point.new)


def check_dates(baseline: Imaging | None, points: Sequence[Imaging]) -> None:
    """G-11, G-27, G-39: dates that cannot be, and two time points on one date."""
    for point in (*points, baseline) if baseline else points:
        if point.last_scan < point.date:
            raise EngineError(
                point.last_scan_path, ENDS_BEFORE_START, {"first": point.date, "last": point.last_scan}
            )
    firsts: set[date] = set()
    lasts: set[date] = set()
    for point in points:
        if point.date in firsts or point.last_scan in lasts:
            where = f"{point.path}.date" if point.date in firsts else point.last_scan_path
            raise EngineError(
                where, SAME_DATE, {"date": point.date if point.date in firsts else point.last_scan}
            )
        firsts.add(point.date)
        lasts.add(point.last_scan)
        if baseline is not None and point.date <= baseline.last_scan:
            params = {"date": point.date, "baseline": baseline.last_scan}
            raise EngineError(f"{point.path}.date", ON_BASELINE, params)
        check_new(point, baseline.last_scan if baseline else None)


def check_points(baseline: Imaging | None, points: Sequence[Imaging], settings: Settings) -> None:
    """G-39: time points that are checked though they are not assessed (after the resection, G-38)."""
    check_dates(baseline, points)
    start = baseline_of(baseline, settings)
    for point in points:
        targets_at(point, start, settings)
        nontargets_at(point, start)
