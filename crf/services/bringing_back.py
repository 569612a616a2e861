"""Answers that were set inactive are typed again, where they apply. Nothing is stored: the person saves, or does not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crf.lookups import Surroundings
from crf.registry import FormDef
from crf.selectors.inactive import Inactive
from crf.sheets import Sheet
from crf.typed import Typed, as_sheet

from .checking import check


def bring_back(
    definition: FormDef, typed: Typed, answers: Iterable[Inactive], stored: Sheet, around: Surroundings
) -> int:
    """Put earlier answers into what is typed, where nothing is; gives how many apply as the form is answered now."""
    put = {one.path: one for one in answers if _put(typed, one)}
    while put:  # an answer may ask for others: taken out where it is not asked itself
        sheet = as_sheet(stored, typed, definition)
        around.book.add(sheet)
        misplaced = put.keys() & check(definition, sheet, around).hidden.keys()
        if not misplaced:
            break
        for path in misplaced:
            _take_out(typed, put.pop(path))
    return len(put)


def _holder(typed: Typed, path: str) -> Any:
    head, _sep, _name = path.rpartition("/")
    if not head:
        return typed
    section, _sep, number = head.partition(":")
    return next((row for row in typed.rows.get(section, ()) if row.key == number), None)


def _put(typed: Typed, one: Inactive) -> bool:
    holder, name = _holder(typed, one.path), one.field.name
    if holder is None or name in holder.values or name in holder.missing or one.path in typed.errors:
        return False
    if one.missing:
        holder.missing[name] = typed.raw_missing[one.path] = one.missing
    else:
        holder.values[name] = one.field.from_text(one.text)
        typed.raw[one.path] = one.field.to_raw(holder.values[name])
    return True


def _take_out(typed: Typed, one: Inactive) -> None:
    holder = _holder(typed, one.path)
    holder.values.pop(one.field.name, None)
    holder.missing.pop(one.field.name, None)
    typed.raw.pop(one.path, None)
    typed.raw_missing.pop(one.path, None)
