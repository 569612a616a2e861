"""Which header belongs to which cell of a tagged table: by rows and columns, spans counted. Part of the child process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

text = TextStringObject
GROUPS = ("/THead", "/TBody", "/TFoot")


def mark_headers(table: Any, number: int) -> dict[str, Any]:
    """Scope and identifier on every header, the identifiers of its headers on every cell; the headers by identifier.

    Without spans the scope of a header says it all, and tables are long: identifiers are for tables with spans.
    A header in the head of the table, or in a row of headers only, stands over its column; any other before its row.
    """
    if not _spanned(table):
        _scopes(table)
        return {}
    columns: dict[int, list[str]] = {}
    known: dict[str, Any] = {}
    taken: dict[int, dict[int, tuple[str, ...]]] = {}  # row: column: row headers that reach down into it
    for y, (group, _place, row) in enumerate(_rows(table)):
        cells = [(kid, kid.get_object()) for kid in row["/K"]]
        over = _over(group, [cell for _place, cell in cells])
        before: list[str] = list(dict.fromkeys(name for names in taken.get(y, {}).values() for name in names))
        x = 0
        for place, cell in cells:
            if cell.get("/S") not in ("/TH", "/TD"):
                continue
            while x in taken.get(y, {}):
                x += 1
            wide, high = (int(cell["/A"].get(key, 1)) for key in ("/ColSpan", "/RowSpan"))
            name = f"t{number}r{y}c{x}"
            mine: tuple[str, ...] = ()
            if cell["/S"] == "/TH":
                _name(cell, name, "/Column" if over else "/Row")
                known[name] = place
                if over:
                    for column in range(x, x + wide):
                        columns.setdefault(column, []).append(name)
                else:
                    before.append(name)
                    mine = (name,)
            else:
                _refer(cell, [*before, *(one for c in range(x, x + wide) for one in columns.get(c, []))])
            for below in range(y + 1, y + high):
                taken.setdefault(below, {}).update(dict.fromkeys(range(x, x + wide), mine))
            x += wide
    return known


def _over(group: str, cells: list[Any]) -> bool:
    return group == "/THead" or all(cell["/S"] == "/TH" for cell in cells)


def _spanned(table: Any) -> bool:
    return any(
        key in kid.get_object().get("/A", ())
        for _g, _place, row in _rows(table)
        for kid in row["/K"]
        for key in ("/ColSpan", "/RowSpan")
    )


def _scopes(table: Any) -> None:
    for group, _place, row in _rows(table):
        cells = [kid.get_object() for kid in row["/K"]]
        scope = NameObject("/Column" if _over(group, cells) else "/Row")
        for cell in cells:
            if cell.get("/S") == "/TH":
                cell.pop("/ID", None)
                cell["/A"][NameObject("/Scope")] = scope
            elif cell.get("/S") == "/TD":
                cell["/A"].pop("/Headers", None)


def _rows(table: Any) -> Iterator[tuple[str, Any, Any]]:
    for kid in table.get("/K", []):
        one = kid.get_object()
        if not isinstance(one, DictionaryObject):
            continue
        if one.get("/S") == "/TR":
            yield "", kid, one
        elif one.get("/S") in GROUPS:
            for below in one.get("/K", []):
                row = below.get_object()
                if isinstance(row, DictionaryObject) and row.get("/S") == "/TR":
                    yield str(one["/S"]), below, row


def _name(cell: Any, name: str, scope: str) -> None:
    cell[NameObject("/ID")] = text(name)
    cell["/A"][NameObject("/Scope")] = NameObject(scope)


def _refer(cell: Any, names: list[str]) -> None:
    attributes = cell["/A"]
    if names:
        attributes[NameObject("/Headers")] = ArrayObject(text(name) for name in dict.fromkeys(names))
    else:
        attributes.pop("/Headers", None)
