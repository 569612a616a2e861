"""The annotated CRF: the same pages with the place of each datum in the submission (SDTMIG 3.4)."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import escape

from crf.fields import CrfField
from crf.registry import FormDef, SectionDef

from .blank import Blank
from .sdtm import DOMAINS, NOT_SUBMITTED, Tag, domains_of, tags_of
from .writer import Head, Spot

IN_LINES = 5
TINTS = 8  # as many tints as the style sheet has; the domain is named in every annotation


class Annotated(Blank):
    """Tags below each question; the domains of a form at its top. Annotations are English: so are the standards."""

    form_code = ""

    def above(self, definition: FormDef, head: Head) -> str:
        self.form_code = definition.code
        keys = "".join(
            f'<span class="an t{tint(code)}">{escape(code)} = {escape(DOMAINS[code])}</span>'
            for code in domains_of(definition)
        )
        return f'<div class="dom" lang="en">{keys}</div>'

    def rows(self, section: SectionDef, head: Head) -> Sequence[int]:
        """One row shows where the data of all of them go; rows that the book gives are named by it."""
        self.given = self._given(section, head)
        return self.given if in_lines(section) else self.given[:1] or (1,)

    given: Sequence[int] = ()

    def _given(self, section: SectionDef, head: Head) -> Sequence[int]:
        return section.rows.numbers(head.repeat) if section.rows is not None else ()

    def skipped(self, crf_field: CrfField, section: SectionDef) -> bool:
        """Every field has its annotation, also one that the system fills in."""
        return False

    def widest(self, section: SectionDef) -> int:
        return IN_LINES if in_lines(section) else 0

    def answer(self, spot: Spot) -> str:
        return super().answer(spot) + self._tags(spot)

    def cell(self, spot: Spot) -> str:
        """A table shows the annotations in its first row; they hold for the column."""
        first = spot.section.rows is None or spot.row == self._first(spot.section)
        return super().cell(spot) + (self._tags(spot) if first else "")

    def _first(self, section: SectionDef) -> int:
        return self.first_row.get(section.id, 1)

    first_row: dict[str, int] = {}

    def _table(self, section: SectionDef, columns: Sequence[CrfField], rows: Sequence[int]) -> str:
        self.first_row = {section.id: min(rows)}
        return super()._table(section, columns, rows)

    def row_title(self, section: SectionDef, row: int) -> str:
        title = super().row_title
        if self.given and not in_lines(section):
            return "; ".join(title(section, n) for n in self.given)
        return title(section, row)

    def _tags(self, spot: Spot) -> str:
        found = tags_of(self.form_code, spot.field)
        return f'<div class="ans" lang="en">{"".join(tag_html(tag) for tag in found) or tag_html(NOT_SUBMITTED)}</div>'

    def below(self, definition: FormDef, head: Head) -> str:
        return ""


def in_lines(section: SectionDef) -> bool:
    """Rows that the book gives, of few fields: a table, with the annotations in its first line."""
    return section.rows is not None and bool(section.rows.fixed) and len(section.fields) <= IN_LINES


def tag_html(tag: Tag) -> str:
    if tag == NOT_SUBMITTED:
        return '<span class="an ns">NOT SUBMITTED</span>'
    return f'<span class="an t{tint(tag.domain)}">{escape(str(tag))}</span>'


def tint(domain: str) -> int:
    """The tint of a domain: the same on every page. Supplemental qualifiers share that of their parent."""
    names = list(DOMAINS)
    parent = domain.removeprefix("SUPP")
    return names.index(parent) % TINTS if parent in names else TINTS
