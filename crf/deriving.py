"""What the derivations of all forms share: their shapes, and small readings of answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from .registry import form_def
from .sheets import Casebook, RowValues, Sheet

Values = dict[str, Any]
OfSheet = Callable[[Sheet, Casebook], Values]
OfRow = Callable[[RowValues, Sheet, Casebook], Values]


@dataclass(frozen=True, slots=True)
class Deriver:
    """How the derived fields of a form are made, and the forms that are read for it."""

    sheet: OfSheet | None = None
    rows: dict[str, OfRow] = field(default_factory=dict)
    reads: tuple[str, ...] = ()


def yes_no(truth: bool | None) -> str | None:
    return None if truth is None else "Y" if truth else "N"


def is_yes(code: str | None) -> bool | None:
    return {"Y": True, "N": False}.get(code or "")


@cache
def fixed_key(form: str, section: str, row: int) -> str | None:
    """The key that the book gives to a row of a fixed section: rows are numbered in its order."""
    rows = form_def(form).section(section).rows
    keys = rows.fixed if rows else ()
    return keys[row - 1] if 0 < row <= len(keys) else None


def numbered(name: str) -> OfRow:
    """The row number, for sections that show it."""
    return lambda row, sheet, book: {name: row.row}


def recorded(name: str) -> Deriver:
    """The number that a line of a log keeps for life, for the field that shows it."""
    return Deriver(lambda sheet, book: {name: sheet.repeat})
