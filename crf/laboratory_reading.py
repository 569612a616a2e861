"""Laboratory results from a spreadsheet or a file: matched to the analytes of a panel, nothing guessed."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from trialsite.kernel.texts import Text

from .analytes import ANALYTES, Analyte, panel_of
from .codelists import CODELISTS
from .fields import FieldError, clean_text
from .registry import form_def
from .site_ranges import lines_of, units_of

MOST_ROWS = 200  # three panels of the largest kind; a file of 2,000 rows is another file
COLUMNS = {
    "test": ("test", "code", "item", "analyte", "项目", "项目代码", "检验项目"),
    "result": ("result", "value", "结果", "数值"),
    "unit": ("unit", "units", "单位"),
}
SIGNS = {"<": "LT", "≤": "LT", ">": "GT", "≥": "GT", "=": "EQ"}


def allowed_codes(path: str) -> dict[str, Text]:
    """Codes that the result at this path may have; none for a number."""
    number = int(re.search(r":(\d+)/", path)[1]) if re.search(r":(\d+)/", path) else 0  # type: ignore[index]
    analyte = list(ANALYTES.values())[number - 1] if number else None
    if analyte is None or not analyte.unit.startswith("code "):
        return {}
    return CODELISTS[analyte.unit.removeprefix("code ")].codes


@dataclass(slots=True)
class ReadLine:
    """One line of the file and what it became."""

    number: int
    name: str
    raw: str
    unit: str = ""
    analyte: Analyte | None = None
    value: str = ""
    sign: str = ""
    problem: str = ""


@dataclass(slots=True)
class ReadFile:
    """All lines. `problem` is of the file as a whole."""

    lines: list[ReadLine] = field(default_factory=list)
    problem: str = ""

    @property
    def stands(self) -> bool:
        return bool(self.lines) and not self.problem and not any(line.problem for line in self.lines)


def read_results(text: str, repeat: int) -> ReadFile:
    """Lines `test, result, unit`, with or without a first line of names; comma, semicolon or tab between them."""
    lines = lines_of(text)
    if not lines:
        return ReadFile(problem=_("There is nothing to read."))
    if len(lines) > MOST_ROWS:
        return ReadFile(
            problem=_("%(count)s lines are too many: a panel has at most %(most)s.")
            % {"count": len(lines), "most": MOST_ROWS}
        )
    separator = max("\t;,", key=lines[0].count)
    try:
        rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=separator))
    except csv.Error:  # a cell without an end
        return ReadFile(problem=_("The file is not text: save it as CSV."))
    order = _order(rows[0])
    first = 2 if order else 1
    order = order or {"test": 0, "result": 1, "unit": 2}
    if "test" not in order or "result" not in order:
        return ReadFile(problem=_("The columns must be named: test, result, unit."))
    found = ReadFile()
    for number, cells in enumerate(rows[first - 1 :], first):
        found.lines.append(_read(number, cells, order, panel_of(repeat)))
    _twice(found.lines)
    return found


def _order(cells: list[str]) -> dict[str, int]:
    """Where the columns stand when the first line names them."""
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        word = clean_text(cell).lower().lstrip("\ufeff")
        name = next((name for name, words in COLUMNS.items() if word in words), "")
        if name:
            found.setdefault(name, place)
    return found


def _read(number: int, cells: list[str], order: dict[str, int], panel: str) -> ReadLine:
    def cell(name: str) -> str:
        place = order.get(name, 99)
        return clean_text(cells[place]) if place < len(cells) else ""

    line = ReadLine(number, cell("test"), cell("result"), cell("unit"))
    line.analyte = analyte_named(line.name)
    if line.analyte is None:
        line.problem = _("“%(name)s” is not a test of the catalogue.") % {"name": line.name}
    elif line.analyte.panel != panel:
        other = CODELISTS["LBCAT"].codes[line.analyte.panel]
        line.problem = _("%(test)s belongs to the panel “%(panel)s”.") % {
            "test": line.analyte.code,
            "panel": other,
        }
    else:
        read_result(line, line.analyte)
    return line


def analyte_named(name: str) -> Analyte | None:
    """The analyte of a code or of a name in either language."""
    word = name.lower()
    return next(
        (a for a in ANALYTES.values() if word in (a.code.lower(), a.label.en.lower(), a.label.zh.lower())),
        None,
    )


def read_result(line: ReadLine, analyte: Analyte) -> None:
    """The result, its sign and its unit as the form keeps them; else the line says why it cannot be taken."""
    raw = line.raw
    if raw[:1] in SIGNS:
        line.sign, raw = SIGNS[raw[0]], raw[1:].strip()
    result: Any = next(f for f in form_def("LB").section("LB2").fields if f.name == "lborres")
    try:
        line.value = result.parse(raw) or ""
    except FieldError as error:
        line.problem = error.message
        return
    units = units_of(analyte)
    codes = () if units else tuple(CODELISTS[analyte.unit.removeprefix("code ")].codes)
    if not line.value:
        line.problem = _("There is no result.")
    elif codes and line.value not in codes:
        line.problem = _("%(test)s is one of %(codes)s.") % {"test": analyte.code, "codes": ", ".join(codes)}
    elif not codes and not re.match(r"-?[\d.]", line.value):
        line.problem = _("%(test)s is a number.") % {"test": analyte.code}
    elif units and not line.unit:
        line.problem = _("Say the unit: %(units)s.") % {"units": ", ".join(units)}
    elif units and (unit := _same_unit(line.unit, units)) is None:
        line.problem = _("%(test)s is reported in %(units)s, not in %(unit)s.") % {
            "test": analyte.code, "units": ", ".join(units), "unit": line.unit,
        }  # fmt: skip
    else:
        line.unit = unit if units else ""  # type: ignore[assignment]


def _same_unit(text: str, units: tuple[str, ...]) -> str | None:
    """The unit of the catalogue that is written in another way: `×10⁹/L`, `μmol/L`, `u/l`, `IU/L`."""
    return next((unit for unit in units if _plain(unit) == _plain(text)), None)


def _plain(unit: str) -> str:
    plain = re.sub(r"[\s×x*]", "", unit.lower().replace("μ", "u").replace("µ", "u"))
    plain = plain.replace("⁹", "^9").replace("¹²", "^12").replace("10e", "10^").replace("iu/l", "u/l")
    return re.sub(r"10(9|12|3|6)/", r"10^\1/", plain)


def _twice(lines: list[ReadLine]) -> None:
    seen: dict[str, int] = {}
    for line in lines:
        if line.analyte is None or line.problem:
            continue
        if line.analyte.code in seen:
            line.problem = _("%(test)s stands in line %(n)s already.") % {
                "test": line.analyte.code, "n": seen[line.analyte.code],
            }  # fmt: skip
        seen.setdefault(line.analyte.code, line.number)
