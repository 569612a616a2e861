"""The value at a path of a form: its text, its words, and every path that holds an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crf.fields import MISS, CrfField, missing_label
from crf.models import FormInstance
from crf.registry import FormDef, form_def
from crf.selectors.history import field_at
from crf.selectors.sheets import fill, sheet_of
from crf.sheets import Sheet
from trialsite.kernel.digests import digest

Holder = Any  # a sheet or a line of it


def holder_at(sheet: Sheet, path: str) -> Holder | None:
    """What holds the value of a path: the sheet, or the line; `None` when there is no such line."""
    head = path.rpartition("/")[0]
    if not head:
        return sheet
    section, _, number = head.partition(":")
    return next((line for line in sheet.rows.get(section, ()) if str(line.row) == number), None)


def text_at(definition: FormDef, sheet: Sheet, path: str) -> str:
    """The stored text of a value, else the code of the reason why it is missing; empty for a row or a whole form."""
    crf_field, holder = field_at(definition, path) if path else None, holder_at(sheet, path)
    if crf_field is None or holder is None:
        return ""
    return _text(crf_field, holder)


def _text(crf_field: CrfField, holder: Holder) -> str:
    return crf_field.to_text(holder.values.get(crf_field.name)) or holder.missing.get(crf_field.name, "")


def words_of(definition: FormDef, path: str, text: str) -> str:
    """A stored text as a reader sees it."""
    crf_field = field_at(definition, path) if path else None
    if crf_field is None or not text:
        return text
    if text in crf_field.missing:
        return missing_label(text)
    try:
        return crf_field.display(crf_field.from_text(text))
    except (ValueError, ArithmeticError, KeyError):  # a text of an older definition stays readable
        return text


def answers(definition: FormDef, sheet: Sheet) -> Iterator[tuple[str, str, CrfField]]:
    """(path, text, field) of everything that was answered by a person: a value or a missing reason, in active rows."""
    for section in definition.sections:
        lines: list[tuple[str, Holder]] = [("", sheet)]
        if section.repeating:
            lines = [(f"{section.id}:{line.row}/", line) for line in sheet.lines(section.id)]
        for prefix, holder in lines:
            for crf_field in section.fields:
                if not crf_field.derived and (text := _text(crf_field, holder)):
                    yield prefix + crf_field.name, text, crf_field


def contents(definition: FormDef, sheet: Sheet) -> list[list[str]]:
    """Everything that a form says, entered and calculated, as `[path, text]`: what a signature is bound to."""
    found: list[list[str]] = []
    for section in definition.sections:
        lines: list[tuple[str, Holder]] = [("", sheet)]
        if section.repeating:
            lines = []
            for line in sheet.rows.get(section.id, ()):
                place = f"{section.id}:{line.row}"
                found.append([f"{place}/@active", "1" if line.active else f"0 {line.removed_reason}"])
                lines.append((place + "/", line))
        for prefix, holder in lines:
            for crf_field in section.fields:
                if text := crf_field.to_text(holder.values.get(crf_field.name)):
                    found.append([prefix + crf_field.name, text])
                if reason := holder.missing.get(crf_field.name):
                    found.append([prefix + crf_field.name + MISS, reason])
    return found


def values_digest(definition: FormDef, sheet: Sheet) -> str:
    """SHA-256 over `contents`, with the form and its place: data cut from one form do not fit another (11.70)."""
    return digest([definition.code, sheet.form, sheet.visit, sheet.repeat, contents(definition, sheet)])


def sheets_of(forms: list[FormInstance]) -> dict[int, Sheet]:
    """Sheets by form, one query for each model however many forms; visits must be at hand."""
    found = {}
    for form in forms:
        blank = FormInstance(
            pk=form.pk, form_key=form.form_key, repeat=form.repeat, evaluator=form.evaluator, status=form.status,
            visit=form.visit,
        )  # fmt: skip
        found[form.pk] = sheet_of(blank)  # of version 0: nothing is read yet
    fill([found[form.pk] for form in forms if form.version])
    return found


def current_text(form: FormInstance, path: str) -> str:
    """The text at a path of a stored form."""
    return text_at(form_def(form.form_key), sheet_of(form), path) if path else ""
