"""A list of queries from a spreadsheet: read, resolved and judged line by line before anything is raised.

A form is named as in its address: `TA` at visit `TA1`; `LB/2` for a second form of its kind; a log without a visit, with
the number of its line as `AE/3` or in the column of rows.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from crf.fields import clean_text, free_text
from crf.models import FormInstance, Query
from crf.models.queries import STANDING
from crf.naming import form_title
from crf.policies_review import may_query
from crf.registry import FormDef, form_def, forms
from crf.schedule import LINES_OF, visit_label, visit_of
from crf.selectors.access import participants_for
from crf.selectors.queries import BLINDED, path_label
from crf.selectors.values import sheets_of
from crf.services.queries import Asked, question_given
from participants.models import Participant
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused

LONGEST = 1_000  # lines
# Columns of the file, and what else they may be called.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "participant": ("participant", "受试者", "受试者编号"), "visit": ("visit", "访视"), "form": ("form", "表单"),
    "row": ("row", "line", "行"), "field": ("field", "字段"), "question": ("question", "质疑", "问题"),
}  # fmt: skip
TEMPLATE = (
    ("participant", "visit", "form", "row", "field", "question"),
    ("01-003", "TA1", "TA", "1", "tl_diam", "Please check this value against the radiology report."),
)
NAME = re.compile(r"([A-Z][A-Z0-9]*)(?:\s*[/ ]\s*(\d{1,3}))?")
PATH_ROW = re.compile(r"(?:([A-Z][A-Z0-9]*):)?(\d{1,4})")


@dataclass(slots=True)
class ListLine:
    """One line as it was read: its number in the file, its cells, what it means, or why it cannot stand."""

    number: int
    cells: dict[str, str]
    problem: str = ""
    asked: Asked | None = None
    title: str = ""
    label: str = ""
    participant: Participant | None = None  # as far as the line could be resolved
    form: FormInstance | None = None
    refused: Refused | None = None


@dataclass(slots=True)
class ReadList:
    """`problem` is one of the whole file."""

    lines: list[ListLine] = field(default_factory=list)
    problem: str = ""

    @property
    def wrong(self) -> int:
        return sum(1 for line in self.lines if line.problem)

    @property
    def stands(self) -> bool:
        return bool(self.lines) and not self.problem and not self.wrong

    @property
    def questions(self) -> list[Asked]:
        return [line.asked for line in self.lines if line.asked]


class _Wrong(Exception):
    """Why a line cannot stand."""


def read_list(text: str, user: Any) -> ReadList:
    """Every line resolved to a place that this person may query: a fixed number of queries and one per kind of form."""
    rows, problem = _cells(text)
    if problem:
        return ReadList(problem=problem)
    found = ReadList([ListLine(number, cells) for number, cells in rows])
    known = _Known(user, found.lines)
    for line in found.lines:
        try:
            known.resolve(line)
        except _Wrong as wrong:
            line.problem, line.asked = str(wrong), None
        except Refused as no:
            line.problem, line.asked, line.refused = str(no.reason), None, no
    return found


def _cells(text: str) -> tuple[list[tuple[int, dict[str, str]]], str]:
    """(line number, cells by column), or what is wrong with the file."""
    plain = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in plain or "\ufffd" in plain:
        return [], _("The file is not text: save it as CSV.")
    head = next((line for line in plain.split("\n") if line.strip()), "")
    separator = max(",;\t", key=head.count)
    try:
        rows = [
            (number, row)
            for number, row in enumerate(csv.reader(io.StringIO(plain), delimiter=separator, strict=True), 1)
            if any(cell.strip() for cell in row)
        ]
    except csv.Error:  # a cell without an end
        return [], _("The file is not text: save it as CSV.")
    if not rows:
        return [], _("The file has no line.")
    names = [_column(name) for name in rows[0][1]]
    lacking = [name for name in COLUMNS if name not in names]
    if lacking:
        said = _("Columns are missing: %(names)s. The first line names the columns.")
        return [], said % {"names": ", ".join(lacking)}
    if len(rows) == 1:
        return [], _("The file has no line under its heading.")
    if len(rows) > LONGEST + 1:
        return [], _("At most %(most)s lines at once.") % {"most": LONGEST}
    return [(number, _by_name(names, row)) for number, row in rows[1:]], ""


def _column(name: str) -> str:
    text = clean_text(name).lower()
    return next((column for column, names in COLUMNS.items() if text in names), text)


def _by_name(names: list[str], row: list[str]) -> dict[str, str]:
    cells = dict(zip(names, row, strict=False))
    given = {name: clean_text(cells.get(name, "")) for name in COLUMNS if name != "question"}
    return given | {"question": free_text(cells.get("question", ""))}


Place = tuple[int, str, str, int]  # participant, visit label (empty: a log), form, repeat


class _Known:
    """What the lines may name, read at once."""

    def __init__(self, user: Any, lines: list[ListLine]) -> None:
        self.user = user
        numbers = {line.cells["participant"] for line in lines}
        people = participants_for(user, Permission.QUERY_RAISE).filter(number__in=numbers)
        self.people = {one.number: one for one in people.select_related("site")}
        self.forms: dict[Place, FormInstance] = {}
        rows = FormInstance.objects.filter(participant__in=self.people.values()).exclude(form_key=BLINDED)
        for form in rows.select_related("visit"):
            visit = visit_label(form.visit.code, form.visit.repeat) if form.visit else ""
            self.forms[form.participant_id, visit, form.form_key, form.repeat] = form
        standing = Query.objects.filter(
            participant__in=self.people.values(), form__isnull=False, rule="", state__in=STANDING
        )
        self.asked = {
            (query.form_id, query.path): query.code for query in standing.select_related("participant")
        }
        self.listed: dict[tuple[int | None, str, int], int] = {}
        self._rows: dict[int, set[str]] = {}

    def resolve(self, line: ListLine) -> None:
        cells = line.cells
        participant = self.people.get(cells["participant"])
        if participant is None:
            raise _Wrong(_("There is no participant “%(number)s”.") % {"number": cells["participant"]})
        form, path = self._place(participant, cells)
        line.participant, line.form = participant, form
        if form is not None:
            form.participant = participant
            definition = form_def(form.form_key)
            line.title = str(form_title(form.form_key, form.repeat))
            line.label = path_label(definition, path) if path else ""
        may_query(self.user, "raise", participant, form).require()
        text = question_given(cells["question"])
        self._once(line, participant, form, path)
        line.asked = Asked(line.number, participant, form, path, text)

    def _once(self, line: ListLine, participant: Participant, form: FormInstance | None, path: str) -> None:
        if form is not None and (code := self.asked.get((form.pk, path))):
            raise _Wrong(_("Query %(query)s already asks about this. Wait for its answer.") % {"query": code})
        place = (form.pk if form else None, path, participant.pk)
        if form is not None and (other := self.listed.get(place)):
            raise _Wrong(_("Line %(line)s asks about the same place.") % {"line": other})
        self.listed[place] = line.number

    def _place(self, participant: Participant, cells: Mapping[str, str]) -> tuple[FormInstance | None, str]:
        if not cells["form"]:
            if cells["field"] or cells["row"] or cells["visit"]:
                raise _Wrong(_("Name the form."))
            return None, ""
        label, row = self._visit(cells["visit"]), cells["row"]
        key, repeat = _form_named(cells["form"])
        line_key = LINES_OF.get(key, "")
        if line_key and not label and (repeat or (row and _names_field(line_key, cells["field"]))):
            if not repeat:
                repeat, row = _number(row), ""
            key = line_key
        form = self.forms.get((participant.pk, label, key, repeat or 1))
        if form is None:
            said = _("This participant has no form “%(form)s” at “%(visit)s”.")
            raise _Wrong(said % {"form": cells["form"], "visit": cells["visit"] or "log"})
        return form, self._path(form, row, cells["field"])

    @staticmethod
    def _visit(text: str) -> str:
        if not text or text.lower() == "log":
            return ""
        if visit_of(text.upper()) is None:
            raise _Wrong(_("There is no visit “%(visit)s”.") % {"visit": text})
        return text.upper()

    def _path(self, form: FormInstance, row: str, name: str) -> str:
        definition = form_def(form.form_key)
        head, _sep, name = name.rpartition("/")
        row = head or row
        section = _section_of(definition, name) if name else ""
        if name and section is None:
            raise _Wrong(_("This form has no field “%(field)s”.") % {"field": name})
        if not section and name:
            if row:
                raise _Wrong(_("The field “%(field)s” does not stand in a row.") % {"field": name})
            return name
        if not row:
            if section:
                raise _Wrong(_("Say in which row the field “%(field)s” stands.") % {"field": name})
            return ""
        place = self._row(form, definition, section or "", row)
        return f"{place}/{name}" if name else place

    def _row(self, form: FormInstance, definition: FormDef, section: str, row: str) -> str:
        found = PATH_ROW.fullmatch(row)
        sections = [one.id for one in definition.row_sections]
        named = section or (found[1] if found and found[1] else sections[0] if len(sections) == 1 else "")
        place = f"{named}:{int(found[2])}" if found else ""
        if (
            not found
            or named not in sections
            or (found[1] or named) != named
            or place not in self._rows_of(form)
        ):
            raise _Wrong(_("This form has no row “%(row)s”.") % {"row": row})
        return place

    def _rows_of(self, form: FormInstance) -> set[str]:
        """Rows that exist, `TA2:3`; those of every form of its kind are read together."""
        if form.pk not in self._rows:
            alike = [one for one in self.forms.values() if one.form_key == form.form_key]
            for pk, sheet in sheets_of(alike).items():
                self._rows[pk] = {
                    f"{section}:{line.row}" for section, lines in sheet.rows.items() for line in lines
                }
        return self._rows[form.pk]


def _form_named(text: str) -> tuple[str, int]:
    """`TA`, `LB/2`: the form and its number; 0 when none is given."""
    found = NAME.fullmatch(text.upper())
    if not found or found[1] not in forms():
        raise _Wrong(_("There is no form “%(form)s”.") % {"form": text})
    return found[1], int(found[2] or 0)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise _Wrong(_("This form has no row “%(row)s”.") % {"row": text})
    return int(text)


def _names_field(key: str, name: str) -> bool:
    return not name or _section_of(form_def(key), name.rpartition("/")[2]) is not None


def _section_of(definition: FormDef, name: str) -> str | None:
    """The repeating section that a field stands in; empty for one of the sheet, `None` when there is no such field."""
    if name in definition.fields:
        return ""
    return next((one.id for one in definition.row_sections if name in {f.name for f in one.fields}), None)
