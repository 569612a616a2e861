"""A CSV file that somebody hands in: its bytes as a header and numbered lines, or the one sentence why it is none.

Spreadsheets write UTF-8 with and without a mark, UTF-16 ("Unicode text") and, in China, GB18030; with commas,
semicolons or tabs. Nothing is guessed beyond that: what fits none of it is refused with the line.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

SEPARATORS = "\t;,"
LONGEST_LINE = 20_000  # characters: a line of the widest table has two thousand
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # XLSX, and the format before it
UTF16 = (b"\xff\xfe", b"\xfe\xff")
CHINESE = re.compile("[\u3000-\u9fff\uff00-\uffef]")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why nothing is taken. `line`: as a text editor counts, 1 is the header, 0 the whole file."""

    line: int
    column: str
    value: str
    why: str

    def cells(self) -> list[str]:
        return [str(self.line or ""), self.column, self.value, self.why]


@dataclass(slots=True)
class CsvFile:
    """`lines`: number and cells, as many as there are columns. `problems`: of the file or of single lines. `text`: as it
    was decoded, for who corrects it on the page.
    """

    sha256: str
    columns: list[str] = field(default_factory=list)
    lines: list[tuple[int, list[str]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    text: str = ""


class _Unreadable(Exception):
    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.why, self.line = why, line


def read(content: bytes, *, most_bytes: int, most_lines: int) -> CsvFile:
    """The file as a table; every problem is in it, none is raised."""
    found = CsvFile(hashlib.sha256(content).hexdigest())
    try:
        found.text = _decoded(content, most_bytes)
        _fill(found, found.text, most_lines)
    except _Unreadable as no:
        found.lines, found.problems = [], [Problem(no.line, "", "", no.why)]
    return found


def _decoded(content: bytes, most: int) -> str:
    if not content.strip(b" \t\r\n\xef\xbb\xbf"):
        raise _Unreadable(_("The file is empty."))
    if content.startswith(WORKBOOKS):
        raise _Unreadable(
            _("This is an Excel workbook, whatever its name says. In Excel choose “Save as” and “CSV UTF-8”.")
        )
    if len(content) > most:
        raise _Unreadable(
            _("The file is larger than %(most)s KB. Divide it.") % {"most": f"{most // 1000:,}"}
        )
    if content.startswith(UTF16):
        try:
            return _printable(content.decode("utf-16"))
        except UnicodeDecodeError:
            raise _Unreadable(_("The file is not text: save it as CSV.")) from None
    if b"\0" in content:
        line = _line_at(content, content.index(b"\0"))
        raise _Unreadable(_("There are NUL bytes here: the file is damaged, or it is not text."), line)
    return _printable(_text(content))


def _text(content: bytes) -> str:
    """UTF-8 or GB18030, the whole file alike: a line in another encoding would be read as wrong characters."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = _line_at(content, wrong.start)
    if content.startswith(b"\xef\xbb\xbf") or _has_utf8(content):
        raise _Unreadable(
            _(
                "From this line on the characters are in another encoding than before. Save the whole file as UTF-8."
            ),
            line,
        )
    try:
        return content.decode("gb18030")
    except UnicodeDecodeError:
        raise _Unreadable(
            _("The characters are neither UTF-8 nor GB18030. Save the file as CSV UTF-8."), line
        ) from None


def _has_utf8(content: bytes) -> bool:
    """Whether some line is Chinese in UTF-8: that is no chance among lines of GB18030."""
    for line in content.splitlines():
        if line.isascii():
            continue
        try:
            if CHINESE.search(line.decode("utf-8")):
                return True
        except UnicodeDecodeError:
            continue
    return False


def _line_at(content: bytes, place: int) -> int:
    return content.count(b"\n", 0, place) + 1


def _printable(text: str) -> str:
    """Control characters are no text; line ends become one kind."""
    plain = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if found := re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", plain):
        line = plain.count("\n", 0, found.start()) + 1
        raise _Unreadable(
            _("There are control characters here: the file is damaged, or it is not text."), line
        )
    return plain


def _fill(found: CsvFile, text: str, most_lines: int) -> None:
    records = _records(text)
    number, header = next(records)
    while header and not header[-1]:
        header.pop()
    found.columns = header
    for column in header:
        if not column:
            found.problems.append(
                Problem(number, "", "", _("A column between others has no name. Name it or take it out."))
            )
            break
    for number, cells in records:
        if len(found.lines) >= most_lines:
            raise _Unreadable(
                _("More than %(most)s lines: divide the file.") % {"most": f"{most_lines:,}"}, number
            )
        while len(cells) > len(header) and not cells[-1]:
            cells.pop()
        if len(cells) != len(header):
            why = _(
                "%(cells)s cells in a table of %(columns)s columns. A cell with a separator in it needs quotation marks."
            ) % {"cells": len(cells), "columns": len(header)}
            found.problems.append(Problem(number, "", ", ".join(cells)[:60], why))
            continue
        found.lines.append((number, cells))
    if not found.lines and not found.problems:
        raise _Unreadable(_("There is no line below the header."), 1)


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line at which a record begins, its cells without outer spaces); lines without any text are passed over."""
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise _Unreadable(
                _("This line has %(length)s characters: that is no line of a table.")
                % {"length": f"{len(line):,}"},
                number,
            )
    head = next(line for line in lines if line.strip())
    separator = max(SEPARATORS, key=head.count)
    reader = csv.reader((line + "\n" for line in lines), delimiter=separator, strict=True)
    before = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            raise _Unreadable(
                _("The quotation marks do not fit: each that opens a cell has to close it."), before + 1
            ) from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield before + 1, [cell.strip() for cell in cells]
        before = reader.line_num
