"""The page of a form as it was: its sections in read layout, what changed last, what was verified, asked, differs now.

HTML is built in Python as on the entry page (`crf.rendering`); every text goes through `escape`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from trialsite.accounts.models import User
from trialsite.kernel.texts import Text
from trialsite.web.marks import icon

from .conditions import holds
from .fields import CrfField
from .lookups import Surroundings
from .models import Laboratory
from .naming import short
from .registry import FormDef, SectionDef, form_def
from .rendering import anchor
from .selectors.as_was import AsWas, QueryThen, texts
from .selectors.values import words_of
from .sheets import Casebook, RowValues, Sheet

WIDEST = 9  # columns of a table; more are cards


@dataclass(frozen=True, slots=True)
class SectionThen:
    id: str
    label: Text
    html: SafeString
    changed: int


class Past:
    """Builds the sections of one form at one moment. `now`: the sheet to compare with, when that was asked."""

    def __init__(self, was: AsWas, now: Sheet | None = None) -> None:
        self.was, self.sheet = was, was.sheet
        self.definition: FormDef = form_def(was.form.form_key)
        self.around = Surroundings(Casebook(sheets=[was.sheet]), was.at.astimezone(_site(was).zone).date())
        self.there = texts(was.sheet)
        self.now = texts(now) if now is not None else None
        self.queries = {query.path: query for query in was.queries if query.standing}
        self.names = reference_names([*self.there.values(), *(self.now or {}).values()])

    def sections(self) -> list[SectionThen]:
        return [self._section(section) for section in self.definition.sections]

    @property
    def differences(self) -> int:
        """Values that are not what they are now."""
        if self.now is None:
            return 0
        return sum(1 for path in {*self.there, *self.now} if self.there.get(path) != self.now.get(path))

    def _section(self, section: SectionDef) -> SectionThen:
        prefix = f"{section.id}:" if section.repeating else ""
        own = {str(field.name) for field in section.fields}
        changed = sum(
            1 for path in self.was.changes if (path.startswith(prefix) if prefix else path in own)
        )  # fmt: skip
        html = self._rows(section) if section.repeating else self._fields(section.fields, self.sheet, "")
        label = short(section.label) if section.repeating else section.label
        return SectionThen(section.id, label, mark_safe(html), changed)  # noqa: S308

    # --- one value ------------------------------------------------------------------------------------------------

    def _fields(self, fields: Iterable[CrfField], holder: Sheet | RowValues, prefix: str) -> str:
        lookup = self.around.lookup(self.sheet, holder if isinstance(holder, RowValues) else None)
        shown = [field for field in fields if self._shown(field, prefix + str(field.name), lookup)]
        return f'<div class="fields">{"".join(self._field(field, prefix + str(field.name)) for field in shown)}</div>'

    def _shown(self, field: CrfField, path: str, lookup: Any) -> bool:
        """A question that was not asked and has no answer then or now is left out."""
        if path in self.there or path in self.was.changes or (self.now and path in self.now):
            return True
        return field.requirement.when is None or holds(field.requirement.when, lookup)

    def _field(self, field: CrfField, path: str) -> str:
        flag = f'<span class="f-flag">{escape(_("calculated"))}</span>' if field.derived else ""
        css = "f was-changed" if path in self.was.changes else "f"
        return (
            f'<div class="{css}" id="{anchor(path)}" data-path="{escape(path)}"><div class="f-head">'
            f'<span class="f-label">{escape(field.label)}</span>{flag}{self._marks(path)}</div>'
            f'<div class="f-input">{self._value(field, path)}</div>{self._notes(field, path)}</div>'
        )

    def _value(self, field: CrfField, path: str) -> str:
        text = self.there.get(path, "")
        if not text:
            return '<span class="f-value none">–</span>'
        css = "f-value none" if text in field.missing else "f-value"
        return f'<span class="{css}">{escape(self.words(path, text))}</span>'

    def words(self, path: str, text: str) -> str:
        return self.names.get(text) or words_of(self.definition, path, text)

    def _marks(self, path: str) -> str:
        found = ""
        if path in self.was.marks:
            found += icon("sdv", _("Verified"), "c-sdv i-sm")
        elif path in self.was.fell:
            found += icon("sdvhalf", _("Verification fell"), "c-due i-sm")
        if query := self.queries.get(path):
            found += _query(query)
        return found

    def _notes(self, field: CrfField, path: str) -> str:
        """What stood there before the last stop, and what stands there now."""
        found = ""
        if before := self.was.changes.get(path):
            said = _("before: %(value)s") % {"value": self.words(path, before)}
            found += f'<p class="f-hint was-before">{icon("history")} {escape(said)}</p>'
        if self.now is not None and self.now.get(path, "") != self.there.get(path, ""):
            text = self.now.get(path, "")
            said = _("now: %(value)s") % {"value": self.words(path, text) if text else "–"}
            found += f'<p class="f-hint was-now">{icon("right")} {escape(said)}</p>'
        return found

    # --- rows -----------------------------------------------------------------------------------------------------

    def _rows(self, section: SectionDef) -> str:
        rows = [
            row for row in self.sheet.rows.get(section.id, ()) if row.values or row.missing or not row.active
        ]
        if not rows:
            return f'<p class="text-mid small mb-0">{escape(_("No row."))}</p>'
        fields = self._columns(section, rows)
        if len(fields) <= WIDEST:
            return self._table(section, rows, fields)
        return "".join(self._card(section, row) for row in rows)

    def _columns(self, section: SectionDef, rows: Sequence[RowValues]) -> list[CrfField]:
        """Fields with an answer in any row, then or now."""
        used = {
            path.rpartition("/")[2]
            for path in {*self.there, *(self.now or {})}
            if path.startswith(f"{section.id}:")
        }
        return [field for field in section.fields if str(field.name) in used]

    def _table(self, section: SectionDef, rows: Sequence[RowValues], fields: Sequence[CrfField]) -> str:
        head = "".join(f'<th scope="col">{escape(field.label)}</th>' for field in fields)
        body = "".join(self._line(section, row, fields) for row in rows)
        return (
            f'<div class="scroller" tabindex="0" role="region" aria-label="{escape(short(section.label))}">'
            f'<table class="tbl"><thead><tr><th scope="col">{escape(_("Row"))}</th>'
            f"{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def _line(self, section: SectionDef, row: RowValues, fields: Sequence[CrfField]) -> str:
        cells = "".join(self._cell(field, f"{section.id}:{row.row}/{field.name}") for field in fields)
        return f'<tr{self._gone(row)}><th scope="row">{row.row}{self._removed(row)}</th>{cells}</tr>'

    def _cell(self, field: CrfField, path: str) -> str:
        css = ' class="was-changed"' if path in self.was.changes else ""
        return (
            f'<td{css} id="{anchor(path)}" data-path="{escape(path)}">{self._value(field, path)}{self._marks(path)}'
            f"{self._notes(field, path)}</td>"
        )

    def _card(self, section: SectionDef, row: RowValues) -> str:
        fields = self._fields(section.fields, row, f"{section.id}:{row.row}/")
        title = escape(short(section.label))
        return (
            f'<div class="row-card"{self._gone(row)}><div class="row-head"><span>{title}</span> '
            f'<span class="text-mid">{row.row}</span>{self._removed(row)}</div>{fields}</div>'
        )

    @staticmethod
    def _gone(row: RowValues) -> str:
        return "" if row.active else " data-removed"

    @staticmethod
    def _removed(row: RowValues) -> str:
        if row.active:
            return ""
        said = _("removed: %(reason)s") % {"reason": row.removed_reason}
        return f' <span class="text-mid small">{escape(said)}</span>'


def _site(was: AsWas) -> Any:
    return was.form.participant.site


def _query(query: QueryThen) -> str:
    said = f"{query.code}: {query.state_name}"
    return f'<span class="was-query">{icon("query", said, "c-query i-sm")}</span>'


def reference_names(found: Iterable[str]) -> Mapping[str, str]:
    """Names of the people and laboratories that answers name by address."""
    kinds: dict[str, set[int]] = {"user": set(), "lab": set()}
    for text in found:
        kind, _sep, number = text.partition(":")
        if kind in kinds and number.isdigit():
            kinds[kind].add(int(number))
    names = (
        {f"user:{one.pk}": str(one) for one in User.objects.filter(pk__in=kinds["user"])}
        if kinds["user"]
        else {}
    )
    if kinds["lab"]:
        names |= {
            one.address: f"{one.code} · {one.name}" for one in Laboratory.objects.filter(pk__in=kinds["lab"])
        }
    return names
