"""Sheets in memory: the values of one form, whether read from its tables, typed by a person, or replayed from the trail.

Everything that reads source data (derivation, edit checks, endpoints, documents) reads sheets, so it does not matter
where they came from, nor of which moment they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


@dataclass(slots=True)
class RowValues:
    """One line of a repeating section. `row` is its number for life."""

    row: int
    values: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    active: bool = True
    removed_reason: str = ""

    def get(self, name: str) -> Any:
        return self.values.get(name)


@dataclass(slots=True)
class Sheet:
    """The values of one form. `form` is the primary key of its envelope (0: not stored yet)."""

    key: str
    form: int = 0
    visit: str = ""  # label of the visit: `TA1`, `FUIMG2`; empty for logs
    visit_order: int = 0
    repeat: int = 1
    evaluator: str = ""
    status: str = "EXPECTED"
    values: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[RowValues]] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        return self.values.get(name)

    def lines(self, section: str) -> list[RowValues]:
        """Active rows of a repeating section in their order."""
        return [row for row in self.rows.get(section, ()) if row.active]

    def address(self, section: str | None, row: int | None, name: str) -> str:
        """`form:412/tl_diam`-style address of a datum, the same as in the trail."""
        path = f"{section}:{row}/{name}" if section else name
        return f"form:{self.form}/{path}"


def _order(sheet: Sheet) -> tuple[int, int, int]:
    return sheet.visit_order, sheet.repeat, sheet.form


# Rows of C01 by field name, read when they are needed.
RangesOf = Callable[[], Iterable[Mapping[str, Any]]]


class Casebook:
    """All sheets of one participant that have been started, by form key, in visit order.

    `ranges_from` gives the reference ranges of the participant's site (C01) when a calculation asks for them.
    """

    def __init__(
        self, number: str = "", sheets: Iterable[Sheet] = (), ranges: RangesOf | None = None
    ) -> None:
        self.number = number
        self.ranges_from = ranges
        self._by_key: dict[str, list[Sheet]] = {}
        for sheet in sheets:
            self._by_key.setdefault(sheet.key, []).append(sheet)
        for kept in self._by_key.values():
            kept.sort(key=_order)

    @cached_property
    def ranges(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(self.ranges_from()) if self.ranges_from else ()

    def add(self, sheet: Sheet) -> None:
        """Put a sheet in, in place of an earlier one of the same envelope."""
        kept = self._by_key.setdefault(sheet.key, [])
        if sheet.form:
            kept[:] = [other for other in kept if other.form != sheet.form]
        kept.append(sheet)
        kept.sort(key=_order)

    def all(self, key: str) -> list[Sheet]:
        return self._by_key.get(key, [])

    def one(self, key: str) -> Sheet | None:
        """The first sheet of a form that a participant has once."""
        kept = self.all(key)
        return kept[0] if kept else None

    def value(self, key: str, name: str) -> Any:
        sheet = self.one(key)
        return sheet.get(name) if sheet else None

    def __iter__(self) -> Iterator[Sheet]:
        for sheets in self._by_key.values():
            yield from sheets
