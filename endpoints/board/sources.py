"""Figures of a standpoint by the name under which its data are stored, and the way back from the name."""

from __future__ import annotations

from typing import Any

from endpoints.models_cuts import DataCut, Moment
from endpoints.standpoint import HEADLINE, PROFILE, AtCut, AtMoment, Live, Standpoint


def figures_of(standpoint: Standpoint, population: str, evaluator: str) -> dict[str, Any]:
    """The figures of one analysis set by one evaluator; empty while they are computed: at most one query."""
    found: dict[str, Any] = standpoint.figures(population, evaluator)
    return found


def evaluators_of(standpoint: Standpoint) -> list[str]:
    """Who else read images, as the stored figures know: one query."""
    stored = standpoint.stored().exclude(evaluator__in=(PROFILE, standpoint.evaluator))
    return sorted(stored.values_list("evaluator", flat=True).distinct())


def by_others(standpoint: Standpoint, population: str) -> dict[str, dict[str, Any]]:
    """The figures of an analysis set by every other evaluator: one query."""
    stored = standpoint.stored().filter(population=population)
    others = stored.exclude(evaluator__in=(PROFILE, standpoint.evaluator)).order_by("evaluator")
    return dict(others.values_list("evaluator", "results"))


def stored_all(standpoint: Standpoint) -> bool:
    """Whether the figures beside the headline are there: one query."""
    return standpoint.stored().exclude(population=HEADLINE).exists()


def standpoint_named(source: str) -> Standpoint | None:
    """`live`, `moment:7` or `cut:2`; none when it was thrown away meanwhile."""
    kind, _sep, number = source.partition(":")
    if kind == "live":
        return Live()
    if kind == "moment":
        moment = Moment.objects.filter(pk=int(number)).first()
        return AtMoment(moment) if moment else None
    cut = DataCut.objects.filter(pk=int(number)).first()
    return AtCut(cut) if cut else None
