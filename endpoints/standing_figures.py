"""The figures of every analysis set by every evaluator, of the trial as it stands: computed behind the headline.

The headline (full analysis set, evaluator of the settings) stands in `TrialState`, and a save waits for that alone.
The others follow in a task of their own; until they are there, those of the data before stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import transaction

from crf.derivation_imaging import engine_settings
from endpoints.engine.counting import Person
from endpoints.engine.figures import FAS, POPULATIONS, Key, all_figures
from endpoints.engine.profile_figures import Pair, profile_figures
from endpoints.models import EndpointState, Status, StoredFigures, TrialState
from endpoints.services import trial_version
from trialsite.kernel.study import study

PROFILE = ""  # the evaluator under which the figures from profiles are kept: they depend on none
KEPT_SOURCES = ("moment:", "cut:")  # not of the trial as it stands: thrown away by whoever made them
CHUNK = 500


def null_rates() -> dict[str, float]:
    """S-2: null rates that the study configures, by name of the rate."""
    return study().values.get("null_rates") or {}


def source_of(state: TrialState) -> str:
    """What names the data of the trial as it stands. The day belongs to it: it may change figures without a new result."""
    return f"{state.version}|{state.as_of}"


def _standing() -> str | None:
    """The source of the headline; none while there is no headline."""
    state = TrialState.objects.filter(pk=TrialState.ONLY).only("version", "as_of", "computed_at").first()
    return source_of(state) if state and state.computed_at else None


def _now() -> str:
    now = trial_version()
    return f"{now.text}|{now.as_of}"


def figures_are_behind() -> bool:
    """Whether the trial's headline is newer than what stands beside it."""
    source = _standing()
    return source is not None and not StoredFigures.objects.filter(source=source).exists()


def figures_refresh() -> bool:
    """Figures of the data that the headline rests on, if they are not there. True when they were computed.

    Data that changed meanwhile bring a new headline, and with it this again.
    """
    source = _standing()
    if source is None or source != _now() or not figures_are_behind():
        return False
    found = all_figures(
        _people(), engine_settings(), null_rates(), errors=_refused(), evaluators=other_evaluators()
    )
    profiles = profile_parts(_pairs())
    if source != _now():
        return False
    _keep(source, found | profiles)
    return True


def profile_parts(pairs: Iterable[Pair]) -> dict[Key, dict[str, Any]]:
    """Safety, exposure, flow, accrual, subgroups and pathology by reader, by analysis set. With the full analysis set
    stand those that each part is usually shown in (safety in the safety set)."""
    every, plan = list(pairs), study().planned.accrual
    return {
        (one, PROFILE): profile_figures(every, engine_settings(), plan, "" if one == FAS else one)
        for one in POPULATIONS
    }


def _people() -> Iterator[Person]:
    good = EndpointState.objects.of_trial().filter(status=Status.OK, run__isnull=False).order_by("pk")
    return good.values_list("summary", "profile").iterator(chunk_size=CHUNK)


def _pairs() -> Iterator[Pair]:
    """Whose data are refused has a profile alone: safety counts them, endpoints do not."""
    rows = EndpointState.objects.of_trial().order_by("pk").values_list("summary", "profile", "status")
    for summary, profile, status in rows.iterator(chunk_size=CHUNK):
        yield summary if status == Status.OK else {}, profile


def _refused() -> int:
    return EndpointState.objects.of_trial().exclude(status=Status.OK).count()


def other_evaluators() -> list[str]:
    """G-23: who has read images of anybody in the trial, beside the evaluator of the settings."""
    read = EndpointState.objects.of_trial().filter(summary__has_key="evaluators", status=Status.OK)
    parts = read.values_list("summary__evaluators", flat=True).iterator(chunk_size=CHUNK)
    return sorted({name for part in parts for name in part})


@transaction.atomic
def _keep(source: str, found: dict[Key, dict[str, Any]]) -> None:
    """The new in the place of the old, of this and of earlier data of the trial as it stands."""
    old = StoredFigures.objects.all()
    for prefix in KEPT_SOURCES:
        old = old.exclude(source__startswith=prefix)
    old.delete()
    headline = (FAS, engine_settings().evaluator)
    StoredFigures.objects.bulk_create(
        [
            StoredFigures(source=source, population=population, evaluator=evaluator, results=results)
            for (population, evaluator), results in found.items()
            if (population, evaluator) != headline
        ],
        ignore_conflicts=True,
    )


def figures_for(source: str, population: str, evaluator: str = "") -> dict[str, Any] | None:
    """The figures of an analysis set by an evaluator (none: that of the settings), or none while they are computed.

    `source`: `source_of` the trial's state, `moment:7` or `cut:2`.
    """
    by = evaluator or engine_settings().evaluator
    if (population, by) == (FAS, engine_settings().evaluator):
        state = TrialState.objects.filter(pk=TrialState.ONLY).first()
        if state is not None and source_of(state) == source:
            return state.results
    stored = StoredFigures.objects.filter(source=source, population=population, evaluator=by)
    return stored.values_list("results", flat=True).first()
