"""Tables in a terminal, aligned also where a character is two columns wide."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def table(head: Sequence[str], rows: Sequence[Sequence[Any]], indent: str = "  ") -> str:
    """Columns as wide as their widest cell; the last one is not padded."""
    cells = [[str(cell) for cell in row] for row in [head, *rows]]
    wide = [max(width(row[n]) for row in cells) for n in range(len(head))]
    lines = []
    for row in cells:
        padded = [cell + " " * (wide[n] - width(cell)) for n, cell in enumerate(row[:-1])]
        lines.append((indent + "  ".join([*padded, row[-1]])).rstrip())
    lines.insert(1, indent + "  ".join("─" * size for size in wide[:-1] + [min(wide[-1], 40)]))
    return "\n".join(lines)
