"""Sheets read from their tables: a fixed number of queries however many participants."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from crf.fields import MISS
from crf.models import FormInstance
from crf.models.base import FormStatus, _Sheet
from crf.registry import FormDef, form_def, forms, parts
from crf.schedule import visit_label
from crf.sheets import Casebook, RowValues, Sheet

ENVELOPE = (
    "id", "participant_id", "form_key", "repeat", "evaluator", "status", "visit__code", "visit__repeat", "visit__order",
)  # fmt: skip


def columns(model: type[_Sheet]) -> list[str]:
    """Names of the value columns and of their missing-reason columns."""
    names = [field.name for field in model.crf_fields()]
    return names + [field.name + MISS for field in model.crf_fields() if field.missing]


def _split(record: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    values = {name: value for name, value in record.items() if value is not None and not name.endswith(MISS)}
    missing = {
        name.removesuffix(MISS): value for name, value in record.items() if value and name.endswith(MISS)
    }
    return values, missing


def fill(sheets: Iterable[Sheet]) -> None:
    """Read values and rows of sheets whose envelope is known: one query for each model concerned."""
    by_key: dict[str, dict[int, Sheet]] = {}
    for sheet in sheets:
        by_key.setdefault(sheet.key, {})[sheet.form] = sheet
    for key, wanted in by_key.items():
        _fill_form(form_def(key), wanted)


def _fill_form(definition: FormDef, wanted: dict[int, Sheet]) -> None:
    for record in definition.model._default_manager.filter(form_id__in=list(wanted)).values(
        "form_id", *columns(definition.model)
    ):
        sheet = wanted[record.pop("form_id")]
        sheet.values, sheet.missing = _split(record)
    for section in definition.row_sections:
        model = section.row_model
        assert model is not None
        for sheet in wanted.values():
            sheet.rows[section.id] = []
        names = columns(model)
        query = model._default_manager.filter(form_id__in=list(wanted)).order_by("form_id", "row")
        for record in query.values("form_id", "row", "active", "removed_reason", *names):
            form, row = record.pop("form_id"), record.pop("row")
            active, reason = record.pop("active"), record.pop("removed_reason")
            values, missing = _split(record)
            wanted[form].rows[section.id].append(RowValues(row, values, missing, active, reason))


def sheet_of(form: FormInstance) -> Sheet:
    """One form with its values; `form.visit` should be at hand."""
    visit = form.visit
    sheet = Sheet(
        key=form.form_key, form=form.pk, repeat=form.repeat, evaluator=form.evaluator, status=form.status,
        visit=visit_label(visit.code, visit.repeat) if visit else "", visit_order=visit.order if visit else 0,
    )  # fmt: skip
    fill([sheet])
    return sheet


def casebooks(participants: Collection[int], keys: Iterable[str] | None = None) -> dict[int, Casebook]:
    """Casebooks by participant id, holding the started forms with the given keys (all).

    Two queries for each form and repeating section, however many participants.
    """
    wanted = list(keys) if keys is not None else [*forms(), *parts()]
    found: dict[int, Casebook] = {pk: Casebook() for pk in participants}
    envelopes = FormInstance.objects.filter(
        participant_id__in=list(participants), form_key__in=wanted
    ).exclude(status=FormStatus.EXPECTED)
    sheets = []
    for pk, participant, key, repeat, evaluator, status, code, visit_repeat, order in envelopes.values_list(
        *ENVELOPE
    ):
        sheet = Sheet(
            key=key, form=pk, repeat=repeat, evaluator=evaluator, status=status, visit_order=order or 0,
            visit=visit_label(code, visit_repeat) if code else "",
        )  # fmt: skip
        sheets.append(sheet)
        found[participant].add(sheet)
    fill(sheets)
    return found


def casebook(participant: int, keys: Iterable[str] | None = None) -> Casebook:
    return casebooks([participant], keys)[participant]
