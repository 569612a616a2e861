"""The figures of two views of the trial beside each other: which of them moved, and by how much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from endpoints import words
from endpoints.drawing import reached
from endpoints.engine.figures import BEST, CURVES, RATES, RESPONSES, SETS
from endpoints.ordering import ordered
from trialsite.web.figures import number, points_between, share_text

Results = Mapping[str, Any]
NOTHING = "–"
HEADLINE = (*words.RATES, "R0", "TRAE3", "SAE")
SETS_OF = {name: sets for name, _endpoint, _part, sets in RATES}  # the first is the headline


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one analysis set on both sides. `delta`: in percentage points, or in months of the median."""

    name: str
    population: str
    label: str
    before: str
    after: str
    delta: str
    moved: bool
    headline: bool

    @property
    def set_label(self) -> str:
        return str(words.SETS.get(self.population, "")) if self.population else ""

    @property
    def slug(self) -> str:
        return self.name.removesuffix("_CONFIRMED").lower()


def label_of(name: str) -> str:
    base = name.removesuffix("_CONFIRMED")
    known = words.NAMES.get(base)
    said = str(known.short) if known else base
    return _("%(name)s, confirmed") % {"name": said} if base != name else said


def figures_of(results: Results) -> list[Figure]:
    """The headline figures of one side, in the order of the page."""
    return [one for one in compared(results, results) if one.headline]


def compared(before: Results, after: Results) -> list[Figure]:
    """Every rate in every set, every curve, sizes of the sets, best responses: of either side."""
    return [
        *_rates(before, after),
        *_curves(before, after),
        *_counts("sets", before.get("sets", {}), after.get("sets", {})),
        *_best(before, after),
    ]


def _both(before: Mapping[str, Any], after: Mapping[str, Any], order: Iterable[str]) -> list[str]:
    """The names of either side. Their order is that of the engine: stored figures have none."""
    return ordered({*before, *after}, order)


def _rates(before: Results, after: Results) -> Iterator[Figure]:
    left, right = before.get("rates", {}), after.get("rates", {})
    for name in _both(left, right, SETS_OF):
        old, new, sets = left.get(name, {}), right.get(name, {}), SETS_OF.get(name, ())
        for population in _both(old, new, sets):
            a, b = old.get(population), new.get(population)
            yield Figure(
                name, population, label_of(name), rate_text(a), rate_text(b), _points(a, b), _rate_key(a) != _rate_key(b),
                headline=population in sets[:1] and name in HEADLINE,
            )  # fmt: skip


def _rate_key(one: Mapping[str, Any] | None) -> Any:
    return one and (one["all"]["x"], one["all"]["n"], one["pending"])


def rate_text(one: Mapping[str, Any] | None) -> str:
    """22/47 (46.8%), 3 pending."""
    if one is None:
        return NOTHING
    whole = one["all"]
    share = _("NE") if whole["estimate"] is None else f"{share_text(whole['estimate'])}%"
    said = f"{whole['x']}/{whole['n']} ({share})"
    return said if not one["pending"] else _("%(said)s, %(n)s pending") % {"said": said, "n": one["pending"]}


def _points(a: Mapping[str, Any] | None, b: Mapping[str, Any] | None) -> str:
    if a is None or b is None:
        return NOTHING
    before, after = ((one["all"]["x"], one["all"]["n"]) for one in (a, b))
    return points_between(after, before)


def _curves(before: Results, after: Results) -> Iterator[Figure]:
    left, right = before.get("curves", {}), after.get("curves", {})
    for name in _both(left, right, (name for name, _months in CURVES)):
        a, b = left.get(name), right.get(name)
        yield Figure(
            name, "", label_of(name), curve_text(a), curve_text(b), _months(a, b), _curve_key(a) != _curve_key(b),
            headline=name in words.TIMES,
        )  # fmt: skip


def _curve_key(one: Mapping[str, Any] | None) -> Any:
    """All that a reader sees of a curve: every time with its counts, and what is read off it."""
    return one and [one["n"], one["events"], one["time"], one["n_event"], one["n_censor"]]


def curve_text(one: Mapping[str, Any] | None) -> str:
    """12/47 events, median 9.3 months; 6 mo 71.2%."""
    if one is None:
        return NOTHING
    median = reached(one["median"]["estimate"]) if one["n"] else _("NE")
    said = _("%(e)s/%(n)s events, median %(m)s") % {"e": one["events"], "n": one["n"], "m": median}
    marks = [
        _("%(m)s mo %(rate)s%%") % {"m": month, "rate": share_text(mark["survival"])}
        for month, mark in zip(one["landmark_months"], one["landmarks"], strict=True)
        if mark["survival"] is not None
    ]
    return "; ".join([said, *marks])


def _months(a: Mapping[str, Any] | None, b: Mapping[str, Any] | None) -> str:
    left, right = (one["median"]["estimate"] if one and one["n"] else None for one in (a, b))
    if left is None or right is None:
        return NOTHING
    return number((right - left) / words.DAYS_PER_MONTH, 1, sign=True)


def _counts(kind: str, left: Mapping[str, Any], right: Mapping[str, Any]) -> Iterator[Figure]:
    for name in _both(left, right, SETS):
        a, b = left.get(name), right.get(name)
        delta = NOTHING if a is None or b is None else number(b - a, sign=True)
        label = str(words.SETS.get(name, name))
        before, after = (NOTHING if one is None else str(one) for one in (a, b))
        yield Figure(name, "", label, before, after, delta, a != b, headline=False)


def _best(before: Results, after: Results) -> Iterator[Figure]:
    left, right = before.get("best", {}), after.get("best", {})
    for name in _both(left, right, BEST):
        a, b = left.get(name, {}), right.get(name, {})
        yield Figure(name, "", label_of(name), _best_text(a), _best_text(b), NOTHING, a != b, headline=False)


def _best_text(counts: Mapping[str, int]) -> str:
    return (
        ", ".join(f"{code} {counts[code]}" for code in ordered(counts, RESPONSES) if counts[code]) or NOTHING
    )
