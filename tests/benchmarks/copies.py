"""Copies of a participant by INSERT … SELECT, and a stored form as a person would post it. Shared with the tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models

from crf.models import FormInstance
from crf.models.base import CrfData, CrfRow
from crf.registry import form_def
from crf.sheets import Sheet
from participants.models import Participant, Visit
from trialsite.audit.models import AuditChain

STRIDE = 1_000_000  # primary keys of a copy: those of the original and a multiple of this


def post_of(sheet: Sheet) -> dict[str, Any]:
    """Every field of the form as the browser posts it."""
    definition = form_def(sheet.key)
    data: dict[str, Any] = {}
    for section in definition.sections:
        if not section.repeating:
            _post_fields(data, section.fields, sheet, "")
        for line in sheet.lines(section.id) if section.repeating else ():
            _post_fields(data, section.fields, line, f"{section.id}.{line.row}.")
    return data


def _post_fields(data: dict[str, Any], fields: Any, holder: Any, prefix: str) -> None:
    for field in fields:
        if field.derived:
            continue
        raw, name = field.to_raw(holder.values.get(field.name)), prefix + field.name
        if isinstance(raw, tuple):
            data |= {f"{name}__{part}": text for part, text in zip("ymd", raw, strict=True)}
        elif field.kind == "multi":
            data[name] = raw.split(";") if raw else []
        else:
            data[name] = raw
        if field.missing:
            data[f"{name}__miss"] = holder.missing.get(field.name, "")


def copied_models() -> Iterator[tuple[type[models.Model], str]]:
    """Tables that hold a participant's data, with the condition that picks one participant's rows."""
    forms = f"SELECT id FROM {FormInstance._meta.db_table} WHERE participant_id = %s"
    yield Participant, "id = %s"
    yield Visit, "participant_id = %s"
    yield FormInstance, "participant_id = %s"
    for model in apps.get_models():
        if issubclass(model, CrfData | CrfRow):
            yield model, f"form_id IN ({forms})"


def copy(participant: Participant, count: int, *, first: int = 1, prefix: str = "") -> list[str]:
    """`count` copies by INSERT … SELECT: tables only. The trail of a copy starts with its first save here.

    Gives the numbers of the copies.
    """
    with connection.cursor() as cursor:
        for model, where in copied_models():
            _copy_table(cursor, model, where, participant.pk, first, count, prefix or participant.number[:3])
        chains = AuditChain._meta.db_table
        cursor.execute(
            f"INSERT INTO {chains} (name, length, head) SELECT 'participant:' || (%s + n.k * {STRIDE}), 0, '' "
            f"FROM {_numbers(first, count)}", [participant.pk],
        )  # fmt: skip
    return [f"{prefix or participant.number[:3]}{10000 + k}" for k in range(first, first + count)]


def copy_everybody(count: int, *, first: int = 1) -> None:
    """`count` copies of every participant that is no copy."""
    if count < 1:
        return
    with connection.cursor() as cursor:
        for model, _where in copied_models():
            key = "form_id" if issubclass(model, CrfData | CrfRow) else "id"
            _copy_table(cursor, model, f"{key} < %s", STRIDE, first, count, "")


def _numbers(first: int, count: int) -> str:
    last = first + count - 1
    return f"(WITH RECURSIVE r(k) AS (SELECT {first} UNION ALL SELECT k + 1 FROM r WHERE k < {last}) SELECT k FROM r) n"


def _copy_table(
    cursor: Any, model: type[models.Model], where: str, pk: int, first: int, count: int, prefix: str
) -> None:
    names, values = [], []
    for field in model._meta.concrete_fields:
        column = field.column
        names.append(f'"{column}"')
        moved = field.primary_key or (
            field.is_relation and field.related_model in (Participant, Visit, FormInstance)
        )
        if moved:
            values.append(f'"{column}" + n.k * {STRIDE}')
        elif model is FormInstance and column == "locked":
            values.append("FALSE")  # the database takes no values of a locked form
        elif model is Participant and column == "number":
            values.append(f"'{prefix}' || (10000 + n.k)" if prefix else f"\"{column}\" || 'x' || n.k")
        else:
            values.append(f'"{column}"')
    table = model._meta.db_table
    cursor.execute(
        f'INSERT INTO "{table}" ({", ".join(names)}) SELECT {", ".join(values)} '
        f'FROM "{table}" CROSS JOIN {_numbers(first, count)} WHERE {where}', [pk],
    )  # fmt: skip


def analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
