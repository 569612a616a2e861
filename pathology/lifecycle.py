"""How far a case is, from its facts: first match wins. Stored beside the case so that worklists can be read by state."""

from __future__ import annotations

from collections.abc import Iterable

from trialsite.kernel.transitions import Transitions

from .models import CaseState, PathologyCase, Reading, Slot

_AWAITED, _TO_ALLOCATE, _READING, _ADJUDICATION, _DECIDED, _RELEASED, _CLOSED = CaseState.values

# What can follow what, for the diagram in docs/states.md; the tests hold every change of state against it.
CASE = Transitions(
    "case",
    {
        (_AWAITED, "receive"): _TO_ALLOCATE,
        (_AWAITED, "allocate"): _READING,
        (_TO_ALLOCATE, "allocate"): _READING,
        (_READING, "take_back"): _TO_ALLOCATE,
        (_READING, "take_back_unreceived"): _AWAITED,
        (_READING, "agree"): _DECIDED,
        (_READING, "differ"): _ADJUDICATION,
        (
            _READING,
            "differ_decided",
        ): _DECIDED,  # the adjudication stands from before a reading was opened again
        (_READING, "reread"): _RELEASED,
        (_ADJUDICATION, "decide"): _DECIDED,
        (_ADJUDICATION, "reopen"): _READING,
        (_DECIDED, "release"): _RELEASED,
        (_DECIDED, "reopen"): _READING,
        (_DECIDED, "reopen_adjudication"): _ADJUDICATION,
        (_RELEASED, "reopen"): _READING,
        (_RELEASED, "reopen_adjudication"): _ADJUDICATION,
        **{(state, "close"): _CLOSED for state in CaseState.values if state != _CLOSED},
        **{(_CLOSED, f"open_{state.lower()}"): state for state in CaseState.values if state != _CLOSED},
    },
    _AWAITED,
)


def state_of(
    case: PathologyCase, readings: Iterable[Reading], *, released: bool, received: bool, needed: bool
) -> CaseState:
    """`released`: the final result is complete. `received`: some of its material has arrived. `needed`: the two readings
    do not agree (an adjudicator's place from before a reading was opened again may no longer be needed)."""
    places = {reading.slot: reading for reading in readings}
    pair = [places[slot] for slot in (Slot.FIRST, Slot.SECOND) if slot in places]
    third = places.get(Slot.ADJUDICATOR)
    read = bool(pair) and all(reading.submitted_at for reading in pair)
    if case.closed_at is not None:
        return CaseState.CLOSED
    if case.reread_of_id is not None and read:
        return CaseState.RELEASED  # it decides nothing: read is the end of it
    if case.reread_of_id is None and released:
        return CaseState.RELEASED
    if read and needed and not (third and third.submitted_at):
        return CaseState.ADJUDICATION
    if read:
        return CaseState.DECIDED
    if all(reading.reader_id for reading in pair):
        return CaseState.READING
    return CaseState.TO_ALLOCATE if received else CaseState.AWAITED
