"""Blank pages: letter boxes, check boxes with their codes, units, reasons for a missing value, a line to sign."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.utils.html import escape
from django.utils.translation import gettext as _

from crf.codelists import CATALOGUES, CODELISTS, MISSING, CodeList
from crf.fields import Coded, CrfField
from crf.registry import FormDef, SectionDef
from trialsite.kernel.texts import Text

from .writer import Head, Spot, Writer

FEW = 14  # a longer code list stands in the appendix
FEW_IN_A_CELL = 4  # a longer one stands below its table
WORDS_IN_A_CELL = 26  # letters of the labels that fit into a cell
OPEN_ROWS = {"TA2": 5, "TA3": 5, "HCC3": 5}  # RECIST 1.1 follows up to five target lesions
OPEN_TABLE_ROWS, OPEN_CARDS = 4, 1


class Blank(Writer):
    """A form to be filled in by hand."""

    def answer(self, spot: Spot) -> str:
        crf_field = spot.field
        if crf_field.derived:
            return f'<span class="sys">{escape(_("calculated by the system"))}</span>'
        return self._input(crf_field) + self._missing(crf_field)

    def _input(self, crf_field: CrfField) -> str:
        match crf_field.kind:
            case "code" | "multi":
                return self._options(crf_field)
            case "unit":
                return f'{boxes(8)} <span class="u">{escape(_("unit"))}</span>'
            case "date" | "pdate":
                return date_boxes(crf_field.kind == "pdate")
            case "time":
                return f'{boxes(2)}<b class="pt">:</b>{boxes(2)}<span class="u">HH:MM</span>'
            case "int" | "dec":
                return number_boxes(crf_field) + self._unit(crf_field)
            case "result":
                return boxes(8)
            case "ref":
                return f'<span class="u">#</span> {boxes(6)}'
            case "long":
                return '<span class="ln"></span>' * 4
        length = crf_field.max_length or 99
        return boxes(length) if length <= 12 else '<span class="ln"></span>'

    def _unit(self, crf_field: CrfField) -> str:
        return f'<span class="u">{self.tongue.main(crf_field.unit_text)}</span>' if crf_field.unit else ""

    def _options(self, crf_field: CrfField) -> str:
        assert isinstance(crf_field, Coded)
        if len(crf_field.options) > FEW and crf_field.codelist:
            return f'{boxes(8)} <span class="u">{appendix_words(crf_field.codelist)}</span>'
        return "".join(self.option(code, label) for code, label in crf_field.options)

    def option(self, code: str, label: Text) -> str:
        return (
            f'<span class="op"><span class="cb"></span>{self.tongue.inline(label)} '
            f'<span class="cd">{escape(code)}</span></span>'
        )

    def _missing(self, crf_field: CrfField) -> str:
        if not crf_field.missing:
            return ""
        options = "".join(self.option(code, MISSING.codes[code]) for code in crf_field.missing)
        return f'<div class="ms"><span class="u">{escape(_("or, when missing"))}</span> {options}</div>'

    # --- tables ---------------------------------------------------------------------------------------------------

    def rows(self, section: SectionDef, head: Head) -> Sequence[int]:
        rows = section.rows
        assert rows is not None
        if rows.fixed:
            return rows.numbers(head.repeat)
        wide = len([f for f in section.fields if not self.skipped(f, section)]) > self.widest(section)
        return range(1, OPEN_ROWS.get(section.id, OPEN_CARDS if wide else OPEN_TABLE_ROWS) + 1)

    def skipped(self, crf_field: CrfField, section: SectionDef) -> bool:
        """What the system fills in needs no column on paper, when the rows are given."""
        table = section.rows is not None and bool(section.rows.fixed) and section.rows.layout == "table"
        return super().skipped(crf_field, section) or (table and crf_field.derived)

    def widest(self, section: SectionDef) -> int:
        return 10 if section.id in OPEN_ROWS else super().widest(section)

    def cell(self, spot: Spot) -> str:
        crf_field = spot.field
        if crf_field.derived:
            return f'<span class="sys">{escape(_("system"))}</span>'
        if isinstance(crf_field, Coded) and crf_field.kind in ("code", "multi"):
            if not in_a_cell(crf_field):
                return '<span class="h"></span>'
            return "".join(
                f'<div class="oc">{self.option(code, label)}</div>' for code, label in crf_field.options
            )
        if crf_field.kind in ("date", "pdate"):
            return '<span class="h"></span><span class="u">DD MMM YYYY</span>'
        return '<span class="h"></span>'

    def row_title(self, section: SectionDef, row: int) -> str:
        title = super().row_title(section, row)
        return title if section.rows and section.rows.fixed else f"{row}"

    def table_note(self, section: SectionDef) -> str:
        """Codes of the columns that have no room for them."""
        lines = []
        for crf_field in section.fields:
            if (
                isinstance(crf_field, Coded)
                and crf_field.kind in ("code", "multi")
                and not self._said(crf_field, section)
            ):
                lines.append(
                    f'<p class="cl"><b>{self.tongue.main(crf_field.label)}</b> {self._codes(crf_field)}</p>'
                )
        return "".join(lines)

    def _said(self, crf_field: CrfField, section: SectionDef) -> bool:
        return self.skipped(crf_field, section) or crf_field.derived or in_a_cell(crf_field)

    def _codes(self, crf_field: CrfField) -> str:
        assert isinstance(crf_field, Coded)
        if len(crf_field.options) > FEW and crf_field.codelist:
            return appendix_words(crf_field.codelist)
        return "; ".join(
            f'<span class="cd">{escape(code)}</span> {self.tongue.inline(label)}'
            for code, label in crf_field.options
        )

    # --- end of the form ------------------------------------------------------------------------------------------

    def below(self, definition: FormDef, head: Head) -> str:
        lines = (_("Completed by"), _("Investigator"))
        cells = "".join(
            f'<div class="sg"><span>{escape(who)}</span><i></i><span>{escape(_("Signature"))}</span><i></i>'
            f'<span>{escape(_("Date"))}</span><i class="d"></i></div>'
            for who in lines
        )
        return f'<section class="sign">{cells}</section>'


def in_a_cell(crf_field: CrfField) -> bool:
    """Few options of few letters fit into a cell."""
    assert isinstance(crf_field, Coded)
    longest = max((len(label.en) for _code, label in crf_field.options), default=0)
    return len(crf_field.options) <= FEW_IN_A_CELL and longest <= WORDS_IN_A_CELL


def boxes(count: int) -> str:
    return f'<span class="bxs">{"<i></i>" * max(1, count)}</span>'


def date_boxes(partial: bool) -> str:
    hint = f'<span class="u">{escape(_("UNK for a part that is not known"))}</span>' if partial else ""
    parts = ((2, "DD"), (3, "MMM"), (4, "YYYY"))
    return "".join(f'{boxes(count)}<span class="u">{name}</span>' for count, name in parts) + hint


def number_boxes(crf_field: CrfField) -> str:
    """As many boxes as the largest value that is allowed needs."""
    numbers = [int(n) for n in re.findall(r"\d+", re.sub(r"\.\d+", "", crf_field.book_hard)) if len(n) < 7]
    whole = len(str(max(numbers))) if numbers else 3
    places = int(getattr(crf_field, "decimal_places", 0) or 0)
    return boxes(whole) + (f'<b class="pt">.</b>{boxes(min(places, 4))}' if places else "")


def appendix_words(codes: CodeList) -> str:
    """Where the codes of a long list stand."""
    name = anchor(codes)
    words = _("code list %(name)s, page %(page)s") % {"name": codes.id, "page": f"{{{{page {name}}}}}"}
    return f'<a href="#{name}">{escape(words)}</a>'


def anchor(codes: CodeList) -> str:
    return f"CL-{codes.id}"


def long_lists() -> list[CodeList]:
    """The lists of the appendix, in the order of the book."""
    from crf.registry import forms, parts

    used = {
        f.codelist.id
        for d in (*forms().values(), *parts().values())
        for s in d.sections
        for f in s.fields
        if isinstance(f, Coded) and f.codelist and len(f.options) > FEW
    }
    return [codes for codes in (*CODELISTS.values(), *CATALOGUES.values()) if codes.id in used]
