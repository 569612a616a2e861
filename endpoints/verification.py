"""Is everything still what was written? Guards, seals, chains, tables against the trail, results against the engine.

`manage.py verify` and the nightly task run the same walk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from crf.verifying import participant_problems
from endpoints.cuts.verifying import cuts
from endpoints.models import EndpointRun, EndpointState
from endpoints.verifying import run_problems, state_problems
from participants.models import Participant
from pathology.verifying import slide_problems
from trialsite.audit.guarding import guard_problems
from trialsite.audit.models import AuditChain
from trialsite.audit.seals import seal_problems
from trialsite.audit.trail import chain_name, participant_chain
from trialsite.audit.verifying import Problem, Walk

# Each yields what is wrong, and `None` when one more was looked at.
Looked = Iterator[Problem | None]
Tell = Callable[[str, float], None]


@dataclass(slots=True)
class Outcome:
    """What a verification found. `seconds` are those of the chains."""

    walk: Walk
    problems: list[Problem] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def events(self) -> int:
        return self.walk.events

    @property
    def rate(self) -> int:
        return round(self.events / self.seconds) if self.seconds else 0


def verify(numbers: Sequence[str] = (), tell: Tell | None = None) -> Outcome:
    """Everything, or the participants of these numbers. `tell` hears the part and the share that is done."""
    people = Participant.objects.filter(number__in=numbers) if numbers else Participant.objects.all()
    walk = Walk(_chains(people if numbers else None), whole=not numbers)
    outcome = Outcome(walk)
    parts: dict[str, Callable[[], Looked]] = {
        "guards": lambda: _counted(guard_problems()),
        "seals": lambda: _counted(seal_problems()),
        "chains": walk.problems,
        "participants": lambda: tables(people),
        "runs": lambda: runs(people),
        "results": lambda: states(people),
        "slides": lambda: slide_problems(people),
        "cuts": lambda: cuts(not numbers),
    }
    done, whole = 0, len(walk.chains) + 3 * people.count() + 2
    for name, look in parts.items():
        started = time.perf_counter()
        outcome.checked[name] = 0
        for found in look():
            if found is not None:
                outcome.problems.append(found)
                continue
            outcome.checked[name] += 1
            done += 1
            if tell:
                tell(name, min(done / max(whole, 1), 1.0))
        if name == "chains":
            outcome.seconds = time.perf_counter() - started
    return outcome


def _chains(people: Any) -> list[AuditChain]:
    chains = AuditChain.objects.order_by("pk")
    if people is not None:
        chains = chains.filter(name__in=[chain_name(pk) for pk in people.values_list("pk", flat=True)])
    return list(chains)


def _counted(problems: Iterable[Problem]) -> Looked:
    yield from problems
    yield None


def tables(people: Any) -> Looked:
    for participant in people.order_by("number").iterator(chunk_size=500):
        yield from _problems_of(participant)
        yield None


def _problems_of(participant: Participant) -> list[Problem]:
    """Looked at again with the participant's chain locked: somebody may have saved between reading trail and tables."""
    found = _read_back(participant)
    if found:
        with transaction.atomic():
            participant_chain(participant)
            found = _read_back(Participant.objects.get(pk=participant.pk))
    return found


def _read_back(participant: Participant) -> list[Problem]:
    """A trail that was altered can be such that no table follows from it: that is said, and the others are looked at."""
    try:
        return list(participant_problems(participant))
    except Exception as failure:
        where = f"participants_participant id={participant.pk} ({participant.number})"
        return [Problem(where, f"its trail cannot be read back: {type(failure).__name__}")]


def runs(people: Any) -> Looked:
    for run in EndpointRun.objects.filter(participant__in=people).order_by("pk").iterator(chunk_size=200):
        yield from run_problems(run)
        yield None


def states(people: Any) -> Looked:
    found = (
        EndpointState.objects.filter(participant__in=people)
        .select_related("run", "participant")
        .order_by("pk")
    )
    for state in found.iterator(chunk_size=200):
        problems = list(state_problems(state, state.participant.number))
        if problems:  # the worker may have written meanwhile
            fresh = EndpointState.objects.select_related("run").get(pk=state.pk)
            problems = list(state_problems(fresh, state.participant.number))
        yield from problems
        yield None
