"""The data behind a report as a file: the input of the engine's operation `trial`, byte for byte the same every time.

With this file and plain Python everybody can compute every figure again (docs/recompute.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from crf.derivation_imaging import engine_settings
from endpoints.gather import gather, standings
from endpoints.models_cuts import DataCut
from endpoints.planned import accrual_plan, plain_plan, planned_of
from endpoints.standing_figures import null_rates
from participants.models import Participant
from trialsite.kernel.planned import AccrualPlan
from trialsite.kernel.study import study

BATCH = 200

# Number, course as `manage.py course` writes it (empty: it could not be made), profile.
Triple = tuple[str, Mapping[str, Any], Mapping[str, Any] | None]


def trial_case(
    people: Iterable[Triple],
    *,
    name: str,
    settings: Mapping[str, Any],
    rates: Mapping[str, float],
    plan: AccrualPlan | None = None,
) -> dict[str, Any]:
    """One case of the operation `trial`."""
    case = {
        "id": name,
        "settings": dict(settings),
        "null_rates": dict(rates),
        "accrual_plan": plain_plan(plan),
    }
    return case | {"participants": [_participant(one) for one in people]}


def _participant(one: Triple) -> dict[str, Any]:
    """A course that could not be made stays in the file: the engine refuses it and says so."""
    number, course, profile = one
    return {"course": dict(course) or {"id": number}, "profile": dict(profile) if profile else None}


def trial_case_parts(
    people: Iterable[Triple],
    *,
    name: str,
    settings: Mapping[str, Any],
    rates: Mapping[str, float],
    plan: AccrualPlan | None = None,
) -> Iterator[str]:
    """The file in pieces, one participant a line, keys in alphabetical order: memory holds one participant."""
    yield f'[{{"id": {_text(name)},\n"accrual_plan": {_text(plain_plan(plan))},\n"null_rates": {_text(dict(rates))},\n'
    yield f'"settings": {_text(dict(settings))},\n'
    yield '"participants": ['
    between = "\n"
    for one in people:
        yield between + _text(_participant(one))
        between = ",\n"
    yield "\n]}]\n"


def trial_case_json(
    people: Iterable[Triple],
    *,
    name: str,
    settings: Mapping[str, Any],
    rates: Mapping[str, float],
    plan: AccrualPlan | None = None,
) -> bytes:
    """The whole file."""
    return "".join(trial_case_parts(people, name=name, settings=settings, rates=rates, plan=plan)).encode()


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)


def live_people() -> Iterator[Triple]:
    """Everybody of the trial as the tables stand, in the order of the numbers."""
    found = Participant.objects.filter(imported=False).order_by("number").values_list("pk", flat=True)
    pks = list(found)
    for start in range(0, len(pks), BATCH):
        batch = list(gather(standings(pks[start : start + BATCH])))
        for one in sorted(batch, key=lambda made: made.number):
            yield one.number, ({} if one.failure else one.case), (None if one.failure else one.profile)


def cut_people(cut: DataCut) -> Iterator[Triple]:
    """Everybody of a data cut as it was confirmed, in the order of the numbers."""
    for one in cut.people.order_by("number").iterator(chunk_size=BATCH):
        yield one.number, one.course, one.profile or None


def live_parts() -> Iterator[str]:
    """The trial as it stands."""
    settings = engine_settings().to_json()
    return trial_case_parts(
        live_people(), name="live", settings=settings, rates=null_rates(), plan=study().planned.accrual
    )


def cut_parts(cut: DataCut) -> Iterator[str]:
    """A data cut, with the settings, null rates and plan it was computed with."""
    planned = planned_of(cut)
    rates, plan = planned["null_rates"], accrual_plan(planned)
    return trial_case_parts(
        cut_people(cut), name=cut.code, settings=cut.engine_settings, rates=rates, plan=plan
    )
