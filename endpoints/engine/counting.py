"""Counts and times by the combination of analysis sets: what is kept of a participant is a few numbers. Pure."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from endpoints.engine import codes
from endpoints.engine.summary import Summary

Profile = Mapping[str, Any]
Person = Summary | tuple[Summary, Profile | None]

# Those of the profile, SAF and PPS, are empty where only the course of the participants is known.
SETS = ("ENR", "FAS", "RES", "R0", "PEV", "REV", "REV_M", "RSP", "SAF", "PPS")

# Endpoint, field of its value, analysis sets (the first is the headline; P-8, E-1 … E-4). `ENR` counts everybody
# enrolled: who was never treated did not reach the endpoint.
SPECIMEN = ("FAS", "ENR", "RES", "PEV", "PPS")
RECIST = ("FAS", "ENR", "REV", "PPS")
MRECIST = ("FAS", "ENR", "REV_M", "PPS")
RATES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("MPR", "MPR", "value", SPECIMEN),
    ("PCR", "PCR", "value", SPECIMEN),
    ("ORR", "ORR", "value", RECIST),
    ("ORR_CONFIRMED", "ORR", "confirmed", RECIST),
    ("DCR", "DCR", "value", MRECIST),
    ("ORR_MRECIST", "ORR_MRECIST", "value", MRECIST),
    ("ORR_MRECIST_CONFIRMED", "ORR_MRECIST", "confirmed", MRECIST),
    ("DCR_RECIST", "DCR_RECIST", "value", RECIST),
    ("ORR_MRECIST_NO_FLOOR", "ORR_MRECIST_NO_FLOOR", "value", MRECIST),
    ("DCR_NO_FLOOR", "DCR_NO_FLOOR", "value", MRECIST),
    ("R0", "R0", "value", ("RES", "FAS", "ENR", "PPS")),
    ("TRAE3", "TRAE3", "value", ("SAF", "PPS")),
    ("SAE", "SAE", "value", ("SAF", "PPS")),
    ("MPR_30", "MPR_30", "value", SPECIMEN),
    ("MPR_50", "MPR_50", "value", SPECIMEN),
    ("MPR_VOLUME", "MPR_VOLUME", "value", SPECIMEN),
    ("MPR_UNWEIGHTED", "MPR_UNWEIGHTED", "value", SPECIMEN),
)

Sets = tuple[str, ...]
Cells = tuple[Sets, ...]


def person(one: Person) -> tuple[Summary, Profile | None]:
    """A participant's summary, and the profile where one is given."""
    return (one, None) if isinstance(one, dict) else one


class Cell(NamedTuple):
    """Everybody in one combination of analysis sets."""

    values: Counter[tuple[str, str, str]]  # endpoint, field, value
    times: dict[str, tuple[array[int], array[int]]]  # days, event


class Counted:
    """The participants of a trial by one evaluator."""

    def __init__(self) -> None:
        self.participants = 0
        self.errors = 0
        self.sets: Counter[str] = Counter()
        self.cells: dict[Sets, Cell] = {}

    def add(self, one: Summary | None) -> None:
        """One participant; none, or one without sets: the data are refused (G-27)."""
        if one is None or "sets" not in one:
            self.errors += 1
            return
        self.participants += 1
        sets = tuple(one["sets"])
        self.sets.update(sets)
        cell = self.cells.get(sets)
        if cell is None:
            cell = self.cells[sets] = Cell(Counter(), {})
        values, times = cell
        for name, found in one["values"].items():
            if "days" in found:
                days, events = times.setdefault(name, (array("l"), array("b")))
                days.append(found["days"])
                events.append(found["event"])
            elif found:
                values[name, "value", found.get("value") or codes.N] += 1
                if "confirmed" in found:
                    values[name, "confirmed", found["confirmed"]] += 1

    def _inside(self, population: str) -> list[Sets]:
        return sorted(sets for sets in self.cells if population in sets)

    def rate(self, name: str, population: str) -> tuple[int, int, int]:
        """Reached, all, pending. Who has no value did not reach the endpoint."""
        endpoint, part = PARTS[name]
        inside = [self.cells[sets].values for sets in self._inside(population)]
        x, pending = (sum(one[endpoint, part, value] for one in inside) for value in (codes.Y, codes.PENDING))
        return x, self.sets[population], pending

    def timed(self, name: str, population: str) -> Cells:
        """The combinations in which somebody has this duration."""
        return tuple([sets for sets in self._inside(population) if name in self.cells[sets].times])

    def times(self, name: str, cells: Cells) -> tuple[list[int], list[bool]]:
        """Days, and whether they end with an event; in the order of the days, whatever that of the participants."""
        found = [self.cells[sets].times[name] for sets in cells]
        pairs = sorted(pair for days, events in found for pair in zip(days, events, strict=True))
        return [days for days, _event in pairs], [bool(event) for _days, event in pairs]

    def best(self, name: str, population: str) -> Counter[str]:
        """How many have each best response; who has none is not evaluable (R-90)."""
        counts: Counter[str] = Counter()
        for sets in self._inside(population):
            for (endpoint, part, value), n in self.cells[sets].values.items():
                if endpoint == name and part == "value":
                    counts[value] += n
        counts[codes.NE] += self.sets[population] - counts.total()
        return counts


PARTS = {name: (endpoint, part) for name, endpoint, part, _sets in RATES}
