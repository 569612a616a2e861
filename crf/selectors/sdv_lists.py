"""The list of what changed since it was verified and of what is to verify; and where the keys lead from a form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from crf.fields import MISS
from crf.models import FormInstance, MarkState, VerificationMark
from crf.naming import LOG_OF, form_title, label_of
from crf.registry import form_def
from crf.schedule import FORMS, visit_label, visit_title
from crf.selectors.history import TYPED, field_at, in_words
from crf.selectors.sdv import (
    CONDITIONS,
    ENTERED,
    Filters,
    Progress,
    asked_keys,
    by_site,
    fallen_marks,
    progress_of,
    sites_verified,
)
from crf.selectors.values import words_of
from participants.models import Participant
from trialsite.audit.models import AuditEvent

PAGE = 50
FALLEN = 100  # changed values on one page


# --- changed since verified -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One change after the verification: a value, or the row that held it."""

    at: dt.datetime
    who: str
    old: str
    new: str
    reason: str


@dataclass(slots=True)
class FallenMark:
    """A value that is not any more what was verified."""

    mark: VerificationMark
    label: str
    old: str
    new: str
    changes: list[ChangeLine] = field(default_factory=list)

    @property
    def id(self) -> str:
        return row_id(self.mark.path)


def row_id(path: str) -> str:
    """The id of a value's line on the page of its form, which links lead to."""
    return "v-" + path.replace(":", "-").replace("/", "-")


@dataclass(slots=True)
class ChangedForm:
    number: str
    place: str
    title: Any
    url: str
    removed: str  # the reason why the line was taken out of its log
    marks: list[FallenMark] = field(default_factory=list)


def changed_forms(user: Any, filters: Filters) -> tuple[list[ChangedForm], int]:
    """Those that changed first, with what changed since, and how many values there are in all. Three queries."""
    found = fallen_marks(user)
    for name, value in (
        ("form__participant__site__number", filters.site),
        ("form__participant__number", filters.participant),
        ("form__form_key", filters.form),
    ):
        if value:
            found = found.filter(**{name: value})
    if filters.visit:
        found = found.filter(form__visit__isnull=True) if filters.visit == "log" else found.filter(
            form__visit__code=filters.visit
        )  # fmt: skip
    whole = found.count()
    marks = list(
        found.select_related("form__participant", "form__visit", "verified_by").order_by("changed_at", "pk")[
            :FALLEN
        ]
    )
    lines = changes_since(marks)
    by_form: dict[int, ChangedForm] = {}
    for mark in marks:
        kept = by_form.setdefault(mark.form_id, _changed_form(mark.form))
        kept.marks.append(fallen(mark, lines))
    return list(by_form.values()), whole


def _changed_form(form: FormInstance) -> ChangedForm:
    return ChangedForm(
        form.participant.number, str(place_of(form)), form_title(form.form_key, form.repeat), sdv_url(form),
        "" if form.active else form.removed_reason,
    )  # fmt: skip


def fallen(mark: VerificationMark, lines: dict[tuple[int, str], list[ChangeLine]]) -> FallenMark:
    """A mark in words. `form` must be at hand."""
    definition = form_def(mark.form.form_key)
    old, new = (words_of(definition, mark.path, text) for text in (mark.value, mark.changed_value))
    return FallenMark(
        mark, label_of(definition, mark.path), old, new, lines.get((mark.form_id, mark.path), [])
    )


def changes_since(marks: Collection[VerificationMark]) -> dict[tuple[int, str], list[ChangeLine]]:
    """What people did to these values, or to the rows that held them, since they were verified. One query."""
    if not marks:
        return {}
    events = AuditEvent.objects.filter(
        target__in={f"form:{mark.form_id}" for mark in marks},
        path__in={path for mark in marks for path in _places(mark.path)},
        action__in=TYPED,
        at__gt=min(mark.verified_at for mark in marks),
    ).order_by("at", "number")
    kept: dict[tuple[str, str], list[AuditEvent]] = {}
    for event in events.select_related("actor"):
        kept.setdefault((event.target, event.path), []).append(event)
    found = {}
    for mark in marks:
        definition = form_def(mark.form.form_key)
        mine = [
            event
            for path in _places(mark.path)
            for event in kept.get((f"form:{mark.form_id}", path), ())
            if event.at > mark.verified_at
        ]
        crf_field = field_at(definition, mark.path)
        found[mark.form_id, mark.path] = [
            ChangeLine(
                e.at, str(e.actor) if e.actor else e.who, in_words(crf_field, e.path, e.old),
                in_words(crf_field, e.path, e.new), e.reason,
            )
            for e in sorted(mine, key=lambda e: (e.at, e.number))
        ]  # fmt: skip
    return found


def _places(path: str) -> list[str]:
    """Where a change of the value at a path is written: its own path, its missing reason, its row, its line."""
    row = path.rpartition("/")[0]
    return [path, path + MISS, "@active", *([f"{row}/@active"] if row else [])]


# --- the list -------------------------------------------------------------------------------------------------------

LINE = (
    "pk", "participant", "participant__number", "visit__code", "visit__repeat", "visit__order", "form_key", "repeat",
    "status", "verified", "locked", "frozen", "query_open", "query_answered", "saved_at",
)  # fmt: skip


@dataclass(slots=True)
class SdvLine:
    """One form of the list."""

    pk: int
    participant: int
    number: str
    code: str | None
    visit_repeat: int | None
    order: int | None
    key: str
    repeat: int
    status: str
    verified: str
    locked: bool
    frozen: bool
    query_open: int
    query_answered: int
    saved_at: dt.datetime | None

    @property
    def label(self) -> str:
        return visit_label(self.code, self.visit_repeat or 1) if self.code else "log"

    @property
    def place(self) -> Any:
        return visit_title(self.code, self.visit_repeat or 1) if self.code else ""

    @property
    def title(self) -> Any:
        return form_title(self.key, self.repeat)

    @property
    def url(self) -> str:
        return sdv_address(self.number, self.label, self.key, self.repeat)

    @property
    def visit_url(self) -> str:
        return reverse("sdv_visit", args=[self.number, self.label]) if self.code else ""

    @property
    def way(self) -> tuple[Any, ...]:
        """Its place in the casebook: visits in their order, then what is kept outside them."""
        return way_of(self.order, self.key, self.repeat)


_KEYS = list(dict.fromkeys(line.partition("-")[0] for line in FORMS))


def way_of(order: int | None, key: str, repeat: int) -> tuple[Any, ...]:
    log = LOG_OF.get(key, key)
    at = _KEYS.index(log) if log in _KEYS else len(_KEYS)
    return order is None, order or 0, at, key in LOG_OF, repeat


def sdv_address(number: str, label: str, key: str, repeat: int) -> str:
    """`/sdv/01-003/TA1/ta/`; the number of a log's line, or of a second form of the same kind."""
    log = LOG_OF.get(key)
    args = [number, label, (log or key).lower()]
    return reverse("sdv_form", args=[*args, repeat] if log or repeat > 1 else args)


def sdv_url(form: FormInstance) -> str:
    label = visit_label(form.visit.code, form.visit.repeat) if form.visit else "log"
    return sdv_address(form.participant.number, label, form.form_key, form.repeat)


def place_of(form: FormInstance) -> Any:
    return visit_title(form.visit.code, form.visit.repeat) if form.visit else ""


@dataclass(slots=True)
class Worklist:
    """One page. `people` are those on it; `count` is how many forms the list has."""

    changed: list[ChangedForm]
    changed_count: int
    lines: list[tuple[Progress, list[SdvLine]]]
    count: int
    page: int
    pages: int
    sites: list[Progress]
    total: Progress

    @property
    def rows(self) -> int:
        return sum(len(lines) for _one, lines in self.lines)


def worklist(user: Any, filters: Filters, page: int = 1) -> Worklist:
    """Changed first, then what is to verify, by participant. Seven queries at most, however many forms."""
    keys = asked_keys()
    people = progress_of(user, filters, keys)
    changed, changed_count = (
        changed_forms(user, filters) if filters.need in ("verify", "changed") else ([], 0)
    )
    count = 0 if filters.need == "changed" else sum(one.shown for one in people.values())
    pages = max(1, -(-count // PAGE))
    page = min(max(page, 1), pages)
    lines = _lines(filters, keys, people, page) if count else []
    sites = by_site(people.values())
    total = Progress("", "", "")
    for site in sites:
        total.add(site)
    return Worklist(changed, changed_count, lines, count, page, pages, sites, total)


def _lines(
    filters: Filters, keys: list[str], people: dict[int, Progress], page: int
) -> list[tuple[Progress, list[SdvLine]]]:
    """The lines of one page: those participants are read whose lines fall on it."""
    here: list[int] = []
    first, before, skip = (page - 1) * PAGE, 0, 0
    for pk, one in people.items():
        if before + one.shown > first and before < first + PAGE and one.shown:
            if not here:
                skip = first - before
            here.append(pk)
        before += one.shown
    rows = (
        FormInstance.objects.filter(ENTERED, CONDITIONS[filters.need], filters.of_forms)
        .filter(participant__in=here, form_key__in=keys)
        .order_by()
        .values_list(*LINE)
    )
    lines = sorted((SdvLine(*row) for row in rows), key=lambda line: (line.number, line.way))[
        skip : skip + PAGE
    ]
    grouped: dict[int, list[SdvLine]] = {}
    for line in lines:
        grouped.setdefault(line.participant, []).append(line)
    return [(people[pk], mine) for pk, mine in grouped.items()]


# --- the next form --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where the keys lead: forms with something to verify before and after this one, and the next participant."""

    before: str = ""
    after: str = ""
    participant: str = ""


def neighbours(user: Any, form: FormInstance) -> Neighbours:
    """In the order of the casebook, and of the participants' numbers. Five queries at most."""
    keys, sites = asked_keys(), sites_verified(user)
    own = form.participant.number
    here = _waiting(keys, Q(participant=form.participant_id))
    way = way_of(form.visit.order if form.visit else None, form.form_key, form.repeat)
    later = [line for line in here if line.way > way]
    earlier = [line for line in here if line.way < way]
    following = _participant(keys, sites, Q(number__gt=own), "number")
    following_lines = _waiting(keys, Q(participant=following)) if following else []
    if not earlier and (preceding := _participant(keys, sites, Q(number__lt=own), "-number")):
        earlier = _waiting(keys, Q(participant=preceding))
    onward = later or following_lines
    return Neighbours(
        earlier[-1].url if earlier else "",
        onward[0].url if onward else "",
        following_lines[0].url if following_lines else "",
    )


def _open(keys: list[str]) -> Q:
    fallen = VerificationMark.objects.filter(form=OuterRef("pk"), state=MarkState.CHANGED)
    again = Q(locked=False) & ~Q(verified="") & Q(Exists(fallen))
    return (ENTERED & Q(form_key__in=keys) & CONDITIONS["verify"]) | again


def _waiting(keys: list[str], where: Q) -> list[SdvLine]:
    rows = FormInstance.objects.filter(_open(keys), where).order_by().values_list(*LINE)
    return sorted((SdvLine(*row) for row in rows), key=lambda line: line.way)


def _participant(keys: list[str], sites: set[int] | None, where: Q, order: str) -> int | None:
    """The nearest participant with something to verify."""
    waiting = FormInstance.objects.filter(_open(keys), participant=OuterRef("pk"))
    found = Participant.objects.filter(where, Exists(waiting), imported=False)
    if sites is not None:
        found = found.filter(site__in=sites)
    return found.order_by(order).values_list("pk", flat=True).first()
