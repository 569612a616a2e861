"""A plain Django model for every form: one column for every field that the page of the form shows.

Rows of a repeating section become columns of the same table, as many as the measured form has: one INSERT, no
formset, which favours the plain side. Missing reasons, history and limits have no counterpart: they are what the
product adds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import models

from crf.analytes import rows_of
from crf.fields import CrfField
from crf.models.base import CrfData, CrfRow
from crf.sections import RowsOf

# Rows that the pages of participant 01-003 of the CRF book show; one empty row where there is none yet.
ROWS = {"HCC3": 2, "EC3": 3, "EC4": 2, "TA2": 2, "TA3": 0, "SU3": 2, "CP2": 2}
NOT_SHOWN = ("iecat", "ecdosu", "ecroute")
PANEL = "HEM"  # of the laboratory, the panel that is measured


def column(field: CrfField) -> models.Field[Any, Any]:
    """The ordinary Django field of the same kind, with the same choices."""
    blank: dict[str, Any] = {"null": True, "blank": True, "verbose_name": field.label.en[:200]}
    kind = field.kind
    if kind == "code":
        choices = [(code, label.en) for code, label in field.options]  # type: ignore[attr-defined]
        return models.CharField(max_length=80, choices=choices, **blank)
    if kind == "date":
        return models.DateField(**blank)
    if kind == "time":
        return models.TimeField(**blank)
    if kind == "int":
        return models.IntegerField(**blank)
    if kind == "dec":
        places = field.decimal_places  # type: ignore[attr-defined]
        return models.DecimalField(max_digits=14, decimal_places=places, **blank)
    if kind == "long":
        return models.TextField(**blank)
    return models.CharField(max_length=240, **blank)  # text, partial date, several codes, reference


def shown(model: type[CrfData] | type[CrfRow]) -> list[CrfField]:
    if issubclass(model, CrfData):
        return model.crf_fields()
    head = model.crf_rows
    skip = {head.number} | ({head.key, *NOT_SHOWN} if head.fixed else set())
    return [field for field in model.crf_fields() if field.name not in skip]


def plain_fields(model: type[CrfData]) -> dict[str, tuple[CrfField, str, int]]:
    """Name of the column → the field it stands for, its section (empty for the sheet), its row."""
    found = {field.name: (field, "", 0) for field in shown(model)}
    for rows in CrfRow.__subclasses__():
        head = rows.crf_rows
        if head.form != model.crf.code or model.crf.part:
            continue
        for number in numbers(head):
            for field in shown(rows):
                found[f"{head.section.lower()}_{number}_{field.name}"] = (field, head.section, number)
    return found


def numbers(head: RowsOf) -> Sequence[int]:
    """Numbers of the rows that the page shows."""
    if head.form == "LB":
        return rows_of(PANEL)
    return range(1, (len(head.fixed) or ROWS.get(head.section, 1)) + 1)


def key_of(model: type[CrfData]) -> str:
    """`AE`, or `AE1` of a line of the log."""
    return model.crf.part or model.crf.code


def _make(model: type[CrfData]) -> type[models.Model]:
    columns: dict[str, Any] = {
        name: column(field) for name, (field, _section, _row) in plain_fields(model).items()
    }
    more = {
        "changed_by": models.ForeignKey(
            settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
        ),
        "participant": models.CharField(max_length=12, blank=True, editable=False),
        "__module__": __name__,
    }
    return type(f"Plain{key_of(model)}", (models.Model,), columns | more)


PLAIN: dict[str, type[models.Model]] = {key_of(model): _make(model) for model in CrfData.__subclasses__()}
