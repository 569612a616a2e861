"""What the entry page shows: sections and boxes prepared in Python, from stored or typed values."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent
from trialsite.db.prepared import Prepared
from trialsite.kernel.texts import Text

from . import derivation
from .criteria import CRITERIA
from .facts import forms_read
from .fields import MISS, CrfField
from .lookups import Lookup, Surroundings
from .models import FormInstance
from .naming import form_title, form_url, label_of, short
from .registry import FormDef, SectionDef, form_def
from .rendering import (
    Box,
    FieldQueries,
    FieldQuery,
    anchor,
    condition_json,
    fields_html,
    row_card_html,
    table_head_html,
    table_row_html,
)
from .selectors.findings import ShownFinding, shown
from .selectors.form_states import esigned
from .selectors.inactive import Inactive, inactive_answers, is_empty
from .selectors.references import reference_choices
from .selectors.sheets import casebook, sheet_of
from .selectors.threads import field_marks, field_queries
from .sheets import Casebook, RowValues, Sheet
from .telling import told
from .typed import Typed, as_sheet, row_path

DRUGS = ("EC2", "EOT2")


_changed_paths = Prepared(
    lambda target: (
        AuditEvent.objects.filter(target=target, action__in=(Action.CHANGE, Action.CLEAR))
        .order_by()
        .values_list("path")
        .distinct()
    ),
    target="",
)


@dataclass(slots=True)
class SectionView:
    id: str
    label: Text
    html: SafeString
    repeating: bool = False
    addable: bool = False


Said = tuple[str, str, str]  # anchor, label, message


@dataclass(slots=True)
class FormPage:
    """Everything that the template needs, ready to print."""

    form: FormInstance
    definition: FormDef
    sections: list[SectionView]
    editable: bool
    why_not: Any
    token: str
    errors: list[Said] = field(default_factory=list)
    impossible: list[Said] = field(default_factory=list)  # open hard findings of what is stored
    to_confirm: list[Said] = field(default_factory=list)  # open soft findings
    hidden: list[tuple[str, str]] = field(default_factory=list)  # (label, value) that would be set inactive
    reasons: list[tuple[str, str, str]] = field(default_factory=list)  # (path, label, old → new)
    inactive: list[Inactive] = field(default_factory=list)  # answers that can be brought back
    queries: list[FieldQuery] = field(default_factory=list)  # standing ones, at whatever place of the form
    raises: bool = False
    sheet: Sheet | None = None
    around: Surroundings | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    template: str = "crf/form.html"
    drawer_template: str = ""

    @property
    def title(self) -> Text:
        return form_title(self.form.form_key, self.form.repeat)


class Builder:
    """Builds the page of one form. `typed` holds what was posted when it could not be saved.

    A form with a page of its own has a builder of its own (`crf.page_kinds`): its template, what stands beside the
    form (`side`), and the template that is shown while values are typed (`live_template`; none: no preview).
    """

    template = "crf/form.html"
    live_template = ""
    drawer_template = ""  # of the form alone, for a drawer beside another page

    def __init__(
        self, form: FormInstance, *, editable: bool, typed: Typed | None = None, extra_rows: dict[str, int] | None = None,
        book: Casebook | None = None, blinded: bool = False, chosen: Mapping[str, str] | None = None,
        raises: bool = False,
    ) -> None:  # fmt: skip
        self.form, self.editable, self.typed, self.blinded = form, editable, typed, blinded
        self.raises = raises  # whether the reader may ask about a field
        self.definition = form_def(form.form_key)
        self.stored = self.read()
        self.sheet = as_sheet(self.stored, typed, self.definition) if typed else self.stored
        if not typed and form.version == 0:
            self.sheet = as_sheet(self.stored, Typed(values=self._defaults()), self.definition)
        self.extra, self.chosen = extra_rows or {}, chosen or {}
        # What is stored was derived when it, or what it is derived from, was saved.
        fresh = typed is not None or form.version == 0
        self.around = self._surroundings(book, self.reads(fresh))
        if fresh:
            derivation.derive(self.sheet, self.around.book)
        self._choices: dict[str, list[tuple[str, str]]] = {}  # of references, by what they lead to
        self.errors: dict[str, str] = dict(typed.errors) if typed else {}
        self.reasons: set[str] = set()
        self.changed, self.findings = self._marks()
        self.queries = {} if blinded else field_queries(form)
        self.verified = {} if blinded else field_marks(form)
        if typed:  # nothing of it is stored: its limits are told as they will be found
            hard, self.findings = told(self.definition, self.sheet, self.around, self.findings)
            self.errors = hard | self.errors
        self.esigned = {} if self.blinded else esigned(form)
        self.on_page = {f.name for s in self.definition.sections for f in s.fields}
        self.url = form_url(form)

    def read(self) -> Sheet:
        """What is stored of this form."""
        return sheet_of(self.form)

    def _defaults(self) -> dict[str, Any]:
        """What the schedule already knows and nobody should type again (WCAG 3.3.7); identity, never data."""
        visit = self.form.visit
        if self.form.form_key == "EC" and visit:
            phase = {"ADJUVANT": "ADJ", "CONTINUED": "CONT"}.get(_period(visit.code), "NEO")
            number = int(visit.code[1:]) if phase == "NEO" else visit.repeat
            return {"ec_phase": phase, "ec_cycle": number}
        if self.form.form_key == "TA":
            return {"ta_eval": "INVESTIGATOR"}
        if self.form.form_key == "CPATH":
            return {"cp_reader": {1: "R1", 2: "R2"}.get(self.form.repeat, "ADJ")}
        if self.form.form_key == "IE":
            from .criteria import VERSION

            return {"ie_version": VERSION}
        return {}

    def reads(self, fresh: bool) -> set[str]:
        """Other forms that the page needs: for what is asked, and for what is calculated."""
        calculated = derivation.reads(self.form.form_key) if fresh else ()
        return forms_read(self.definition.asked_by).union(calculated)

    def _surroundings(self, book: Casebook | None, keys: set[str]) -> Surroundings:
        if book is None:
            book = casebook(self.form.participant_id, keys) if keys and not self.blinded else Casebook()
        book.number = self.form.participant.number
        book.add(self.sheet)
        return Surroundings(book, self.form.participant.site.today())

    def _marks(self) -> tuple[set[str], dict[str, list[ShownFinding]]]:
        if self.form.version == 0:
            return set(), {}
        changed = {path.removesuffix(MISS) for (path,) in _changed_paths(target=self.form.address)}
        return changed, shown(self.form)

    def page(self, why_not: Any = "") -> FormPage:
        sections = [self.section(s) for s in self.definition.sections]
        page = FormPage(self.form, self.definition, sections, self.editable, why_not, uuid.uuid4().hex)
        page.sheet, page.around, page.template = self.sheet, self.around, self.template
        page.drawer_template = self.drawer_template
        page.errors = [self.said(path, text) for path, text in self.errors.items()]
        standing = [one for lines in self.findings.values() for one in lines if one.open]
        page.impossible = [self.said(one.path, one.message) for one in standing if one.hard]
        page.to_confirm = [self.said(one.path, one.message) for one in standing if not one.hard]
        page.inactive = self.inactive()
        page.raises = self.raises
        page.queries = [one for at in self.queries.values() for one in at.lines if one.stands]
        return page

    def inactive(self) -> list[Inactive]:
        """Answers that were set inactive and are still open: they are offered again (S30)."""
        if not self.editable or self.blinded or not any(is_empty(self.sheet, path) for path in self.changed):
            return []
        return inactive_answers(self.form, self.sheet)

    def said(self, path: str, text: str) -> Said:
        """A line of a summary: where it leads, of what it speaks, what it says."""
        label = self._label(path) if path else ""
        return f"#{anchor(path)}" if path else "", "" if text.startswith(label) else label, text

    def side(self) -> dict[str, Any]:
        """What the template shows beside the form."""
        return {}

    def section(self, section: SectionDef) -> SectionView:
        if not section.repeating:
            lookup = self.around.lookup(self.sheet)
            fields = [f for f in section.fields if not (self.blinded and f.reader_hidden)]
            boxes = [self.box(f, self.sheet, lookup, "", "") for f in fields]
            return SectionView(section.id, section.label, fields_html(boxes))
        return self.rows(section)

    def rows(self, section: SectionDef) -> SectionView:
        assert section.rows is not None
        fixed = section.rows.fixed
        lines = [(str(line.row), line, False) for line in self.sheet.lines(section.id)]
        blank = 0 if fixed or not self.editable else max(self.extra.get(section.id, 0), 0 if lines else 1)
        lines += [(f"n{n}", RowValues(0), True) for n in range(1, blank + 1)]
        addable = self.editable and not fixed
        titled = bool(fixed)
        removable = addable
        html = "".join(self._row(section, key, line, new, titled, removable) for key, line, new in lines)
        template = self._row(section, "__key__", RowValues(0), True, titled, removable) if addable else ""
        if section.rows.layout == "table":
            head = table_head_html(self._row_boxes(section, "h", RowValues(0), False), titled, removable)
            rows = f'<tbody data-rows="{section.id}">{html}</tbody>'
            body = f'<div class="scroller"><table class="tbl rows-table" data-grid>{head}{rows}</table></div>'
        else:
            body = f'<div data-rows="{section.id}">{html}</div>'
        if not lines:
            body = f'<p class="text-mid small">{escape(_("No row."))}</p>' + body
        if template:
            body += f'<template data-row-template="{section.id}">{template}</template>'
        return SectionView(section.id, short(section.label), mark_safe(body), True, addable)  # noqa: S308

    def _row(
        self, section: SectionDef, key: str, line: RowValues, new: bool, titled: bool, removable: bool
    ) -> str:
        boxes = self._row_boxes(section, key, line, new)
        title = self._row_title(section, line)
        assert section.rows is not None
        if section.rows.layout == "table":
            return table_row_html(title, section.id, key, boxes, titled, removable, new)
        number = "" if new or titled else f"{line.row}"
        name = title or str(short(section.label))
        return row_card_html(
            _("New row") if new else name, number, section.id, key, boxes, removable and not new, new
        )

    def _row_boxes(self, section: SectionDef, key: str, line: RowValues, new: bool) -> list[Box]:
        assert section.rows is not None
        lookup = self.around.lookup(self.sheet, line)
        skip = {section.rows.number} | (
            {section.rows.key, "iecat", "ecdosu", "ecroute"} if section.rows.fixed else set()
        )
        prefix, path = f"{section.id}.{key}.", row_path(section.id, key) + "/"
        boxes = [self.box(f, line, lookup, prefix, path) for f in section.fields if f.name not in skip]
        if new:
            for box in boxes:
                box.history, box.queries = "", None
        return boxes

    def _row_title(self, section: SectionDef, line: RowValues) -> str:
        assert section.rows is not None
        if not section.rows.fixed:
            return ""
        code = section.rows.fixed[line.row - 1] if 0 < line.row <= len(section.rows.fixed) else ""
        if section.id == "IE1" and code:
            return f"{code}  {CRITERIA[code].text}"
        key_field = next(f for f in section.fields if f.name == section.rows.key)
        return key_field.display(code)

    def box(self, crf_field: CrfField, holder: Any, lookup: Lookup, prefix: str, path: str) -> Box:
        name = crf_field.name
        where = path + name
        value = self.esigned[name] if name in self.esigned else holder.values.get(name)
        typed = self.typed
        raw = typed.raw[where] if typed and where in typed.raw else crf_field.to_raw(value)
        missing = (
            typed.raw_missing.get(where, "") if typed and where in typed.raw else holder.missing.get(name, "")
        )
        box = Box(
            crf_field, where, prefix + name, raw, value, missing or "", editable=self.editable, error=self.errors.get(where, ""),
            changed=where in self.changed, options=self.options(crf_field), findings=self.findings.get(where, []),
            chosen=self.chosen,
        )  # fmt: skip
        if crf_field.requirement.when:
            from .conditions import holds

            box.shown = holds(crf_field.requirement.when, lookup)
            box.condition = condition_json(crf_field, self.on_page, lookup) if self.editable else ""
        if self.form.version and not self.blinded:
            box.history = f"{self.url}history/?path={where}"
        box.verified = self.verified.get(where)
        box.queries = self.queries.get(where)
        if box.queries is None and self.raises:
            box.queries = FieldQueries(f"{self.url}queries/", where)
        asked = not crf_field.derived and not crf_field.requirement.optional and self.editable
        box.unanswered = asked and value is None and not box.missing and bool(self.form.version or typed)
        return box

    def options(self, crf_field: CrfField) -> list[tuple[str, str]]:
        if crf_field.kind in ("code", "multi"):
            return [(code, str(label)) for code, label in crf_field.options]  # type: ignore[attr-defined]
        if crf_field.kind == "ref" and self.editable:
            to = getattr(crf_field, "to", "")
            if to not in self._choices:
                self._choices[to] = reference_choices(self.form, crf_field)
            return [] if crf_field.derived else self._choices[to]
        return []

    def _label(self, path: str) -> str:
        return label_of(self.definition, path)


def _period(code: str) -> str:
    from .schedule import VISITS

    return VISITS[code].period
