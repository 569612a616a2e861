"""One participant's whole course to all endpoints."""

from __future__ import annotations

from collections.abc import Callable

from endpoints.engine import codes
from endpoints.engine.checks import BASELINE_AFTER_DOSE, SECOND_BASELINE, check_course
from endpoints.engine.dates import Dated
from endpoints.engine.durations import (
    disease_free,
    duration_of_response,
    first_progression,
    progression_free,
    progression_free_by_mrecist,
)
from endpoints.engine.margin import complete_resection
from endpoints.engine.overall_survival import from_diagnosis, overall_survival
from endpoints.engine.records import Records, records_of
from endpoints.engine.regression import after_resection, without_resection
from endpoints.engine.responses import best_overall, disease_control, objective_response
from endpoints.engine.results import (
    Answer,
    BestOverall,
    CourseResult,
    Duration,
    Endpoint,
    Regression,
    Responder,
    TimePoint,
)
from endpoints.engine.sensitivity import Assessed, unread, without_floor
from endpoints.engine.settings import DEFAULTS, Settings
from endpoints.engine.steps import EngineError, Read, Step, Steps, gettext_noop
from endpoints.engine.timepoint import assess, check_points
from endpoints.engine.types import Course
from endpoints.engine.window import window_of

__all__ = ["Course", "CourseResult", "EngineError", "Settings", "derive"]

IN_FAS = gettext_noop("In the full analysis set: enrolled on {enrolled}, first dose on {first}.")
NOT_ENROLLED = gettext_noop("Not in the full analysis set: not enrolled up to the cut-off {cutoff}.")
NO_DOSE = gettext_noop("Not in the full analysis set: no study drug up to the cut-off {cutoff}.")

EMPTY: dict[str, Callable[[Steps], Endpoint]] = {
    "MPR": lambda steps: Regression(None, None, steps),
    "PCR": lambda steps: Answer(None, steps),
    "BOR_RECIST": lambda steps: BestOverall(None, None, None, None, steps),
    "BOR_MRECIST": lambda steps: BestOverall(None, None, None, None, steps),
    "ORR": lambda steps: Responder(None, None, steps),
    "ORR_MRECIST": lambda steps: Responder(None, None, steps),
    "DCR": lambda steps: Answer(None, steps),
    "DCR_RECIST": lambda steps: Answer(None, steps),
    "BOR_MRECIST_NO_FLOOR": lambda steps: BestOverall(None, None, None, None, steps),
    "ORR_MRECIST_NO_FLOOR": lambda steps: Responder(None, None, steps),
    "DCR_NO_FLOOR": lambda steps: Answer(None, steps),
    **dict.fromkeys(
        (
            "DOR",
            "PFS",
            "PFS_TREATMENT_POLICY",
            "PFS_CENSOR_AT_SURGERY",
            "DFS",
            "OS",
            "DFS_R1",
            "OS_FROM_DIAGNOSIS",
            "DOR_RECIST",
            "DOR_NO_FLOOR",
            "PFS_MRECIST",
        ),
        lambda steps: Duration(None, None, None, None, steps),
    ),
    **dict.fromkeys(
        ("MPR_30", "MPR_50", "MPR_VOLUME", "MPR_UNWEIGHTED"),
        lambda steps: Regression(None, None, steps),
    ),
    "R0": lambda steps: Answer(None, steps),
}
ENDPOINTS = tuple(EMPTY)


def derive(course: Course, settings: Settings = DEFAULTS) -> CourseResult:
    """All endpoints of a course with their reasons; bad input is an `EngineError` (G-27)."""
    records = records_of(course)
    check_course(course, records)
    recist = _series(course, records, codes.RECIST, settings)
    mrecist = _series(course, records, codes.MRECIST, settings)
    responses = {codes.RECIST: recist.points, codes.MRECIST: mrecist.points}
    endpoints = _endpoints(course, records, recist, mrecist, settings)
    start = records.first_dose if records.enrolled else None
    without = unread(records, start, settings, course.final) if start else None
    return CourseResult(course.id, endpoints, responses, settings, without)


def _series(course: Course, records: Records, criteria: str, settings: Settings) -> Assessed:
    """G-23, G-31, G-38: the evaluator's time points up to the cut-off, none after the resection."""
    rows = [
        row
        for row in course.imaging
        if row.criteria == criteria
        and row.evaluator == settings.evaluator
        and row.last_scan <= records.cutoff
    ]
    baselines = [row for row in rows if row.baseline]
    if len(baselines) > 1:
        raise EngineError(baselines[1].path, SECOND_BASELINE, {"criteria": criteria})
    baseline = baselines[0] if baselines else None
    if baseline and course.first_dose and baseline.last_scan > course.first_dose:
        params = {"date": baseline.last_scan, "first": course.first_dose}
        raise EngineError(baseline.last_scan_path, BASELINE_AFTER_DOSE, params)
    points = [row for row in rows if not row.baseline]
    resection = records.resection
    before = tuple([row for row in points if resection is None or row.last_scan <= resection.date])
    if len(before) < len(points):
        check_points(baseline, points, settings)
    return Assessed(baseline, before, assess(baseline, before, criteria, settings).timepoints)


def _analysis_set(course: Course, records: Records) -> Step:
    """G-40: who is in the full analysis set."""
    cutoff = records.until.read
    if records.enrolled is None:
        return Step(
            "G-40", NOT_ENROLLED, {"cutoff": records.cutoff}, (Read("enrolled", course.enrolled), cutoff)
        )
    if records.first_dose is None:
        return Step(
            "G-40", NO_DOSE, {"cutoff": records.cutoff}, (Read("first_dose", course.first_dose), cutoff)
        )
    params = {"enrolled": records.enrolled.date, "first": records.first_dose.date}
    return Step("G-40", IN_FAS, params, (records.enrolled.read, records.first_dose.read))


def _endpoints(
    course: Course,
    records: Records,
    by_recist: Assessed,
    by_mrecist: Assessed,
    settings: Settings,
) -> dict[str, Endpoint]:
    """Every endpoint, in the order of the report; outside the analysis set all are empty."""
    fas = (_analysis_set(course, records),)
    start = records.first_dose
    if start is None or records.enrolled is None:
        return {name: empty(fas) for name, empty in EMPTY.items()}
    final, recist, mrecist = course.final, by_recist.points, by_mrecist.points
    window = window_of(codes.RECIST, recist, records, start, settings)
    window_m = window_of(codes.MRECIST, mrecist, records, start, settings)
    pathologic = _pathologic(records, start, recist, settings, final, fas)
    pfs, policy, at_surgery = progression_free(records, start, by_recist.baseline, recist, settings, fas)
    found: dict[str, Endpoint] = {
        "MPR": pathologic["MPR"],
        "PCR": pathologic["PCR"],
        "BOR_RECIST": best_overall(window, fas),
        "BOR_MRECIST": best_overall(window_m, fas),
        "ORR": objective_response(window, records, settings, final, fas),
        "ORR_MRECIST": objective_response(window_m, records, settings, final, fas),
        "DCR": disease_control(window_m, records, settings, final, fas),
        "DCR_RECIST": disease_control(window, records, settings, final, fas),
        "DOR": duration_of_response(records, window_m.response, mrecist, settings, (*fas, *window_m.steps)),
        "PFS": pfs,
        "PFS_TREATMENT_POLICY": policy,
        "PFS_CENSOR_AT_SURGERY": at_surgery,
        "DFS": disease_free(records, (codes.R0,), settings, fas),
        "OS": overall_survival(records, start, settings, fas),
        "DFS_R1": disease_free(records, (codes.R0, codes.R1), settings, fas),
        "OS_FROM_DIAGNOSIS": from_diagnosis(course, records, start, settings, fas),
        "MPR_30": pathologic["MPR_30"],
        "MPR_50": pathologic["MPR_50"],
        "MPR_VOLUME": pathologic["MPR_VOLUME"],
        "MPR_UNWEIGHTED": pathologic["MPR_UNWEIGHTED"],
        "R0": complete_resection(records, final, fas),
        "DOR_RECIST": duration_of_response(
            records, window.response, recist, settings, (*fas, *window.steps), codes.RECIST
        ),
        "PFS_MRECIST": progression_free_by_mrecist(
            records, start, by_mrecist.baseline, mrecist, settings, fas
        ),
    }
    return found | without_floor(by_mrecist, window_m, found, records, settings, final, fas)


def _pathologic(
    records: Records,
    start: Dated,
    recist: tuple[TimePoint, ...],
    settings: Settings,
    final: bool,
    fas: Steps,
) -> dict[str, Endpoint]:
    """G-25: after a resection the specimen decides, without one the course."""
    if records.resection is not None:
        return after_resection(records, records.resection, settings, final, fas)
    progression = first_progression(recist, start.date)
    return without_resection(records, start, progression[0] if progression else None, settings, final, fas)
