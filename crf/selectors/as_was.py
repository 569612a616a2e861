"""A form as it was at a moment, from the trail alone: values, state, marks, signature, holds, threads (EMA 2023, 6.2.1).

Read are the events of the form and of its threads, by their target: the rest of the participant's chain is not.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Q

from crf.fields import MISS
from crf.models import FormInstance, FormStatus, Meaning, Query, QueryState, Signed, Void
from crf.registry import form_def
from crf.schedule import visit_label
from crf.sheets import Sheet
from trialsite.accounts.roles import Role
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent

from .replay import Replayed, replay

# What changes a value that a reader sees.
VALUES = frozenset(
    {Action.ENTER, Action.CHANGE, Action.CLEAR, Action.DERIVE, Action.ROW_ADD, Action.ROW_REMOVE, Action.ROW_RESTORE}
)  # fmt: skip
COLUMNS = (
    "number", "at", "actor_name", "actor__full_name", "role", "site", "action", "target", "path", "old", "new", "reason",
)  # fmt: skip


class Event(NamedTuple):
    """An event of a form or of one of its threads."""

    number: int
    at: dt.datetime
    username: str
    name: str | None
    role: str
    site: str
    action: str
    target: str
    path: str
    old: str
    new: str
    reason: str

    @property
    def by_system(self) -> bool:
        return self.username == "system"


@dataclass(frozen=True, slots=True)
class Stop:
    """A moment at which something happened to the form: when, who, what."""

    place: int  # from 1
    at: dt.datetime
    username: str
    name: str
    role: str
    counts: tuple[tuple[str, int], ...]  # (action, how many events), in the order of the events
    changes: Mapping[str, str] = field(default_factory=dict)  # path of a value → its text before

    @property
    def role_name(self) -> str:
        return str(Role(self.role).label) if self.role in Role.values else self.role

    @property
    def what(self) -> str:
        """`entered (12), form status`."""
        return ", ".join(
            f"{Action(action).label} ({number})" if number > 1 else str(Action(action).label)
            for action, number in self.counts
        )


@dataclass(frozen=True, slots=True)
class SignatureThen:
    """The last signature at that moment; `void_at` when it no longer stood."""

    name: str
    at: dt.datetime
    meaning: str
    void_at: dt.datetime | None = None
    void_why: str = ""


@dataclass(frozen=True, slots=True)
class QueryThen:
    """A thread at that moment."""

    code: str
    path: str
    state: str
    question: str

    @property
    def state_name(self) -> str:
        return str(QueryState(self.state).label) if self.state in QueryState.values else self.state

    @property
    def standing(self) -> bool:
        return self.state in (QueryState.OPEN, QueryState.REOPENED, QueryState.ANSWERED)


@dataclass(slots=True)
class AsWas:
    """One form at one moment."""

    form: FormInstance
    at: dt.datetime
    stops: Sequence[Stop]
    stop: Stop | None  # the last one at or before the moment; none: nothing had happened yet
    sheet: Sheet
    status: str
    removed: str | None
    locked: bool
    frozen: bool
    marks: Mapping[str, str]
    fell: frozenset[str]
    signature: SignatureThen | None
    queries: Sequence[QueryThen]
    definition: str  # version of the form's definition then; empty: nothing was saved

    @property
    def status_name(self) -> str:
        return str(FormStatus(self.status).label)

    @property
    def signed(self) -> str:
        if self.signature is None:
            return ""
        return Signed.VOID if self.signature.void_at else Signed.SIGNED

    @property
    def changes(self) -> Mapping[str, str]:
        """What the last stop changed: path of a value → its text before."""
        return self.stop.changes if self.stop else {}

    @property
    def previous(self) -> Stop | None:
        place = self.stop.place - 1 if self.stop else 0
        return self.stops[place - 1] if place >= 1 else None

    @property
    def next(self) -> Stop | None:
        place = self.stop.place if self.stop else 0
        return self.stops[place] if place < len(self.stops) else None


# --- reading --------------------------------------------------------------------------------------------------------


def events_of(form: FormInstance) -> list[Event]:
    """Events of the form and of the threads on it, in the order of the chain. Two queries."""
    threads = [f"query:{pk}" for pk in Query.objects.filter(form=form).values_list("pk", flat=True)]
    found = AuditEvent.objects.filter(Q(target__in=[form.address, *threads])).exclude(
        action__in=(Action.REFUSED, Action.VALUE_REFUSED)
    )
    return [Event(*row) for row in found.order_by("chain_id", "number").values_list(*COLUMNS)]


def stops_of(events: Iterable[Event]) -> list[Stop]:
    """One stop for each moment: what is written in one transaction has one time."""
    groups = itertools.groupby(events, key=lambda event: event.at)
    return [_stop(place, at, list(batch)) for place, (at, batch) in enumerate(groups, 1)]


def _stop(place: int, at: dt.datetime, batch: Sequence[Event]) -> Stop:
    person = next((event for event in batch if not event.by_system), batch[0])
    changes: dict[str, str] = {}
    for event in batch:
        if event.action in VALUES and event.target.startswith("form:"):
            path = event.path.removesuffix(MISS)
            changes[path] = changes.get(path) or event.old
    counts = Counter(event.action for event in batch)
    return Stop(
        place, at, person.username, person.name or ("" if person.by_system else person.username), person.role,
        tuple(counts.items()), changes,
    )  # fmt: skip


def blank_sheet(form: FormInstance) -> Sheet:
    """The form before anything happened to it."""
    visit = form.visit
    return Sheet(
        key=form.form_key, form=form.pk, repeat=form.repeat, evaluator=form.evaluator,
        visit=visit_label(visit.code, visit.repeat) if visit else "", visit_order=visit.order if visit else 0,
        rows={section.id: [] for section in form_def(form.form_key).row_sections},
    )  # fmt: skip


def replayed_form(form: FormInstance, events: Iterable[Event]) -> Replayed:
    """These events applied to the empty form."""
    return replay({form.pk: blank_sheet(form)}, ((e.target, e.path, e.new, e.reason) for e in events))


def as_was(form: FormInstance, at: dt.datetime, events: Sequence[Event] | None = None) -> AsWas:
    """The form at a moment. `events`: all of its events, when they are at hand."""
    every = events_of(form) if events is None else events
    before = [event for event in every if event.at <= at]
    found = replayed_form(form, before)
    stops = stops_of(every)
    marks = {path: text for (_pk, path), text in found.marks.items()}
    return AsWas(
        form=form, at=at, stops=stops, stop=next((s for s in reversed(stops) if s.at <= at), None),
        sheet=found.sheets[form.pk], status=found.statuses.get(form.pk, FormStatus.EXPECTED),
        removed=found.removed.get(form.pk), locked=found.review.get((form.pk, "@locked")) == "1",
        frozen=found.review.get((form.pk, "@frozen")) == "1",
        marks={path: text for path, text in marks.items() if text},
        fell=frozenset(path for path, text in marks.items() if not text),
        signature=_signature(before), queries=_queries(before, found),
        definition=_definition(form, every, before),
    )  # fmt: skip


def sheet_now(form: FormInstance, events: Sequence[Event]) -> Sheet:
    """What the whole trail says: the form as it is."""
    return replayed_form(form, events).sheets[form.pk]


def _definition(form: FormInstance, every: Sequence[Event], before: Sequence[Event]) -> str:
    """A save under another definition leaves an event that names both; without one after it, it is that of today."""
    if not any(event.path == "@status" for event in before):
        return ""
    later = every[len(before) :]
    return next((event.old for event in later if event.path == "@definition"), form.definition)


def _signature(before: Sequence[Event]) -> SignatureThen | None:
    """The last signing, and whether it was void by then. Its printed name stands in the signature's own event."""
    signed = next((e for e in reversed(before) if e.path == "@signature" and e.action == Action.SIGNED), None)
    if signed is None:
        return None
    head = (
        AuditEvent.objects.filter(target=signed.new, path="@digest").values_list("reason", flat=True).first()
    )
    parts = (head or signed.reason).split(" · ")
    meaning = str(Meaning(parts[0]).label) if parts[0] in Meaning.values else parts[0]
    name = (
        " · ".join(parts[1:-1]) if head and len(parts) > 2 else signed.name or signed.username
    )  # a name may have the dot
    void = next(
        (e for e in before if e.action == Action.SIGNATURE_VOID and e.number > signed.number), None
    )  # fmt: skip
    why = void.reason.partition(" ")[0] if void else ""
    return SignatureThen(
        name, signed.at, meaning, void.at if void else None,
        str(Void(why).label) if why in Void.values else why,
    )  # fmt: skip


def _queries(before: Sequence[Event], found: Replayed) -> list[QueryThen]:
    """The threads that had been raised; what each is about stands in its first event."""
    about: dict[str, str] = {}
    asked: dict[str, str] = {}
    for event in before:
        if event.path == "@about":
            about[event.target] = event.new
        elif event.path == "@state" and event.target not in asked:
            asked[event.target] = event.reason
    queries = []
    for target, said in about.items():
        code, _sep, place = said.partition(" ")
        path = place.partition("/")[2]
        state = found.queries.get(int(target.partition(":")[2]), "")
        queries.append(QueryThen(code, path, state, asked.get(target, "")))
    return queries


def texts(sheet: Sheet) -> dict[str, str]:
    """Every text of a sheet by its path: a value, else the code of the reason why it is missing; active rows only."""
    definition = form_def(sheet.key)
    found = _texts("", {f.name: f for f in definition.fields.values()}, sheet)
    for section in definition.row_sections:
        fields = {f.name: f for f in section.fields}
        for line in sheet.lines(section.id):
            found |= _texts(f"{section.id}:{line.row}/", fields, line)
    return found


def _texts(prefix: str, fields: Mapping[str, Any], holder: Any) -> dict[str, str]:
    given = {
        prefix + name: fields[name].to_text(value) for name, value in holder.values.items() if name in fields
    }
    return given | {prefix + name: reason for name, reason in holder.missing.items() if reason}
