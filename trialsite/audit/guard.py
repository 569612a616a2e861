"""Database triggers that refuse UPDATE, DELETE and TRUNCATE on append-only tables, on SQLite and PostgreSQL.

A migration that alters such a table on SQLite makes it anew and so drops its triggers: end it with `AppendOnly(table)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.operations.base import Operation

TABLES = ("audit_auditevent", "endpoints_endpointrun")


def _sqlite(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_append_only_{act.lower()} BEFORE {act} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for act in ("UPDATE", "DELETE")
    ]


def _postgresql(table: str) -> list[str]:
    return [
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$",
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        f"CREATE TRIGGER {table}_append_only_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    ]


def create_statements(vendor: str, table: str) -> list[str]:
    return _sqlite(table) if vendor == "sqlite" else _postgresql(table)


def drop_statements(vendor: str, table: str) -> list[str]:
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {table}_append_only_{act}" for act in ("update", "delete")]
    return [f"DROP TRIGGER IF EXISTS {table}_append_only{suffix} ON {table}" for suffix in ("", "_truncate")]


class AppendOnly(Operation):
    """Migration operation: make a table append-only."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, table: str) -> None:
        self.table = table

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        vendor = schema_editor.connection.vendor
        for sql in [*drop_statements(vendor, self.table), *create_statements(vendor, self.table)]:
            schema_editor.execute(sql, params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for sql in drop_statements(schema_editor.connection.vendor, self.table):
            schema_editor.execute(sql, params=None)

    def describe(self) -> str:
        return f"Make {self.table} append-only"


@contextmanager
def lifted(connection: Any) -> Iterator[None]:
    """Without the triggers for a moment: for the test runner's flush only."""
    present = [table for table in TABLES if table in connection.introspection.table_names()]
    with connection.cursor() as cursor:
        for table in present:
            for sql in drop_statements(connection.vendor, table):
                cursor.execute(sql)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for table in present:
                for sql in create_statements(connection.vendor, table):
                    cursor.execute(sql)
