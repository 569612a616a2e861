"""The sensitivity analyses of the rules beside the headline, each with its difference to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from endpoints import words
from endpoints.board.cards import limits, mark_text, median_interval, median_text, rate_of
from endpoints.board.choice import Choice
from endpoints.board.parts import SOURCES, part, whom
from trialsite.web.figures import number, points_between, share_text

# Headline, then the analyses that are compared with it (rates and times to an event apart).
RATES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("MPR", ("MPR_30", "MPR_50", "MPR_VOLUME", "MPR_UNWEIGHTED")),
    ("ORR", ("ORR_CONFIRMED", "ORR_MRECIST", "ORR_MRECIST_CONFIRMED", "ORR_MRECIST_NO_FLOOR")),
    ("DCR", ("DCR_RECIST", "DCR_NO_FLOOR")),
)
CURVES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("PFS", ("PFS_TREATMENT_POLICY", "PFS_CENSOR_AT_SURGERY", "PFS_MRECIST")),
    ("DFS", ("DFS_R1",)),
    ("DOR", ("DOR_RECIST", "DOR_NO_FLOOR")),
)
LABELS: dict[str, Any] = {
    "MPR_30": L("RVT ≤30%"),
    "MPR_50": L("RVT <50%"),
    "MPR_VOLUME": L("RVT weighted by volume"),
    "MPR_UNWEIGHTED": L("RVT as unweighted mean of nodules"),
    "ORR_CONFIRMED": L("Confirmed response, RECIST 1.1"),
    "ORR_MRECIST": L("mRECIST"),
    "ORR_MRECIST_CONFIRMED": L("Confirmed response, mRECIST"),
    "ORR_MRECIST_NO_FLOOR": L("mRECIST without floor"),
    "DCR_RECIST": L("RECIST 1.1"),
    "DCR_NO_FLOOR": L("mRECIST without floor"),
    "PFS_TREATMENT_POLICY": L("Treatment policy"),
    "PFS_CENSOR_AT_SURGERY": L("Censored at surgery"),
    "PFS_MRECIST": L("mRECIST"),
    "DFS_R1": L("R0 and R1"),
    "DOR_RECIST": L("RECIST 1.1"),
    "DOR_NO_FLOOR": L("mRECIST without floor"),
}
SLUGS = {
    "ORR_CONFIRMED": "orr",
    "ORR_MRECIST_CONFIRMED": "orr_mrecist",
}  # a part of an endpoint with its own list


@dataclass(frozen=True, slots=True)
class Row:
    """`head`: the headline that the rows below it are compared with. `difference` in points or in months."""

    label: str
    slug: str
    counts: str
    estimate: str
    interval: str
    difference: str
    head: bool = False
    note: str = ""
    population: str = ""  # whom it counts, with the short names of sets


def rows(choice: Choice, other_evaluators: Mapping[str, Mapping[str, Any]] | None = None) -> list[Row]:
    """`other_evaluators`: results of the same set by the other evaluators of images."""
    others = dict(other_evaluators or {})
    return [*_rates(choice, others), *_curves(choice, others)]


def _rates(choice: Choice, others: Mapping[str, Mapping[str, Any]]) -> Iterator[Row]:
    for name, analyses in RATES:
        known = rate_of(choice.results, name, choice.population)
        if known is None:
            continue
        head = known[1]["all"]
        yield _rate_row(str(words.NAMES[name].long), name, known, None)
        for one in analyses:
            found = rate_of(choice.results, one, choice.population)
            if found is not None:
                yield _rate_row(str(LABELS[one]), one, found, head)
        if name == "MPR":
            yield from _readings(choice, head)
        for evaluator, results in others.items():
            found = rate_of(results, name, choice.population)
            if found is not None and name != "MPR":
                yield _rate_row(_("Evaluator %(name)s") % {"name": evaluator}, name, found, head)


def _rate_row(
    label: str, name: str, found: tuple[str, Mapping[str, Any]], head: Mapping[str, Any] | None
) -> Row:
    """`found`: the set that is counted and its rate."""
    population, one = found[0], found[1]["all"]
    return Row(
        label, _slug(name), f"{one['x']}/{one['n']}", _share(one["estimate"]), limits(one["exact"]),
        "" if head is None else _points(one, head), head=head is None, population=population,
    )  # fmt: skip


def _slug(name: str) -> str:
    slug = SLUGS.get(name, name.lower())
    return slug if slug.upper() in words.NAMES else ""


def _share(value: float | None) -> str:
    return _("NE") if value is None else f"{share_text(value)}%"


def _points(one: Mapping[str, Any], head: Mapping[str, Any]) -> str:
    """Percentage points to the headline."""
    return points_between((one["x"], one["n"]), (head["x"], head["n"]))


def _readings(choice: Choice, head: Mapping[str, Any]) -> Iterator[Row]:
    """Each central reader, and the local pathologist: MPR of those with such a reading, by the same rules (P-10)."""
    sources = (part(choice.results, "pathology") or {}).get("sources") or {}
    for source, label in SOURCES.items():
        found = sources.get(source, {}).get("MPR", {})
        if not found.get("READ", {}).get("n"):
            continue
        population = choice.population if found.get(choice.population) else "FAS"
        rate = (population, {"all": found[population]})
        note = _("%(x)s of %(n)s that were read") % {"x": found["READ"]["x"], "n": found["READ"]["n"]}
        yield replace(_rate_row(str(label), "MPR", rate, head), note=note)


def _curves(choice: Choice, others: Mapping[str, Mapping[str, Any]]) -> Iterator[Row]:
    for name, analyses in CURVES:
        head = choice.results.get("curves", {}).get(name)
        if head is None:
            continue
        yield _curve_row(str(words.NAMES[name].long), name, head, None, choice.population)
        for one in analyses:
            curve = choice.results["curves"].get(one)
            if curve is not None:
                yield _curve_row(str(LABELS[one]), one, curve, head, choice.population)
        for evaluator, results in others.items():
            curve = results.get("curves", {}).get(name)
            if curve is not None and name != "DFS":
                yield _curve_row(
                    _("Evaluator %(name)s") % {"name": evaluator}, name, curve, head, choice.population
                )


def _curve_row(
    label: str, name: str, curve: Mapping[str, Any], head: Mapping[str, Any] | None, population: str
) -> Row:
    marks = zip(curve["landmark_months"], curve["landmarks"], strict=True)
    note = " · ".join(
        _("%(month)s mo %(rate)s") % {"month": month, "rate": mark_text(mark)} for month, mark in marks
    )
    value = median_text(curve)
    shown = value if curve["median"]["estimate"] is None else _("%(n)s mo") % {"n": value}
    counts = _("%(events)s/%(n)s events") % {"events": curve["events"], "n": curve["n"]}
    difference = "" if head is None else _months(curve, head)
    return Row(
        label, _slug(name), counts, shown, median_interval(curve), difference, head is None, note, whom(name, population)
    )  # fmt: skip


def _months(curve: Mapping[str, Any], head: Mapping[str, Any]) -> str:
    """Difference of the medians in months, where both are reached."""
    here, there = curve["median"]["estimate"], head["median"]["estimate"]
    if here is None or there is None:
        return "–"
    shown = number((here - there) / words.DAYS_PER_MONTH, 1, sign=True)
    return "0.0" if shown.lstrip("+−") == "0.0" else shown
