"""Reading CSV files as SDTM tables. Everything that is wrong is found, with file, row, column, value and why."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

KNOWN = {
    "DM": ("STUDYID", "DOMAIN", "USUBJID", "SITEID", "SEX"),
    "TU": ("STUDYID", "DOMAIN", "USUBJID", "TULNKID", "TUORRES", "TULOC", "TUEVAL", "VISITNUM", "VISIT"),
    "TR": (
        "STUDYID", "DOMAIN", "USUBJID", "TRLNKID", "TRTESTCD", "TRORRES", "TREVAL", "VISITNUM", "VISIT", "TRDTC",
    ),
    "RS": ("STUDYID", "DOMAIN", "USUBJID", "RSTESTCD", "RSORRES", "RSEVAL", "VISITNUM", "VISIT", "RSDTC"),
}  # fmt: skip
NEEDED = ("DM", "TU", "TR")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why nothing is loaded. `row` is the line of the file as a text editor counts it; 1 is the header, 0 the file."""

    file: str
    row: int
    column: str
    value: str
    why: str

    def line(self) -> list[str]:
        return [self.file, str(self.row or ""), self.column, self.value, self.why]


@dataclass(slots=True)
class Row:
    """One record: its line in the file and its columns; an empty column is absent."""

    file: str
    line: int
    values: dict[str, str]

    def get(self, column: str) -> str:
        return self.values.get(column, "")

    def source(self) -> dict[str, Any]:
        return {"file": self.file, "line": self.line, "values": self.values}


@dataclass(slots=True)
class Table:
    """One SDTM table of one file."""

    domain: str
    file: str
    digest: str
    columns: tuple[str, ...]
    rows: list[Row]


@dataclass(slots=True)
class Tables:
    """The tables of a directory by domain, those that are not used, and what is wrong."""

    found: dict[str, Table] = field(default_factory=dict)
    unused: list[Table] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def rows(self, domain: str) -> list[Row]:
        return self.found[domain].rows if domain in self.found else []

    @property
    def digest(self) -> str:
        return hashlib.sha256("".join(sorted(t.digest for t in self.found.values())).encode()).hexdigest()

    def files(self) -> list[dict[str, Any]]:
        return [
            {"name": t.file, "table": t.domain, "rows": len(t.rows), "sha256": t.digest}
            for t in self.found.values()
        ]


def read_directory(directory: Path) -> Tables:
    """Every CSV file of a directory, told apart by its column DOMAIN, not by its name."""
    tables = Tables()
    files = (
        sorted(path for path in directory.iterdir() if path.suffix.lower() == ".csv")
        if directory.is_dir()
        else []
    )
    if not files:
        tables.problems.append(Problem(str(directory), 0, "", "", _("There is no CSV file here.")))
        return tables
    for path in files:
        _take(tables, path)
    for domain in NEEDED:
        if domain not in tables.found:
            why = _("There is no table %(domain)s.") % {"domain": domain}
            tables.problems.append(Problem(str(directory), 0, "DOMAIN", domain, why))
    return tables


def _take(tables: Tables, path: Path) -> None:
    table = read_table(path, tables.problems)
    if table is None:
        return
    if table.domain not in KNOWN:
        tables.unused.append(table)
        return
    if table.domain in tables.found:
        why = _("%(file)s has this table already.") % {"file": tables.found[table.domain].file}
        tables.problems.append(Problem(path.name, 0, "DOMAIN", table.domain, why))
        return
    tables.found[table.domain] = table


def read_table(path: Path, problems: list[Problem]) -> Table | None:
    """One file; what is no SDTM table is said once, not for every row."""
    content = path.read_bytes()

    def wrong(row: int, column: str, value: str, why: str) -> None:
        problems.append(Problem(path.name, row, column, value, why))

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        wrong(0, "", "", _("This is no SDTM table: not a text file in UTF-8."))
        return None
    try:
        lines = list(_lines(text))
    except csv.Error as error:
        wrong(0, "", "", _("This is no SDTM table: %(error)s.") % {"error": error})
        return None
    if not lines or "DOMAIN" not in lines[0][1] or "USUBJID" not in lines[0][1]:
        header = ", ".join(lines[0][1])[:60] if lines else ""
        wrong(1, "DOMAIN", header, _("This is no SDTM table: the columns DOMAIN and USUBJID are missing."))
        return None
    return _table(path.name, hashlib.sha256(content).hexdigest(), lines, wrong)


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line at which a record begins, its cells); empty lines are passed over."""
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    before = 0
    for cells in reader:
        if any(cells):
            yield before + 1, [cell.strip() for cell in cells]
        before = reader.line_num


def _table(file: str, digest: str, lines: list[tuple[int, list[str]]], wrong: Any) -> Table | None:
    columns = tuple(lines[0][1])
    rows = []
    domains: dict[str, int] = {}
    for line, cells in lines[1:]:
        if len(cells) != len(columns):
            shown = {"cells": len(cells), "columns": len(columns)}
            wrong(line, "", "", _("%(cells)s cells in a table of %(columns)s columns.") % shown)
            continue
        row = Row(file, line, {column: cell for column, cell in zip(columns, cells, strict=True) if cell})
        domains.setdefault(row.get("DOMAIN"), line)
        rows.append(row)
    for column in sorted({column for column in columns if columns.count(column) > 1}):
        wrong(1, column, column, _("This column stands here twice."))
    if len(domains) != 1:
        for domain, line in list(domains.items())[1:]:
            wrong(
                line,
                "DOMAIN",
                domain,
                _("A table holds one domain; this one begins with %(domain)s.")
                % {"domain": next(iter(domains))},
            )
        return None
    domain = next(iter(domains))
    for column in KNOWN.get(domain, ()):
        if column not in columns:
            wrong(1, column, "", _("This column is missing."))
    return Table(domain, file, digest, columns, rows)
