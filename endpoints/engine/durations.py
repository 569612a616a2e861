"""T-1 to T-3: progression-free and disease-free survival, and duration of response."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from endpoints.engine import codes
from endpoints.engine.dates import Dated
from endpoints.engine.ending import decide
from endpoints.engine.event_table import (
    AT_SURGERY_TABLE,
    DFS_TABLE,
    DOR_TABLE,
    PFS_TABLE,
    TREATMENT_POLICY_TABLE,
)
from endpoints.engine.records import Records
from endpoints.engine.results import Duration, TimePoint
from endpoints.engine.settings import Settings
from endpoints.engine.situation import situation_of
from endpoints.engine.steps import Read, Step, Steps, gettext_noop
from endpoints.engine.types import Imaging

BASELINE = gettext_noop("The baseline tumour assessment is of {date}.")
NO_BASELINE = gettext_noop("There is no baseline tumour assessment by {criteria}.")
NO_RESPONSE = gettext_noop("No complete or partial response by mRECIST; there is no duration of response.")
NO_RESPONSE_RECIST = gettext_noop(
    "No complete or partial response by RECIST 1.1; there is no duration of response."
)
NO_RESECTION = gettext_noop("No resection up to the cut-off; there is no disease-free survival.")
OTHER_MARGIN = gettext_noop("The margin is {margin}; disease-free survival needs {needed}.")
MARGIN = gettext_noop("Resection on {date} with margin {margin}.")
EARLY = gettext_noop("The progression of {date} is not after the first dose and does not count.")


def adequate_points(points: Sequence[TimePoint], earliest: date) -> list[Dated]:
    """G-21: time points with an overall response other than NE, dated on or after `earliest`."""
    return [
        Dated(point.date, point.name or codes.TIME_POINT, point.date_read)
        for point in points
        if point.overall != codes.NE and point.date >= earliest
    ]


def first_progression(points: Sequence[TimePoint], after: date) -> tuple[Dated, tuple[Read, ...]] | None:
    """G-22: the first PD dated after a day, with all that was read for it."""
    for point in points:
        if point.overall == codes.PD and point.date > after:
            return Dated(point.date, codes.PROGRESSION, point.date_read), point.reads
    return None


def first_event(
    progression: tuple[Dated, tuple[Read, ...]] | None, recurrences: Iterable[Dated], death: Dated | None
) -> tuple[Dated | None, tuple[Read, ...]]:
    """G-33, E-21: the earliest; on one day progression and recurrence come before death."""
    first: tuple[Dated | None, tuple[Read, ...]] = progression or (None, ())
    for one in (next(iter(recurrences), None), death):
        if one is not None and (first[0] is None or one.date < first[0].date):
            first = one, (one.read,)
    return first


def first_on_or_after(dates: Iterable[Dated], day: date) -> Dated | None:
    """The first of the dates (in order) that is not before a day."""
    return next((one for one in dates if one.date >= day), None)


def baseline_step(baseline: Imaging | None, criteria: str = codes.RECIST) -> Step:
    """T-1 row 1: the baseline assessment, or that there is none."""
    if baseline is None:
        return Step("T-1", NO_BASELINE, {"criteria": criteria}, (Read("imaging", None),))
    return Step("T-1", BASELINE, {"date": baseline.date}, (Read(f"{baseline.path}.date", baseline.date),))


def early_progression(points: Sequence[TimePoint], start: Dated) -> Iterator[Step]:
    """G-33: what is dated on or before the first dose does not count, and that is said."""
    for point in points:
        if point.overall == codes.PD and point.date <= start.date:
            yield Step("G-33", EARLY, {"date": point.date}, (point.date_read, start.read))


def progression_free(
    records: Records,
    start: Dated,
    baseline: Imaging | None,
    points: Sequence[TimePoint],
    settings: Settings,
    fas: Steps,
) -> tuple[Duration, Duration, Duration]:
    """T-1, T-1b and T-1c (G-33, G-34)."""
    images = [one for one in adequate_points(points, start.date) if one.date > start.date]
    progression = first_progression(points, start.date)
    event = first_event(progression, records.recurrences, records.death)
    followed = [one for one in records.follow_up if one.date > start.date]
    adequate = (*images, *followed)  # in date order: follow-up starts on the resection (G-38)
    therapy = first_on_or_after(records.therapies, start.date)
    resection, cutoff, based = records.resection, records.until, baseline is not None
    situation = situation_of(start, adequate, event, therapy, resection, cutoff, settings, based)
    before = (*fas, baseline_step(baseline), *early_progression(points, start))
    main = decide(PFS_TABLE, situation, before)
    policy = decide(TREATMENT_POLICY_TABLE, situation, before)
    if resection is None:
        return main, policy, main
    until = resection.date
    if therapy and therapy.date > until:
        therapy = None
    death = records.death if records.death and records.death.date <= until else None
    event = first_event(progression if progression and progression[0].date <= until else None, (), death)
    at_surgery = situation_of(start, tuple(images), event, therapy, resection, resection, settings, based)
    return main, policy, decide(AT_SURGERY_TABLE, at_surgery, before)


def progression_free_by_mrecist(
    records: Records,
    start: Dated,
    baseline: Imaging | None,
    points: Sequence[TimePoint],
    settings: Settings,
    fas: Steps,
) -> Duration:
    """T-1 on the time points by mRECIST (sensitivity)."""
    images = [one for one in adequate_points(points, start.date) if one.date > start.date]
    event = first_event(first_progression(points, start.date), records.recurrences, records.death)
    adequate = (*images, *[one for one in records.follow_up if one.date > start.date])
    therapy = first_on_or_after(records.therapies, start.date)
    resection, based = records.resection, baseline is not None
    situation = situation_of(start, adequate, event, therapy, resection, records.until, settings, based)
    before = (*fas, baseline_step(baseline, codes.MRECIST), *early_progression(points, start))
    return decide(PFS_TABLE, situation, before)


def disease_free(records: Records, margins: tuple[str, ...], settings: Settings, fas: Steps) -> Duration:
    """T-2, G-35: from an R0 resection (sensitivity: R0 or R1) to recurrence or death."""
    start = records.resection
    if start is None:
        read = _not_resected(records)
        return Duration(None, None, None, None, (*fas, Step("G-35", NO_RESECTION, {}, (read,))))
    margin = Read("surgery.margin", records.margin)
    if records.margin not in margins:
        params = {"margin": records.margin, "needed": margins}
        return Duration(None, None, None, None, (*fas, Step("G-35", OTHER_MARGIN, params, (margin,))))
    event = first_event(None, records.recurrences, records.death)
    therapy = first_on_or_after(records.therapies, start.date)
    situation = situation_of(start, records.follow_up, event, therapy, start, records.until, settings)
    described = Step("G-35", MARGIN, {"date": start.date, "margin": records.margin}, (start.read, margin))
    return decide(DFS_TABLE, situation, (*fas, described))


def _not_resected(records: Records) -> Read:
    """What says that there was no resection up to the cut-off: the answer, or a resection after it."""
    surgery = records.surgery
    if surgery is not None:
        return Read("surgery.resected", False) if surgery.performed else Read("surgery.performed", False)
    return records.all_resection.read if records.all_resection else Read("surgery", None)


def duration_of_response(
    records: Records,
    start: Dated | None,
    points: Sequence[TimePoint],
    settings: Settings,
    before: Steps,
    criteria: str = codes.MRECIST,
) -> Duration:
    """T-3, G-28, G-35: from the first response by the criterion to progression, recurrence or death."""
    if start is None:
        message = NO_RESPONSE if criteria == codes.MRECIST else NO_RESPONSE_RECIST
        return Duration(None, None, None, None, (*before, Step("G-28", message)))
    event = first_event(first_progression(points, start.date), records.recurrences, records.death)
    adequate = (*adequate_points(points, start.date), *records.follow_up)
    therapy = first_on_or_after(records.therapies, start.date)
    situation = situation_of(start, adequate, event, therapy, records.resection, records.until, settings)
    return decide(DOR_TABLE, situation, before)
