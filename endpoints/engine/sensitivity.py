"""Q-3, G-23: the same rules under another assumption: mRECIST without its floor, and a participant without images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from endpoints.engine import codes
from endpoints.engine.codes import PENDING, N
from endpoints.engine.dates import Dated
from endpoints.engine.durations import duration_of_response
from endpoints.engine.lesion_response import progressed
from endpoints.engine.records import Records
from endpoints.engine.regression import closed_without_resection
from endpoints.engine.responses import best_overall, disease_control, objective_response
from endpoints.engine.results import Answer, BestOverall, Duration, Endpoint, Responder, TimePoint, Unread
from endpoints.engine.settings import Settings
from endpoints.engine.steps import Step, Steps, gettext_noop
from endpoints.engine.timepoint import assess
from endpoints.engine.types import Imaging
from endpoints.engine.window import Window, closing, window_of

ZERO = Decimal(0)

FLOOR_SAME = gettext_noop("mRECIST without the floor of {floor} mm: no time point has another response.")
FLOOR_OTHER = gettext_noop(
    "mRECIST without the floor of {floor} mm: growth of {share} % or more is progression, however few mm it is;"
    " another response: {names}."
)


class Assessed(NamedTuple):
    """One series: its baseline, the rows that are assessed, and what they give."""

    baseline: Imaging | None
    rows: tuple[Imaging, ...]
    points: tuple[TimePoint, ...]


def _held_back(point: TimePoint, settings: Settings) -> bool:
    """Whether the floor may have kept this time point from progression; an incomplete sum may always hide it."""
    if point.as_given or point.target in (None, codes.CR, codes.PD):
        return False
    if point.sum is None or point.nadir is None:
        return True
    if point.sum <= point.nadir:
        return False
    return progressed(point.sum, point.nadir, ZERO, settings.progression_increase_pct)


def floorless(series: Assessed, settings: Settings) -> tuple[TimePoint, ...]:
    """M-11: the series without the floor; the same time points where the floor never mattered."""
    if not any(_held_back(point, settings) for point in series.points):
        return series.points
    bare = replace(settings, mrecist_progression_increase_mm=ZERO)
    again = assess(series.baseline, series.rows, codes.MRECIST, bare).timepoints
    same = [(one.name, one.date, one.overall) for one in again] == [
        (one.name, one.date, one.overall) for one in series.points
    ]
    return series.points if same else again


def without_floor(
    series: Assessed,
    window: Window,
    main: dict[str, Endpoint],
    records: Records,
    settings: Settings,
    final: bool,
    fas: Steps,
) -> dict[str, Endpoint]:
    """Q-3: the mRECIST endpoints without the floor. Where no response changes, the results of `main` under their reason."""
    points = floorless(series, settings)
    floor = settings.mrecist_progression_increase_mm
    if points is series.points:
        reads = tuple([point.date_read for point in points]) or (window.first_dose.read,)
        before = (*fas, Step("Q-3", FLOOR_SAME, {"floor": floor}, reads))
        return {name: _again(main[source], before, len(fas)) for name, source in WITHOUT_FLOOR.items()}
    before = (*fas, _other_step(series.points, points, settings))
    bare = window_of(codes.MRECIST, points, records, window.first_dose, settings)
    return {
        "BOR_MRECIST_NO_FLOOR": best_overall(bare, before),
        "ORR_MRECIST_NO_FLOOR": objective_response(bare, records, settings, final, before),
        "DCR_NO_FLOOR": disease_control(bare, records, settings, final, before),
        "DOR_NO_FLOOR": duration_of_response(
            records, bare.response, points, settings, (*before, *bare.steps)
        ),
    }


WITHOUT_FLOOR = {
    "BOR_MRECIST_NO_FLOOR": "BOR_MRECIST",
    "ORR_MRECIST_NO_FLOOR": "ORR_MRECIST",
    "DCR_NO_FLOOR": "DCR",
    "DOR_NO_FLOOR": "DOR",
}


def _again(found: Endpoint, before: Steps, skipped: int) -> Endpoint:
    """The same result, its reasons after those in `before`."""
    steps = (*before, *found.steps[skipped:])
    if isinstance(found, BestOverall):
        return BestOverall(found.value, found.date, found.confirmed, found.confirmed_date, steps)
    if isinstance(found, Responder):
        return Responder(found.value, found.confirmed, steps)
    if isinstance(found, Duration):
        return Duration(found.start, found.end, found.event, found.name, steps)
    return Answer(found.value, steps)


def _other_step(points: Sequence[TimePoint], again: Sequence[TimePoint], settings: Settings) -> Step:
    """Which time points have another response, with the dates on which they stand."""
    was = {point.path: (point.overall, point.date) for point in points}
    other = [point for point in again if was.get(point.path) != (point.overall, point.date)]
    params = {
        "floor": settings.mrecist_progression_increase_mm,
        "share": settings.progression_increase_pct,
        "names": tuple([point.name or point.date for point in other]),
    }
    return Step("Q-3", FLOOR_OTHER, params, tuple([point.date_read for point in other]))


def unread(records: Records, start: Dated, settings: Settings, final: bool) -> Unread:
    """What stays when there is no image: pending as long as the course leaves it open."""
    closed, _reads = closing(records, None, start.date)
    limit = start.date + timedelta(days=settings.response_window_days)
    response = PENDING if closed is None and records.cutoff <= limit and not final else N
    if records.resection is not None:
        return Unread(response, None)
    why = next(closed_without_resection(records, start, None, settings), None)
    return Unread(response, PENDING if why is None and not final else N)
