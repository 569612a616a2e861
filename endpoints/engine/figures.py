"""The trial's figures from the participants' summaries: rates with intervals, Kaplan-Meier curves. Pure.

A participant is given as a summary, or as a pair of summary and profile. One walk is enough for every analysis set
and every evaluator: participants are counted by the combination of sets they are in, and a set's figures are the sum
over the combinations that contain it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from endpoints.engine.counting import RATES, SETS, Counted, Person, person
from endpoints.engine.evaluators import seen_by
from endpoints.engine.proportions import Proportion, proportion
from endpoints.engine.settings import Settings
from endpoints.engine.survival import MARKS_MONTHS, n_at_risk, observed_range, survival

__all__ = ["CURVES", "POPULATIONS", "RATES", "SETS", "all_figures", "curve", "evaluators_of", "figures"]

FAS = "FAS"
# Analysis sets that figures may be restricted to.
POPULATIONS = ("FAS", "ENR", "SAF", "RES", "R0", "PEV", "REV", "REV_M", "PPS")
# Landmarks in months (E-5 … E-8, E-11). Whoever has a duration is in the population: the engine decides that.
CURVES: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("PFS", (6, 12)),
    ("DFS", (12,)),
    ("OS", (6, 12, 24)),
    ("DOR", (12,)),
    ("PFS_TREATMENT_POLICY", (6, 12)),
    ("PFS_CENSOR_AT_SURGERY", (6, 12)),
    ("PFS_MRECIST", (6, 12)),
    ("DFS_R1", (12,)),
    ("DOR_RECIST", (12,)),
    ("DOR_NO_FLOOR", (12,)),
)
BEST = ("BOR_RECIST", "BOR_MRECIST", "BOR_MRECIST_NO_FLOOR")
RESPONSES = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE")

NullRates = Mapping[str, float]
Key = tuple[str, str]


def figures(
    people: Iterable[Person],
    settings: Settings,
    population: str = FAS,
    evaluator: str | None = None,
    null_rates: NullRates | None = None,
) -> dict[str, Any]:
    """Everything that pages and report show of the whole trial, from one walk over the participants.

    `population`: whom rates and curves are restricted to; for the full analysis set every rate stands beside it in its
    other sets too. `evaluator`: of the images (none: the one of the settings).
    `null_rates`: share of 1 by name of a rate, for the exact test (S-2).
    """
    other = evaluator if evaluator != settings.evaluator else None
    found = Counted()
    for one in people:
        _count(found, one, other)
    return Figures(found, settings, null_rates or {}).of(population)


def all_figures(
    people: Iterable[Person],
    settings: Settings,
    null_rates: NullRates | None = None,
    errors: int = 0,
    evaluators: Collection[str] | None = None,
) -> dict[Key, dict[str, Any]]:
    """The figures of every analysis set by every evaluator who has read anything, by (set, evaluator).

    One walk, however many participants. `errors`: participants whose data are refused and who are not among `people`.
    `evaluators`: those beside the one of the settings, where they are known already: then `people` may be a stream, and
    nothing is kept of a participant but a few numbers.
    """
    if evaluators is None:
        people = list(people)
        evaluators = evaluators_of(people)
    made = _walk(people, settings.evaluator, evaluators)
    return {
        (population, evaluator): Figures(found, settings, null_rates or {}, errors).of(population)
        for evaluator, found in made.items()
        for population in POPULATIONS
    }


def evaluators_of(people: Iterable[Person]) -> list[str]:
    """Who else has read images of anybody."""
    return sorted({name for one in people for name in person(one)[0].get("evaluators", ())})


def _walk(people: Iterable[Person], evaluator: str, others: Collection[str]) -> dict[str, Counted]:
    made = {name: Counted() for name in (evaluator, *sorted(others))}
    for one in people:
        for name, found in made.items():
            _count(found, one, None if name == evaluator else name)
    return made


def _count(found: Counted, one: Person, evaluator: str | None) -> None:
    summary, _profile = person(one)
    found.add(seen_by(summary, evaluator) if evaluator and "sets" in summary else summary)


class Figures:
    """What was counted, as figures of one analysis set after the other."""

    def __init__(self, found: Counted, settings: Settings, null_rates: NullRates, errors: int = 0) -> None:
        self.found, self.settings, self.null_rates, self.errors = found, settings, null_rates, errors
        self._rates: dict[tuple[int, int, int, float | None], dict[str, Any]] = {}
        self._curves: dict[tuple[str, tuple[Any, ...]], dict[str, Any]] = {}

    def of(self, population: str) -> dict[str, Any]:
        found = self.found
        return {
            "population": population,
            "participants": found.participants,
            "errors": found.errors + self.errors,
            "sets": {name: found.sets[name] for name in SETS},
            "rates": {
                name: {one: self.rate(name, one) for one in (sets if population == FAS else (population,))}
                for name, _endpoint, _part, sets in RATES
            },
            "curves": {name: self.curve(name, months, population) for name, months in CURVES},
            "best": {name: self.best(name, population) for name in BEST},
            "settings": self.settings.to_json(),
        }

    def rate(self, name: str, population: str) -> dict[str, Any]:
        """x / n, intervals, and the same without the pending (G-25)."""
        x, n, pending = self.found.rate(name, population)
        p0 = self.null_rates.get(name)
        key = (x, n, pending, p0)
        if key not in self._rates:
            level = self.settings.conf_level
            self._rates[key] = {
                "all": _proportion(proportion(x, n, level, p0), p0),
                "pending": pending,
                "settled": _proportion(proportion(x, n - pending, level, p0), p0),
            }
        return self._rates[key]

    def curve(self, name: str, months: tuple[int, ...], population: str) -> dict[str, Any]:
        """The same participants give the same curve, whichever set was asked for."""
        cells = self.found.timed(name, population)
        key = (name, cells)
        if key not in self._curves:
            self._curves[key] = curve(*self.found.times(name, cells), months, self.settings)
        return self._curves[key]

    def best(self, name: str, population: str) -> dict[str, int]:
        counts = self.found.best(name, population)
        return {one: counts[one] for one in RESPONSES if counts[one]}


def _proportion(found: Proportion, p0: float | None) -> dict[str, Any]:
    """With a null rate the exact test beside the intervals."""
    keys = ("estimate", "exact", "wilson") + (("p_greater", "p_two_sided") if p0 is not None else ())
    shown = {key: value for key, value in found.to_json().items() if key in keys}
    return {"x": found.x, "n": found.n} | shown | ({} if p0 is None else {"p0": p0})


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
