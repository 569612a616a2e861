"""The forms that exist, found by walking the models; everything else follows from this."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps

from trialsite.kernel.digests import digest
from trialsite.kernel.texts import Text

from .conditions import names as condition_names
from .fields import CrfField
from .models.base import CrfData, CrfRow
from .models.site import ReferenceRange
from .sections import Form, RowsOf, Section


@dataclass(frozen=True, slots=True)
class SectionDef:
    """A section with its fields; `row_model` and `rows` are set for a repeating one."""

    id: str
    label: Text
    fields: tuple[CrfField, ...]
    row_model: type[CrfRow] | None = None
    rows: RowsOf | None = None

    @property
    def repeating(self) -> bool:
        return self.row_model is not None


@dataclass(frozen=True, slots=True)
class FormDef:
    """A form as the machinery sees it."""

    code: str
    head: Form
    model: type[CrfData]
    sections: tuple[SectionDef, ...]
    fields: dict[str, CrfField]  # of the sheet itself, not of rows
    context: frozenset[str]  # names that conditions and limits read from outside the form
    asked_by: frozenset[str]  # those of them that conditions read: whether a field is asked
    version: str  # digest of the definition

    @property
    def title(self) -> Text:
        return self.head.title

    @property
    def row_sections(self) -> tuple[SectionDef, ...]:
        return tuple(section for section in self.sections if section.repeating)

    def section(self, id: str) -> SectionDef:
        return next(section for section in self.sections if section.id == id)


@cache
def forms() -> dict[str, FormDef]:
    """Every form of a participant by its code, in the order of the book; second records are under `parts`."""
    return {d.code: d for d in _all() if not d.head.part}


@cache
def parts() -> dict[str, FormDef]:
    """Records of a form that are envelopes of their own, by `part`: CPATH's final result, a line of a log (`AE1`)."""
    return {d.head.part: d for d in _all() if d.head.part}


@cache
def site_forms() -> dict[str, FormDef]:
    """Forms that belong to a site and not to a participant: C01 LABR."""
    return {ReferenceRange.crf.code: _define(ReferenceRange, {})}


def form_def(key: str) -> FormDef:
    """Definition by form key; `KeyError` when there is no such form."""
    return forms().get(key) or parts()[key]


def log_of(key: str) -> str:
    """The code of the form that a record belongs to: `AE1` → `AE`."""
    return form_def(key).code


@cache
def _all() -> tuple[FormDef, ...]:
    models = [m for m in apps.get_models() if issubclass(m, CrfData)]
    rows = {(m.crf_rows.form, m.crf_rows.section): m for m in apps.get_models() if issubclass(m, CrfRow)}
    made = (_define(model, rows) for model in models)
    return tuple(sorted(made, key=lambda d: (d.head.id[0] == "C", d.head.id, d.head.part)))


def _define(model: Any, rows: dict[tuple[str, str], type[CrfRow]]) -> FormDef:
    head = model.crf
    sheet = model.crf_fields()
    marks: list[Section] = sorted(model.crf_sections, key=lambda s: s.order)  # type: ignore[attr-defined]
    sections = []
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        if mark.repeating:
            row_model = rows[(head.code, mark.id)]
            sections.append(
                SectionDef(mark.id, mark.label, tuple(row_model.crf_fields()), row_model, row_model.crf_rows)
            )
        else:
            own = tuple(
                f for f in sheet if f.order > mark.order and (following is None or f.order < following.order)
            )
            sections.append(SectionDef(mark.id, mark.label, own))
    return FormDef(
        code=head.code, head=head, model=model, sections=tuple(sections), fields={f.name: f for f in sheet},
        context=_context(sections), asked_by=_asked_by(sections), version=_version(head, sections),
    )  # fmt: skip


def _fields(sections: list[SectionDef]) -> list[CrfField]:
    return [field for section in sections for field in section.fields]


def _asked_by(sections: list[SectionDef]) -> frozenset[str]:
    read = {name for field in _fields(sections) for name in condition_names(field.requirement.when)}
    return frozenset(read.difference(field.name for field in _fields(sections)))


def _context(sections: list[SectionDef]) -> frozenset[str]:
    limits = [limit for field in _fields(sections) for limit in (field.soft, field.hard) if limit]
    read = {name for limit in limits for name in limit.names()}
    return _asked_by(sections) | read.difference(field.name for field in _fields(sections))


def _version(head: Form, sections: list[SectionDef]) -> str:
    """Changes when what is asked changes: names, labels, conditions, limits, codes."""
    content = [
        [
            s.id,
            [
                [
                    f.name,
                    f.label.en,
                    f.label.zh,
                    f.kind,
                    f.book_required,
                    f.book_soft,
                    f.book_hard,
                    f.values_text,
                    f.missing,
                ]
                for f in s.fields
            ],
        ]
        for s in sections
    ]
    return digest([head.code, content])[:12]
