"""Rows written by plain statements, values prepared by their fields.

For tables whose writers hold all values: no model instance is made, no SQL is built anew. Signals and `save` methods
are passed by, so it is for tables that have none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Field, Model

Names = tuple[str, ...]
MOST = 20_000  # parameters in one statement; SQLite takes 32,766


@cache
def _fields(model: type[Model], names: Names) -> list[Field[Any, Any]]:
    known = {key: field for field in model._meta.concrete_fields for key in (field.name, field.attname)}
    return [known[name] for name in names]


@cache
def _insert(model: type[Model], names: Names, count: int) -> str:
    columns = ", ".join(f'"{field.column}"' for field in _fields(model, names))
    row = f"({', '.join(['%s'] * len(names))})"
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES {", ".join([row] * count)}'  # noqa: S608


def insert(model: type[Model], names: Names, rows: Sequence[Sequence[Any]]) -> None:
    """All rows in one statement (several when there are very many)."""
    fields, most = _fields(model, names), max(1, MOST // len(names))
    for start in range(0, len(rows), most):
        some = rows[start : start + most]
        params = [
            field.get_db_prep_save(value, connection=connection)
            for row in some
            for field, value in zip(fields, row, strict=True)
        ]
        with connection.cursor() as cursor:
            cursor.execute(_insert(model, names, len(some)), params)


@cache
def _update(model: type[Model], names: Names, where: Names) -> str:
    sets = ", ".join(f'"{field.column}" = %s' for field in _fields(model, names))
    condition = " AND ".join(f'"{field.column}" = %s' for field in _fields(model, where))
    return f'UPDATE "{model._meta.db_table}" SET {sets} WHERE {condition}'  # noqa: S608


def update_each(model: type[Model], names: Names, key: str, rows: Sequence[Sequence[Any]]) -> None:
    """Each row by its key, which comes last: one statement, many times."""
    fields = _fields(model, (*names, key))
    params = [
        [
            field.get_db_prep_save(value, connection=connection)
            for field, value in zip(fields, row, strict=True)
        ]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_update(model, names, (key,)), params)


def update(model: type[Model], values: Mapping[str, Any], **where: Any) -> int:
    """The rows of a condition of equalities; how many there were."""
    if not values:
        return 0
    names, keys = tuple(values), tuple(where)
    params = [
        field.get_db_prep_save(value, connection=connection)
        for field, value in zip(
            _fields(model, names) + _fields(model, keys), [*values.values(), *where.values()], strict=True
        )
    ]
    with connection.cursor() as cursor:
        cursor.execute(_update(model, names, keys), params)
        count: int = cursor.rowcount
    return count
