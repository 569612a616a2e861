"""Difference of two sheets as trail entries, and its writing to the typed tables. Used by every service that writes data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from crf.fields import MISS, CrfField
from crf.models import FormInstance
from crf.registry import FormDef, SectionDef
from crf.sheets import RowValues, Sheet
from crf.typed import row_path
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.db.rows import insert, update

EMPTY = RowValues(0)


@dataclass(slots=True)
class Change:
    """One datum that differs: its path, texts before and after, and whether the system calculated it."""

    path: str
    old: str
    new: str
    derived: bool = False
    action: str = ""

    def entry(self, form: FormInstance, reason: str = "") -> Entry:
        action = self.action or (Action.DERIVE if self.derived else _action(self.old, self.new))
        return Entry(action, form.address, self.path, self.old, self.new, reason, system=self.derived)


def _action(old: str, new: str) -> str:
    if not old:
        return Action.ENTER
    return Action.CHANGE if new else Action.CLEAR


def changes(definition: FormDef, old: Sheet, new: Sheet) -> list[Change]:
    """Every value, missing reason and row that differs, in the order of the form."""
    found: list[Change] = []
    for section in definition.sections:
        if section.repeating:
            found += _row_changes(section, old, new)
        else:
            found += _field_changes(section.fields, "", old, new)
    return found


def _field_changes(fields: tuple[CrfField, ...], prefix: str, old: Any, new: Any) -> Iterator[Change]:
    for field in fields:
        before, after = old.values.get(field.name), new.values.get(field.name)
        if before != after:
            texts = field.to_text(before), field.to_text(after)
            if texts[0] != texts[1]:
                yield Change(prefix + field.name, *texts, derived=field.derived)
        if field.missing:
            reasons = old.missing.get(field.name, ""), new.missing.get(field.name, "")
            if reasons[0] != reasons[1]:
                yield Change(prefix + field.name + MISS, *reasons, derived=field.derived)


def _row_changes(section: SectionDef, old: Sheet, new: Sheet) -> Iterator[Change]:
    before = {line.row: line for line in old.rows.get(section.id, ())}
    for line in new.rows.get(section.id, ()):
        was = before.get(line.row)
        path = row_path(section.id, line.row)
        if was is None:
            yield Change(path + "/@active", "", "1", action=Action.ROW_ADD)
        elif was.active != line.active:
            act = Action.ROW_RESTORE if line.active else Action.ROW_REMOVE
            yield Change(path + "/@active", "01"[was.active], "01"[line.active], action=act)
        yield from _field_changes(section.fields, path + "/", was or EMPTY, line)


def write(definition: FormDef, form: FormInstance, old: Sheet, new: Sheet) -> None:
    """Store a sheet whose changes are known to be allowed. Nothing here checks; the caller holds the lock."""
    fields = tuple(definition.fields.values())
    if not old.values and not old.missing and not _exists(definition, form):
        columns = {"form_id": form.pk} | _columns(fields, new)
        insert(definition.model, tuple(columns), [tuple(columns.values())])
    elif old.values != new.values or old.missing != new.missing:
        update(
            definition.model,
            _columns(tuple(f for f in fields if _differs(f, old, new)), new),
            form_id=form.pk,
        )
    for section in definition.row_sections:
        _write_rows(section, form, old, new)


def _exists(definition: FormDef, form: FormInstance) -> bool:
    return form.version > 0 and definition.model._default_manager.filter(form_id=form.pk).exists()


def _differs(field: CrfField, old: Any, new: Any) -> bool:
    return old.values.get(field.name) != new.values.get(field.name) or old.missing.get(
        field.name
    ) != new.missing.get(field.name)


def _columns(fields: tuple[CrfField, ...], source: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields:
        value = found[field.name] = source.values.get(field.name)
        if field.missing:
            found[field.name + MISS] = source.missing.get(field.name)
        if field.kind == "pdate":
            found[field.name + "_earliest"] = value.earliest if value else None
            found[field.name + "_latest"] = value.latest if value else None
    return found


def _write_rows(section: SectionDef, form: FormInstance, old: Sheet, new: Sheet) -> None:
    model = section.row_model
    assert model is not None
    before = {line.row: line for line in old.rows.get(section.id, ())}
    made = []
    for line in new.rows.get(section.id, ()):
        was = before.get(line.row)
        if was is None:
            head = {"form_id": form.pk, "row": line.row, "active": line.active, "removed_reason": ""}
            made.append(head | _columns(section.fields, line))
        elif was != line:
            columns = _columns(tuple(f for f in section.fields if _differs(f, was, line)), line)
            if (was.active, was.removed_reason) != (line.active, line.removed_reason):
                columns |= {"active": line.active, "removed_reason": line.removed_reason}
            if columns:
                update(model, columns, form_id=form.pk, row=line.row)
    if made:
        insert(model, tuple(made[0]), [tuple(columns.values()) for columns in made])


def each_line(
    definition: FormDef, sheet: Sheet
) -> Iterator[tuple[str, tuple[CrfField, ...], Any, RowValues | None]]:
    """(path prefix, fields, holder of the values, row or None) for the sheet and every active row."""
    for section in definition.sections:
        if not section.repeating:
            yield "", section.fields, sheet, None
            continue
        for line in sheet.lines(section.id):
            yield row_path(section.id, line.row) + "/", section.fields, line, line


Visit = Callable[[str, CrfField, Any, RowValues | None], None]
