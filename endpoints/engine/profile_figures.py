"""The trial's figures that rest on profiles: safety, exposure, flow, accrual, subgroups, pathology by reader. Pure.

`profile_figures` walks once over pairs of summary and profile (`endpoints.profile` says what is in one; a participant
whose data are refused has an empty summary). Plain JSON, by part:

    safety     `safety_tables`       exposure   `exposure_tables`     flow       `participant_flow`
    accrual    `accrual`             subgroups  `subgroups_of`        pathology  `pathology_tables`

A proportion is {x, n, estimate, exact {lower, upper}}; shares of 1, none where not estimable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from endpoints.engine.accrual import Plan, accrual
from endpoints.engine.exposure import exposure_tables
from endpoints.engine.flow import participant_flow
from endpoints.engine.reading_rates import pathology_tables
from endpoints.engine.safety_tables import safety_tables
from endpoints.engine.settings import DEFAULTS, Settings
from endpoints.engine.subgroups import subgroups_of

Pair = tuple[Mapping[str, Any], Mapping[str, Any]]


def profile_figures(
    pairs: Iterable[Pair], settings: Settings = DEFAULTS, plan: Plan | None = None, population: str = ""
) -> dict[str, Any]:
    """Every part. `population`: an analysis set to which safety, exposure, subgroups and pathology are restricted; none:
    each in its own (safety set, full analysis set). Flow and accrual are of the whole trial."""
    every = [*pairs]
    inside = [pair for pair in every if in_set(pair, population)] if population else every
    level = settings.conf_level
    subgroups = {
        name: subgroups_of(inside, name, level, population=population or "FAS")
        for name in ("MPR", "PCR", "ORR", "DCR")
    }
    return {
        "safety": safety_tables(inside, level),
        "exposure": exposure_tables(inside, level),
        "flow": participant_flow(every),
        "accrual": accrual(every, plan),
        "subgroups": subgroups,
        "pathology": pathology_tables(inside, level),
    }


def in_set(pair: Pair, population: str) -> bool:
    """Whether a participant is in an analysis set; safety and per-protocol set are known without a summary."""
    summary, profile = pair
    if population in ("SAF", "PPS"):
        return bool(profile.get("sets", {}).get(population))
    return population in summary.get("sets", ())
