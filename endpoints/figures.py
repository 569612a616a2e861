"""The trial's figures from the participants' summaries: rates with intervals, Kaplan-Meier curves. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from endpoints.engine import codes
from endpoints.engine.proportions import Proportion, rate
from endpoints.engine.settings import Settings
from endpoints.engine.survival import MARKS_MONTHS, n_at_risk, observed_range, survival
from endpoints.summary import Summary

SETS = ("ENR", "FAS", "RES", "R0", "PEV", "REV", "REV_M", "RSP")

# Endpoint, field of its value, analysis sets (the first is the headline; P-8, E-1 … E-4). `ENR` counts everybody
# enrolled: who was never treated did not reach the endpoint.
RATES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("MPR", "MPR", "value", ("FAS", "ENR", "PEV")),
    ("PCR", "PCR", "value", ("FAS", "ENR", "PEV")),
    ("ORR", "ORR", "value", ("FAS", "ENR", "REV")),
    ("ORR_CONFIRMED", "ORR", "confirmed", ("FAS", "ENR", "REV")),
    ("DCR", "DCR", "value", ("FAS", "ENR", "REV_M")),
    ("ORR_MRECIST", "ORR_MRECIST", "value", ("FAS", "REV_M")),
    ("ORR_MRECIST_CONFIRMED", "ORR_MRECIST", "confirmed", ("FAS", "REV_M")),
    ("DCR_RECIST", "DCR_RECIST", "value", ("FAS", "REV")),
    ("MPR_30", "MPR_30", "value", ("FAS", "PEV")),
    ("MPR_50", "MPR_50", "value", ("FAS", "PEV")),
    ("MPR_VOLUME", "MPR_VOLUME", "value", ("FAS", "PEV")),
    ("MPR_UNWEIGHTED", "MPR_UNWEIGHTED", "value", ("FAS", "PEV")),
)
# Landmarks in months (E-5 … E-8, E-11). Whoever has a duration is in the population: the engine decides that.
CURVES: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("PFS", (6, 12)),
    ("DFS", (12,)),
    ("OS", (6, 12, 24)),
    ("DOR", (12,)),
    ("PFS_TREATMENT_POLICY", (6, 12)),
    ("PFS_CENSOR_AT_SURGERY", (6, 12)),
    ("DFS_R1", (12,)),
)
BEST = ("BOR_RECIST", "BOR_MRECIST")


def figures(summaries: Sequence[Summary], settings: Settings) -> dict[str, Any]:
    """Everything that the endpoint pages and the report show of the whole trial."""
    return {
        "participants": len(summaries),
        "sets": {name: sum(1 for one in summaries if name in one["sets"]) for name in SETS},
        "rates": {
            name: {
                population: rate_in(summaries, endpoint, part, population, settings) for population in sets
            }
            for name, endpoint, part, sets in RATES
        },
        "curves": {name: curve(summaries, name, months, settings) for name, months in CURVES},
        "best": {name: _counts(summaries, name) for name in BEST},
        "settings": settings.to_json(),
    }


def rate_in(
    summaries: Iterable[Summary], endpoint: str, part: str, population: str, settings: Settings
) -> dict[str, Any]:
    """x / n, intervals, and the same without the pending (G-25)."""
    values = [one["values"][endpoint].get(part) or codes.N for one in summaries if population in one["sets"]]
    found = rate(values, settings.conf_level)
    return {"all": _proportion(found.all), "pending": found.pending, "settled": _proportion(found.settled)}


def _proportion(found: Proportion) -> dict[str, Any]:
    return {"x": found.x, "n": found.n} | {
        key: value for key, value in found.to_json().items() if key in ("estimate", "exact", "wilson")
    }


def curve(
    summaries: Iterable[Summary], endpoint: str, months: tuple[int, ...], settings: Settings
) -> dict[str, Any]:
    """G-3, S-3 … S-12: on integer days; landmarks and numbers at risk at real numbers of days."""
    known = [one["values"][endpoint] for one in summaries if "days" in one["values"][endpoint]]
    times, events = [one["days"] for one in known], [bool(one["event"]) for one in known]
    month = float(settings.days_per_month)
    found = survival(times, events, [n * month for n in months], settings.conf_level, settings.conf_type)
    return found.to_json() | {
        "landmark_months": list(months),
        "at_risk": {
            "months": list(MARKS_MONTHS),
            "n": list(n_at_risk(times, [n * month for n in MARKS_MONTHS])),
        },
        "range": observed_range(times, events),
    }


def _counts(summaries: Iterable[Summary], endpoint: str) -> dict[str, int]:
    """How many have each best response, in the full analysis set."""
    found: dict[str, int] = {}
    for one in summaries:
        if "FAS" in one["sets"]:
            value = one["values"][endpoint].get("value") or codes.NE
            found[value] = found.get(value, 0) + 1
    return found
