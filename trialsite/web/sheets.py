"""Lines of CSV files that spreadsheets open without harm."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

MARK = "\ufeff"  # without it spreadsheets read Chinese as something else
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe(value: Any) -> str:
    """What a spreadsheet would take for a formula begins with an apostrophe; a number stays a number."""
    text = "" if value is None else str(value)
    looks = text.lstrip(" \u00a0\ufeff").startswith(DANGEROUS) or text.startswith(DANGEROUS)
    return f"'{text}" if looks and not NUMBER.fullmatch(text) else text


def line(cells: Iterable[Any]) -> str:
    made = io.StringIO()
    csv.writer(made).writerow([safe(cell) for cell in cells])
    return made.getvalue()
