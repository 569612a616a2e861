"""The annotated CRF: the same pages with the place of each datum in the submission (SDTMIG 3.4)."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import escape

from crf.fields import CrfField
from crf.registry import FormDef, SectionDef

from .blank import Blank
from .sdtm import DOMAINS, NOT_SUBMITTED, Tag, domains_of, tags_of
from .writer import Head, Spot

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
        rows = section.rows
        if rows is not None and rows.fixed and rows.layout == "table":
            return super().rows(section, head)
        return (1,)

    def skipped(self, crf_field: CrfField, section: SectionDef) -> bool:
        """Every field has its annotation, also one that the system fills in."""
        rows = section.rows
        return rows is not None and section.id == "LB2" and crf_field.name == rows.key

    def widest(self, section: SectionDef) -> int:
        return 14 if section.id == "LB2" else 5 if section.rows and section.rows.fixed else 0

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
        if section.rows and section.rows.fixed and section.rows.layout != "table":
            return "; ".join(super(Annotated, self).row_title(section, n) for n in section.rows.numbers(1))
        return super().row_title(section, row)

    def _tags(self, spot: Spot) -> str:
        found = tags_of(self.form_code, spot.field)
        return f'<div class="ans" lang="en">{"".join(tag_html(tag) for tag in found) or tag_html(NOT_SUBMITTED)}</div>'

    def below(self, definition: FormDef, head: Head) -> str:
        return ""


def tag_html(tag: Tag) -> str:
    if tag == NOT_SUBMITTED:
        return '<span class="an ns">NOT SUBMITTED</span>'
    return f'<span class="an t{tint(tag.domain)}">{escape(str(tag))}</span>'


def tint(domain: str) -> int:
    """The tint of a domain: the same on every page. Supplemental qualifiers share that of their parent."""
    names = list(DOMAINS)
    parent = domain.removeprefix("SUPP")
    return names.index(parent) % TINTS if parent in names else TINTS
