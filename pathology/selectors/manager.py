"""What the data manager sees of cases and their readings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from pathology.models import CaseState, PathologyCase, Reading, Slot


@dataclass(frozen=True, slots=True)
class Place:
    slot: Any
    reader: str
    state: str
    at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class CaseProgress:
    """One case for the data manager: whose it is and how far its readings are. No percentages, no classes."""

    code: str
    number: str
    site: str
    opened_at: dt.datetime
    places: list[Place]
    state: str
    glyph: str


GLYPHS = {
    CaseState.CLOSED: "na", CaseState.RELEASED: "comp", CaseState.DECIDED: "due", CaseState.ADJUDICATION: "due",
    CaseState.READING: "prog", CaseState.TO_ALLOCATE: "due", CaseState.AWAITED: "none",
}  # fmt: skip


def progress(user: Any) -> list[CaseProgress]:
    """Every case, the least advanced first. The caller has checked who may see it."""
    cases = PathologyCase.objects.select_related("participant__site").prefetch_related("readings__reader")
    found = [_progress(case) for case in cases]
    return sorted(found, key=lambda line: (line.glyph in ("comp", "na"), line.number))


def _progress(case: PathologyCase) -> CaseProgress:
    readings: list[Reading] = sorted(case.readings.all(), key=lambda r: list(Slot.values).index(r.slot))
    places = [
        Place(
            Slot(reading.slot).label,
            str(reading.reader or ""),
            "submitted" if reading.submitted_at else "reading" if reading.taken_at else "waiting",
            reading.submitted_at or reading.taken_at,
        )
        for reading in readings
    ]
    state = CaseState(case.state)
    return CaseProgress(
        case.code, case.participant.number, case.participant.site.number, case.opened_at, places, str(state.label),
        GLYPHS[state],
    )  # fmt: skip
