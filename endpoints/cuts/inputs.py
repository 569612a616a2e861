"""Which fields made the difference: what changed in the forms between two moments, and whether the results rest on it.

The trail says what changed, who did it and why; the courses of both moments say which of it they carry. A value is
found by the field it stands in, not by its place in a list: a new assessment in the middle moves nothing else.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from crf.fields import MISS
from crf.models import FormInstance
from crf.policies import BLINDED_FORMS
from crf.registry import form_def
from crf.selectors.history import HistoryLine, in_words, line_of
from crf.selectors.replay import replayed_many
from endpoints import profile
from endpoints.gather import Gathered, course
from endpoints.mapping import Paths
from endpoints.trace import CHANGES, Places, form_name
from participants.models import Participant
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent
from trialsite.audit.trail import chain_name

INDEX = re.compile(r"\[\d+\]")
OTHER = ("data_cutoff", "final", "id")  # of the question, not of the data
ACTIVE = "@active"  # a row taken out or brought back; of a form: a line of a log

Values = dict[str, set[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class InputChange:
    """One field whose value differs between two moments, with the last change that made it so.

    `kind`: `endpoint` when the course carries it, `table` when only baseline, safety and exposure do.
    """

    number: str
    address: str
    form: str
    href: str
    label: str
    before: str
    after: str
    kind: str
    line: HistoryLine


@dataclass(slots=True)
class Inputs:
    """What changed of one participant. `idle`: fields that changed and that nothing here rests on; `unexplained`: the
    course differs and no field does (another engine, or another way from forms to it)."""

    number: str
    changes: list[InputChange]
    idle: int = 0
    unexplained: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """From a moment of the trail to a later one, with the cut-off on each side."""

    start: dt.datetime
    end: dt.datetime


def by_address(case: Mapping[str, Any], paths: Paths) -> Values:
    """What a course says, by the field that it stands in; without a field by its own name."""
    found: Values = defaultdict(set)
    for where, value in _leaves(case, ""):
        if where in OTHER:
            continue
        address = paths.address(where)
        name = INDEX.sub("", where)
        for one in address if isinstance(address, list) else [address or name]:
            found[one].add((name, json.dumps(value)))
    return found


def _leaves(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from _leaves(part, f"{where}[{i}]")
    elif value is not None:
        yield where, value


def changed_addresses(before: Gathered, after: Gathered) -> set[str]:
    old, new = by_address(before.case, before.paths), by_address(after.case, after.paths)
    return {one for one in old.keys() | new.keys() if old.get(one) != new.get(one)}


def inputs_between(
    people: Collection[Participant], window: Window, cutoff: Mapping[int, dt.date]
) -> list[Inputs]:
    """A batch of participants: a fixed number of queries. `cutoff`: the day of each, the same on both sides, so that a
    later cut-off alone changes nothing here."""
    pks = [one.pk for one in people]
    before, after = _courses(people, window.start, cutoff), _courses(people, window.end, cutoff)
    events = _events(pks, window)
    places = Places(event.target + "/" for own in events.values() for event in own)
    return [_of_person(one, before[one.pk], after[one.pk], events[one.pk], places) for one in people]


def _courses(
    people: Collection[Participant], at: dt.datetime, cutoff: Mapping[int, dt.date]
) -> dict[int, Gathered]:
    trails = replayed_many([one.pk for one in people], at)
    made = {}
    for one in people:
        book = trails[one.pk].book()
        book.number = one.number
        made[one.pk] = course(book, one.pk, 0, cutoff[one.pk])
    return made


def _events(pks: Collection[int], window: Window) -> dict[int, list[AuditEvent]]:
    """Changes of values in the window, in their order: one query."""
    names = {chain_name(pk): pk for pk in pks}
    found: dict[int, list[AuditEvent]] = {pk: [] for pk in pks}
    events = AuditEvent.objects.filter(
        chain__name__in=names, at__gt=window.start, at__lte=window.end, target__startswith="form:"
    ).exclude(path="")
    for event in events.select_related("actor", "chain").order_by("chain_id", "number"):
        if event.action in CHANGES or event.path.endswith(ACTIVE):
            found[names[event.chain.name]].append(event)
    return found


def _of_person(
    person: Participant, before: Gathered, after: Gathered, events: list[AuditEvent], places: Places
) -> Inputs:
    moved = changed_addresses(before, after)
    tables = before.profile != after.profile
    made = Inputs(person.number, [])
    for first, last in _net(events):
        form = places.form(f"{last.target}/")
        kind = _kind(form, last, moved, tables)
        if form is None or kind == "hidden":
            continue
        if kind:
            made.changes.append(_change(person, form, first, last, kind, places))
        else:
            made.idle += 1
    made.unexplained = bool(moved) and not any(one.kind == "endpoint" for one in made.changes)
    made.changes.sort(key=lambda one: (one.kind, one.line.at), reverse=False)
    return made


def _net(events: list[AuditEvent]) -> list[tuple[AuditEvent, AuditEvent]]:
    """First and last change of each field that ends other than it began."""
    found: dict[tuple[str, str], list[AuditEvent]] = {}
    for event in events:
        found.setdefault((event.target, event.path), []).append(event)
    return [(own[0], own[-1]) for own in found.values() if own[0].old != own[-1].new]


def _kind(form: FormInstance | None, event: AuditEvent, moved: set[str], tables: bool) -> str:
    """Whether the results rest on the field. Of a central reading nothing shows but what a released result carries."""
    if form is None:
        return "hidden"
    address = f"{event.target}/{event.path.removesuffix(MISS)}"
    if _carried(address, moved) or (form.form_key == "CPATHF" and _reading_moved(moved)):
        return "endpoint"
    if form.form_key in BLINDED_FORMS:
        return "hidden"
    return "table" if tables and _in_tables(form.form_key, event.path) else ""


def _carried(address: str, moved: set[str]) -> bool:
    """The field itself; or a row, or a line of a log, of which something is carried."""
    if not address.endswith(ACTIVE):
        return address in moved
    around = address.removesuffix(ACTIVE)
    return any(one.startswith(around) for one in moved)


def _reading_moved(moved: set[str]) -> bool:
    return any(form.form_key == "CPATH" for form in Places(moved).forms.values())


def _in_tables(key: str, path: str) -> bool:
    head, _sep, name = path.removesuffix(MISS).rpartition("/")
    section = head.partition(":")[0]
    where = f"{key}/{section}" if section else key
    return where in profile.FIELDS and (name == ACTIVE or name in profile.FIELDS[where])


def _change(
    person: Participant, form: FormInstance, first: AuditEvent, last: AuditEvent, kind: str, places: Places
) -> InputChange:
    definition = form_def(form.form_key)
    line = line_of(definition, last)
    if form.form_key in BLINDED_FORMS:  # a reading is known by its number: the reader stays unnamed
        line = replace(line, who=line.role or line.who)
    path = last.path.removesuffix(MISS)
    source = places.source(f"{last.target}/{path}")
    before = in_words(places.field(f"{last.target}/{path}"), first.path, first.old)
    taken = last.action == Action.ROW_REMOVE
    return InputChange(
        number=person.number, address=f"{last.target}/{path}", form=form_name(form), href=source.href if source else "",
        label=line.label or str(Action(last.action).label), before=before, after="" if taken else line.new, kind=kind,
        line=line,
    )  # fmt: skip
