"""A posted form read into typed values. Nothing typed is lost: what cannot be read stays, with its error at its field.

Names in a post: `tudat__y`, `ta_slice`, `ta_slice__miss`, `TA2.3.tl_diam` (row 3), `TA2.n1.tl_diam` (a new row),
`TA2.3.-remove` with `TA2.3.-reason`. Paths of errors and reasons: `tudat`, `TA2:3/tl_diam`, `TA2:n1/tl_diam`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from .fields import CrfField, FieldError, clean_text, parse_missing
from .registry import FormDef, SectionDef
from .sheets import RowValues, Sheet


@dataclass(slots=True)
class TypedRow:
    """A posted row. `key` is its number, or `n1`, `n2` … for a new one."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    remove: bool = False
    reason: str = ""

    @property
    def empty(self) -> bool:
        return not self.values and not self.missing


@dataclass(slots=True)
class Typed:
    """What a person typed into one form: values that could be read, raw texts, and errors by path."""

    values: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[TypedRow]] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)
    raw_missing: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, sheet: Sheet) -> Typed:
        """The same values again: for imports, demonstrations and tests that build on a sheet."""
        rows = {
            section: [
                TypedRow(str(line.row), dict(line.values), dict(line.missing))
                for line in lines
                if line.active
            ]
            for section, lines in sheet.rows.items()
        }
        return cls(dict(sheet.values), dict(sheet.missing), rows)


def row_path(section: str, key: str | int, name: str = "") -> str:
    return f"{section}:{key}/{name}" if name else f"{section}:{key}"


def read_post(definition: FormDef, data: Mapping[str, Any]) -> Typed:
    """Read every field that a person may type. Derived fields in the post are passed over: they are never accepted."""
    typed = Typed()
    keys = _row_keys(data)
    for section in definition.sections:
        if not section.repeating:
            _read_fields(typed, section.fields, data, "", "", typed.values, typed.missing)
            continue
        lines = typed.rows[section.id] = []
        for key in keys.get(section.id, []):
            lines.append(_read_row(typed, section, data, key))
    return typed


def _row_keys(data: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for name in data:
        parts = name.split(".")
        if len(parts) == 3 and (parts[1].isdigit() or (parts[1][:1] == "n" and parts[1][1:].isdigit())):
            found.setdefault(parts[0], {}).setdefault(parts[1])
    return {section: list(keys) for section, keys in found.items()}


def _read_row(typed: Typed, section: SectionDef, data: Mapping[str, Any], key: str) -> TypedRow:
    prefix = f"{section.id}.{key}."
    row = TypedRow(
        key, remove=bool(data.get(prefix + "-remove")), reason=clean_text(data.get(prefix + "-reason"))
    )
    _read_fields(
        typed, section.fields, data, prefix, row_path(section.id, key) + "/", row.values, row.missing
    )
    return row


def _read_fields(
    typed: Typed, fields: tuple[CrfField, ...], data: Mapping[str, Any], prefix: str, path: str,
    values: dict[str, Any], missing: dict[str, str],
) -> None:  # fmt: skip
    for crf_field in fields:
        if crf_field.derived:
            continue
        where, name = path + crf_field.name, crf_field.name
        raw = typed.raw[where] = crf_field.raw(data, prefix)
        miss = data.get(f"{prefix}{name}__miss", "") if crf_field.missing else ""
        typed.raw_missing[where] = miss
        try:
            value, reason = crf_field.parse(raw), parse_missing(crf_field, miss)
        except FieldError as error:
            typed.errors[where] = error.message
            continue
        if value is not None and reason:
            typed.errors[where] = _("Give a value or a reason why it is missing, not both.")
        elif value is not None:
            values[name] = value
        elif reason:
            missing[name] = reason


def as_sheet(stored: Sheet, typed: Typed, definition: FormDef) -> Sheet:
    """The sheet that would be stored: typed values over the envelope of the stored sheet, derived values kept.

    New rows get the next free numbers; removed rows stay, inactive; a row that the post does not mention is unchanged.
    Rows that the book gives (criteria, drugs) exist from the first save on.
    """
    sheet = Sheet(
        stored.key, stored.form, stored.visit, stored.visit_order, stored.repeat, stored.evaluator, stored.status,
        dict(typed.values), dict(typed.missing), {},
    )  # fmt: skip
    for section, lines in {**stored.rows, **{s: stored.rows.get(s, []) for s in typed.rows}}.items():
        sheet.rows[section] = _merged(lines, typed.rows.get(section, []))
    for part in definition.row_sections:
        if part.rows and part.rows.fixed:
            _fixed(sheet.rows.setdefault(part.id, []), len(part.rows.fixed))
    return sheet


def _fixed(lines: list[RowValues], count: int) -> None:
    present = {line.row for line in lines}
    lines += [RowValues(number) for number in range(1, count + 1) if number not in present]
    lines.sort(key=lambda line: line.row)


def _merged(stored: list[RowValues], typed: list[TypedRow]) -> list[RowValues]:
    kept = {
        line.row: RowValues(line.row, dict(line.values), dict(line.missing), line.active, line.removed_reason)
        for line in stored
    }
    following = max(kept, default=0)
    for row in typed:
        if row.key.isdigit() and int(row.key) in kept:
            line = kept[int(row.key)]
            if row.remove:
                line.active, line.removed_reason = False, row.reason
                continue
            line.values, line.missing = dict(row.values), dict(row.missing)
        elif not row.empty and not row.remove:
            following = max(following + 1, int(row.key) if row.key.isdigit() else 0)
            kept[following] = RowValues(following, dict(row.values), dict(row.missing))
            row.key = str(following)
    return [kept[number] for number in sorted(kept)]
