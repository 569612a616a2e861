"""Stored results against results computed again from the tables, with the engine and on the day they name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from endpoints.gather import gather, standings
from endpoints.models import EndpointRun, EndpointState, Status
from endpoints.services import compute
from endpoints.versions import basis
from trialsite.audit.verifying import Problem


def run_problems(run: EndpointRun) -> Iterator[Problem]:
    """A run whose text does not give its digest was altered."""
    where = f"endpoints_endpointrun id={run.pk}"
    try:
        text = run.text
    except Exception as failure:
        yield Problem(where, f"its body cannot be read: {failure}")
        return
    if hashlib.sha256(text.encode()).hexdigest() != run.result_digest:
        yield Problem(where, "it is not what was written: its body does not give its digest")


def state_problems(state: EndpointState, number: str) -> Iterator[Problem]:
    """A state that is up to date must hold what the engine says now."""
    where = f"endpoints_endpointstate participant_id={state.pk} ({number})"
    standing = standings([state.pk])[0]
    if state.as_of is None or state.data_version != standing.data_version or state.basis != basis():
        return  # behind: the worker will come to it
    if state.status == Status.PARKED or state.attempts:
        return
    made = compute(next(gather([replace(standing, today=state.as_of)])))
    stands = state.run is not None and made.result_digest == state.run.result_digest
    if not stands:
        yield Problem(where, f"run {state.run_id} is not what the engine says of these data")
    if (state.status, state.error) != (made.status, made.error):
        yield Problem(where, f"status is {state.status}, the engine says {made.status} {made.error}".rstrip())
    elif state.summary != made.summary:
        yield Problem(where, "its summary is not that of its result")
    elif stands and state.profile != made.gathered.profile:
        yield Problem(where, "its profile is not that of its data")
