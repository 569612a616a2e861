"""What a person typed into a form, as values; and the sheet that it would make. Read from a post by `crf.forms`.

Paths of errors and reasons: `tudat`, `TA2:3/tl_diam`, `TA2:n1/tl_diam` for a new row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from .registry import FormDef
from .sheets import RowValues, Sheet


@dataclass(slots=True)
class TypedRow:
    """A posted row. `key` is its number, or `n1`, `n2` … for a new one."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    remove: bool = False
    reason: str = ""
    unread: bool = False  # something was typed that cannot be read: the row stays on the page

    @property
    def empty(self) -> bool:
        return not self.values and not self.missing and not self.unread


@dataclass(slots=True)
class Typed:
    """What a person typed into one form: values that could be read, raw texts, and errors by path."""

    values: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[TypedRow]] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)
    raw_missing: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def move(self, old: str, new: str) -> None:
        """A new row got its number: what was typed in it, and its errors, go with it."""
        if old == new:
            return
        for kept in (self.raw, self.raw_missing, self.errors):
            for path in [path for path in kept if path.startswith(old + "/")]:
                kept[new + path.removeprefix(old)] = kept.pop(path)  # type: ignore[attr-defined]

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


def posted_version(text: str) -> int | None:
    """The version of the page that was posted; `None` when it says none."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def row_path(section: str, key: str | int, name: str = "") -> str:
    return f"{section}:{key}/{name}" if name else f"{section}:{key}"


def as_sheet(stored: Sheet, typed: Typed, definition: FormDef) -> Sheet:
    """The sheet that would be stored: typed values over the envelope of the stored sheet, derived values kept.

    New rows get the next free numbers; removed rows stay, inactive; a row that the post does not mention is unchanged.
    Rows that the book gives (criteria, drugs) exist from the first save on.
    """
    # What nobody types (signature, case code, final result's date) stays; derivation replaces what it owns.
    owned = {
        name: stored.values[name]
        for name, field in definition.fields.items()
        if field.derived and name in stored.values
    }
    sheet = Sheet(
        stored.key, stored.form, stored.visit, stored.visit_order, stored.repeat, stored.evaluator, stored.status,
        owned | typed.values, dict(typed.missing), {},
    )  # fmt: skip
    for section, lines in {**stored.rows, **{s: stored.rows.get(s, []) for s in typed.rows}}.items():
        rows = typed.rows.get(section, [])
        posted = [row.key for row in rows]
        sheet.rows[section] = _merged(lines, rows)
        for key, row in zip(posted, rows, strict=True):
            typed.move(row_path(section, key), row_path(section, row.key))
    for part in definition.row_sections:
        if part.rows and part.rows.fixed:
            _fixed(sheet.rows.setdefault(part.id, []), part.rows.numbers(sheet.repeat))
    return sheet


def _fixed(lines: list[RowValues], numbers: tuple[int, ...]) -> None:
    present = {line.row for line in lines}
    lines += [RowValues(number) for number in numbers if number not in present]
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
