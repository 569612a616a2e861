"""How far a case is, from its facts: first match wins. Stored beside the case so that worklists can be read by state."""

from __future__ import annotations

from collections.abc import Iterable

from .models import CaseState, PathologyCase, Reading, Slot


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
