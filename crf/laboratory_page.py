"""A laboratory panel as a grid: one line for each analyte, the range, the judgement and the last value beside the box.

Values are typed as the laboratory reports them; what is calculated from them follows while they are typed.
"""

from __future__ import annotations

from typing import Any

from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .analytes import ANALYTES, Analyte, panel_of, rows_of
from .codelists import CODELISTS
from .fields import unit_shown
from .laboratory_reading import allowed_codes
from .models import FormInstance
from .naming import short
from .pages import Builder, SectionView
from .registry import SectionDef
from .rendering import Box, field_html, input_html, marks_html, required_html, said_html
from .sheets import RowValues, Sheet
from .site_ranges import units_of

SECTION = "LB2"
SIGNS = {"EQ": "=", "LT": "<", "GT": ">"}
ARROWS = {"LOW": "↓", "HIGH": "↑"}
# What hangs on a result and is asked below it, only when it is asked at all.
BELOW = ("lbclsig", "lb_aeref")


class LaboratoryBuilder(Builder):
    """The page of one panel at one visit."""

    template = "crf/laboratory.html"
    live_template = "crf/_laboratory_live.html"

    def __init__(self, form: FormInstance, **kwargs: Any) -> None:
        super().__init__(form, **kwargs)
        self.panel = panel_of(form.repeat)
        self.before = self._before()

    def reads(self, fresh: bool) -> set[str]:
        return super().reads(fresh=True) | {"LB"}  # the last values beside the boxes

    def _before(self) -> Sheet | None:
        """The same panel at the last visit before this one at which it was drawn."""
        mine = self.sheet
        earlier = [
            sheet
            for sheet in self.around.book.all("LB")
            if sheet.repeat == mine.repeat and sheet.form != mine.form and sheet.get("lbperf") == "Y"
            and sheet.visit_order < mine.visit_order
        ]  # fmt: skip
        return max(earlier, key=lambda sheet: sheet.visit_order, default=None)

    def _defaults(self) -> dict[str, Any]:
        """The only laboratory of a site need not be chosen; the specimen of urine is urine."""
        found = dict(super()._defaults())
        labs = [address for address, _name in self._laboratories()]
        if len(labs) == 1:
            found["lbnam"] = labs[0]
        return found

    def _laboratories(self) -> list[tuple[str, str]]:
        field = self.definition.fields["lbnam"]
        self._choices = getattr(self, "_choices", {})
        return self.options(field)

    def rows(self, section: SectionDef) -> SectionView:
        if section.id != SECTION:
            return super().rows(section)
        lines = {line.row: line for line in self.sheet.lines(SECTION)}
        body = "".join(
            self._line(section, number, lines.get(number) or RowValues(number))
            for number in rows_of(self.panel)
        )
        html = (
            f'<div class="scroller plain"><table class="les lab" data-grid data-panel>{self._heading()}'
            f'<tbody data-rows="{SECTION}">{body}</tbody></table></div>'
        )
        return SectionView(section.id, short(section.label), mark_safe(html), True, False)  # noqa: S308

    def _heading(self) -> str:
        before = escape(self.before.visit) if self.before else ""
        day = escape(self.before.get("lbdat") or "") if self.before else ""
        earlier = f'<th class="r" scope="col">{before}<small>{day}</small></th>' if self.before else ""
        return (
            f'<thead><tr><th scope="col">{escape(_("Test"))}</th>{earlier}<th scope="col">{escape(_("< or >"))}</th>'
            f'<th class="r" scope="col">{escape(_("Result"))}</th><th scope="col">{escape(_("Unit"))}</th>'
            f'<th scope="col">{escape(_("Reference range"))}</th><th scope="col">{escape(_("Judgement"))}</th>'
            f'<th scope="col">{escape(_("Comment"))}</th></tr></thead>'
        )

    def _line(self, section: SectionDef, number: int, line: RowValues) -> str:
        analyte = list(ANALYTES.values())[number - 1]
        boxes = {box.field.name: box for box in self._row_boxes(section, str(number), line, False)}
        for box in boxes.values():
            box.in_table = True
        earlier = f'<td class="r prev">{escape(self._earlier(number))}</td>' if self.before else ""
        coded = not units_of(analyte)
        sign = "" if coded else self._sign(boxes["lbop"])
        unit = "" if coded else self._unit(boxes["lborresu"], analyte)
        below = "".join(self._below(boxes[name]) for name in BELOW)
        return (
            f'<tr data-row="{number}" data-test="{analyte.code}" data-names="{escape(_names(analyte))}">'
            f'<th scope="row"><span class="id">{analyte.code}</span> <span class="loc">{escape(analyte.label)}</span>'
            f"{self._flag(analyte)}</th>{earlier}<td>{sign}</td>"
            f'<td class="r">{self._cell(boxes["lborres"], result=True, asked=analyte.required == "R")}</td><td>{unit}</td>'
            f'<td class="range" data-live="range-{number}">{escape(range_text(line, analyte))}</td>'
            f"<td>{self._judgement(number, line, boxes['lbnrind'])}{below}</td>"
            f"<td>{self._cell(boxes['lbcom'])}</td></tr>"
        )

    @staticmethod
    def _flag(analyte: Analyte) -> str:
        if analyte.required == "R":
            return ""
        words = _("optional") if analyte.required == "O" else _("if indicated")
        return f' <span class="f-flag">{escape(words)}</span>'

    def _earlier(self, number: int) -> str:
        lines = self.before.lines(SECTION) if self.before else []
        line = next((line for line in lines if line.row == number), None)
        return result_text(line) if line else ""

    def _judgement(self, number: int, line: RowValues, box: Box) -> str:
        """Range indicator and grade; the indicator also answers whether the significance is asked."""
        text = judgement_text(line)
        return (
            f'<div class="f judge" data-name="lbnrind" data-kind="code" data-path="{escape(box.path)}" id="{box.id}" '
            f'data-value="{escape(line.get("lbnrind") or "")}" data-live-value="nrind-{number}">'
            f'<span class="f-value" data-live="judge-{number}">{escape(text)}</span></div>'
        )

    def _sign(self, box: Box) -> str:
        """A narrow list: nearly every result has no sign."""
        box.options = [(code, SIGNS.get(code, label)) for code, label in box.options]
        box.listed = True
        return self._cell(box)

    def _unit(self, box: Box, analyte: Analyte) -> str:
        units = units_of(analyte)
        if not box.raw and self.editable:
            box.raw = self._reported_in(analyte) or units[0]
        box.options = [(unit, unit_shown(unit)) for unit in units]
        if len(units) == 1 and self.editable and not box.error and box.raw in units:
            hidden = f'<input type="hidden" name="{box.name}" value="{escape(units[0])}">'
            return f'<span class="unit-only">{escape(unit_shown(units[0]))}</span>{hidden}'
        return self._cell(box)

    def _reported_in(self, analyte: Analyte) -> str:
        """The unit in which the chosen laboratory keeps its range of this analyte."""
        lab = self.sheet.get("lbnam")
        ranges = getattr(self.around.book, "ranges", None) or ()
        return next(
            (r["labr_unit"] for r in ranges if r["labr_lab"] == lab and r["labr_test"] == analyte.code), ""
        )

    def _cell(self, box: Box, result: bool = False, asked: bool = True) -> str:
        """A field inside the grid: the column names it, so its label is for the ear only.

        `asked`: whether the page counts it as left to answer; an optional analyte may stay empty.
        """
        if result:
            codes = allowed_codes(box.path)
            box.options = [(code, str(label)) for code, label in codes.items()]
        condition = f' data-when="{escape(box.condition)}"' if box.condition else ""
        required, hidden = required_html(box) if asked else "", "" if box.shown else " hidden"
        return (
            f'<div class="{box.classes}" data-name="{box.field.name}" data-kind="{box.field.kind}" '
            f'data-path="{escape(box.path)}" id="{box.id}"{condition}{required}{hidden}>'
            f'<div class="f-input">{input_html(box)}{marks_html(box)}</div>{said_html(box)}</div>'
        )

    def _below(self, box: Box) -> str:
        box.in_table = False
        return field_html(box)

    def side(self) -> dict[str, Any]:
        """Every line's range and judgement as they stand with what is typed, and the counts beside the grid."""
        catalogue = list(ANALYTES.values())
        lines = {line.row: line for line in self.sheet.lines(SECTION)}
        live, outside, graded, typed = [], 0, 0, 0
        for number in rows_of(self.panel):
            line = lines.get(number) or RowValues(number)
            live += [
                (f"range-{number}", range_text(line, catalogue[number - 1])),
                (f"judge-{number}", judgement_text(line)),
            ]
            typed += line.get("lborres") is not None
            outside += line.get("lbnrind") in ARROWS or line.get("lbnrind") == "ABNORMAL"
            graded = max(graded, line.get("lbtoxgr") or 0)
        codes = [(f"nrind-{number}", (lines.get(number) or RowValues(number)).get("lbnrind") or "")
                 for number in rows_of(self.panel)]  # fmt: skip
        return {
            "live": live, "codes": codes,
            "facts": [
                (_("Results"), f"{typed}/{len(rows_of(self.panel))}"),
                (_("Outside the range"), str(outside)),
                (_("Highest grade"), str(graded) if graded else "–"),
            ],
            "note": self._note(lines),
        }  # fmt: skip

    def _note(self, lines: dict[int, RowValues]) -> str:
        """How many results lack a range: their judgement is not guessed."""
        lacking = sum(
            1
            for line in lines.values()
            if line.get("lborres") is not None
            and line.get("lbnrind") is None
            and line.get("lbstresn") is not None
        )
        if not lacking:
            return ""
        return ngettext(
            "%(n)s result has no reference range of this laboratory for its day: it is not judged.",
            "%(n)s results have no reference range of this laboratory for their day: they are not judged.",
            lacking,
        ) % {"n": lacking}


def _names(analyte: Analyte) -> str:
    """What a spreadsheet may call the analyte, for values pasted with their names."""
    return "|".join((analyte.code, analyte.label.en, analyte.label.zh)).lower()


def result_text(line: RowValues) -> str:
    """`< 0.5`, `65`, `1+`: as it was reported."""
    value = line.get("lborres")
    if value is None:
        return line.missing.get("lborres", "")
    sign = {"LT": "< ", "GT": "> "}.get(line.get("lbop") or "", "")
    codes = CODELISTS["DIPSTICK"].codes | CODELISTS["POSNEG"].codes
    return f"{sign}{codes.get(value, value)}"


def range_text(line: RowValues, analyte: Analyte) -> str:
    """`9–50 U/L` in the standard unit; nothing without a range."""
    low, high = line.get("lbornrlo"), line.get("lbornrhi")
    if low is None and high is None:
        return ""
    unit = "" if analyte.unit.startswith("code ") else f" {unit_shown(analyte.unit)}"
    if low is None:
        return f"≤ {_plain(high)}{unit}"
    return f"≥ {_plain(low)}{unit}" if high is None else f"{_plain(low)}–{_plain(high)}{unit}"


def _plain(value: Any) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def judgement_text(line: RowValues) -> str:
    """`↑ High · grade 2 at least`: shape and words, never colour alone."""
    code = line.get("lbnrind")
    if code is None:
        return ""
    label = CODELISTS["NRIND"].codes.get(code, code)
    text = f"{ARROWS.get(code, '')} {label}".strip()
    grade = line.get("lbtoxgr")
    if grade:
        more = _("grade %(n)s at least") if line.get("lbtox_min") == "Y" else _("grade %(n)s")
        text += " · " + more % {"n": grade}
    return text
