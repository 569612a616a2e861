"""The trail read back: sheets, visits and the participant's state as they were at a moment, from events alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from crf.fields import MISS, CrfField
from crf.judging import MARKED, REFUSED, VERIFIED
from crf.models import FormInstance, FormStatus
from crf.registry import form_def
from crf.schedule import visit_label
from crf.sheets import Casebook, RowValues, Sheet
from participants.models import VisitStatus
from trialsite.audit.models import AuditEvent
from trialsite.audit.trail import chain_name

# Target, path, new value, reason: what replaying reads of an event.
Line = tuple[str, str, str, str]
REVIEW = ("@locked", "@frozen", "@signature")


@cache
def fields_of(key: str) -> dict[str, dict[str, CrfField]]:
    """Fields of a form by section id; those of the sheet itself under the empty name."""
    definition = form_def(key)
    found: dict[str, dict[str, CrfField]] = {"": dict(definition.fields)}
    for section in definition.row_sections:
        found[section.id] = {f.name: f for f in section.fields}
    return found


@dataclass(slots=True)
class Replayed:
    """What the trail says of one participant. Sheets by form, statuses of forms, facts of visits and participant."""

    sheets: dict[int, Sheet] = field(default_factory=dict)
    statuses: dict[int, str] = field(default_factory=dict)
    removed: dict[int, str] = field(default_factory=dict)  # lines taken out of their log → why
    visits: dict[tuple[int, str], str] = field(default_factory=dict)  # (visit, `@window`) → text
    findings: dict[tuple[int, str], str] = field(default_factory=dict)  # (form, `tudat@CK-171`) → state
    participant: dict[str, str] = field(default_factory=dict)  # `@state` → text
    marks: dict[tuple[int, str], str] = field(
        default_factory=dict
    )  # (form, path) → verified text, empty: fell
    review: dict[tuple[int, str], str] = field(default_factory=dict)  # (form, `@locked`, …) → text
    queries: dict[int, str] = field(default_factory=dict)  # query → state
    proposals: dict[int, str] = field(default_factory=dict)  # proposed deviation → state
    reviewed: dict[int, str] = field(
        default_factory=dict
    )  # item of the trail review → conclusion, empty: open

    def book(self) -> Casebook:
        """The forms that had been started."""
        started = (
            sheet
            for pk, sheet in self.sheets.items()
            if self.statuses.get(pk) not in (None, FormStatus.EXPECTED) and pk not in self.removed
        )
        return Casebook(sheets=started)


def replay(envelopes: dict[int, Sheet], lines: Iterable[Line]) -> Replayed:
    """Apply events in their order to empty sheets. `envelopes` say which form an id is: that never changes."""
    found = Replayed(sheets=envelopes)
    for target, path, new, reason in lines:
        kind, _, number = target.partition(":")
        if kind == "form" and int(number) in envelopes:
            _apply(found, int(number), path, new, reason)
        elif kind == "visit" and path.startswith("@"):
            found.visits[int(number), path] = new
            if path == "@opened":
                found.visits[int(number), "@status"] = VisitStatus.PLANNED
        elif kind == "query" and path == "@state":
            found.queries[int(number)] = new
        elif kind == "trailitem" and path == "@review":
            found.reviewed[int(number)] = new
        elif kind == "proposal" and path == "@state":
            found.proposals[int(number)] = new
        elif kind == "participant":
            found.participant[path] = new
    return found


def _apply(found: Replayed, form: int, path: str, new: str, reason: str) -> None:
    sheet = found.sheets[form]
    if path == "@status":
        found.statuses[form] = sheet.status = new
        return
    if path == "@active":
        found.removed[form] = reason
        return
    if path.endswith(VERIFIED):
        found.marks[form, path.removesuffix(VERIFIED)] = new
        return
    if MARKED.search(path):
        if not path.endswith(REFUSED):
            found.findings[form, path] = new
        return
    if path.startswith("@"):
        if path in REVIEW:
            found.review[form, path] = new
        return
    place, _, name = path.rpartition("/")
    if not place:
        _put(sheet, fields_of(sheet.key)[""], name, new)
        return
    section, _, number = place.partition(":")
    row = _row(sheet, section, int(number))
    if name == "@active":
        row.active = new == "1"
        row.removed_reason = "" if row.active else reason
    else:
        _put(row, fields_of(sheet.key)[section], name, new)


def _row(sheet: Sheet, section: str, number: int) -> RowValues:
    rows = sheet.rows.setdefault(section, [])
    for row in rows:
        if row.row == number:
            return row
    rows.append(RowValues(number))
    rows.sort(key=lambda row: row.row)
    return rows[-1] if rows[-1].row == number else next(row for row in rows if row.row == number)


def _put(holder: Sheet | RowValues, fields: dict[str, CrfField], name: str, new: str) -> None:
    if name in fields:
        kept: dict[str, Any] = holder.values
        value = fields[name].from_text(new)
    else:
        kept, name = holder.missing, name.removesuffix(MISS)
        value = new or None
    if value is None:
        kept.pop(name, None)
    else:
        kept[name] = value


def envelopes_of(participant: int) -> dict[int, Sheet]:
    """An empty sheet for every form of a participant."""
    return _envelopes([participant])[participant]


def _envelopes(participants: Collection[int]) -> dict[int, dict[int, Sheet]]:
    """Empty sheets by participant and form: one query."""
    names = (
        "participant_id", "pk", "form_key", "repeat", "evaluator", "visit__code", "visit__repeat", "visit__order",
    )  # fmt: skip
    found: dict[int, dict[int, Sheet]] = {pk: {} for pk in participants}
    forms = FormInstance.objects.filter(participant__in=participants).values_list(*names)
    for person, pk, key, repeat, evaluator, code, visit_repeat, order in forms.iterator(chunk_size=5000):
        found[person][pk] = Sheet(
            key=key, form=pk, repeat=repeat, evaluator=evaluator, visit_order=order or 0,
            visit=visit_label(code, visit_repeat) if code else "",
            rows={section.id: [] for section in form_def(key).row_sections},
        )  # fmt: skip
    return found


def replayed(participant: int, at: dt.datetime | None = None) -> Replayed:
    """One participant's trail replayed up to a moment (all of it)."""
    return replayed_many([participant], at)[participant]


def replayed_many(participants: Collection[int], at: dt.datetime | None = None) -> dict[int, Replayed]:
    """The trails of a batch, replayed up to a moment: two queries."""
    sheets = _envelopes(participants)
    names = {chain_name(pk): pk for pk in participants}
    events = AuditEvent.objects.filter(chain__name__in=names).order_by("chain_id", "number")
    if at is not None:
        events = events.filter(at__lte=at)
    lines = events.values_list("chain__name", "target", "path", "new", "reason").iterator(chunk_size=5000)
    found = {
        names[name]: replay(sheets[names[name]], (line[1:] for line in own))
        for name, own in groupby(lines, key=itemgetter(0))
    }
    return {pk: found.get(pk) or Replayed(sheets=sheets[pk]) for pk in participants}


def casebook_at(participant: int, at: dt.datetime) -> Casebook:
    """The casebook as it was at a moment."""
    return replayed(participant, at).book()
