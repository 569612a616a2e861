"""Readings that were written down outside the system, from a CSV file: one line for each nodule of a reading.

What is here reads and resolves: columns, cases, readers, values. Whether a reading can stand is judged where every
reading is (`services.imports`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crf.checks.consent import names_a_person
from crf.fields import MISS, CrfField, FieldError, clean_text
from crf.imports.cells import cell_value
from crf.limits import NumberRange
from crf.registry import form_def
from crf.selectors.folder import names_not_to_be_written
from crf.typed import Typed, TypedRow, row_path
from trialsite.kernel.texts import Text
from trialsite.web.csv_file import CsvFile, Problem, read

from .blinding import SYSTEM_FIELDS
from .models import Confidence, Reading
from .policies_import import may_import
from .recorded import KEY

NODULES = "CP2"
NUMBER = "cpn_no"
MOST_BYTES = 1_000_000
MOST_LINES = 1_000
CONFIDENCE = {
    "HIGH": ("high", "高"), "MODERATE": ("moderate", "中", "中等"), "LOW": ("low", "低"),
}  # fmt: skip
NOT_THEIRS = gettext_lazy("This case is not allocated to this reader.")


@dataclass(frozen=True)
class Column:
    """One column: `section` is empty for what says whose reading it is."""

    name: str
    label: Text
    section: str = ""
    field: CrfField | None = None
    others: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        return self.field is None or self.field.book_required == "R" or self.name == NUMBER

    @property
    def condition(self) -> str:
        """`C: cp_mvi in M1,M2` of the book, without its letters."""
        text = self.field.book_required if self.field else ""
        return text.partition(":")[2].strip()

    @property
    def allowed(self) -> list[tuple[str, Any]]:
        if self.name == "confidence":
            return [(code, Confidence(code).label) for code in Confidence.values]
        return list(getattr(self.field, "options", []))

    @property
    def limits(self) -> str:
        hard = getattr(self.field, "hard", None)
        return self.field.book_hard if self.field and isinstance(hard, NumberRange) else ""

    @property
    def kind(self) -> str:
        return self.field.kind if self.field else "text"

    @property
    def header(self) -> str:
        """As the template has it: the name for machines, then what people call it."""
        return f"{self.name} | {self.label.en} | {self.label.zh}"


@cache
def columns() -> tuple[Column, ...]:
    """In the order of the form. Derived values and what the system keeps are no columns."""
    found = [
        Column("case", Text("Case code", "病例代码"), others=("cp_caseid", "case", "病例", "病例号")),
        Column("reader", Text("Reader (user name)", "阅片者（用户名）"), others=("cp_user", "reader", "阅片者", "用户名")),
    ]  # fmt: skip
    for section in form_def(KEY).sections:
        for crf_field in section.fields:
            if not (crf_field.derived or crf_field.reader_hidden or crf_field.name in SYSTEM_FIELDS):
                found.append(Column(crf_field.name, crf_field.label, section.id, crf_field))
    sure = Column("confidence", Text("Confidence", "把握程度"), "@", others=("把握", "信心"))
    return (*found, sure)


def template() -> list[str]:
    return [column.header for column in columns()]


@dataclass(slots=True)
class Imported:
    """One reading of the file. `where`: by path the line and column that it came from; `lines`: all of its lines."""

    code: str
    reader: str
    lines: list[int] = field(default_factory=list)
    typed: Typed = field(default_factory=Typed)
    confidence: str = ""
    where: dict[str, tuple[int, str]] = field(default_factory=dict)
    reading: Reading | None = None

    def place(self, path: str) -> tuple[int, str]:
        """Line and column of a path; of a field that the file does not have: the first line and the field's name."""
        plain = path.removesuffix(MISS)
        head, _sep, name = plain.rpartition("/")
        if plain in self.where:
            return self.where[plain]
        near = [
            line for where, (line, _column) in self.where.items() if head and where.startswith(head + "/")
        ]
        return min(near, default=self.lines[0]), name.lstrip("@")


@dataclass(slots=True)
class ReadingFile:
    """The whole file: its readings in its order, and every problem that was found."""

    sha256: str
    text: str = ""
    readings: list[Imported] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_readings(content: bytes) -> ReadingFile:
    """Read the file; raises nothing."""
    table = read(content, most_bytes=MOST_BYTES, most_lines=MOST_LINES)
    found = ReadingFile(table.sha256, table.text, problems=table.problems)
    known = _header(table, found.problems)
    if known is None:
        return found
    readings: dict[tuple[str, str], Imported] = {}
    for number, cells in table.lines:
        _line(found, readings, number, [(c, t) for c, t in zip(known, cells, strict=True) if c])
    found.readings = list(readings.values())
    _resolve(found)
    _no_names(found)
    return found


def _header(table: CsvFile, problems: list[Problem]) -> list[Column | None] | None:
    """The column of each cell; None when the table is none of readings."""
    if not table.columns:
        return None
    found: list[Column | None] = []
    for title in table.columns:
        column = _named(title)
        found.append(column)
        if title and column is None:
            why = (
                _("The system keeps this value itself. Leave the column out.")
                if clean_text(title).partition("|")[0].strip().lower() in _kept()
                else _("No column of a reading has this name. Names and labels are listed below.")
            )
            problems.append(Problem(1, title[:60], "", why))
        elif column is not None and found.count(column) > 1:
            problems.append(Problem(1, title[:60], "", _("This column stands here twice.")))
    for column in columns():
        if column not in found and column.name in ("case", "reader", NUMBER):
            problems.append(Problem(1, column.name, "", _("This column is missing.")))
    needed = {"case", "reader"}
    return found if needed <= {column.name for column in found if column} else None


def _named(title: str) -> Column | None:
    word = clean_text(title).partition("|")[0].strip().casefold()
    return _words().get(word)


@cache
def _words() -> dict[str, Column]:
    found: dict[str, Column] = {}
    for column in columns():
        for word in (column.name, column.label.en, column.label.zh, *column.others):
            found.setdefault(clean_text(word).casefold(), column)
    return found


@cache
def _kept() -> frozenset[str]:
    fields = [f for section in form_def(KEY).sections for f in section.fields]
    kept = [f for f in fields if f.derived or f.reader_hidden or f.name in SYSTEM_FIELDS]
    words = [word for f in kept for word in (f.name, f.label.en, f.label.zh)]
    return frozenset(clean_text(word).lower() for word in words)


def _line(
    found: ReadingFile,
    readings: dict[tuple[str, str], Imported],
    number: int,
    cells: list[tuple[Column, str]],
) -> None:
    by_name = {column.name: text for column, text in cells}
    code, reader = clean_text(by_name["case"]).upper(), clean_text(by_name["reader"])
    for name, text in (("case", code), ("reader", reader)):
        if not text:
            found.problems.append(Problem(number, name, "", _("Every line names its case and its reader.")))
    if not (code and reader):
        return
    one = readings.setdefault((code, reader.casefold()), Imported(code, reader))
    one.lines.append(number)
    row = TypedRow(f"n{len(one.lines)}")
    before = len(found.problems)
    for column, text in cells:
        if column.section:
            _cell(found.problems, one, row, number, column, text)
    row.unread = len(found.problems) > before
    if not row.empty:
        one.typed.rows.setdefault(NODULES, []).append(row)


def _cell(
    problems: list[Problem], one: Imported, row: TypedRow, number: int, column: Column, text: str
) -> None:  # fmt: skip
    try:
        value, missing = _value(column, text)
    except FieldError as error:
        problems.append(Problem(number, column.name, text[:60], error.message))
        return
    if value is None and not missing:
        return
    if column.section == NODULES:
        holder: Any = row
        path = row_path(NODULES, row.key, column.name)
    else:  # of the case: said once, or alike on each of its lines
        holder, path = one.typed, column.name if column.field else "@confidence"
        before: Any = one.confidence
        if column.field is not None:
            before = one.typed.values.get(column.name, one.typed.missing.get(column.name))
        now = missing or value
        if before not in (None, "", now):
            line = one.where[path][0]
            why = _("Line %(line)s says something else of the same reading.") % {"line": line}
            problems.append(Problem(number, column.name, text[:60], why))
            return
    one.where.setdefault(path, (number, column.name))
    if column.field is None:
        one.confidence = value
    elif missing:
        holder.missing[column.name] = missing
    else:
        holder.values[column.name] = value


def _value(column: Column, text: str) -> tuple[Any, str]:
    if column.field is not None:
        return cell_value(column.field, text)
    word = clean_text(text).casefold()
    if not word:
        return None, ""
    for code, words in CONFIDENCE.items():
        if word in (code.casefold(), *words):
            return code, ""
    raise FieldError(_("“%(value)s” is not a code of this list.") % {"value": text[:60]})


def _resolve(found: ReadingFile) -> None:
    """The place of each reading. One query; a case that the reader has no place in is not told apart from none."""
    codes = {one.code for one in found.readings}
    places = Reading.objects.filter(case__code__in=codes, reader__isnull=False).select_related(
        "case__participant__site", "form__participant__site", "form__visit", "reader", "draft"
    )
    by_place = {(p.case.code, p.reader.username.casefold()): p for p in places if p.reader}
    cases = {place.case.code for place in by_place.values()}
    for one in found.readings:
        one.reading = by_place.get((one.code, one.reader.casefold()))
        line = one.lines[0]
        if one.code not in cases:
            why = _("No case with readers has this code.")
            found.problems.append(Problem(line, "case", one.code, why))
        elif one.reading is None:
            found.problems.append(Problem(line, "reader", one.reader, str(NOT_THEIRS)))
        elif not (may := may_import(one.reading)):
            found.problems.append(Problem(line, "case", one.code, str(may.reason)))


def _no_names(found: ReadingFile) -> None:
    """CK-017, said before anything is stored."""
    names = names_not_to_be_written()
    why = _("This text names a person. Leave names out.")
    for one in found.readings:
        for path, holder in _holders(one.typed):
            for name, value in holder.items():
                if isinstance(value, str) and names_a_person(value, names):
                    line, column = one.place(path + name)
                    found.problems.append(Problem(line, column, value[:60], why))


def _holders(typed: Typed) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "", typed.values
    for section, rows in typed.rows.items():
        for row in rows:
            yield row_path(section, row.key) + "/", row.values


def ordered(problems: Iterable[Problem]) -> list[Problem]:
    """By line, as the file is read; within a line as they were found."""
    return sorted(problems, key=lambda one: one.line)
