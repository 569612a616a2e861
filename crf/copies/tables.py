"""The data as CSV, one file for each form and each of its repeating sections: written participant by participant.

A coded value stands as its code, and in words in both languages beside it. A missing value is an empty cell with its
reason in a column of its own, so that columns of numbers stay numbers (S33).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from crf.codelists import CodeList
from crf.fields import MISS, Coded, CrfField
from crf.models import FormInstance
from crf.registry import FormDef, SectionDef, form_def
from crf.sheets import RowValues, Sheet
from trialsite.web import sheets

HEAD = (
    "site", "participant", "visit", "form", "repeat", "status", "version", "active", "removed_reason", "evaluator",
)  # fmt: skip
ROW = ("row", "row_active", "row_removed_reason")


class Tables:
    """CSV files in a folder, each opened with its first line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[str, IO[str]] = {}

    def line(self, name: str, columns: Sequence[str], cells: Iterable[Any]) -> None:
        stream = self._open.get(name)
        if stream is None:
            stream = self._open[name] = (self.folder / name).open("w", encoding="utf-8", newline="")
            stream.write(sheets.MARK + sheets.line(columns))
        stream.write(sheets.line(cells))

    def close(self) -> list[Path]:
        """The finished files, by name."""
        for stream in self._open.values():
            stream.close()
        return [self.folder / name for name in sorted(self._open)]

    def form(self, form: FormInstance, sheet: Sheet) -> None:
        """One form: its sheet, and its rows. Removed rows too: nothing that was entered is left out."""
        definition = form_def(form.form_key)
        head = _head(form, sheet)
        fields = [
            field for section in definition.sections if not section.repeating for field in section.fields
        ]
        self.line(f"{form.form_key}.csv", [*HEAD, *_columns(fields)], [*head, *_cells(fields, sheet)])
        for section in definition.row_sections:
            for row in sheet.rows.get(section.id, ()):
                self._row(definition, form, section, head, row)

    def _row(
        self, definition: FormDef, form: FormInstance, section: SectionDef, head: Sequence[Any], row: RowValues
    ) -> None:  # fmt: skip
        place = [row.row, int(row.active), row.removed_reason]
        columns = [*HEAD, *ROW, *_columns(section.fields)]
        self.line(f"{form.form_key}_{section.id}.csv", columns, [*head, *place, *_cells(section.fields, row)])


def _head(form: FormInstance, sheet: Sheet) -> list[Any]:
    participant = form.participant
    return [
        participant.site.number, participant.number, sheet.visit, form.form_key, form.repeat, form.status, form.version,
        int(form.active), form.removed_reason, form.evaluator,
    ]  # fmt: skip


def _columns(fields: Iterable[CrfField]) -> list[str]:
    found: list[str] = []
    for field in fields:
        name = str(field.name)
        found.append(name)
        if codes_of(field):
            found += [f"{name}_en", f"{name}_zh"]
        if field.missing:
            found.append(name + MISS)
    return found


def _cells(fields: Iterable[CrfField], holder: Sheet | RowValues) -> list[str]:
    found: list[str] = []
    for field in fields:
        name = str(field.name)
        text = field.to_text(holder.values.get(name))
        found.append(text)
        if codelist := codes_of(field):
            found += [words(codelist, text, "en"), words(codelist, text, "zh")]
        if field.missing:
            found.append(holder.missing.get(name, ""))
    return found


def codes_of(field: CrfField) -> CodeList | None:
    return field.codelist if isinstance(field, Coded) else None


def words(codelist: CodeList, text: str, language: str) -> str:
    """Labels of a code, or of several (`A;B`)."""
    if not text:
        return ""
    labels: Mapping[str, Any] = codelist.codes
    return "; ".join(labels[code].in_(language) if code in labels else code for code in text.split(";"))
