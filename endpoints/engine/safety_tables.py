"""Adverse events of the safety set: how many had any, worst grades by term, serious ones. Pure.

Events count from the first dose on (SAF-1); a participant counts once, with the worst grade. A grade that is not
recorded yet counts as an event without a grade (`0`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from endpoints.engine.safety import SEVERE, counted_events
from endpoints.engine.shares import share

Event = Mapping[str, Any]
Pair = tuple[Mapping[str, Any], Mapping[str, Any]]
GRADES = (1, 2, 3, 4, 5)


def _related(event: Event) -> bool:
    return event.get("related") == "Y"


def _severe(event: Event) -> bool:
    return (event.get("grade") or 0) >= SEVERE


def _serious(event: Event) -> bool:
    return event.get("serious") == "Y"


def _fatal(event: Event) -> bool:
    return bool(event.get("fatal"))


# How many participants had at least one such event, in the order of the table.
SUMMARY: dict[str, Callable[[Event], bool]] = {
    "ANY": lambda event: True,
    "TEAE": lambda event: bool(event.get("teae")),
    "RELATED": _related,
    "GRADE3": _severe,
    "RELATED_GRADE3": lambda event: _related(event) and _severe(event),
    "SERIOUS": _serious,
    "RELATED_SERIOUS": lambda event: _related(event) and _serious(event),
    "FATAL": _fatal,
    "RELATED_FATAL": lambda event: _related(event) and _fatal(event),
    "DISCONTINUED": lambda event: bool(event.get("stopped")),
    "IMMUNE": lambda event: bool(event.get("ir")),
    "SPECIAL": lambda event: bool(event.get("aesi")),
    "RCCEP": lambda event: "rccep" in event,
}


def safety_tables(pairs: Iterable[Pair], level: float = 0.95) -> dict[str, Any]:
    """{n, refused, summary: {name: share}, terms: [row], drugs: {drug: n participants}, unknown: {answer: n events}}.

    `refused`: how many of the n have no endpoint because their course is refused (G-27). Their events are known all the
    same and count here, so n is greater by them than that of the rates TRAE3 and SAE.

    A row of `terms`: {soc, term, all: {n, grades {0-5: n}, grade3: n}, related: the same}, by organ class, then by
    frequency, then by name. `unknown`: events whose causality, and events whose grade is not answered yet.
    """
    having: Counter[str] = Counter()
    drugs: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    worst: dict[tuple[str, str], dict[str, Counter[int]]] = defaultdict(
        lambda: {"all": Counter(), "related": Counter()}
    )
    n = refused = 0
    for summary, profile in pairs:
        if not profile.get("sets", {}).get("SAF"):
            continue
        n += 1
        refused += "sets" not in summary
        events = counted_events(profile["safety"])
        having.update(name for name, holds in SUMMARY.items() if any(map(holds, events)))
        drugs.update({drug for event in events for drug in event.get("drugs", ())})
        unknown.update(
            name for event in events for name in ("related", "grade", "serious") if name not in event
        )
        _add_worst(worst, events)
    return {
        "n": n,
        "refused": refused,
        "summary": {name: share(having[name], n, level) for name in SUMMARY},
        "terms": _rows(worst),
        "drugs": dict(sorted(drugs.items())),
        "unknown": {name: unknown[name] for name in ("related", "grade", "serious")},
    }


def _add_worst(worst: dict[tuple[str, str], dict[str, Counter[int]]], events: list[Event]) -> None:
    for kind, inside in (("all", events), ("related", [event for event in events if _related(event)])):
        grades: dict[tuple[str, str], int] = {}
        for event in inside:
            place = (event.get("soc", ""), event.get("term", ""))
            grades[place] = max(grades.get(place, 0), event.get("grade") or 0)
        for place, grade in grades.items():
            worst[place][kind][grade] += 1


def _rows(worst: dict[tuple[str, str], dict[str, Counter[int]]]) -> list[dict[str, Any]]:
    order = sorted(worst, key=lambda place: (place[0], -worst[place]["all"].total(), place[1]))
    return [
        {"soc": soc, "term": term, **{kind: _counts(counts) for kind, counts in worst[soc, term].items()}}
        for soc, term in order
    ]


def _counts(counts: Counter[int]) -> dict[str, Any]:
    return {
        "n": counts.total(),
        "grades": {str(grade): counts[grade] for grade in (0, *GRADES) if grade or counts[0]},
        "grade3": sum(n for grade, n in counts.items() if grade >= SEVERE),
    }


def serious_events(people: Iterable[tuple[str, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """The listing: every serious event with its participant's number, by number and onset; those before the first dose
    as well (`before`)."""
    return [
        {"number": number, **event}
        for number, profile in sorted(people, key=lambda one: one[0])
        for event in profile.get("safety", ())
        if _serious(event)
    ]
