"""E-1, E-2, G-25: major and complete pathologic response, and their sensitivity figures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from endpoints.engine import codes
from endpoints.engine.central import Central, central_result, result_share
from endpoints.engine.codes import NE, PENDING, N, Y
from endpoints.engine.dates import Dated
from endpoints.engine.pathology import equal, volume
from endpoints.engine.records import Records
from endpoints.engine.results import Answer, Endpoint, Regression
from endpoints.engine.settings import Settings
from endpoints.engine.steps import Read, Step, Steps, gettext_noop

RESECTED = gettext_noop("Resected on {date}; the central result decides.")
NOT_RESECTED = gettext_noop("No resection up to the cut-off {cutoff}.")
MAY_COME = gettext_noop("A resection is still possible.")
NO_RESULT = gettext_noop("Final analysis: no result by the cut-off.")
WAITING = gettext_noop("There is no final central result yet.")
MPR_RESULT = gettext_noop("{rvt} % viable tumour, at most {limit} %: {value}.")
MPR_BELOW = gettext_noop("{rvt} % viable tumour, below {limit} %: {value}.")
NOT_EVALUABLE = gettext_noop("The specimen is not evaluable; counted as not reached.")
PCR_RESULT = gettext_noop("Pathologic complete response by the final central result: {value}.")
TUMOUR_LEFT = gettext_noop("Tumour was left behind (ablated, in place, or R2): no complete response.")
RESECTED_PART = gettext_noop(
    "Tumour was left behind (ablated, in place, or R2): the value is of the resected part."
)
NO_WEIGHTS = gettext_noop("The sizes for this weighting are not all recorded.")

WHY_DEATH = gettext_noop("Not reached: death on {date} without a resection.")
WHY_END = gettext_noop("Not reached: end of study on {date} without a resection.")
WHY_TREATMENT = gettext_noop("Not reached: treatment ended on {date} and no operation is planned.")
WHY_NOT_DONE = gettext_noop("Not reached: the operation was not done.")
WHY_EXPLORED = gettext_noop("Not reached: exploration without resection on {date}.")
WHY_PROGRESSION = gettext_noop(
    "Not reached: progression on {date}, more than {days} days before the cut-off {cutoff}."
)
WHY_TIME = gettext_noop("Not reached: the cut-off {cutoff} is later than {days} days after the first dose.")

MPR_30_PCT = Decimal(30)
MPR_50_PCT = Decimal(50)

Pathologic = dict[str, Endpoint]


def closed_without_resection(
    records: Records, first_dose: Dated, progression: Dated | None, settings: Settings
) -> Iterator[Step]:
    """G-25: what makes a resection impossible or too late, in the order of the rule."""
    if records.death:
        yield Step("G-25", WHY_DEATH, {"date": records.death.date}, (records.death.read,))
    if records.end_of_study:
        yield Step("G-25", WHY_END, {"date": records.end_of_study.date}, (records.end_of_study.read,))
    end = records.end_of_treatment
    if end and end.surgery_planned is False:
        reads = (Read("end_of_treatment.date", end.date), Read("end_of_treatment.surgery_planned", False))
        yield Step("G-25", WHY_TREATMENT, {"date": end.date}, reads)
    surgery = records.surgery
    if surgery and not surgery.performed:
        yield Step("G-25", WHY_NOT_DONE, {}, (Read("surgery.performed", False),))
    elif surgery and not surgery.resected:
        yield Step("G-25", WHY_EXPLORED, {"date": surgery.date}, (Read("surgery.resected", False),))
    cutoff = records.until.read
    if progression and (records.cutoff - progression.date).days > settings.surgery_after_pd_days:
        params = {"date": progression.date, "days": settings.surgery_after_pd_days, "cutoff": records.cutoff}
        yield Step("G-25", WHY_PROGRESSION, params, (progression.read, cutoff))
    if records.cutoff > first_dose.date + timedelta(days=settings.surgery_by_days):
        params = {"cutoff": records.cutoff, "days": settings.surgery_by_days}
        yield Step("G-25", WHY_TIME, params, (cutoff, first_dose.read))


def without_resection(
    records: Records,
    first_dose: Dated,
    progression: Dated | None,
    settings: Settings,
    final: bool,
    fas: Steps,
) -> Pathologic:
    """G-25: pending while a resection may still come, then not reached, with the reason."""
    cutoff = records.until.read
    steps = (*fas, Step("G-25", NOT_RESECTED, {"cutoff": records.cutoff}, (cutoff,)))
    why = next(closed_without_resection(records, first_dose, progression, settings), None)
    if why is not None:
        value, last = N, why
    elif final:
        value, last = N, Step("G-25", NO_RESULT, {}, (cutoff,))
    else:
        value, last = PENDING, Step("G-25", MAY_COME, {}, (cutoff,))
    return _all(value, (*steps, last))


def _all(value: str, steps: Steps) -> Pathologic:
    """The same for every pathologic endpoint, while there is no central result."""
    same: Pathologic = dict.fromkeys(
        ("MPR", "MPR_30", "MPR_50", "MPR_VOLUME", "MPR_UNWEIGHTED"), Regression(value, None, steps)
    )
    return same | {"PCR": Answer(value, steps)}


def after_resection(
    records: Records, resection: Dated, settings: Settings, final: bool, fas: Steps
) -> Pathologic:
    """G-25, G-36: the final central result, whatever happened before or since."""
    start = (*fas, Step("G-25", RESECTED, {"date": resection.date}, (resection.read,)))
    central = central_result(records.reads, records.adjudication, settings)
    steps = (*start, *central.steps)
    if not central.final:
        message, value = (NO_RESULT, N) if final else (WAITING, PENDING)
        cutoff = records.until.read
        return _all(value, (*steps, Step("G-25", message, {}, (cutoff,))))
    left = _left_behind(records)
    steps += (Step("P-4", RESECTED_PART, {}, left),) if left else ()
    limit = settings.mpr_threshold_pct
    rvt, by_volume, unweighted = central.rvt, result_share(central, volume), result_share(central, equal)
    return {
        "MPR": _at_most(rvt, limit, central, steps, "P-5"),
        "PCR": _complete(central, left, (*start, *central.steps, *central.pcr_steps)),
        "MPR_30": _at_most(rvt, MPR_30_PCT, central, steps, "P-10"),
        "MPR_50": _below(rvt, MPR_50_PCT, central, steps),
        "MPR_VOLUME": _at_most(by_volume, limit, central, steps, "P-3"),
        "MPR_UNWEIGHTED": _at_most(unweighted, limit, central, steps, "P-3"),
    }


def _left_behind(records: Records) -> tuple[Read, ...]:
    """P-4, G-36: tumour that was not resected; what says so."""
    surgery = records.surgery
    if surgery is None:
        return ()
    if surgery.tumour_left:
        return (Read("surgery.tumour_left", True),)
    return (Read("surgery.margin", surgery.margin),) if surgery.margin == codes.R2 else ()


def _without_value(central: Central, steps: Steps) -> Regression:
    """G-36: NE of the result counts as not reached; sizes missing for a weight give no value."""
    if central.rvt is None:
        return Regression(N, None, (*steps, Step("G-36", NOT_EVALUABLE, {}, central.reads)))
    return Regression(None, None, (*steps, Step("P-3", NO_WEIGHTS, {}, central.reads)))


def _at_most(rvt: Decimal | None, limit: Decimal, central: Central, steps: Steps, rule: str) -> Regression:
    """P-5, P-10: the value against a limit that still counts, unrounded."""
    if rvt is None:
        return _without_value(central, steps)
    value = Y if rvt <= limit else N
    params = {"rvt": float(rvt), "limit": limit, "value": value}
    return Regression(value, rvt, (*steps, Step(rule, MPR_RESULT, params, central.reads)))


def _below(rvt: Decimal | None, limit: Decimal, central: Central, steps: Steps) -> Regression:
    """P-10: the value against a limit that does not count any more."""
    if rvt is None:
        return _without_value(central, steps)
    value = Y if rvt < limit else N
    params = {"rvt": float(rvt), "limit": limit, "value": value}
    return Regression(value, rvt, (*steps, Step("P-10", MPR_BELOW, params, central.reads)))


def _complete(central: Central, left: tuple[Read, ...], steps: Steps) -> Answer:
    """P-6, P-4: complete response of the specimen, unless tumour was left behind."""
    if left:
        return Answer(N, (*steps, Step("P-4", TUMOUR_LEFT, {}, left)))
    if central.pcr == NE:
        return Answer(N, (*steps, Step("G-36", NOT_EVALUABLE, {}, central.reads)))
    return Answer(central.pcr, (*steps, Step("P-6", PCR_RESULT, {"value": central.pcr}, central.reads)))
