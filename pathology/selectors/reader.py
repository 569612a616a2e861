"""The reader's worklist and door, which never load a participant."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404

from pathology.blinding import place_in_line
from pathology.models import CaseState, ItemKind, ItemState, PathologyCase, Reading, Slot, SpecimenItem
from pathology.policies import rights_for
from trialsite.accounts.permissions import grants_of


@dataclass(frozen=True, slots=True)
class ReadingLine:
    """One case in a reader's worklist."""

    code: str
    state: str  # open, draft, submitted
    slides: int
    due_on: dt.date | None = None
    submitted_at: dt.datetime | None = None


def slots_of(user: Any) -> list[str]:
    """The places that the user's roles may take."""
    grants = grants_of(user)
    return [slot for slot in Slot.values if grants.may(rights_for(slot))]


def own_readings(user: Any) -> QuerySet[Reading]:
    """What is allocated to the user: an adjudicator's place only while it is needed or was used."""
    needed = ~Q(slot=Slot.ADJUDICATOR) | Q(case__state=CaseState.ADJUDICATION) | Q(submitted_at__isnull=False)
    return Reading.objects.filter(needed, reader=user, slot__in=slots_of(user), case__closed_at__isnull=True)


def worklist(user: Any) -> list[ReadingLine]:
    """Own readings, unfinished first and by due day, then in the reader's own order. One query beside the rights."""
    slides = (
        SpecimenItem.objects.filter(
            case=Coalesce(OuterRef("case__reread_of"), OuterRef("case_id")),
            kind=ItemKind.SLIDE,
            state=ItemState.RECEIVED,
        )
        .order_by()
        .values("case")
        .annotate(n=Count("pk"))
        .values("n")
    )
    found = (
        own_readings(user)
        .annotate(slide_count=Coalesce(Subquery(slides), 0))
        .values_list("case__code", "taken_at", "submitted_at", "due_on", "slide_count")
    )
    lines = [
        ReadingLine(code, "submitted" if at else "draft" if taken else "open", slides, due, at)
        for code, taken, at, due, slides in found
    ]
    order = ["draft", "open", "submitted"]
    last = dt.date.max
    return sorted(
        lines,
        key=lambda line: (
            order.index(line.state), line.due_on or last if not line.submitted_at else last, place_in_line(user, line.code),
        ),
    )  # fmt: skip


def reading_for(user: Any, code: str) -> Reading:
    """The user's own reading of a case, without participant and site; or 404."""
    reading = own_readings(user).filter(case__code=code).first()
    if reading is None:
        raise Http404
    return reading


def case_to_take(user: Any, code: str) -> PathologyCase:
    """A case that is allocated to the user; or 404."""
    if not own_readings(user).filter(case__code=code).exists():
        raise Http404
    return PathologyCase.objects.defer("participant").get(code=code)


def slides_of(reading: Reading) -> list[SpecimenItem]:
    """The slides to look at, in the order of their numbers; of the specimen, also under another code."""
    specimen = PathologyCase.objects.filter(pk=reading.case_id).annotate(
        specimen=Coalesce(F("reread_of"), F("pk"))
    )
    return list(
        SpecimenItem.objects.filter(
            case__in=specimen.values("specimen"), kind=ItemKind.SLIDE, state=ItemState.RECEIVED
        ).order_by("number")
    )
