"""R-80 to R-87: overall responses to best overall response, with and without confirmation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from endpoints.engine import codes
from endpoints.engine.codes import CR, MISSING, NE, NON, PD, PR, SD
from endpoints.engine.settings import Settings
from endpoints.engine.steps import EngineError, Read, Step, Steps, gettext_noop

BEST_FIRST = (CR, PR, SD, NON, PD, NE)

SAME_DATE = gettext_noop("Two assessments on one date: {date}.")
COUNTS = gettext_noop("{name}: {response} on {date}.")
TOO_EARLY = gettext_noop(
    "{name}: {response} on {date} is before day {days}, the minimum for SD, and counts as NE."
)
CONFIRMED_BY = gettext_noop("{name}: {response} of {date} is confirmed on {by}.")
NOT_CONFIRMED = gettext_noop("{name}: {response} of {date} is not confirmed.")
BEST = gettext_noop("Best overall response without confirmation: {value} on {date}.")
BEST_NONE = gettext_noop("No assessment counts for the best overall response.")
CONFIRMED_BEST = gettext_noop(
    "Best overall response with confirmation after at least {days} days: {value} on {date}."
)


class Assessment(NamedTuple):
    """An overall response on its date; `name` is how the steps call it."""

    date: date
    response: str
    name: str
    read: Read
    reads: tuple[Read, ...]


class Best(NamedTuple):
    """A best response and the first assessment that has it."""

    value: str | None
    date: date | None


class BestResponses(NamedTuple):
    """All that follows from the responses in their order."""

    best: Best
    confirmed_best: Best
    response: date | None
    confirmed_response: date | None
    confirmed_by: tuple[Assessment | None, ...]
    steps: Steps


def check_dates(assessments: Sequence[Assessment]) -> None:
    """G-27: two assessments of one evaluator on one date."""
    seen: set[date] = set()
    for assessment in assessments:
        if assessment.date in seen:
            raise EngineError(assessment.read.where, SAME_DATE, {"date": assessment.date})
        seen.add(assessment.date)


def confirmation(index: int, assessments: Sequence[Assessment], settings: Settings) -> Assessment | None:
    """R-83, R-84: the assessment that confirms a CR or PR; the first that could, decides."""
    first = assessments[index]
    accepted = (CR,) if first.response == CR else (CR, PR)
    earliest = first.date + timedelta(days=settings.confirmation_days)
    between: list[str] = []
    for later in assessments[index + 1 :]:
        if later.response in accepted and later.date >= earliest:
            return later if _unbroken(first.response, [*between, later.response], settings) else None
        between.append(later.response)
    return None


def _unbroken(response: str, after: list[str], settings: Settings) -> bool:
    """R-84: only CR and NE after a CR; CR, PR, NE (and one SD) after a PR, but no PR after a CR."""
    allowed = {CR, NE} if response == CR else {CR, PR, NE}
    stable = after.count(SD)
    if response == PR and settings.accept_sd_between and stable <= 1:
        allowed.add(SD)
    if not allowed.issuperset(after) or after.count(NE) > settings.max_ne_between:
        return False
    return response == CR or CR not in after or PR not in after[after.index(CR) :]


def counted(response: str, day: date, minimum: date) -> str:
    """R-82: SD and NON-CR/NON-PD before the minimum count as NE."""
    return NE if response in (SD, NON) and day < minimum else response


def fallen_back(response: str, day: date, minimum: date) -> str:
    """R-85: an unconfirmed CR or PR is SD once past the minimum, before it NE."""
    return counted(SD if response in codes.RESPONDING else response, day, minimum)


def best_of(values: Sequence[str], assessments: Sequence[Assessment]) -> Best:
    """R-81: the best value and its first date."""
    for value in BEST_FIRST:
        if value in values:
            return Best(value, assessments[values.index(value)].date)
    return Best(MISSING, None)


def best_response(
    reference: date | None, assessments: Sequence[Assessment], settings: Settings
) -> BestResponses:
    """R-80 to R-87 over assessments in date order; every one given counts."""
    confirmed = [
        confirmation(i, assessments, settings) if one.response in codes.RESPONDING else None
        for i, one in enumerate(assessments)
    ]
    responding = [one.date for one in assessments if one.response in codes.RESPONDING]
    sure = [one.date for one, by in zip(assessments, confirmed, strict=True) if by is not None]
    if reference is None:
        best = confirmed_best = Best(None, None)
        minimum = date.min
    else:
        minimum = reference + timedelta(days=settings.min_sd_days)
        plain = [counted(one.response, one.date, minimum) for one in assessments]
        strict = [
            one.response if by is not None else fallen_back(one.response, one.date, minimum)
            for one, by in zip(assessments, confirmed, strict=True)
        ]
        best, confirmed_best = best_of(plain, assessments), best_of(strict, assessments)
    steps = _explain(assessments, confirmed, minimum, best, confirmed_best, settings)
    return BestResponses(
        best, confirmed_best, next(iter(responding), None), next(iter(sure), None), tuple(confirmed), steps
    )


def _explain(
    assessments: Sequence[Assessment],
    confirmed: Sequence[Assessment | None],
    minimum: date,
    best: Best,
    confirmed_best: Best,
    settings: Settings,
) -> Steps:
    """One step per assessment, then the two results."""
    steps = []
    reads = tuple([one.read for one in assessments])
    sure = False
    for one, by in zip(assessments, confirmed, strict=True):
        params = {"name": one.name, "response": one.response, "date": one.date}
        if one.date < minimum and one.response in (SD, NON):
            steps.append(Step("R-82", TOO_EARLY, params | {"days": settings.min_sd_days}, one.reads))
            continue
        steps.append(Step("R-80", COUNTS, params, one.reads))
        if by is not None:
            steps.append(Step("R-83", CONFIRMED_BY, params | {"by": by.date}, (one.read, by.read)))
            sure = True
        elif one.response == CR or (one.response == PR and not sure):
            steps.append(Step("R-83", NOT_CONFIRMED, params, reads))
    if not assessments:
        steps.append(Step("R-90", BEST_NONE))
    elif best.value is not None:
        steps.append(Step("R-81", BEST, {"value": best.value, "date": best.date}, reads))
        days = settings.confirmation_days
        params = {"value": confirmed_best.value, "date": confirmed_best.date, "days": days}
        steps.append(Step("R-83", CONFIRMED_BEST, params, reads))
    return tuple(steps)
