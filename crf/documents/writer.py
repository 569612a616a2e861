"""One form as a page of paper: head, sections, questions, tables. What stands at a field is the business of a mode.

A mode (`Blank`, `Annotated`, `Filled`) says what a field shows as a question of its own and in a cell of a table, and
how many rows a repeating section has. Everything that comes from data or from the book is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.html import escape
from django.utils.translation import gettext as _

from crf.fields import CrfField
from crf.naming import short
from crf.registry import FormDef, SectionDef
from trialsite.kernel.study import study
from trialsite.kernel.texts import Text

from .rows import row_name
from .tongue import Tongue

TABLE_COLUMNS = 8  # a table with more is laid out as one block for each row


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above and below the pages of one form."""

    name: str  # id in the document: target of bookmarks and of the contents
    title: Text
    kind: str
    foot: str
    site: str = ""
    participant: str = ""
    visit: str = ""
    date: str = ""
    repeat: int = 1


@dataclass(slots=True)
class Spot:
    """A field at its place: in a row of a section or on the sheet."""

    field: CrfField
    section: SectionDef
    row: int = 0

    @property
    def path(self) -> str:
        return f"{self.section.id}:{self.row}/{self.field.name}" if self.row else str(self.field.name)


@dataclass(slots=True)
class Writer:
    """Writes forms in one language. Subclasses fill in the modes."""

    tongue: Tongue
    mode: str = "blank"
    numbers: dict[str, int] = field(default_factory=dict)  # of the questions of the form at hand
    hints: bool = True  # say when a question is asked

    # --- what a mode says -----------------------------------------------------------------------------------------

    def answer(self, spot: Spot) -> str:
        """What stands beside a question."""
        raise NotImplementedError

    def cell(self, spot: Spot) -> str:
        """The same in a narrow cell of a table."""
        return self.answer(spot)

    def rows(self, section: SectionDef, head: Head) -> Sequence[int]:
        """Numbers of the rows of a repeating section."""
        raise NotImplementedError

    def skipped(self, crf_field: CrfField, section: SectionDef) -> bool:
        """A field that is no column of a table, because its row names it already."""
        rows = section.rows
        return rows is not None and crf_field.name in (rows.number, rows.key if rows.fixed else "")

    def above(self, definition: FormDef, head: Head) -> str:
        return ""

    def below(self, definition: FormDef, head: Head) -> str:
        return ""

    def table_note(self, section: SectionDef) -> str:
        return ""

    # --- the page -------------------------------------------------------------------------------------------------

    def form(self, definition: FormDef, head: Head) -> str:
        fields = [f for section in definition.sections for f in section.fields]
        self.numbers = {str(f.name): place for place, f in enumerate(fields, 1)}
        body = "".join(self._section(section, head) for section in definition.sections)
        return (
            f'<article class="crf" id="{head.name}">{self._head(head)}<h1 class="bm">{self.tongue.main(head.title)}</h1>'
            f'<span class="foot">{escape(head.foot)}</span>{self.above(definition, head)}{body}'
            f"{self.below(definition, head)}</article>"
        )

    def _head(self, head: Head) -> str:
        second = self.tongue.beside(head.title)
        beside = f'<span class="z" lang="zh-Hans">{second}</span>' if second else ""
        facts = (
            (_("Protocol"), study().id), (_("Site"), head.site), (_("Participant"), head.participant),
            (_("Visit"), head.visit), (_("Visit date"), head.date),
        )  # fmt: skip
        cells = "".join(
            f"<div>{escape(name)}<i>{escape(value) or '&#160;'}</i></div>" for name, value in facts
        )
        return (
            f'<div class="fh"><div class="t"><span><b>{self.tongue.main(head.title)}</b>{beside}</span>'
            f'<span class="k">{escape(head.kind)}</span></div><div class="m">{cells}</div></div>'
        )

    def _section(self, section: SectionDef, head: Head) -> str:
        second = self.tongue.beside(short(section.label))
        beside = f'<span lang="zh-Hans">{second}</span>' if second else ""
        title = f"<h2>{self.tongue.main(short(section.label))}{beside}</h2>"
        if not section.repeating:
            return title + "".join(self._item(Spot(f, section)) for f in section.fields)
        rows = self.rows(section, head)
        if not rows:
            return f'{title}<p class="none">{_("No rows.")}</p>'
        columns = [f for f in section.fields if not self.skipped(f, section)]
        if len(columns) <= self.widest(section):
            return title + self._table(section, columns, rows)
        return title + "".join(self._card(section, row) for row in rows)

    def widest(self, section: SectionDef) -> int:
        return TABLE_COLUMNS

    def _item(self, spot: Spot) -> str:
        crf_field = spot.field
        when = condition(crf_field, self.numbers) if self.hints else ""
        hint = f'<small class="w">{escape(when)}</small>' if when else ""
        return (
            f'<div class="it"><div class="no">{self.numbers[str(crf_field.name)]}</div>'
            f'<div class="q">{self.tongue.stacked(crf_field.label)}{hint}</div>'
            f'<div class="a">{self.answer(spot)}</div></div>'
        )

    def _table(self, section: SectionDef, columns: Sequence[CrfField], rows: Sequence[int]) -> str:
        heads = "".join(f'<th scope="col">{self._column(f)}</th>' for f in columns)
        lines = "".join(
            f'<tr><th scope="row">{self.row_title(section, row)}</th>'
            + "".join(f"<td>{self.cell(Spot(f, section, row))}</td>" for f in columns)
            + "</tr>"
            for row in rows
        )
        return (
            f'<table class="gr"><thead><tr><th scope="col">{escape(_("Row"))}</th>{heads}</tr></thead>'
            f"<tbody>{lines}</tbody></table>{self.table_note(section)}"
        )

    def _column(self, crf_field: CrfField) -> str:
        unit = f', <span class="u">{self.tongue.main(crf_field.unit_text)}</span>' if crf_field.unit else ""
        number = f'<span class="no">{self.numbers[str(crf_field.name)]}</span> '
        return number + self.tongue.stacked(crf_field.label) + unit

    def _card(self, section: SectionDef, row: int) -> str:
        items = "".join(
            self._item(Spot(f, section, row)) for f in section.fields if not self.skipped(f, section)
        )
        return f'<section class="card"><h3>{self.row_title(section, row)}</h3>{items}</section>'

    def row_title(self, section: SectionDef, row: int) -> str:
        """The name of a fixed row, or the number of an open one."""
        name = row_name(section.rows, row) if section.rows else None
        return self.tongue.stacked(name) if name else f"#{row}"


NAMES = re.compile(r"@?[a-z][a-z0-9]*(?:_[a-z0-9]+)+|[a-z]{4,}\d?")


def condition(crf_field: CrfField, numbers: dict[str, int]) -> str:
    """When a question is asked, with the numbers of the questions it depends on: "if 3 = Y"."""
    kind, _sep, text = crf_field.requirement.text.partition(":")
    if kind not in ("C", "CO"):
        return _("optional") if kind == "O" and not crf_field.derived else ""

    def said(found: re.Match[str]) -> str:
        name = found.group()
        return f"[{numbers[name]}]" if name in numbers else name

    words = NAMES.sub(said, text.strip()).replace("!=", " ≠ ").replace(">=", " ≥ ").replace("<=", " ≤ ")
    words = re.sub(r",\s*", ", ", re.sub(r"(?<![≠≥≤ ])=|=(?! )", " = ", words))
    return _("if %(condition)s") % {"condition": re.sub(r"\s+", " ", words)}
