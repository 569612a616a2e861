"""Queries whose SQL is built once.

Django builds the SQL of a query anew each time: half a millisecond of processor time for a small one, three for the
matrix, where the database itself needs a tenth of that. A form's page asks the same dozen questions every time, so
their SQL is kept. Rows come as the query would give them: objects, or tuples after `values_list`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet
from django.db.models.query import ModelIterable, get_related_populators

LONGEST = 4096  # a longer list of ids is asked the ordinary way
Build = Callable[..., QuerySet[Any, Any]]
Row = Sequence[Any]


class Prepared:
    """`Prepared(lambda participant: Visit.objects.filter(participant=participant), participant=1)`.

    The arguments name the parameters with an example of each: a whole number, a text, a day, or a list of ids
    (for `__in`). The query must not depend on them in any other way.
    """

    def __init__(self, build: Build, **examples: Any) -> None:
        self.build, self.examples = build, examples
        self._kept: dict[tuple[Any, ...], _Statement] = {}

    def __call__(self, **values: Any) -> list[Any]:
        lists = [name for name, value in values.items() if isinstance(value, list)]
        for name in lists:
            if not values[name]:
                return []
            if len(values[name]) > LONGEST:
                return list(self.build(**values))
            values[name] = _padded(values[name])
        key = (connection.vendor, *(len(values[name]) for name in lists))
        statement = self._kept.get(key)
        if statement is None:
            statement = self._kept[key] = _Statement(self.build, self._marked(values))
        return statement.rows(values)

    def _marked(self, values: dict[str, Any]) -> dict[str, Any]:
        """Values that occur nowhere else, to find the place of each parameter."""
        return {
            name: [7_777_000_000 + number * 10_000 + place for place in range(len(values[name]))]
            if isinstance(example, list)
            else _mark(example, number)
            for number, (name, example) in enumerate(self.examples.items())
        }


def _padded(ids: Sequence[Any]) -> list[Any]:
    """The last one again, up to a power of two: few lengths, few statements."""
    size = 1 << (len(ids) - 1).bit_length()
    return [*ids, *[ids[-1]] * (size - len(ids))]


def _mark(example: Any, number: int) -> Any:
    if isinstance(example, dt.date):
        return dt.date(1801, 1 + number, 1)
    if isinstance(example, str):
        return f"\N{SECTION SIGN}{number}"
    return 20_011 + number  # fits the smallest column


class _Statement:
    """SQL with the place of every parameter, and what makes rows of the database into rows of the query."""

    def __init__(self, build: Build, marked: dict[str, Any]) -> None:
        queryset = build(**marked)
        compiler = queryset.query.get_compiler(connection=connection)
        self.sql, params = compiler.as_sql()
        columns = [column for column, _sql, _alias in compiler.select[: compiler.col_count]]
        self.converters = compiler.get_converters(columns)
        self.model: type[Any] | None = None
        if queryset._iterable_class is ModelIterable:  # type: ignore[attr-defined]
            self._learn_model(compiler)
        places = {
            str(mark): (name, place)
            for name, marks in marked.items()
            for place, mark in enumerate(marks if isinstance(marks, list) else [marks])
        }
        self.params: list[Any] = list(params)
        self.places = [(i, *places[str(param)]) for i, param in enumerate(params) if str(param) in places]
        if {name for _i, name, _place in self.places} != set(marked):
            raise ValueError(f"a parameter does not occur in {self.sql}")

    def _learn_model(self, compiler: Any) -> None:
        """As Django's own `ModelIterable` does."""
        info = compiler.klass_info
        self.model, first, last = info["model"], info["select_fields"][0], info["select_fields"][-1]
        self.span = slice(first, last + 1)
        self.names = [column.target.attname for column, _sql, _alias in compiler.select[self.span]]
        self.related = get_related_populators(info, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]

    def rows(self, values: dict[str, Any]) -> list[Any]:
        params = self.params.copy()
        for i, name, place in self.places:
            value = values[name]
            params[i] = value[place] if isinstance(value, list) else _adapted(value)
        with connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            rows: list[Row] = cursor.fetchall()
        if self.converters and rows:
            rows = self._converted(rows)
        return rows if self.model is None else [self._object(row) for row in rows]

    def _converted(self, rows: list[Row]) -> list[Row]:
        made = [list(row) for row in rows]
        for at, (converters, expression) in self.converters.items():
            for row in made:
                value = row[at]
                for convert in converters:
                    value = convert(value, expression, connection)
                row[at] = value
        return made  # type: ignore[return-value]

    def _object(self, row: Row) -> Any:
        assert self.model is not None
        made = self.model.from_db(DEFAULT_DB_ALIAS, self.names, row[self.span])
        for related in self.related:
            related.populate(row, made)
        return made


def _adapted(value: Any) -> Any:
    return connection.ops.adapt_datefield_value(value) if isinstance(value, dt.date) else value
