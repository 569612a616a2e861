"""A file of a hospital's laboratory system: results of many participants, one on each line, as panels of their forms.

Nothing is guessed: a participant, a visit, a test, a unit that is not known is a problem of its line. Whether the values
can stand is judged where every form is saved (`services.laboratory_file`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.utils.translation import gettext as _

from crf.analytes import Analyte, panel_number
from crf.fields import CrfField, FieldError, clean_text
from crf.imports.cells import cell_value, missing_code
from crf.laboratory import NUMBERS, units_of
from crf.laboratory import number as number_of
from crf.laboratory_reading import ReadLine, analyte_named, read_result
from crf.models import FormInstance, Laboratory
from crf.naming import form_title
from crf.registry import form_def
from crf.schedule import visit_label, visit_title
from trialsite.kernel.texts import Text
from trialsite.web.csv_file import CsvFile, Problem, read

MOST_BYTES = 1_000_000
MOST_LINES = 5_000
SECTION = "LB2"
MOMENT = re.compile(
    r"(\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?)[T\s]+(\d{1,2}[:：]\d{2})(?:[:：]\d{2})?"
)
# What laboratory systems call the columns, beside the name and the labels of the form.
ALIASES: dict[str, tuple[str, ...]] = {
    "participant": (
        "participant", "participant number", "subject", "subject id", "subjid", "usubjid", "受试者", "受试者编号",
        "受试者号", "筛选号", "研究编号",
    ),
    "visit": ("visit", "visit name", "访视", "访视名称", "随访"),
    "test": ("test", "code", "item", "analyte", "test code", "test name", "项目", "项目代码", "检验项目", "项目名称"),
    "result": ("result", "value", "结果", "数值", "检验结果"),
    "unit": ("unit", "units", "单位"),
    "lbdat": ("date", "sample date", "sampling date", "标本日期", "采集日期", "采样日期时间", "sample date/time", "collected"),
    "lbtim": ("time", "sample time", "sampling time", "采集时间"),
    "lbrefid": ("accession", "accession number", "sample id", "标本号", "条码号", "样本号"),
}  # fmt: skip
LABELS = {
    "participant": Text("Participant", "受试者编号"),
    "visit": Text("Visit", "访视"),
    "test": Text("Test, code or name", "项目代码或名称"),
    "result": Text("Result as reported", "报告结果"),
    "unit": Text("Unit as reported", "报告单位"),
}
HEAD = ("lbdat", "lbtim", "lb_soc_pre", "lbspec", "lbfast", "lbrefid")  # of the panel, on each of its lines
LINE = ("lbclsig", "lbcom")  # of the result
NEEDED = ("participant", "visit", "test", "result", "unit", "lbdat")


@dataclass(frozen=True)
class Column:
    name: str
    label: Text
    field: CrfField | None = None

    @property
    def needed(self) -> bool:
        return self.name in NEEDED

    @property
    def allowed(self) -> list[tuple[str, Any]]:
        return list(getattr(self.field, "options", [])) if self.name != "unit" else []

    @property
    def others(self) -> tuple[str, ...]:
        return ALIASES.get(self.name, ())


@cache
def columns() -> tuple[Column, ...]:
    definition = form_def("LB")
    rows = {f.name: f for f in definition.section(SECTION).fields}
    found = [Column(name, LABELS[name]) for name in ("participant", "visit")]
    found += [Column(name, definition.fields[name].label, definition.fields[name]) for name in HEAD]
    found += [Column(name, LABELS[name]) for name in ("test", "result", "unit")]
    return (*found, *(Column(name, rows[name].label, rows[name]) for name in LINE))


def template() -> list[str]:
    return [f"{column.name} | {column.label.en} | {column.label.zh}" for column in columns()]


@dataclass(slots=True)
class Result:
    """One line: the result of one analyte, as it will be typed into its row."""

    line: int
    analyte: Analyte
    values: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return NUMBERS[self.analyte.code]


@dataclass(slots=True)
class Panel:
    """One form: the lines of a participant's visit that belong to one panel. `head`: by field the value and its line."""

    number: str
    visit: str
    form: FormInstance
    head: dict[str, tuple[Any, str, int]] = field(default_factory=dict)  # value, missing code, line
    results: list[Result] = field(default_factory=list)

    @property
    def lines(self) -> list[int]:
        return [result.line for result in self.results]

    def place(self, path: str) -> tuple[int, str]:
        """Line and column of a path of the form."""
        head, _sep, name = path.removesuffix("_miss").rpartition("/")
        column = {"lborres": "result", "lbop": "result", "lborresu": "unit"}.get(name, name)
        if head:
            row = head.partition(":")[2]
            found = next((r.line for r in self.results if str(r.number) == row), self.lines[0])
            return found, column
        return (self.head[name][2] if name in self.head else self.lines[0]), column


@dataclass(slots=True)
class LaboratoryFile:
    sha256: str
    text: str = ""
    panels: list[Panel] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


Place = tuple[str, str]  # number of the participant, word for the visit


def read_laboratory_file(content: bytes, laboratory: Laboratory) -> LaboratoryFile:
    """Read the file; raises nothing. Two queries, however long it is."""
    table = read(content, most_bytes=MOST_BYTES, most_lines=MOST_LINES)
    found = LaboratoryFile(table.sha256, table.text, problems=table.problems)
    known = _header(table, found.problems)
    if known is None:
        return found
    lines = [
        (number, {c.name: text for c, text in zip(known, cells, strict=True) if c})
        for number, cells in table.lines
    ]
    forms = _forms(laboratory, {clean_text(cells["participant"]) for _number, cells in lines})
    panels: dict[int, Panel] = {}
    for number, cells in lines:
        _line(found, panels, forms, number, cells)
    found.panels = list(panels.values())
    return found


def _header(table: CsvFile, problems: list[Problem]) -> list[Column | None] | None:
    if not table.columns:
        return None
    found: list[Column | None] = []
    for title in table.columns:
        column = _words().get(clean_text(title).partition("|")[0].strip().casefold())
        if column is not None and column in found:
            problems.append(Problem(1, title[:60], "", _("This column stands here twice.")))
        elif column is None and title:
            why = _("No column of a laboratory file has this name. Names and labels are listed below.")
            problems.append(Problem(1, title[:60], "", why))
        found.append(column)
    lacking = [c for c in columns() if c.needed and c not in found]
    problems += [Problem(1, c.name, "", _("This column is missing.")) for c in lacking if c.name != "lbdat"]
    dated = any(c is not None and c.name in ("lbdat", "lbtim") for c in found)
    if not dated:
        problems.append(Problem(1, "lbdat", "", _("This column is missing.")))
    return None if [c for c in lacking if c.name != "lbdat"] or not dated else found


@cache
def _words() -> dict[str, Column]:
    found: dict[str, Column] = {}
    for column in columns():
        for word in (column.name, column.label.en, column.label.zh, *column.others):
            found.setdefault(clean_text(word).casefold(), column)
    return found


class _Forms:
    """The panels of the participants that the file names, of the laboratory's site only: others do not exist."""

    def __init__(self, forms: Iterable[FormInstance]) -> None:
        self.numbers: set[str] = set()
        self.places: dict[Place, dict[int, FormInstance]] = {}
        for form in forms:
            if form.visit is None:
                continue
            number = form.participant.number
            self.numbers.add(number)
            title = visit_title(form.visit.code, form.visit.repeat)
            for word in (visit_label(form.visit.code, form.visit.repeat), title.en, title.zh):
                self.places.setdefault((number, clean_text(word).casefold()), {})[form.repeat] = form


def _forms(laboratory: Laboratory, numbers: set[str]) -> _Forms:
    found = FormInstance.objects.filter(
        form_key="LB", participant__site=laboratory.site_id, participant__number__in=numbers
    )
    return _Forms(found.select_related("participant__site", "visit"))


def _line(
    found: LaboratoryFile,
    panels: dict[int, Panel],
    forms: _Forms,
    number: int,
    cells: Mapping[str, str],
) -> None:
    before = len(found.problems)
    analyte = analyte_named(clean_text(cells["test"]))
    if analyte is None:
        why = _("“%(name)s” is not a test of the catalogue.") % {"name": cells["test"][:60]}
        found.problems.append(Problem(number, "test", cells["test"][:60], why))
    form = _form(found.problems, forms, number, cells, analyte)
    result = _result(found.problems, number, cells, analyte) if analyte else None
    head = _head(found.problems, number, cells)
    if form is None or result is None or len(found.problems) > before:
        return
    visit = form.visit
    assert visit is not None
    panel = panels.setdefault(
        form.pk, Panel(form.participant.number, visit_label(visit.code, visit.repeat), form)
    )
    _same_head(found.problems, panel, number, head)
    twin = next((other for other in panel.results if other.number == result.number), None)
    if twin is not None:
        why = _("%(test)s stands in line %(n)s already.") % {"test": result.analyte.code, "n": twin.line}
        found.problems.append(Problem(number, "test", result.analyte.code, why))
        return
    panel.results.append(result)


def _form(
    problems: list[Problem], forms: _Forms, number: int, cells: Mapping[str, str], analyte: Analyte | None
) -> FormInstance | None:
    who, visit = clean_text(cells["participant"]), clean_text(cells["visit"])
    if who not in forms.numbers:
        problems.append(
            Problem(number, "participant", who[:60], _("This site has no participant of this number."))
        )
        return None
    there = forms.places.get((who, visit.casefold()))
    if there is None:
        why = _("This participant has no visit of this name with laboratory results.")
        problems.append(Problem(number, "visit", visit[:60], why))
        return None
    if analyte is None:
        return None
    form = there.get(panel_number(analyte.panel))
    if form is None:
        title = form_title("LB", panel_number(analyte.panel))
        why = _("The visit has no form “%(form)s”, to which %(test)s belongs.") % {
            "form": title,
            "test": analyte.code,
        }
        problems.append(Problem(number, "test", analyte.code, why))
    return form


def _result(
    problems: list[Problem], number: int, cells: Mapping[str, str], analyte: Analyte
) -> Result | None:
    """The result with its sign and unit, or the reason why there is none."""
    fields = {f.name: f for f in form_def("LB").section(SECTION).fields}
    found = Result(number, analyte)
    text = clean_text(cells["result"])
    if code := missing_code(fields["lborres"], text):
        found.missing["lborres"] = code
    else:
        line = ReadLine(number, analyte.code, text, clean_text(cells["unit"]), analyte)
        read_result(line, analyte)
        if line.problem:
            of_unit = bool(units_of(analyte.code)) and number_of(line.value or None) is not None
            column, value = ("unit", line.unit) if of_unit else ("result", text)
            problems.append(Problem(number, column, value[:60], line.problem))
            return None
        found.values["lborres"] = line.value
        if line.unit:
            found.values["lborresu"] = line.unit
        if line.sign:
            found.values["lbop"] = line.sign
    for name in LINE:
        try:
            value, missing = cell_value(fields[name], cells.get(name, ""))
        except FieldError as error:
            problems.append(Problem(number, name, cells[name][:60], error.message))
            continue
        if missing:
            found.missing[name] = missing
        elif value is not None:
            found.values[name] = value
    return found


def _head(problems: list[Problem], number: int, cells: Mapping[str, str]) -> dict[str, tuple[Any, str, int]]:
    """What the line says of its sample. A date and a time may stand in one cell."""
    fields = form_def("LB").fields
    texts = {name: clean_text(cells.get(name, "")) for name in HEAD}
    for name in ("lbdat", "lbtim"):
        if moment := MOMENT.fullmatch(texts[name]):
            other = "lbtim" if name == "lbdat" else "lbdat"
            parts = {"lbdat": moment[1].strip(), "lbtim": moment[2]}
            texts[name] = parts[name]
            texts[other] = texts[other] or parts[other]
    found = {}
    for name, text in texts.items():
        try:
            value, missing = cell_value(fields[name], text)
        except FieldError as error:
            problems.append(Problem(number, name, text[:60], error.message))
            continue
        if value is not None or missing:
            found[name] = (value, missing, number)
    if not texts["lbdat"]:
        problems.append(Problem(number, "lbdat", "", _("Say on which day the sample was taken.")))
    return found


def _same_head(
    problems: list[Problem], panel: Panel, number: int, head: dict[str, tuple[Any, str, int]]
) -> None:
    """One sample for each panel of a visit."""
    for name, (value, missing, _line) in head.items():
        before = panel.head.setdefault(name, (value, missing, number))
        if before[:2] != (value, missing):
            text = form_def("LB").fields[name].to_text(value) or missing
            why = _("Line %(line)s says something else of the same sample.") % {"line": before[2]}
            problems.append(Problem(number, name, text[:60], why))
