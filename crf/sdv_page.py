"""A form beside its source: every value with its mark, critical ones first; and a visit as a list of its forms."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from crf.conditions import holds
from crf.critical import critical
from crf.fields import CrfField
from crf.models import FormInstance, MarkState, PlanLevel, Query, VerificationMark, Verified
from crf.models.queries import STANDING
from crf.naming import form_title, form_url, label_of, short
from crf.pages import Builder
from crf.policies_review import may_query, may_verify
from crf.registry import SectionDef, form_def
from crf.selectors.sdv import entered_by, planned_levels
from crf.selectors.sdv_lists import ChangeLine, changes_since, row_id, sdv_url, way_of
from crf.selectors.values import answers, sheets_of, text_at, words_of
from crf.services.verification_marks import WHOLE, planned, remaining
from crf.sheets import Sheet
from participants.models import Visit
from trialsite.kernel.decisions import ALLOWED, Decision, refused

SHOWN = ("critical", "all")


@dataclass(slots=True)
class ValueRow:
    """One value: what is compared, and what is known of the comparison."""

    path: str
    label: str
    words: str
    text: str  # as it is stored: posted back as what was seen
    critical: bool = False
    derived: bool = False
    asked: bool = False  # the plan asks it
    mark: VerificationMark | None = None
    changes: list[ChangeLine] = field(default_factory=list)
    was: str = ""  # the words of what was verified
    query: Query | None = None
    query_url: str = ""
    history: str = ""
    gone: bool = False  # it was verified and is not there any more
    place: str = ""  # the row of a repeating section that it stands in

    @property
    def id(self) -> str:
        return row_id(self.path)

    @property
    def state(self) -> str:
        return self.mark.state if self.mark else ""

    @property
    def valid(self) -> bool:
        return self.state == MarkState.VALID

    @property
    def fallen(self) -> bool:
        return self.state == MarkState.CHANGED

    @property
    def open(self) -> bool:
        """It can be verified: there is a value, or there was one when it was verified."""
        return not self.derived and not self.valid and bool(self.text or self.gone)


@dataclass(slots=True)
class Group:
    """A section, or one row of a repeating section, which can be verified at once."""

    title: str
    rows: list[ValueRow]
    path: str = ""
    removed: str = ""

    @property
    def open(self) -> int:
        return sum(row.open for row in self.rows) if self.path else 0


@dataclass(slots=True)
class SdvPage:
    """Everything that the template needs."""

    form: FormInstance
    title: Any
    groups: list[Group]
    show: str
    level: str
    may: Decision
    marked: int  # of those that the plan asks
    asked: int
    remaining: list[ValueRow]  # what "Verify n remaining" covers
    whole: VerificationMark | None  # the mark of a form in which the plan asks nothing
    whole_open: bool

    @property
    def rows(self) -> Iterator[ValueRow]:
        return (row for group in self.groups for row in group.rows)

    @property
    def seen(self) -> str:
        return json.dumps({row.path: row.text for row in self.rows if row.open}, ensure_ascii=False)

    @property
    def covers(self) -> str:
        return json.dumps([row.path for row in self.remaining])

    @property
    def level_words(self) -> str:
        return str(PlanLevel(self.level).label)

    @property
    def done(self) -> bool:
        return self.form.verified == Verified.FULLY

    @property
    def fallen(self) -> int:
        return sum(row.fallen for row in self.rows)

    @property
    def reads(self) -> str:
        return form_url(self.form)


def _joined(section: SectionDef, groups: list[Group]) -> list[Group]:
    """Rows of one value each are lines of one table: thirty criteria are not thirty tables."""
    for group in groups:
        for row in group.rows:
            row.place = group.title
    if len(groups) < 2 or any(len(group.rows) > 1 or group.removed for group in groups):
        return groups
    rows = [row for group in groups for row in group.rows]
    for row in rows:
        row.label, row.place = (
            (row.place, "") if section.rows and section.rows.fixed else (f"{row.place}: {row.label}", "")
        )
    return [Group(str(short(section.label)), rows)]


def may_verify_form(user: Any, form: FormInstance) -> Decision:
    """As the service decides, one's own entries included."""
    may = may_verify(user, form)
    if may and entered_by(user, [form]):
        return refused(_("You entered data on this form yourself: somebody else verifies it."), "self")
    return may


def sdv_page(user: Any, form: FormInstance, show: str = "") -> SdvPage:
    """`show`: `critical` or `all`; by itself, what the plan asks."""
    level = planned_levels().get(form.form_key, PlanLevel.NONE)
    chosen = show if show in SHOWN else ("all" if level == PlanLevel.ALL else "critical")
    return _Page(user, form, level, chosen).page()


class _Page:
    """Builds the page of one form."""

    def __init__(self, user: Any, form: FormInstance, level: str, show: str) -> None:
        self.user, self.form, self.level, self.show = user, form, level, show
        self.definition = form_def(form.form_key)
        self.builder = Builder(form, editable=False)
        self.sheet = self.builder.stored
        found = VerificationMark.objects.filter(form=form).select_related("verified_by")
        self.marks = {mark.path: mark for mark in found}
        for mark in self.marks.values():
            mark.form = form
        self.changes = changes_since([m for m in self.marks.values() if m.state == MarkState.CHANGED])
        asked = Query.objects.filter(form=form, state__in=STANDING).select_related("participant")
        self.queries = {query.path: query for query in asked.order_by("-number")}
        self.asks = bool(may_query(user, "raise", form.participant, form))
        self.planned = {path for path, _text in planned(self.sheet, level)} if form.active else set()

    def page(self) -> SdvPage:
        groups = [group for group in self.groups() if group.rows]
        whole = self.marks.get(WHOLE)
        left = remaining(self.planned, self.marks.values())
        by_path = {row.path: row for group in groups for row in group.rows}
        covered = [row for row in by_path.values() if row.open and (self.show == "all" or row.path in left)]
        valid = {path for path, mark in self.marks.items() if mark.state == MarkState.VALID}
        return SdvPage(
            self.form, form_title(self.form.form_key, self.form.repeat), groups, self.show, self.level,
            may_verify_form(self.user, self.form), len(self.planned & valid), len(self.planned), covered,
            whole if whole and whole.state == MarkState.VALID else None, not self.planned and not valid and not covered,
        )  # fmt: skip

    def groups(self) -> Iterator[Group]:
        for section in self.definition.sections:
            if section.repeating:
                yield from _joined(section, [group for group in self.lines(section) if group.rows])
            else:
                rows = self.rows(section, self.sheet, "", self.builder.around.lookup(self.sheet))
                yield Group(str(section.label), rows)

    def lines(self, section: SectionDef) -> Iterator[Group]:
        for line in self.sheet.rows.get(section.id, ()):
            lookup = self.builder.around.lookup(self.sheet, line)
            path = f"{section.id}:{line.row}"
            rows = self.rows(section, line, path + "/", lookup, there=line.active)
            title = f"{short(section.label)} {line.row}"
            if name := self.builder._row_title(section, line):
                title = name
            yield Group(title, rows, path, "" if line.active else line.removed_reason)

    def rows(
        self, section: SectionDef, holder: Any, prefix: str, lookup: Any, there: bool = True
    ) -> list[ValueRow]:
        names = critical(self.form.form_key, section.id if section.repeating else "")
        found = [
            self.row(crf_field, holder, prefix, crf_field.name in names, there and self.form.active)
            for crf_field in section.fields
            if not crf_field.requirement.when
            or self._answered(crf_field, holder)
            or holds(crf_field.requirement.when, lookup)
        ]
        kept = [row for row in found if self._kept(row, there)]
        return sorted(kept, key=lambda row: not row.critical)  # stable: the order of the source within each

    def _answered(self, crf_field: CrfField, holder: Any) -> bool:
        return holder.values.get(crf_field.name) is not None or crf_field.name in holder.missing

    def _kept(self, row: ValueRow, there: bool) -> bool:
        if row.fallen:
            return True
        if not there or not self.form.active:
            return False
        return self.show == "all" or row.critical or row.asked or row.state == MarkState.TAKEN_BACK

    def row(self, crf_field: CrfField, holder: Any, prefix: str, is_critical: bool, there: bool) -> ValueRow:
        path = prefix + crf_field.name
        text = text_at(self.definition, self.sheet, path) if there else ""
        mark, query = self.marks.get(path), self.queries.get(path)
        return ValueRow(
            path=path, label=str(crf_field.label), words=words_of(self.definition, path, text), text=text,
            critical=is_critical, derived=crf_field.derived, asked=path in self.planned, mark=mark,
            changes=self.changes.get((self.form.pk, path), []),
            was=words_of(self.definition, path, mark.value) if mark else "",
            query=query, query_url=self.query_address(path, query), history=f"{form_url(self.form)}history/?path={path}",
            gone=mark is not None and mark.state == MarkState.CHANGED and not text,
        )  # fmt: skip

    def query_address(self, path: str, query: Query | None) -> str:
        """The threads at a value, where one asks as well; none for who may not ask where nobody has."""
        return f"{form_url(self.form)}queries/?{urlencode({'path': path})}" if query or self.asks else ""


# --- a visit --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class VisitForm:
    """One form of a visit: what verifying it covers, or why it is left out."""

    form: FormInstance
    title: Any
    url: str
    may: Decision
    values: list[tuple[str, str]] = field(default_factory=list)  # label, words

    @property
    def offered(self) -> bool:
        return bool(self.may) and self.form.verified != Verified.FULLY


def visit_forms(user: Any, visit: Visit) -> list[VisitForm]:
    """Every form of the visit of which something can be said, in the order of the casebook. Five queries."""
    found = FormInstance.objects.filter(visit=visit, active=True, expected=True)
    kept = list(found.exclude(form_key__in=("CPATH", "CPATHF")).order_by())
    kept.sort(key=lambda form: way_of(visit.order, form.form_key, form.repeat))
    for form in kept:
        form.visit, form.participant = visit, visit.participant
    levels, sheets = planned_levels(), sheets_of(kept)
    own = entered_by(user, kept)
    marks: dict[int, list[VerificationMark]] = {form.pk: [] for form in kept}
    for mark in VerificationMark.objects.filter(form__in=kept):
        marks[mark.form_id].append(mark)
    return [
        _visit_form(user, form, levels[form.form_key], sheets[form.pk], marks[form.pk], form.pk in own)
        for form in kept
    ]


def _visit_form(
    user: Any, form: FormInstance, level: str, sheet: Sheet, marks: Iterable[VerificationMark], own: bool
) -> VisitForm:  # fmt: skip
    definition = form_def(form.form_key)
    texts = {path: text for path, text, _field in answers(definition, sheet)}
    left = remaining([path for path, _text in planned(sheet, level)], marks)
    values = [(label_of(definition, path), words_of(definition, path, texts.get(path, ""))) for path in left]
    may = may_verify(user, form)
    if may and own:
        may = refused(_("You entered data on this form yourself: somebody else verifies it."), "self")
    if may and form.status != "COMPLETE":
        may = refused(_("This form is not complete. Verify it by itself."), "incomplete")
    if may and level == PlanLevel.NONE:
        may = refused(_("The plan asks nothing of this form."), "none")
    if may and form.verified == Verified.FULLY and not left:
        may = ALLOWED
    return VisitForm(form, form_title(form.form_key, form.repeat), sdv_url(form), may, values)
