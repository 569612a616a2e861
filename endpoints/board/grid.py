"""A table as plain cells: the same for a page and for a CSV file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from trialsite.web import sheets
from trialsite.web.figures import share_text


class Cell(NamedTuple):
    """A cell on a page. `css`: numbers stand to the right; `href`: where it leads."""

    text: str
    css: str
    href: str


@dataclass(frozen=True, slots=True)
class Grid:
    """`href`: from the first cell of a row to its trace. `groups`: cells of the first column that stand above others."""

    name: str
    title: str
    heads: Sequence[str]
    rows: list[list[Any]]
    note: str = ""
    href: Callable[[str], str] | None = None

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Heads with the class of their column: what holds numbers stands to the right."""
        return [(head, self._css(place)) for place, head in enumerate(self.heads)]

    def _css(self, place: int) -> str:
        cells = [row[place] for row in self.rows if place < len(row) and row[place] not in ("", "–", None)]
        return "r" if place and cells and all(_numeric(cell) for cell in cells) else ""

    @property
    def body(self) -> Iterator[list[Cell]]:
        css = [css for _head, css in self.columns]
        for row in self.rows:
            href = self.href(str(row[0])) if self.href else ""
            yield [
                Cell("" if cell is None else str(cell), css[place], "" if place else href)
                for place, cell in enumerate(row)
            ]


def _numeric(cell: Any) -> bool:
    text = str(cell).replace("−", "-").rstrip("%")
    if isinstance(cell, int | float):
        return True
    return text in (_("NE"), _("NR")) or text.replace(".", "", 1).lstrip("+-").isdigit()


def csv_of(grids: Sequence[Grid]) -> Iterator[str]:
    """One table after the other; a minus is a minus for spreadsheets."""
    yield sheets.MARK
    for place, grid in enumerate(grids):
        if place:
            yield sheets.line([])
        if len(grids) > 1:
            yield sheets.line([grid.title])
        yield sheets.line(grid.heads)
        for row in grid.rows:
            yield sheets.line(plain(cell) for cell in row)


def plain(cell: Any) -> Any:
    """The typographic minus of a number as machines write it."""
    text = "" if cell is None else str(cell)
    return text.replace("−", "-", 1) if text.startswith("−") and _numeric(text) else text


def pct(value: float | None) -> str:
    return _("NE") if value is None else share_text(value)


def limits_cells(low: float | None, high: float | None) -> list[str]:
    return [pct(low), pct(high)]
