"""The reader's worklist and door, which never load a participant; the data manager's progress, which does."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.utils.translation import gettext_noop

from crf.models import FormInstance, FormStatus
from trialsite.accounts.permissions import grants_of

from .blinding import place_in_line
from .models import PathologyCase, Reading, Slot
from .policies import rights_for


@dataclass(frozen=True, slots=True)
class ReadingLine:
    """One case in a reader's worklist."""

    code: str
    state: str  # open, draft, submitted
    submitted_at: dt.datetime | None = None


def slots_of(user: Any) -> list[str]:
    """The places that the user's roles may take."""
    grants = grants_of(user)
    return [slot for slot in Slot.values if grants.may(rights_for(slot))]


def free_readings(user: Any) -> QuerySet[Reading]:
    """Places that the user may take: one per case, none of a case that the user reads."""
    own = Reading.objects.filter(case=OuterRef("case"), reader=user)
    return Reading.objects.filter(
        ~Exists(own), slot__in=slots_of(user), reader__isnull=True, case__closed_at__isnull=True
    )


def worklist(user: Any) -> list[ReadingLine]:
    """Own readings and cases to take, unfinished first, in the reader's own order."""
    lines = [
        ReadingLine(code, "open") for code in set(free_readings(user).values_list("case__code", flat=True))
    ]
    own = Reading.objects.filter(reader=user, case__closed_at__isnull=True)
    for code, at in own.values_list("case__code", "submitted_at"):
        lines.append(ReadingLine(code, "submitted" if at else "draft", at))
    order = ["draft", "open", "submitted"]
    return sorted(lines, key=lambda line: (order.index(line.state), place_in_line(user, line.code)))


def reading_for(user: Any, code: str) -> Reading:
    """The user's own reading of a case, without participant and site; or 404."""
    reading = Reading.objects.filter(reader=user, case__code=code, slot__in=slots_of(user)).first()
    if reading is None:
        raise Http404
    return reading


def case_to_take(user: Any, code: str) -> PathologyCase:
    """A case that the user may take or has taken; or 404."""
    mine = Reading.objects.filter(reader=user, case__code=code)
    if not (mine.exists() or free_readings(user).filter(case__code=code).exists()):
        raise Http404
    return PathologyCase.objects.defer("participant").get(code=code)


# --- progress, for who allocates --------------------------------------------------------------------------------------


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


STATES = {
    "closed": (gettext_noop("Closed"), "na"),
    "final": (gettext_noop("Final"), "comp"),
    "adjudication": (gettext_noop("Waits for the adjudicator"), "due"),
    "reading": (gettext_noop("Being read"), "prog"),
    "waiting": (gettext_noop("Waits for readers"), "none"),
}


def progress(user: Any) -> list[CaseProgress]:
    """Every case, the least advanced first. The caller has checked who may see it."""
    done = dict(FormInstance.objects.filter(form_key="CPATHF").values_list("participant_id", "status"))
    cases = PathologyCase.objects.select_related("participant__site").prefetch_related("readings__reader")
    found = [_progress(case, done.get(case.participant_id, "")) for case in cases]
    return sorted(found, key=lambda line: (line.glyph in ("comp", "na"), line.number))


def _progress(case: PathologyCase, result: str) -> CaseProgress:
    readings = sorted(case.readings.all(), key=lambda reading: list(Slot.values).index(reading.slot))
    places = [
        Place(
            Slot(reading.slot).label,
            str(reading.reader or ""),
            "submitted" if reading.submitted_at else "reading" if reading.reader_id else "waiting",
            reading.submitted_at or reading.taken_at,
        )
        for reading in readings
    ]
    text, glyph = STATES[_state(case, readings, result)]
    return CaseProgress(
        case.code, case.participant.number, case.participant.site.number, case.opened_at, places, text, glyph
    )


def _state(case: PathologyCase, readings: list[Reading], result: str) -> str:
    if case.closed_at is not None:
        return "closed"
    if result == FormStatus.COMPLETE:
        return "final"
    if any(reading.slot == Slot.ADJUDICATOR for reading in readings):
        return "adjudication"
    return "reading" if any(reading.reader_id for reading in readings) else "waiting"
