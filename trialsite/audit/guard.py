"""What the database itself refuses: to change or take out a row of an append-only table, to write the trail out of order.

Triggers, on SQLite and PostgreSQL. `states` says whether they are all there, switched on and as they were made.
A migration that alters such a table on SQLite makes it anew and so drops its triggers: end it with `AppendOnly(table)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.migrations.operations.base import Operation

from trialsite.kernel.digests import digest

TRAIL = "audit_auditevent"
TABLES = (
    TRAIL, "audit_auditseal", "endpoints_endpointrun", "crf_signature", "crf_querymessage", "crf_queryattachment",
    "endpoints_datacut", "endpoints_cutperson", "endpoints_reportapproval",
)  # fmt: skip


def oldest() -> int:
    """So many seconds may an event be old when it is written: longer than any transaction."""
    return int(settings.TRAIL_WRITTEN_WITHIN)


# --- SQLite ---------------------------------------------------------------------------------------------------------


def _sqlite(table: str) -> dict[str, str]:
    """Statements by the names of the triggers."""
    made = {
        f"{table}_append_only_{act.lower()}": f"BEFORE {act} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for act in ("UPDATE", "DELETE")
    }
    if table == TRAIL:
        made[f"{table}_in_order"] = (
            f"BEFORE INSERT ON {table} WHEN NOT CASE WHEN NEW.number = 1 THEN NEW.previous = '' ELSE EXISTS "  # noqa: S608
            f"(SELECT 1 FROM {table} p WHERE p.chain_id = NEW.chain_id AND p.number = NEW.number - 1 "
            f"AND p.digest = NEW.previous AND p.at <= NEW.at) END "
            f"OR NEW.at < strftime('%Y-%m-%d %H:%M:%S', 'now', '-{oldest()} seconds') "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: an event follows the last of its chain, now'); END"
        )
    return {name: f"CREATE TRIGGER {name} {body}" for name, body in made.items()}


# --- PostgreSQL -----------------------------------------------------------------------------------------------------

REFUSE = (
    " BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END "
)

ROW, BEFORE, INSERT, DELETE, UPDATE, TRUNCATE = 1, 2, 4, 8, 16, 32  # bits of pg_trigger.tgtype


def _in_order() -> str:
    """For all rows of one INSERT at once."""
    return (
        f" BEGIN IF EXISTS (SELECT 1 FROM made n LEFT JOIN {TRAIL} p "  # noqa: S608  (names of our own)
        "ON p.chain_id = n.chain_id AND p.number = n.number - 1 "
        "WHERE CASE WHEN n.number = 1 THEN n.previous <> '' ELSE p.id IS NULL OR p.digest <> n.previous OR p.at > n.at END "
        f"OR n.at < clock_timestamp() - interval '{oldest()} seconds') "
        "THEN RAISE EXCEPTION '% is append-only: an event follows the last of its chain, now', TG_TABLE_NAME "
        "USING ERRCODE = 'insufficient_privilege'; END IF; RETURN NULL; END "
    )


@dataclass(frozen=True, slots=True)
class _Trigger:
    """One trigger of PostgreSQL: when it acts, and the function with its body."""

    when: str
    kind: int
    function: str
    body: str


def _postgresql(table: str) -> dict[str, _Trigger]:
    each = f"UPDATE OR DELETE ON {table} FOR EACH ROW"
    made = {
        f"{table}_append_only": _Trigger(
            f"BEFORE {each}", ROW | BEFORE | UPDATE | DELETE, "refuse_change", REFUSE
        ),
        f"{table}_append_only_truncate": _Trigger(
            f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT", BEFORE | TRUNCATE, "refuse_change", REFUSE
        ),
    }
    if table == TRAIL:
        made[f"{table}_in_order"] = _Trigger(
            f"AFTER INSERT ON {table} REFERENCING NEW TABLE AS made FOR EACH STATEMENT", INSERT, "refuse_disorder", _in_order()
        )  # fmt: skip
    return made


def _postgresql_statements(table: str) -> list[str]:
    """ALWAYS: also in a session that calls itself a replica, where ordinary triggers sleep.

    A function that stands as it should is left alone: it is shared, and the marks of all tables would change.
    """
    triggers = _postgresql(table)
    functions = {trigger.function: trigger.body for trigger in triggers.values()}
    return [
        f"DO $do$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_proc WHERE proname = '{name}' AND pronargs = 0 "  # noqa: S608
        f"AND pg_function_is_visible(oid) AND prosrc = $fn${body}$fn$) THEN "
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $fn${body}$fn$; END IF; END $do$"
        for name, body in functions.items()
    ] + [
        statement
        for name, trigger in triggers.items()
        for statement in (
            f"CREATE TRIGGER {name} {trigger.when} EXECUTE FUNCTION {trigger.function}()",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
        )
    ]


# --- both -----------------------------------------------------------------------------------------------------------


def create_statements(vendor: str, table: str) -> list[str]:
    return list(_sqlite(table).values()) if vendor == "sqlite" else _postgresql_statements(table)


def drop_statements(vendor: str, table: str) -> list[str]:
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {name}" for name in _sqlite(table)]
    return [f"DROP TRIGGER IF EXISTS {name} ON {table}" for name in _postgresql(table)]


def restore(connection: Any, table: str) -> None:
    """The triggers of a table made anew, whatever was left of them."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SET CONSTRAINTS ALL IMMEDIATE"
            )  # a table with deferred checks to come is not altered
        for sql in [*drop_statements(connection.vendor, table), *create_statements(connection.vendor, table)]:
            cursor.execute(sql)


@dataclass(frozen=True, slots=True)
class GuardState:
    """Whether the triggers of a table stand. `mark` changes when one of them was taken off and put back."""

    table: str
    problems: tuple[str, ...]
    mark: str

    @property
    def on(self) -> bool:
        return not self.problems


def states(connection: Any, tables: Iterable[str] | None = None) -> list[GuardState]:
    """One for each append-only table that is there: one query."""
    read = _sqlite_states if connection.vendor == "sqlite" else _postgresql_states
    return read(connection, list(tables or TABLES))


def _sqlite_states(connection: Any, tables: list[str]) -> list[GuardState]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT type, tbl_name, name, sql, rowid FROM sqlite_master WHERE type IN ('table', 'trigger')"
        )
        rows = cursor.fetchall()
    there = {table for kind, table, *_rest in rows if kind == "table"}
    found = {name: (sql, row) for kind, _table, name, sql, row in rows if kind == "trigger"}
    made = []
    for table in (table for table in tables if table in there):
        wanted = _sqlite(table)
        problems = [
            f"{name} is missing" if name not in found else f"{name} was changed"
            for name, sql in wanted.items()
            if found.get(name, ("",))[0] != sql
        ]
        made.append(
            GuardState(table, tuple(problems), _mark([(n, found[n][1]) for n in wanted if n in found]))
        )
    return made


_READ = """
    SELECT c.relname, t.tgname, t.tgenabled, t.tgtype, t.tgqual IS NULL AND t.tgattr = ''::int2vector, p.proname, p.prosrc,
           t.oid::text || ':' || t.xmin::text, p.oid::text || ':' || p.xmin::text
    FROM pg_class c
    LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
    LEFT JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE c.relname = ANY(%s) AND c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)
"""


def _postgresql_states(connection: Any, tables: list[str]) -> list[GuardState]:
    with connection.cursor() as cursor:
        cursor.execute(_READ, [tables])
        rows = cursor.fetchall()
    there = {row[0] for row in rows}
    found = {row[1]: row[2:] for row in rows if row[1]}
    made = []
    for table in (table for table in tables if table in there):
        wanted = _postgresql(table)
        problems = [
            said for name, trigger in wanted.items() if (said := _wrong(name, trigger, found.get(name)))
        ]
        marks = [(name, *found[name][-2:]) for name in wanted if name in found]
        made.append(GuardState(table, tuple(problems), _mark(marks)))
    return made


def _wrong(name: str, trigger: _Trigger, found: Any) -> str:
    if found is None:
        return f"{name} is missing"
    enabled, kind, unconditional, function, body, *_marks = found
    if enabled not in ("A", "O"):
        return f"{name} is switched off"
    if (kind, function) != (trigger.kind, trigger.function) or not unconditional:
        return f"{name} was changed"
    return "" if body == trigger.body else f"the function {function} of {name} was changed"


def _mark(parts: list[Any]) -> str:
    return digest(sorted(parts))[:16]


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
