"""SAF-1 … SAF-3: what the adverse events of a participant answer (docs/endpoint-additions.md). Pure.

An event is a mapping with the keys of the profile (`endpoints.profile_safety`); its place in the list is the number
in the path of a read: `adverse_events[3].grade`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from endpoints.engine.codes import PENDING, N, Y
from endpoints.engine.results import Answer, CourseResult
from endpoints.engine.steps import Read, Step, gettext_noop
from endpoints.engine.types import Course

SEVERE = 3  # CTCAE grade from which an event counts for TRAE3

IN_SAF = gettext_noop("In the safety set: first dose on {first}.")
NOT_IN_SAF = gettext_noop("Not in the safety set: no study drug up to the cut-off {cutoff}.")
NO_EVENT = gettext_noop("No adverse event from the first dose on.")
EVENTS = gettext_noop(
    "{events} adverse events from the first dose on; {related} related to a study drug at least possibly."
)
WORST = gettext_noop("The worst related grade is {grade} ({term}): {value}.")
NONE_RELATED = gettext_noop("None is related to a study drug: {value}.")
NOT_KNOWN = gettext_noop("Grade or causality is not answered yet: {terms}.")
SERIOUS = gettext_noop("{serious} of {events} adverse events from the first dose on are serious: {value}.")
NOT_ANSWERED = gettext_noop("Whether it was serious is not answered yet: {terms}.")
NO_RESULT = gettext_noop("Final analysis: not answered by the cut-off.")

Event = Mapping[str, Any]
Numbered = tuple[int, Event]


def safety_answers(
    first_dose: date | None, events: Sequence[Event], cutoff: date, final: bool = False
) -> dict[str, Answer]:
    """TRAE3 and SAE: Y, N, PENDING while an answer that could make it Y is missing (N in a final analysis, G-25), none
    outside the safety set."""
    if first_dose is None:
        read = Read("data_cutoff", cutoff)
        step = Step("SAF-1", NOT_IN_SAF, {"cutoff": cutoff}, (Read("first_dose", None), read))
        return {"TRAE3": Answer(None, (step,)), "SAE": Answer(None, (step,))}
    inside = Step("SAF-1", IN_SAF, {"first": first_dose}, (Read("first_dose", first_dose),))
    counted = [(number, event) for number, event in enumerate(events) if not event.get("before")]
    if not counted:
        none = Step("SAF-1", NO_EVENT, {}, (Read("adverse_events", None),))
        return {"TRAE3": Answer(N, (inside, none)), "SAE": Answer(N, (inside, none))}
    found = {"TRAE3": _related(inside, counted), "SAE": _serious(inside, counted)}
    return {name: _settled(answer, cutoff) for name, answer in found.items()} if final else found


def _settled(answer: Answer, cutoff: date) -> Answer:
    """G-25: a final analysis leaves nothing pending; what is missing stays among the steps."""
    if answer.value != PENDING:
        return answer
    return Answer(N, (*answer.steps, Step("G-25", NO_RESULT, {}, (Read("data_cutoff", cutoff),))))


def with_safety(course: Course, result: CourseResult, profile: Mapping[str, Any]) -> CourseResult:
    """The endpoints of the course and those of the adverse events."""
    first, cutoff = course.first_dose, course.data_cutoff
    treated = first if first is not None and first <= cutoff else None
    safety = safety_answers(treated, profile.get("safety", ()), cutoff, course.final)
    return replace(result, endpoints={**result.endpoints, **safety})


def counted_events(events: Iterable[Event]) -> list[Event]:
    """SAF-1: those that began on or after the day of the first dose."""
    return [event for event in events if not event.get("before")]


def name_of(event: Event) -> str:
    """The CTCAE term; of an event that is not coded yet what was written down, at least its number in the log."""
    return event.get("term") or event.get("verbatim") or f"AE {event.get('no', '')}".rstrip()


def _related(inside: Step, counted: list[Numbered]) -> Answer:
    """SAF-2: the worst grade among events that any study drug caused at least possibly."""
    related = [(number, event) for number, event in counted if event.get("related") == Y]
    causes = _reads(counted, "related")
    steps = (inside, Step("SAF-2", EVENTS, {"events": len(counted), "related": len(related)}, causes))
    worst = max(((event.get("grade") or 0, -number) for number, event in related), default=(0, 0))
    grade, number = worst[0], -worst[1]
    if grade < SEVERE and (open_ones := [one for one in counted if _open(one[1])]):
        terms = {"terms": tuple([name_of(event) for _number, event in open_ones])}
        reads = (*_reads(open_ones, "related"), *_reads(open_ones, "grade"))
        return Answer(PENDING, (*steps, Step("SAF-2", NOT_KNOWN, terms, reads)))
    if not related:
        return Answer(N, (*steps, Step("SAF-2", NONE_RELATED, {"value": N}, causes)))
    value = Y if grade >= SEVERE else N
    params = {"grade": grade, "term": name_of(dict(counted)[number]), "value": value}
    return Answer(value, (*steps, Step("SAF-2", WORST, params, _reads(related, "grade"))))


def _open(event: Event) -> bool:
    """Whether the missing answers could make it a related event of grade 3 or more."""
    causal, grade = event.get("related"), event.get("grade")
    return causal != N and (causal is None or grade is None) and (grade is None or grade >= SEVERE)


def _serious(inside: Step, counted: list[Numbered]) -> Answer:
    """SAF-3: any serious event, whatever its cause."""
    serious = [one for one in counted if one[1].get("serious") == Y]
    unknown = [one for one in counted if one[1].get("serious") is None]
    if unknown and not serious:
        params = {"terms": tuple([name_of(event) for _number, event in unknown])}
        return Answer(PENDING, (inside, Step("SAF-3", NOT_ANSWERED, params, _reads(unknown, "serious"))))
    value = Y if serious else N
    counts = {"serious": len(serious), "events": len(counted), "value": value}
    return Answer(value, (inside, Step("SAF-3", SERIOUS, counts, _reads(counted, "serious"))))


def _reads(events: list[Numbered], name: str) -> tuple[Read, ...]:
    return tuple([Read(f"adverse_events[{number}].{name}", event.get(name)) for number, event in events])
