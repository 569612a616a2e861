"""The data manager's worklist: every case with its places and material, filtered, counted, a page at a time.

No percentages and no classes here: what a reader found is shown on the case's own page once it is released.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.http import Http404
from django.utils import timezone

from crf.models.local_pathology import LocalPathology
from pathology.models import (
    CaseState,
    ItemKind,
    ItemState,
    PathologyCase,
    Reading,
    RecutRequest,
    Reopening,
    Slot,
    SpecimenItem,
)
from trialsite.accounts.models import Site
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission

PER_PAGE = 50
SHOW = ("late", "reopening", "recut", "reread")
GLYPHS = {
    CaseState.CLOSED: "na", CaseState.RELEASED: "comp", CaseState.DECIDED: "sign", CaseState.ADJUDICATION: "due",
    CaseState.READING: "prog", CaseState.TO_ALLOCATE: "due", CaseState.AWAITED: "none",
}  # fmt: skip
# What waits for a data manager comes first.
RANK = (
    CaseState.DECIDED, CaseState.ADJUDICATION, CaseState.TO_ALLOCATE, CaseState.AWAITED, CaseState.READING,
    CaseState.RELEASED, CaseState.CLOSED,
)  # fmt: skip


# --- the door -------------------------------------------------------------------------------------------------------


def door(user: Any) -> Permission:
    """The right with which the user sees cases: who allocates, or who oversees the trial and only reads. Else 404."""
    grants = grants_of(user)
    if grants.may(Permission.ALLOCATE):
        return Permission.ALLOCATE
    if grants.may(Permission.VIEW) and grants.may(Permission.AUDIT):
        return Permission.AUDIT
    raise Http404


def cases_for(user: Any) -> QuerySet[PathologyCase]:
    """Cases of the sites where the user has the right. Who only reads meets a re-read once it is over, as in the trail."""
    right = door(user)
    found = grants_of(user).limit(PathologyCase.objects.all(), right, "participant__site")
    if right == Permission.ALLOCATE:
        return found
    over = (CaseState.RELEASED, CaseState.CLOSED)
    return found.filter(Q(reread_of__isnull=True) | Q(state__in=over))


def case_for(user: Any, code: str) -> PathologyCase:
    """One case with its participant; 404 for what this person may not see."""
    found = cases_for(user).filter(code=code)
    case = found.select_related("participant__site", "adjudicator", "reread_of").first()
    if case is None:
        raise Http404
    return case


# --- filters --------------------------------------------------------------------------------------------------------


def waiting() -> QuerySet[Reading]:
    """Readings that somebody is expected to hand in: of an adjudicator while the case needs one."""
    needed = ~Q(slot=Slot.ADJUDICATOR) | Q(case__state=CaseState.ADJUDICATION)
    return Reading.objects.filter(
        needed, submitted_at__isnull=True, reader__isnull=False, case__closed_at__isnull=True
    )


def late(today: dt.date) -> QuerySet[Reading]:
    return waiting().filter(due_on__lt=today)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to, as in the address. Values that mean nothing are left out."""

    state: str = ""
    site: str = ""
    reader: str = ""
    show: str = ""
    q: str = ""

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> Filters:
        state, show = asked.get("state", ""), asked.get("show", "")
        return cls(
            state if state in CaseState.values else "",
            asked.get("site", "")[:4],
            asked.get("reader", "")[:150],
            show if show in SHOW else "",
            asked.get("q", "").replace("\0", "").strip()[:40],
        )

    def query(self, **changed: str) -> str:
        """The query text with some of them changed; empty ones are left out."""
        one = replace(self, **changed)
        pairs = [(name, getattr(one, name)) for name in ("state", "site", "reader", "show", "q")]
        return urlencode([(name, value) for name, value in pairs if value])

    @property
    def narrowed(self) -> bool:
        return self != Filters()

    def within(self, cases: QuerySet[PathologyCase]) -> QuerySet[PathologyCase]:
        """By site, reader and words: what the chips count."""
        if self.site:
            cases = cases.filter(participant__site__number=self.site)
        if self.reader:
            places = Reading.objects.filter(case=OuterRef("pk"), reader__username=self.reader)
            cases = cases.filter(Exists(places) | Q(adjudicator__username=self.reader))
        if self.q:
            cases = cases.filter(Q(code__icontains=self.q) | Q(participant__number__icontains=self.q))
        return cases

    def apply(self, cases: QuerySet[PathologyCase], today: dt.date) -> QuerySet[PathologyCase]:
        cases = self.within(cases)
        if self.state:
            cases = cases.filter(state=self.state)
        return shown(cases, self.show, today) if self.show else cases


def shown(cases: QuerySet[PathologyCase], show: str, today: dt.date) -> QuerySet[PathologyCase]:
    """Cases with an overdue reading, a request to open one again, a slide asked for; re-reads."""
    return cases.filter(_special(today)[show])


def _special(today: dt.date) -> dict[str, Q]:
    """By sets, each read once, and not case by case."""
    undecided = Reopening.objects.filter(granted__isnull=True)
    asked = RecutRequest.objects.filter(state=RecutRequest.State.OPEN)
    return {
        "late": Q(pk__in=late(today).order_by().values("case")),
        "reopening": Q(pk__in=undecided.order_by().values("reading__case")),
        "recut": Q(pk__in=asked.order_by().values("case")),
        "reread": Q(reread_of__isnull=False),
    }


@dataclass(frozen=True, slots=True)
class Counted:
    """How many cases are in each state, and how many wait for something special."""

    states: dict[str, int]
    special: dict[str, int]

    @property
    def all(self) -> int:
        return sum(self.states.values())


def counted(cases: QuerySet[PathologyCase], today: dt.date) -> Counted:
    """One query."""
    numbers = cases.order_by().aggregate(
        **{state: Count("pk", filter=Q(state=state)) for state in CaseState.values},
        **{show: Count("pk", filter=condition) for show, condition in _special(today).items()},
    )
    return Counted(
        {state: numbers[state] for state in CaseState.values}, {show: numbers[show] for show in SHOW}
    )


# --- one page -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a case as a data manager sees it. `glyph`: of its state; `words`: see the templates."""

    slot: str
    label: Any
    reader: str
    username: str
    state: str  # free, named, given, reading, opinion, submitted
    due_on: dt.date | None = None
    late: bool = False
    at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case of the list: whose it is, how far, what of it has arrived."""

    case: PathologyCase
    glyph: str
    places: list[Place]
    slides: int = 0
    blocks: int = 0
    sent: int | None = None
    due_on: dt.date | None = None
    late: bool = False
    ready: bool = False  # to release
    free: bool = False  # a place to give


@dataclass(frozen=True, slots=True)
class Arrival:
    """What has arrived of a specimen, and what its report says was sent."""

    slides: int = 0
    blocks: int = 0
    sent: int | None = None
    sent_on: dt.date | None = None
    unusable: int = 0


def ordered(cases: QuerySet[PathologyCase]) -> QuerySet[PathologyCase]:
    rank = Case(
        *(When(state=state, then=Value(n)) for n, state in enumerate(RANK)),
        default=Value(len(RANK)),
        output_field=IntegerField(),
    )
    return cases.annotate(rank=rank).order_by("rank", "opened_at", "code")


def with_places(cases: QuerySet[PathologyCase]) -> QuerySet[PathologyCase]:
    readings = Reading.objects.select_related("reader").order_by("slot")
    return cases.select_related("participant__site", "adjudicator", "reread_of").prefetch_related(
        Prefetch("readings", queryset=readings)
    )


def lines_of(cases: Iterable[PathologyCase], today: dt.date) -> list[CaseLine]:
    """The cases of a page, with what has arrived of them. Two queries beside those of the cases."""
    page = list(cases)
    arrivals = arrivals_of(page)
    return [_line(case, arrivals[case.pk], today) for case in page]


def _line(case: PathologyCase, arrival: Arrival, today: dt.date) -> CaseLine:
    places = places_of(case, today)
    due = [
        place.due_on for place in places if place.due_on and place.state in ("given", "reading", "opinion")
    ]
    return CaseLine(
        case, GLYPHS[CaseState(case.state)], places, arrival.slides, arrival.blocks, arrival.sent,
        min(due, default=None), any(place.late for place in places),
        case.state == CaseState.DECIDED and case.reread_of_id is None,
        case.closed_at is None and any(place.state == "free" and place.slot != Slot.ADJUDICATOR for place in places),
    )  # fmt: skip


def places_of(case: PathologyCase, today: dt.date) -> list[Place]:
    """The two places and the adjudicator's: given, or named for the time when it is needed, or free."""
    given = {reading.slot: reading for reading in case.readings.all()}
    slots = [Slot.FIRST, Slot.SECOND, Slot.ADJUDICATOR] if case.reread_of_id is None else sorted(given)
    return [_place(case, Slot(slot), given.get(slot), today) for slot in slots]


def _place(case: PathologyCase, slot: Slot, reading: Reading | None, today: dt.date) -> Place:
    if reading is None:
        name = case.adjudicator
        return Place(
            slot, slot.label, str(name or ""), name.username if name else "", "named" if name else "none"
        )
    state = (
        "submitted" if reading.submitted_at else "opinion" if reading.opinion_at and slot == Slot.ADJUDICATOR
        else "reading" if reading.taken_at else "given" if reading.reader_id else "free"
    )  # fmt: skip
    reader = reading.reader
    expected = slot != Slot.ADJUDICATOR or case.state == CaseState.ADJUDICATION
    is_late = (
        expected and case.closed_at is None and not reading.submitted_at and reader is not None
        and reading.due_on is not None and reading.due_on < today
    )  # fmt: skip
    at = reading.submitted_at or reading.taken_at or reading.allocated_at
    return Place(
        slot,
        slot.label,
        str(reader or ""),
        reader.username if reader else "",
        state,
        reading.due_on,
        is_late,
        at,
    )


def arrivals_of(cases: Iterable[PathologyCase]) -> dict[int, Arrival]:
    """By case. Of a re-read: what has arrived of its specimen. Two queries."""
    listed = list(cases)
    specimens = {case.specimen_id for case in listed}
    usable = Q(state__in=(ItemState.RECEIVED, ItemState.RETURNED, ItemState.DISCARDED))
    rows = (
        SpecimenItem.objects.filter(case__in=specimens)
        .order_by()
        .values_list("case")
        .annotate(
            slides=Count("pk", filter=usable & Q(kind=ItemKind.SLIDE)),
            blocks=Count("pk", filter=usable & Q(kind=ItemKind.BLOCK)),
            unusable=Count("pk", filter=Q(state=ItemState.REJECTED)),
        )
    )
    items = {case: (slides, blocks, unusable) for case, slides, blocks, unusable in rows}
    people = {case.participant_id for case in listed}
    reports = LocalPathology.objects.filter(form__participant__in=people, form__active=True).order_by(
        "form_id"
    )
    sent = {
        person: (slides, day)
        for person, slides, day in reports.values_list("form__participant", "lp_slides_sent", "lp_sentdat")
    }
    found = {}
    for case in listed:
        slides, blocks, unusable = items.get(case.specimen_id, (0, 0, 0))
        told, day = sent.get(case.participant_id, (None, None))
        found[case.pk] = Arrival(slides, blocks, told, day, unusable)
    return found


def sites_for(user: Any) -> list[Site]:
    return list(grants_of(user).limit(Site.objects.order_by("number"), door(user), "pk"))


def today() -> dt.date:
    return timezone.localdate()
