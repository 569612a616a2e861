"""The page of a treatment cycle: a dose calculator, one line for each infusion, and what to know before dosing (ux 3.9)."""

from __future__ import annotations

from typing import Any

from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from trialsite.web import figures
from trialsite.web.marks import icon

from .derivation import fixed_key
from .naming import short
from .pages import Builder, SectionView
from .registry import SectionDef
from .rendering import Box, fields_html, input_html, marks_html, required_html, said_html
from .selectors.sheets import casebook
from .sheets import RowValues
from .treatment_live import drug_name, level_doses, level_words, off_plan, treatment_view

MAIN = ("ecoccur", "ec_lvl", "ec_plan_mg", "ecdstxt", "ec_pct_plan")
SAME_FOR_ALL = ("ecdosu", "ecroute")  # always mg, always intravenous: said once, in the head of the table
CALCULATOR = ("ec_wt", "ec_ht", "ec_bsa_calc", "ec_bsa")
DOSING = ("ec_retreat", "ec_retreat_com", "ec_access", "ec_notgiven_reas")


class TreatmentBuilder(Builder):
    """The page of one cycle."""

    template = "crf/treatment.html"
    live_template = "crf/_treatment_live.html"

    def reads(self, fresh: bool) -> set[str]:
        """All that the retreatment check and the totals are worked out from."""
        return super().reads(fresh=True) | {"EC", "VS", "LB", "AE1", "ICF", "DM", "SURG", "EOT"}

    def _defaults(self) -> dict[str, Any]:
        """Height comes from screening (book: "default from screening"); every weight is measured anew."""
        known = casebook(self.form.participant_id, ("VS",)).all("VS")
        height = next((s.get("height") for s in known if s.get("height") is not None), None)
        return super()._defaults() | ({"ec_ht": height} if height is not None else {})

    def side(self) -> dict[str, Any]:
        return treatment_view(self.sheet, self.around.book, self.definition)

    def section(self, section: SectionDef) -> SectionView:
        if section.id == "EC1":
            return self._header(section)
        return self._infusions(section) if section.id == "EC2" else super().section(section)

    def _header(self, section: SectionDef) -> SectionView:
        """The cycle, the dose calculator, and what is answered before dosing."""
        lookup = self.around.lookup(self.sheet)
        boxes = {f.name: self.box(f, self.sheet, lookup, "", "") for f in section.fields}
        cycle = [box for name, box in boxes.items() if name not in CALCULATOR + DOSING]
        html = fields_html(cycle)
        for title, names in ((_("Dose calculator"), CALCULATOR), (_("Before dosing"), DOSING)):
            html += format_html('<h3 class="sub">{}</h3>', title) + fields_html(
                [boxes[name] for name in names]
            )
        return SectionView(section.id, section.label, html)

    def _infusions(self, section: SectionDef) -> SectionView:
        """One body of the table for each drug: dose in the first line, times and changes below."""
        heads = "".join(f'<th scope="col">{escape(f.label)}</th>' for f in section.fields if f.name in MAIN)
        bodies = "".join(self._drug(section, line) for line in self.sheet.lines(section.id))
        note = escape(_("All doses in mg, intravenous."))
        html = (
            f'<p class="text-mid small mb-2">{note}</p><div class="scroller" data-rows="{section.id}">'
            f'<table class="tbl dose-tbl"><thead><tr>{heads}</tr></thead>{bodies}</table></div>'
        )
        return SectionView(section.id, short(section.label), mark_safe(html), True)  # noqa: S308

    def _drug(self, section: SectionDef, line: RowValues) -> str:
        drug = fixed_key("EC", "EC2", line.row) or ""
        boxes = {box.field.name: box for box in self._row_boxes(section, str(line.row), line, False)}
        self._levels(drug, boxes["ec_lvl"])
        cells = "".join(f"<td>{_cell(boxes[name])}</td>" for name in MAIN)
        below = [box for name, box in boxes.items() if name not in (*MAIN, *SAME_FOR_ALL, "ec_planm2")]
        title = escape(drug_name(drug))
        return (
            f'<tbody data-row="{line.row}"><tr class="drug"><th scope="rowgroup" colspan="{len(MAIN)}">{title} '
            f'{_per_m2(boxes["ec_planm2"], drug)}</th></tr><tr class="dose">{cells}</tr>'
            f'<tr class="more"><td colspan="{len(MAIN)}">{fields_html(below)}</td></tr></tbody>'
        )

    def _levels(self, drug: str, box: Box) -> None:
        """The ladder of this drug: "0 · 85", "−1 · 65"; a level that it does not have is not offered."""
        doses = dict(level_doses(drug))
        words = {level: f"{figures.number(level)} · {dose}" for level, dose in doses.items()}
        words["OTHER"] = _("other")
        known = [(code, words[code]) for code, _label in box.options if code in words]
        stored = [(code, label) for code, label in box.options if code == box.raw and code not in words]
        box.options = known + stored


def _per_m2(box: Box, drug: str) -> str:
    """The dose of the level, with the unit that this drug has, behind its name."""
    words = escape(level_words(box.value, drug))
    return (
        f'<span class="per" data-name="{box.field.name}" data-kind="{box.field.kind}" data-path="{escape(box.path)}" '
        f'id="{box.id}" data-value="{escape(box.field.to_text(box.value))}">'
        f'<span class="f-value" data-live="{escape(box.path)}">{words}</span></span>'
    )


def _cell(box: Box) -> str:
    """A field in the table: its column names it, so its label is for the ear."""
    box.in_table = True
    condition = f' data-when="{escape(box.condition)}"' if box.condition else ""
    hidden = "" if box.shown else " hidden"
    known = not box.field.derived and box.editable
    value = "" if known else f' data-value="{escape(box.field.to_text(box.value))}"'
    inner = input_html(box)
    if box.field.name == "ec_pct_plan" and off_plan(box.value):
        inner += f' <span class="c-due">{icon("due", _("Differs from the plan by more than 5 %"))}</span>'
    return (
        f'<div class="{box.classes}" data-name="{box.field.name}" data-kind="{box.field.kind}" '
        f'data-path="{escape(box.path)}" id="{box.id}"{condition}{value}{required_html(box)}{hidden}>'
        f'<div class="f-input">{inner}{marks_html(box)}</div>{said_html(box)}</div>'
    )
