"""The tumour-assessment page: lesions as a grid with earlier values beside the box, and the live result.

Identity of lesions is frozen at the baseline (R-9) and carried forward; measurements are never prefilled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from .derivation_imaging import CRITERIA, evaluator_of, in_order, preview, resection_day
from .imaging_live import change_text, live_texts, live_view, mm_text
from .naming import short
from .pages import Builder, SectionView
from .registry import SectionDef
from .rendering import Box, field_html, input_html, marks_html, required_html, said_html
from .sheets import RowValues, Sheet

IDENTITY = {
    "TA2": ("tl_lnkid", "tl_loc", "tl_locdtl", "tl_node"),
    "TA3": ("nt_lnkid", "nt_loc", "nt_locdtl"),
}
# (label, RECIST field, mRECIST field, key of the live value)
RESPONSE_LINES = (
    (gettext_noop("Sum, mm"), "sum_recist", "sum_mrecist", "total"),
    (gettext_noop("Change from baseline"), "pchg_bl_r", "pchg_bl_m", "fromb"),
    (gettext_noop("Change from nadir"), "pchg_nad_r", "pchg_nad_m", "fromn"),
    (gettext_noop("Target response, calculated"), "tresp_r_calc", "tresp_m_calc", "target"),
    (gettext_noop("Overall response, calculated"), "ovresp_r_calc", "ovresp_m_calc", "overall"),
    (gettext_noop("Target response, investigator"), "tresp_r_inv", "tresp_m_inv", ""),
    (gettext_noop("Non-target response, investigator"), "ntresp_r_inv", "ntresp_m_inv", ""),
    (gettext_noop("Overall response, investigator"), "ovresp_r_inv", "ovresp_m_inv", ""),
)
IN_RESPONSE_GRID = frozenset(name for line in RESPONSE_LINES for name in line[1:3])
SHOWN_BEFORE = 2  # earlier assessments beside the box: the baseline and the last ones


@dataclass(frozen=True, slots=True)
class Column:
    """An earlier assessment in the grid."""

    title: str
    sheet: Sheet


class ImagingBuilder(Builder):
    """The page of one assessment."""

    template = "crf/imaging.html"
    live_template = "crf/_live.html"

    def __init__(self, form: Any, **kwargs: Any) -> None:
        super().__init__(form, **kwargs)
        series = [s for s in self.around.book.all("TA") if evaluator_of(s) == evaluator_of(self.sheet)]
        self.series = in_order(series)
        at = next((i for i, s in enumerate(self.series) if s.form == self.sheet.form), len(self.series))
        self.before = self.series[:at]
        self.live = preview(self.around.book.all("TA"), self.sheet, resection_day(self.around.book))
        if not self.baseline:
            self._carry_lesions()
            self.live = preview(self.around.book.all("TA"), self.sheet, resection_day(self.around.book))

    def side(self) -> dict[str, Any]:
        return live_view(self.live, self.series, self.sheet)

    def reads(self, fresh: bool) -> set[str]:
        return super().reads(fresh=True)  # the live result and the earlier values beside the boxes

    @property
    def baseline(self) -> bool:
        return bool(self.live["baseline"])

    def _carry_lesions(self) -> None:
        """Lesions of the baseline that this assessment does not list yet, by identity only."""
        first = self.before[0] if self.before else None
        if first is None:
            return
        for section, names in IDENTITY.items():
            lines = self.sheet.rows.setdefault(section, [])
            known = {line.get(names[0]) for line in lines}
            following = max((line.row for line in lines), default=0)
            for line in first.lines(section):
                if line.get(names[0]) and line.get(names[0]) not in known:
                    following += 1
                    lines.append(RowValues(following, self._identity(section, names, line)))

    def _identity(self, section: str, names: tuple[str, ...], line: RowValues) -> dict[str, Any]:
        values = {name: line.get(name) for name in names}
        if section == "TA2":  # the usual state; it says nothing until its diameter is typed
            values["tl_state"] = "RESECTED" if self.live["after_resection"] else "MEASURED"
        return values

    def rows(self, section: SectionDef) -> SectionView:
        if section.id in IDENTITY and not self.baseline and self.before:
            html = self._targets(section) if section.id == "TA2" else self._nontargets(section)
            return SectionView(section.id, short(section.label), mark_safe(html), True, False)  # noqa: S308
        view = super().rows(section)
        if section.id == "TA2" and self.baseline:
            view.label = (
                section.label
            )  # "Target lesions (<= 5 total, <= 2 per organ)": the rule is told where it applies
        return view

    def section(self, section: SectionDef) -> SectionView:
        if section.id == "TA5" and not self.baseline:
            return SectionView(section.id, section.label, self._response(section))
        return super().section(section)

    def _response(self, section: SectionDef) -> SafeString:
        """Calculated and investigator's response side by side; a difference asks for its explanation below."""
        lookup = self.around.lookup(self.sheet)
        boxes = {f.name: self.box(f, self.sheet, lookup, "", "") for f in section.fields}
        lines = [
            f'<span></span><span class="h">{c}</span>' if c == CRITERIA[0] else f'<span class="h">{c}</span>'
            for c in CRITERIA
        ]
        for label, left, right, live in RESPONSE_LINES:
            cells = "".join(
                self._response_cell(boxes[name], live, key) for name, key in ((left, "r"), (right, "m"))
            )
            lines.append(f'<span class="h">{escape(_(label))}</span>{cells}')
        rest = [box for name, box in boxes.items() if name not in IN_RESPONSE_GRID]
        grid = f'<div class="resp">{"".join(lines)}</div>'
        return mark_safe(grid + "".join(field_html(box) for box in rest))  # noqa: S308

    def _response_cell(self, box: Box, live: str, key: str) -> str:
        if box.field.derived:
            text = self._live_text(live, key)
            return f'<b class="fw-6" data-live="{live}-{key}" id="{box.id}">{escape(text)}</b>'
        box.in_table = True
        return self._cell(box)

    def _live_text(self, live: str, key: str) -> str:
        panel = self.live["criteria"][CRITERIA[0] if key == "r" else CRITERIA[1]]
        return live_texts(panel)[live]

    def columns(self) -> list[Column]:
        shown = (
            self.before
            if len(self.before) <= SHOWN_BEFORE
            else [self.before[0], *self.before[1 - SHOWN_BEFORE :]]
        )
        return [Column(sheet.visit or str(sheet.get("ta_no")), sheet) for sheet in shown]

    # --- target lesions ------------------------------------------------------------------------------------------

    def _targets(self, section: SectionDef) -> str:
        columns = self.columns()
        lines = self.sheet.lines(section.id)
        body = "".join(self._target(section, line, columns) for line in lines)
        if not lines:
            return f'<p class="text-mid small mb-0">{escape(_("No target lesion at baseline."))}</p>'
        return (
            f'<div class="scroller plain"><table class="les" data-grid>{self._target_head(columns)}'
            f'<tbody data-rows="{section.id}">{body}</tbody>{self._sums(columns)}</table></div>'
        )

    def _target_head(self, columns: list[Column]) -> str:
        span = len(columns) + 2
        earlier = [
            f'<th class="r" scope="col">{escape(c.title)}<small>{escape(_short_day(c.sheet))}</small></th>'
            for c in columns
        ]
        now = f'<th class="r" scope="col">{escape(_("Now"))}<small>mm</small></th>'
        now += f'<th class="r" scope="col">{escape(pgettext("of a diameter", "Change"))}</th>'
        first = [earlier[0].replace('class="r"', 'class="r bl"', 1), *earlier[1:]] if earlier else []
        half = "".join(first) + now
        return (
            f'<thead><tr class="grp"><th rowspan="2" scope="col">{escape(_("Lesion and location"))}</th>'
            f'<th colspan="{span}" class="bl" scope="colgroup">{escape(_("Longest diameter, RECIST 1.1"))}</th>'
            f'<th colspan="{span}" class="bl" scope="colgroup">{escape(_("Viable (arterially enhancing), mRECIST"))}</th>'
            f'<th rowspan="2" class="bl" scope="col">{escape(_("State now"))}</th></tr><tr>{half}{half}</tr></thead>'
        )

    def _target(self, section: SectionDef, line: RowValues, columns: list[Column]) -> str:
        boxes = {box.field.name: box for box in self._row_boxes(section, str(line.row), line, False)}
        for box in boxes.values():
            box.in_table = True
        self._keep_boxes(boxes)
        lesion = line.get("tl_lnkid")
        prefix = f"{section.id}.{line.row}."
        hidden = (
            "".join(_hidden(prefix, name, line.get(name)) for name in IDENTITY["TA2"])
            if self.editable
            else ""
        )
        place = boxes["tl_locdtl"].value or boxes["tl_loc"].field.display(line.get("tl_loc"))
        node = f" · {escape(_('node'))}" if line.get("tl_node") == "Y" else ""
        state, more = self._cell(boxes["tl_state"]), self._more(boxes)
        return (
            f'<tr data-row="{line.row}"><th scope="row">{hidden}<span class="id">{escape(lesion)}</span> '
            f'<span class="loc">{escape(place)}{node}</span></th>'
            f"{self._measure(boxes['tl_diam'], columns, lesion, 'tl_diam', 'r', prefix)}"
            f"{self._measure(boxes['tl_viable'], columns, lesion, 'tl_viable', 'm', prefix)}"
            f'<td class="bl">{state}{more}</td></tr>'
        )

    def _keep_boxes(self, boxes: dict[str, Box]) -> None:
        """The viable box stays in its place from the start, unless the lesion is judged by status (M-2)."""
        viable = boxes["tl_viable"]
        if not boxes["tl_mstatus"].shown and boxes["tl_diam"].shown:
            viable.shown, viable.condition = True, boxes["tl_diam"].condition

    def _measure(self, box: Box, columns: list[Column], lesion: Any, name: str, key: str, prefix: str) -> str:
        cells = []
        for index, column in enumerate(columns):
            edge = " bl" if index == 0 else ""
            cells.append(f'<td class="r prev{edge}">{escape(_earlier(column.sheet, lesion, name))}</td>')
        cells.append(f'<td class="r">{self._cell(box, grid=True, state=prefix + "tl_state")}</td>')
        shown = self._change(lesion, key)
        cells.append(f'<td class="r dl" data-live="change-{key}-{escape(lesion)}">{escape(shown)}</td>')
        return "".join(cells)

    def _change(self, lesion: Any, key: str) -> str:
        panel = self.live["criteria"][CRITERIA[0] if key == "r" else CRITERIA[1]]
        return next((change_text(row["change_pct"]) for row in panel["lesions"] if row["id"] == lesion), "")

    def _cell(self, box: Box, grid: bool = False, state: str = "") -> str:
        """A field inside the grid: the column names it, so its label is for the ear only."""
        condition = f' data-when="{escape(box.condition)}"' if box.condition else ""
        required = required_html(box)
        inner = input_html(box)
        if grid and self.editable:
            inner = inner.replace(
                '<span class="num"><input ',
                f'<span class="mmbox"><input class="form-control mm" data-state="{state}" ',
                1,
            )
            inner = inner.replace('<span class="unit">mm</span>', "", 1)
        return (
            f'<div class="{box.classes}" data-name="{box.field.name}" data-kind="{box.field.kind}" '
            f'data-path="{escape(box.path)}" '
            f'id="{box.id}"{condition}{required}{"" if box.shown else " hidden"}>'
            f'<div class="f-input">{inner}{marks_html(box)}</div>{said_html(box)}</div>'
        )

    def _more(self, boxes: dict[str, Box]) -> str:
        """Questions that only some lesions ask (why not evaluable, atypical lesion), below the state."""
        asked = []
        for name in ("tl_mstatus", "tl_nereas"):
            box = boxes[name]
            box.in_table = False
            asked.append(field_html(box))
        return "".join(asked)

    def _sums(self, columns: list[Column]) -> str:
        sums, changes = [], []
        for key, criterion in zip("rm", CRITERIA, strict=True):
            panel = self.live["criteria"][criterion]
            total = "sum_recist" if key == "r" else "sum_mrecist"
            for index, column in enumerate(columns):
                edge = " bl" if index == 0 else ""
                sums.append(f'<td class="r{edge}">{escape(mm_text(column.sheet.get(total)))}</td>')
                shown = change_text(column.sheet.get(f"pchg_bl_{key}")) if column.sheet.get("ta_no") else ""
                changes.append(f'<td class="r{edge}">{escape(shown)}</td>')
            sums.append(
                f'<td class="r under" data-live="sum-{key}">{escape(mm_text(panel["sum"]))}</td><td></td>'
            )
            now = change_text(panel["change_from_baseline_pct"])
            changes.append(f'<td class="r under" data-live="change-{key}">{escape(now)}</td><td></td>')
        return (
            f'<tfoot><tr><th scope="row">{escape(_("Sum, mm"))}</th>{"".join(sums)}<td class="bl"></td></tr>'
            f'<tr class="ch"><th scope="row">{escape(_("Change from baseline"))}</th>{"".join(changes)}'
            '<td class="bl"></td></tr></tfoot>'
        )

    # --- non-target lesions --------------------------------------------------------------------------------------

    def _nontargets(self, section: SectionDef) -> str:
        lines = self.sheet.lines(section.id)
        if not lines:
            return f'<p class="text-mid small mb-0">{escape(_("No non-target lesion at baseline."))}</p>'
        body = "".join(self._nontarget(section, line) for line in lines)
        return (
            f'<table class="les"><thead><tr><th scope="col">{escape(_("Lesion and location"))}</th>'
            '<th scope="col">RECIST 1.1</th>'
            f'<th scope="col">mRECIST</th></tr></thead><tbody data-rows="{section.id}">{body}</tbody></table>'
        )

    def _nontarget(self, section: SectionDef, line: RowValues) -> str:
        boxes = {box.field.name: box for box in self._row_boxes(section, str(line.row), line, False)}
        for box in boxes.values():
            box.in_table = True
        prefix = f"{section.id}.{line.row}."
        hidden = (
            "".join(_hidden(prefix, name, line.get(name)) for name in IDENTITY["TA3"])
            if self.editable
            else ""
        )
        place = f"{boxes['nt_loc'].field.display(line.get('nt_loc'))} {line.get('nt_locdtl') or ''}"
        return (
            f'<tr data-row="{line.row}"><th scope="row">{hidden}<span class="id">{escape(line.get("nt_lnkid"))}</span> '
            f'<span class="loc">{escape(place.strip())}</span></th><td>{self._cell(boxes["nt_status"])}</td>'
            f"<td>{self._cell(boxes['nt_mstatus'])}</td></tr>"
        )


def _hidden(prefix: str, name: str, value: Any) -> str:
    """Identity of a lesion: posted with its row, not typed again."""
    return f'<input type="hidden" name="{prefix}{name}" value="{escape(value or "")}">'


def _earlier(sheet: Sheet, lesion: Any, name: str) -> str:
    for line in sheet.lines("TA2"):
        if line.get("tl_lnkid") == lesion:
            value = line.get(name)
            if value is not None:
                return mm_text(value)
            return _("NE") if line.get("tl_state") in ("NE", "RESECTED") or line.missing.get(name) else "–"
    return "–"


def _short_day(sheet: Sheet) -> str:
    """Day and month: the year stands in the strip above, and the column must stay narrow."""
    found = sheet.get("tudat")
    return date_format(found, _("j M")) if found else ""
