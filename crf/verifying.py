"""The tables of one participant against the trail: every value, row, status, visit and state must be what it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crf.fields import MISS, CrfField
from crf.judging import mark
from crf.models import Finding, FormInstance
from crf.registry import form_def
from crf.selectors.replay import Replayed, envelopes_of, fields_of, replayed
from crf.selectors.sheets import fill
from crf.sheets import RowValues, Sheet
from crf.verifying_review import review_problems
from participants.lifecycle import State
from participants.models import Participant, Visit, VisitStatus
from trialsite.audit.models import AuditEvent
from trialsite.audit.trail import chain_name
from trialsite.audit.verifying import Problem

READING = "CPATH"  # blinded: nobody who verifies may learn a single reading


def participant_problems(participant: Participant) -> Iterator[Problem]:
    """Every difference between the tables and the replayed trail."""
    trail = replayed(participant.pk)
    stored = envelopes_of(participant.pk)
    fill(stored.values())
    yield from _forms(participant, trail)
    for pk, sheet in stored.items():
        yield from sheet_problems(sheet, trail.sheets[pk])
    yield from _visits(participant, trail)
    yield from _findings(participant, trail)
    yield from review_problems(participant, trail)
    said = trail.participant.get("@state", str(State.SCREENING))
    if participant.state != said:
        where = f"participants_participant id={participant.pk} ({participant.number})"
        yield Problem(where, _differs("state", participant.state, said))


def _differs(name: str, table: Any, trail: Any, hidden: bool = False) -> str:
    if hidden:
        return f"{name} is not what the trail says (values of a single central reading are not shown)"
    return f"{name} is {table or 'empty'!s}, the trail says {trail or 'empty'!s}"


def _forms(participant: Participant, trail: Replayed) -> Iterator[Problem]:
    known = set()
    for form in FormInstance.objects.filter(participant=participant).order_by("pk"):
        known.add(form.address)
        said = trail.statuses.get(form.pk, "EXPECTED")
        if form.status != said:
            yield Problem(
                f"crf_forminstance id={form.pk} ({form.form_key})", _differs("status", form.status, said)
            )
        here = "" if form.active else f"taken out “{form.removed_reason}”"
        there = f"taken out “{trail.removed[form.pk]}”" if form.pk in trail.removed else ""
        if here != there:
            yield Problem(f"crf_forminstance id={form.pk} ({form.form_key})", _differs("line", here, there))
    events = AuditEvent.objects.filter(chain__name=chain_name(participant.pk), target__startswith="form:")
    for target in events.order_by("target").values_list("target", flat=True).distinct():
        if target not in known:
            yield Problem(
                f"crf_forminstance id={target.removeprefix('form:')}",
                "the trail knows it, the table does not",
            )


def sheet_problems(table: Sheet, trail: Sheet) -> Iterator[Problem]:
    """Differences of one form: the sheet, then row by row."""
    definition = form_def(table.key)
    fields = fields_of(table.key)
    where = f"{definition.model._meta.db_table} form_id={table.form} ({table.address(None, None, '')}"
    hidden = table.key == READING
    for name, message in _values(fields[""], table, trail, hidden):
        yield Problem(f"{where}{name})", message)
    for section in definition.row_sections:
        assert section.row_model is not None
        head = f"{section.row_model._meta.db_table} form_id={table.form}"
        yield from _rows(head, section.id, fields[section.id], table, trail, hidden)


def _rows(
    head: str, section: str, fields: dict[str, CrfField], table: Sheet, trail: Sheet, hidden: bool
) -> Iterator[Problem]:
    here = {row.row: row for row in table.rows.get(section, ())}
    there = {row.row: row for row in trail.rows.get(section, ())}
    for number in sorted({*here, *there}):
        where = f"{head} row={number} (form:{table.form}/{section}:{number}"
        if number not in there:
            yield Problem(f"{where})", "the trail does not know it")
            continue
        if number not in here:
            yield Problem(f"{where})", "the trail knows it, the table does not")
            continue
        row, said = here[number], there[number]
        for name, message in _values(fields, row, said, hidden):
            yield Problem(f"{where}/{name})", message)
        if (row.active, row.removed_reason) != (said.active, said.removed_reason):
            state = (
                f"active={row.active} “{row.removed_reason}”",
                f"active={said.active} “{said.removed_reason}”",
            )
            yield Problem(f"{where}/@active)", _differs("the row", *state))


def _values(
    fields: dict[str, CrfField], table: Sheet | RowValues, trail: Sheet | RowValues, hidden: bool
) -> Iterator[tuple[str, str]]:
    for name, field in fields.items():
        one, two = field.to_text(table.values.get(name)), field.to_text(trail.values.get(name))
        if one != two:
            yield name, _differs(name, one, two, hidden)
        if table.missing.get(name) != trail.missing.get(name):
            one, two = table.missing.get(name) or "", trail.missing.get(name) or ""
            yield name + MISS, _differs(name + MISS, one, two, hidden)


def _findings(participant: Participant, trail: Replayed) -> Iterator[Problem]:
    """Every finding with the state that the trail gives it, and none beside."""
    said = dict(trail.findings)
    for finding in Finding.objects.filter(form__participant=participant).order_by("pk"):
        place = f"{finding.path}@{mark(finding.rule)}"
        state = said.pop((finding.form_id, place), "")
        if state != finding.state:
            where = f"crf_finding id={finding.pk} (form:{finding.form_id}/{place})"
            yield Problem(where, _differs("state", finding.state, state))
    for (form, place), state in said.items():
        yield Problem(f"crf_finding (form:{form}/{place})", _differs("state", "", state))


def _visits(participant: Participant, trail: Replayed) -> Iterator[Problem]:
    known = set()
    for visit in Visit.objects.filter(participant=participant).order_by("order"):
        known.add(visit.pk)
        here = {
            "@window": f"{visit.window_from or ''}..{visit.window_to or ''}",
            "@status": visit.status,
            "@date": str(visit.actual_date or ""),
        }
        there = {"@window": "..", "@status": str(VisitStatus.PLANNED), "@date": ""}
        there |= {path: text for (pk, path), text in trail.visits.items() if pk == visit.pk}
        for path, text in here.items():
            if text != there[path]:
                where = f"participants_visit id={visit.pk} ({visit.code}.{visit.repeat} {path})"
                yield Problem(where, _differs(path.removeprefix("@"), text, there[path]))
    for pk in sorted({pk for pk, _path in trail.visits} - known):
        yield Problem(f"participants_visit id={pk}", "the trail knows it, the table does not")
