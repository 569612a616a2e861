"""The trial's figures from the participants' summaries: rates with intervals, Kaplan-Meier curves. Pure."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from typing import Any

from endpoints.engine import codes
from endpoints.engine.proportions import Proportion, rate
from endpoints.engine.settings import Settings
from endpoints.engine.summary import Summary
from endpoints.engine.survival import MARKS_MONTHS, n_at_risk, observed_range, survival

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


def figures(summaries: Iterable[Summary], settings: Settings) -> dict[str, Any]:
    """Everything that the endpoint pages and the report show of the whole trial, from one walk over the summaries."""
    found = _Collected()
    for one in summaries:
        found.add(one)
    return {
        "participants": found.participants,
        "sets": {name: found.sets[name] for name in SETS},
        "rates": {
            name: {population: found.rate(name, population, settings) for population in sets}
            for name, _endpoint, _part, sets in RATES
        },
        "curves": {name: curve(*found.times(name), months, settings) for name, months in CURVES},
        "best": {name: dict(found.best[name]) for name in BEST},
        "settings": settings.to_json(),
    }


class _Collected:
    """Counts and times: what is kept of a participant is a few numbers, so memory hardly grows with the trial."""

    def __init__(self) -> None:
        self.participants = 0
        self.sets: Counter[str] = Counter()
        self.values: dict[tuple[str, str], Counter[str]] = {
            (name, population): Counter() for name, *_rest, sets in RATES for population in sets
        }
        self.durations: dict[str, tuple[array[int], array[int]]] = {
            name: (array("l"), array("b")) for name, _months in CURVES
        }
        self.best: dict[str, Counter[str]] = {name: Counter() for name in BEST}

    def add(self, one: Summary) -> None:
        """One participant."""
        self.participants += 1
        self.sets.update(one["sets"])
        values = one["values"]
        for name, endpoint, part, sets in RATES:
            for population in sets:
                if population in one["sets"]:
                    self.values[name, population][values[endpoint].get(part) or codes.N] += 1
        for name, (times, events) in self.durations.items():
            if "days" in values[name]:
                times.append(values[name]["days"])
                events.append(values[name]["event"])
        if "FAS" in one["sets"]:
            for name, counts in self.best.items():
                counts[values[name].get("value") or codes.NE] += 1

    def rate(self, name: str, population: str, settings: Settings) -> dict[str, Any]:
        """x / n, intervals, and the same without the pending (G-25)."""
        found = rate(self.values[name, population].elements(), settings.conf_level)
        return {
            "all": _proportion(found.all),
            "pending": found.pending,
            "settled": _proportion(found.settled),
        }

    def times(self, name: str) -> tuple[list[int], list[bool]]:
        times, events = self.durations[name]
        return list(times), [bool(event) for event in events]


def _proportion(found: Proportion) -> dict[str, Any]:
    return {"x": found.x, "n": found.n} | {
        key: value for key, value in found.to_json().items() if key in ("estimate", "exact", "wilson")
    }


def curve(
    times: list[int], events: list[bool], months: tuple[int, ...], settings: Settings
) -> dict[str, Any]:
    """G-3, S-3 … S-12: on integer days; landmarks and numbers at risk at real numbers of days."""
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
