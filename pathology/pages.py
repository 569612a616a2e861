"""The page of a reading: the same boxes as every form, without what the system keeps and what would unblind."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from crf.conditions import names
from crf.fields import CrfField
from crf.lookups import Lookup
from crf.pages import Builder, SectionView
from crf.registry import SectionDef
from crf.rendering import Box, field_html, fields_html, required_html, said_html, value_html
from crf.selectors.findings import ShownFinding
from crf.sheets import RowValues, Sheet
from crf.typed import Typed, row_path
from trialsite.web.marks import composition_bar

from .blinding import SYSTEM_FIELDS, blind_form
from .findings import shown_findings
from .models import Reading
from .recorded import sheet_from

NODULES = "CP2"
SCORED = '{"op":"not","of":[{"op":"eq","field":"cp_adeq","value":"INADEQUATE"}]}'
SHARES = ("cpn_rvt", "cpn_nec", "cpn_str")


def _labels() -> dict[str, str]:
    """Shorter than in the book, where the place on the page says the rest."""
    return {
        "cpn_rvt": _("Viable tumour"),
        "cpn_nec": _("Necrosis"),
        "cpn_str": _("Stroma and inflammation"),
        "cpn_no": _("Nodule"),
        "cpn_len": _("Bed length"),
        "cpn_wid": _("Width"),
        "cpn_hgt": _("Height"),
        "cpn_nslides": _("Slides read"),
        "cpn_insitu": _("In-situ or non-invasive lesion only"),
        "cpn_tls": _("Tertiary lymphoid structures"),
        "cp_recdat": _("Slides or images received"),
        "cp_blind": _("I read without knowledge of clinical data, imaging, the hospital's report and other readings"),
        "cp_slides": _("H&E slides read"),
        "cp_slides_bed": _("of these, tumour bed"),
        "cp_adeq": _("Is the material adequate?"),
        "cp_adeq_reas": _("Why it is limited or inadequate"),
        "cp_margin": _("Resection margin"),
        "cp_com": _("Comment"),
    }  # fmt: skip


def _options() -> dict[str, dict[str, str]]:
    """Short answers where the list of the book explains each; the guide says what they mean."""
    return {
        "cp_mvi": {"M0": "M0", "M1": "M1", "M2": "M2", "NE": _("Not assessable")},
        "cp_adeq": {"ADEQUATE": _("Adequate"), "LIMITED": _("Limited"), "INADEQUATE": _("Inadequate")},
        "cp_margin": {"NEG": _("Negative"), "POS": _("Positive"), "NE": _("Not assessable")},
    }


@dataclass(slots=True)
class NoduleView:
    """One nodule, ready to print. `values`: its three shares as texts, for the bar and the sum."""

    key: str
    number: str
    new: bool
    shares: list[SafeString]
    fields: dict[str, SafeString]
    bar: SafeString
    sum: str
    full: bool
    zero: bool
    zero_meant: bool


class BlindBuilder(Builder):
    """Builds from a form that knows a case code only, with findings that follow from this reading alone."""

    def __init__(
        self, reading: Reading, code: str, *, editable: bool, typed: Typed | None = None, **kwargs: Any
    ) -> None:
        self.reading = reading
        super().__init__(blind_form(reading, code), editable=editable, typed=typed, blinded=True, **kwargs)
        untouched = self.form.version == 0 and self.typed is None
        self.findings = {} if untouched else self._findings()

    def read(self) -> Sheet:
        return super().read() if self.reading.form_id else sheet_from(self.reading.content)

    def _marks(self) -> tuple[set[str], dict[str, list[ShownFinding]]]:
        return set(), {}  # what is stored compares with other records

    def _findings(self) -> dict[str, list[ShownFinding]]:
        found = shown_findings(self.sheet, timezone.localdate(), self.reading.confirmed, _("you"))
        for path in self.errors:  # a hard one is told once
            found[path] = [one for one in found.get(path, []) if not one.hard]
        return found

    def section(self, section: SectionDef) -> SectionView:
        if section.repeating:
            return self.rows(section)
        lookup = self.around.lookup(self.sheet)
        boxes = [self.box(f, self.sheet, lookup, "", "") for f in section.fields if self.is_shown(f)]
        return SectionView(section.id, section.label, fields_html(boxes))

    def is_shown(self, crf_field: CrfField) -> bool:
        return not crf_field.reader_hidden and crf_field.name not in SYSTEM_FIELDS

    def compositions(self) -> list[tuple[Any, Any]]:
        """Nodule number and its three shares as a bar."""
        fields = {f.name: f for f in self.definition.section(NODULES).fields}
        return [
            (
                line.get("cpn_no") or line.row,
                composition_bar([(str(fields[n].label), line.get(n)) for n in SHARES]),
            )
            for line in self.sheet.lines(NODULES)
            if all(line.get(name) is not None for name in SHARES)
        ]


class ReadingBuilder(BlindBuilder):
    """The page of the reading itself. `first`: what the page knows of a reading that is new; `zeros`: keys of nodules of
    which the reader has just said that a 0 is meant.
    """

    def __init__(
        self, reading: Reading, code: str, *, editable: bool, first: Mapping[str, Any] | None = None,
        zeros: Collection[str] = (), **kwargs: Any,
    ) -> None:  # fmt: skip
        self.first, self.zeros = dict(first or {}), zeros
        super().__init__(reading, code, editable=editable, **kwargs)
        self.labels, self.short = _labels(), _options()

    def _defaults(self) -> dict[str, Any]:
        return dict(self.first)

    def box(self, crf_field: CrfField, holder: Any, lookup: Lookup, prefix: str, path: str) -> Box:
        """What is asked unless the material is inadequate is asked from the start: nobody begins with adequacy."""
        box = super().box(crf_field, holder, lookup, prefix, path)
        when = crf_field.requirement.when
        if when and "cp_adeq" in names(when) and crf_field.name != "cp_adeq_reas":
            box.shown = self.sheet.get("cp_adeq") != "INADEQUATE"
            box.condition = SCORED if self.editable else ""
        return box

    def section(self, section: SectionDef) -> SectionView:
        """The page is laid out by its template, from `fields` and `nodules`."""
        return SectionView(section.id, section.label, SafeString())

    # --- single answers --------------------------------------------------------------------------------------------

    @cached_property
    def fields(self) -> dict[str, SafeString]:
        """Every answer of the case as HTML, by name."""
        lookup = self.around.lookup(self.sheet)
        boxes = {
            f.name: self.box(f, self.sheet, lookup, "", "")
            for part in self.definition.sections
            if not part.repeating
            for f in part.fields
            if self.is_shown(f)
        }
        return {name: self.html(box) for name, box in boxes.items()}

    def html(self, box: Box) -> SafeString:
        """A field with the page's own words: the label stands once in the field, and in the name of what belongs to it."""
        name = box.field.name
        if name in self.short:
            box.options = [(code, self.short[name].get(code, label)) for code, label in box.options]
        made = field_html(box)
        if name in self.labels:
            made = made.replace(escape(box.field.label), escape(self.labels[name]))
        return mark_safe(made)  # noqa: S308

    def comment(self) -> SafeString:
        """The comment has room for several lines; it is kept as one."""
        crf_field = self.definition.fields["cp_com"]
        box = self.box(crf_field, self.sheet, self.around.lookup(self.sheet), "", "")
        if not self.editable:
            return mark_safe(value_html(box))  # noqa: S308
        invalid = f' aria-describedby="e-{box.id}" aria-invalid="true"' if box.error else ""
        return mark_safe(  # noqa: S308
            f'<div class="{box.classes}" data-name="cp_com" data-kind="text" data-path="cp_com" id="{box.id}">'
            f'<textarea class="form-control" id="i-{box.id}" name="cp_com" rows="4" maxlength="500" '
            f'aria-label="{escape(self.labels["cp_com"])}"{invalid}>{escape(box.raw or "")}</textarea>{said_html(box)}</div>'
        )

    # --- nodules ---------------------------------------------------------------------------------------------------

    def nodules(self) -> list[NoduleView]:
        lines = [(str(line.row), line, False) for line in self.sheet.lines(NODULES)]
        blank = max(self.extra.get(NODULES, 0), 0 if lines else 1) if self.editable else 0
        known = [line.get("cpn_no") or 0 for _key, line, _new in lines]
        following = max(known, default=0) + 1
        lines += [(f"n{n}", RowValues(0, {"cpn_no": following + n - 1}), True) for n in range(1, blank + 1)]
        return [self._nodule(key, line, new) for key, line, new in lines]

    def nodule_template(self) -> NoduleView:
        return self._nodule("__key__", RowValues(0), True)

    def _nodule(self, key: str, line: RowValues, new: bool) -> NoduleView:
        lookup = self.around.lookup(self.sheet, line)
        path = row_path(NODULES, key) + "/"
        fields = self.definition.section(NODULES).fields
        boxes = {f.name: self.box(f, line, lookup, f"{NODULES}.{key}.", path) for f in fields}
        values = [line.get(name) for name in SHARES]
        known = [value for value in values if value is not None]
        whole = sum(known)
        bar = composition_bar([(self.labels[n], v) for n, v in zip(SHARES, values, strict=True)])
        stored = {str(one.row): one.get("cpn_rvt") for one in self.stored.lines(NODULES)}
        return NoduleView(
            key, str(line.get("cpn_no") or ""), new, [self._share(boxes[name]) for name in SHARES],
            {name: self.html(box) for name, box in boxes.items() if name not in SHARES}, bar,
            _plain(whole) if known else "0", len(known) == len(SHARES) and abs(whole - 100) <= TOLERANCE,
            values[0] == 0, key in self.zeros or stored.get(key) == 0,
        )  # fmt: skip

    def _share(self, box: Box) -> SafeString:
        """One of the three big numbers."""
        label = escape(self.labels[box.field.name])
        if not self.editable:
            inner = f'<div class="pct still">{value_html(box)}</div>'
            head = f'<span class="q">{label}</span>'
        else:
            invalid = f' aria-describedby="e-{box.id}" aria-invalid="true"' if box.error else ""
            inner = (
                f'<div class="pct"><input id="i-{box.id}" name="{box.name}" value="{escape(_trimmed(box.raw))}" '
                f'inputmode="decimal" autocomplete="off" size="5" data-share="{box.field.name}"{invalid}>'
                f'<span class="unit" aria-hidden="true">%</span></div>'
            )
            head = (
                f'<label class="q" for="i-{box.id}">{label}<span class="visually-hidden">, %</span></label>'
            )
        return mark_safe(  # noqa: S308
            f'<div class="{box.classes}" data-name="{box.field.name}" data-kind="dec" data-path="{escape(box.path)}" '
            f'id="{box.id}"{required_html(box)}>{head}{inner}{said_html(box)}</div>'
        )


TOLERANCE = 0.05


def _plain(value: Any) -> str:
    return format(value.normalize(), "f") if hasattr(value, "normalize") else str(value)


def _trimmed(raw: Any) -> str:
    """8.0 is typed 8."""
    text = str(raw or "")
    return text.removesuffix(".0")
