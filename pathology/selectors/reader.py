"""The reader's worklist and door, which never load a participant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils import timezone

from pathology.blinding import place_in_line
from pathology.models import (
    CaseState,
    Condition,
    CustodyEvent,
    ImageState,
    ItemKind,
    ItemState,
    PathologyCase,
    Reading,
    ReadingDraft,
    RecutRequest,
    SlideImage,
    Slot,
    SpecimenItem,
)
from pathology.policies import rights_for
from trialsite.accounts.permissions import grants_of

PER_PAGE = 50
IN_RAIL = 30  # readings to do beside a page; the rest are in the worklist
LATEST = 8  # of those that are handed in


@dataclass(frozen=True, slots=True)
class ReadingLine:
    """One case in a reader's worklist. `days`: until it is due, negative when overdue."""

    code: str
    state: str  # open, draft, submitted
    slides: int
    due_on: dt.date | None = None
    days: int | None = None
    submitted_at: dt.datetime | None = None
    imported_at: dt.datetime | None = None  # filled in from a file: to be looked at and signed

    @property
    def overdue(self) -> bool:
        return self.days is not None and self.days < 0

    @property
    def late(self) -> int:
        """Days by which it is overdue."""
        return -self.days if self.days is not None and self.days < 0 else 0


@dataclass(frozen=True, slots=True)
class Worklist:
    """One page of what there is to read, and of what is handed in."""

    todo: list[ReadingLine]
    submitted: list[ReadingLine]
    waiting: int
    overdue: int
    handed_in: int
    page: int = 1
    pages: int = 1
    done_page: int = 1
    done_pages: int = 1

    def __iter__(self) -> Iterator[ReadingLine]:
        yield from (*self.todo, *self.submitted)


@dataclass(frozen=True, slots=True)
class Material:
    """What there is of a case, in figures. No day of arrival: it would date the operation."""

    blocks: int
    slides: list[SpecimenItem]
    condition: str
    images: bool

    @property
    def nodules(self) -> dict[int, int]:
        """Slides by nodule, for those that say it."""
        found: dict[int, int] = {}
        for slide in self.slides:
            if slide.nodule is not None:
                found[slide.nodule] = found.get(slide.nodule, 0) + 1
        return found


def slots_of(user: Any) -> list[str]:
    """The places that the user's roles may take."""
    grants = grants_of(user)
    return [slot for slot in Slot.values if grants.may(rights_for(slot))]


def own_readings(user: Any) -> QuerySet[Reading]:
    """What is allocated to the user: an adjudicator's place only while it is needed or was used."""
    needed = ~Q(slot=Slot.ADJUDICATOR) | Q(case__state=CaseState.ADJUDICATION) | Q(submitted_at__isnull=False)
    return Reading.objects.filter(needed, reader=user, slot__in=slots_of(user), case__closed_at__isnull=True)


def worklist(user: Any, page: int = 1, done_page: int = 1) -> Worklist:
    """Own readings: to do by due day and then in the reader's own order, handed in with the latest first.

    Four queries beside the rights, however many there are.
    """
    todo, waiting, overdue = _todo(user)
    pages = max(1, -(-len(todo) // PER_PAGE))
    page = min(max(page, 1), pages)
    done = own_readings(user).filter(submitted_at__isnull=False)
    count = done.count()
    done_pages = max(1, -(-count // PER_PAGE))
    done_page = min(max(done_page, 1), done_pages)
    return Worklist(
        _with_slides(todo[(page - 1) * PER_PAGE : page * PER_PAGE]), _handed_in(done, done_page, PER_PAGE), waiting,
        overdue, count, page, pages, done_page, done_pages,
    )  # fmt: skip


def rail(user: Any, code: str) -> Worklist:
    """The same beside a page, shortened; the reading of the page is always among them."""
    todo, waiting, overdue = _todo(user)
    shown = todo[:IN_RAIL] + [line for line in todo[IN_RAIL:] if line[0] == code]
    done = own_readings(user).filter(submitted_at__isnull=False)
    latest = _handed_in(done, 1, LATEST)
    if all(line[0] != code for line in shown) and all(line.code != code for line in latest):
        latest += _handed_in(done.filter(case__code=code), 1, 1)
    return Worklist(_with_slides(shown), latest, waiting, overdue, done.count())


Row = tuple[str, dt.datetime | None, dt.date | None, int, dt.datetime | None]


def _todo(user: Any) -> tuple[list[Row], int, int]:
    """What is to be read, in order; how many, and how many overdue."""
    rows = list(
        own_readings(user)
        .filter(submitted_at__isnull=True)
        .values_list("case__code", "taken_at", "due_on", "case_id", "imported_at")
    )
    last, today = dt.date.max, timezone.localdate()
    rows.sort(key=lambda row: (row[1] is None, row[2] or last, place_in_line(user, row[0])))
    return rows, len(rows), sum(row[2] is not None and row[2] < today for row in rows)


def _with_slides(rows: list[Row]) -> list[ReadingLine]:
    slides, today = _slides([row[3] for row in rows]), timezone.localdate()
    return [
        ReadingLine(
            code,
            "draft" if taken else "open",
            slides.get(case, 0),
            due,
            (due - today).days if due else None,
            imported_at=imported,
        )
        for code, taken, due, case, imported in rows
    ]


def _handed_in(done: QuerySet[Reading], page: int, size: int) -> list[ReadingLine]:
    rows = done.order_by("-submitted_at").values_list("case__code", "submitted_at")
    return [
        ReadingLine(code, "submitted", 0, submitted_at=at)
        for code, at in rows[(page - 1) * size : page * size]
    ]


def readable(items: QuerySet[SpecimenItem]) -> QuerySet[SpecimenItem]:
    """Slides that can be looked at: the glass is here, or it has gone and its image is."""
    seen = SlideImage.objects.filter(item=OuterRef("pk"), state=ImageState.READY)
    gone = Q(state__in=(ItemState.RETURNED, ItemState.DISCARDED)) & Exists(seen)
    return items.filter(Q(state=ItemState.RECEIVED) | gone, kind=ItemKind.SLIDE)


def _slides(cases: list[int]) -> dict[int, int]:
    """Slides that can be read, by case; of the specimen, also under another code. One query."""
    slides = (
        readable(SpecimenItem.objects.filter(case=Coalesce(OuterRef("reread_of"), OuterRef("pk"))))
        .order_by()
        .values("case")
        .annotate(n=Count("pk"))
        .values("n")
    )
    found = PathologyCase.objects.filter(pk__in=cases).annotate(n=Coalesce(Subquery(slides), 0))
    return dict(found.order_by().values_list("pk", "n"))


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
        readable(SpecimenItem.objects.filter(case__in=specimen.values("specimen"))).order_by("number")
    )


def specimen_of(reading: Reading) -> int:
    """The case whose material is read; known to the server alone."""
    specimen: int = PathologyCase.objects.values_list(Coalesce(F("reread_of"), F("pk")), flat=True).get(
        pk=reading.case_id
    )
    return specimen


def material_of(reading: Reading) -> Material:
    """Five queries."""
    specimen = specimen_of(reading)
    items = SpecimenItem.objects.filter(case=specimen)
    blocks = items.filter(kind=ItemKind.BLOCK, state=ItemState.RECEIVED).count()
    conditions = CustodyEvent.objects.filter(case=specimen).exclude(condition="").order_by("at", "pk")
    condition = conditions.values_list("condition", flat=True).last() or ""
    images = SlideImage.objects.filter(item__case=specimen, state=ImageState.READY).exists()
    return Material(
        blocks, list(readable(items).order_by("number")),
        str(Condition(condition).label) if condition else "", images,
    )  # fmt: skip


def recuts_of(reading: Reading) -> list[RecutRequest]:
    """What this reader asked for in this reading; never what somebody else did."""
    return list(RecutRequest.objects.filter(reading=reading).select_related("item"))


def draft_of(reading: Reading) -> ReadingDraft | None:
    return ReadingDraft.objects.filter(reading=reading).first()


def readings_waiting(user: Any) -> int:
    """How many readings the user has to do."""
    return own_readings(user).filter(submitted_at__isnull=True).count()
