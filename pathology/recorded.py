"""The answers of a reading as texts by path: kept for an opinion and for a re-read, and read back as a sheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crf.fields import MISS
from crf.models import FormInstance
from crf.registry import form_def
from crf.selectors.sheets import sheet_of
from crf.services.writing import each_line
from crf.sheets import RowValues, Sheet

KEY = "CPATH"


def texts_of_sheet(form: FormInstance) -> dict[str, str]:
    """Every answer of the form as it stands, by path."""
    return texts(sheet_of(form))


def texts(sheet: Sheet) -> dict[str, str]:
    found = {}
    for prefix, fields, holder, _row in each_line(form_def(KEY), sheet):
        for field in fields:
            if text := field.to_text(holder.values.get(field.name)):
                found[prefix + field.name] = text
            if code := holder.missing.get(field.name):
                found[prefix + field.name + MISS] = code
    return found


def sheet_from(content: Mapping[str, str]) -> Sheet:
    """The sheet that the texts were of; removed rows are not in it, nor what was noted beside the form."""
    definition = form_def(KEY)
    sheet = Sheet(KEY)
    rows: dict[tuple[str, int], RowValues] = {}
    for path, text in content.items():
        if path.startswith("@"):
            continue
        head, _sep, name = path.rpartition("/")
        holder: Any = sheet
        if head:
            section, _sep, number = head.partition(":")
            place = (section, int(number))
            if place not in rows:
                rows[place] = RowValues(int(number))
            holder = rows[place]
        if name.endswith(MISS):
            holder.missing[name.removesuffix(MISS)] = text
        else:
            holder.values[name] = _field(definition, name).from_text(text)
    for (section, _number), row in sorted(rows.items(), key=lambda item: item[0]):
        sheet.rows.setdefault(section, []).append(row)
    return sheet


def _field(definition: Any, name: str) -> Any:
    for section in definition.sections:
        for field in section.fields:
            if field.name == name:
                return field
    raise KeyError(name)
