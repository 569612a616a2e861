"""The comparison of published responses with ours, in the terminal and in a file."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from crf.imports.comparison import Line, as_data, counts
from trialsite.management.listing import table

HEAD = ("participant", "reader", "visit", "date", "test", "published", "ours", "rule", "why")


def show(out: Any, lines: list[Line], report: Path | None) -> None:
    """Counts per reader and every difference with the rule that makes it."""
    text = as_text(lines)
    out.write("\n" + text)
    if report:
        write(lines, text, report)
        out.write(f"\nWritten to {report}")


def as_text(lines: list[Line]) -> str:
    if not lines:
        return "No published response has been imported."
    good = sum(line.agrees for line in lines)
    parts = [
        f"Published responses compared with ours: {good} of {len(lines)} agree.",
        table(("reader", "published", "agree", "differ"), counts(lines)),
    ]
    differences = [line for line in lines if not line.agrees]
    if differences:
        shown = [[getattr(line, name) for name in HEAD] for line in differences]
        parts += ["\nDifferences", table(HEAD, shown)]
    return "\n".join(parts)


def write(lines: list[Line], text: str, report: Path) -> None:
    """JSON and CSV hold every response, a text file what the terminal shows."""
    if report.suffix == ".json":
        report.write_text(json.dumps(as_data(lines), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    elif report.suffix == ".csv":
        with report.open("w", newline="", encoding="utf-8") as stream:
            rows = [[getattr(line, name) for name in HEAD] + [line.agrees] for line in lines]
            csv.writer(stream).writerows([[*HEAD, "agrees"], *rows])
    else:
        report.write_text(text + "\n", encoding="utf-8")
