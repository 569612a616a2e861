"""The database referees the locks: what stands in a locked form is neither changed, added to nor taken out.

Triggers, on SQLite and PostgreSQL, on every table of form data and its rows, made from the registry; and on the envelope,
whose status, version and place in a log stay while it is locked. The services refuse before; this holds against what goes
round them: a statement typed by hand, a command written in haste. Unlocking clears the mark first. Whoever owns the
database can clear the mark by hand as well: the verifier finds that (`crf.verifying_review`).

Put in place after every migration, because SQLite makes a table anew to alter it and so drops its triggers. A migration
that changes data of locked forms on purpose lifts them for itself (`lifted`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps

from crf.models import FormInstance
from crf.models.base import CrfData, CrfRow

SAID = "the form is locked"
ENVELOPE = FormInstance._meta.db_table
KEPT = ("participant_id", "visit_id", "form_key", "repeat", "status", "version", "active", "removed_reason")


def tables() -> list[str]:
    """Every table whose rows belong to a form."""
    models = (model for model in apps.get_models() if issubclass(model, CrfData | CrfRow))
    return sorted(model._meta.db_table for model in models)


# --- SQLite ---------------------------------------------------------------------------------------------------------


def _sqlite() -> dict[str, str]:
    """Statements by the names of the triggers."""
    made = {}
    for table in tables():
        for act, row in (("UPDATE", "OLD"), ("INSERT", "NEW"), ("DELETE", "OLD")):
            made[f"{table}_locked_{act.lower()}"] = (
                f"BEFORE {act} ON {table} WHEN (SELECT locked FROM {ENVELOPE} WHERE id = {row}.form_id) "  # noqa: S608
                f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
            )
    changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in KEPT)
    refuse = f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
    made[f"{ENVELOPE}_locked_update"] = (
        f"BEFORE UPDATE ON {ENVELOPE} WHEN OLD.locked AND NEW.locked AND ({changed}) {refuse}"
    )
    made[f"{ENVELOPE}_locked_delete"] = f"BEFORE DELETE ON {ENVELOPE} WHEN OLD.locked {refuse}"
    return {name: f"CREATE TRIGGER {name} {body}" for name, body in made.items()}


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def _functions() -> dict[str, str]:
    refuse = f"RAISE EXCEPTION '{SAID}' USING ERRCODE = 'insufficient_privilege'"
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in KEPT)
    return {
        "refuse_locked_data": (
            "DECLARE pk bigint; BEGIN IF TG_OP = 'INSERT' THEN pk := NEW.form_id; ELSE pk := OLD.form_id; END IF; "  # noqa: S608
            f"IF (SELECT locked FROM {ENVELOPE} WHERE id = pk) THEN {refuse}; END IF; "
            "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END"
        ),
        "refuse_locked_form": (
            f"BEGIN IF TG_OP = 'DELETE' THEN IF OLD.locked THEN {refuse}; END IF; RETURN OLD; END IF; "
            f"IF OLD.locked AND NEW.locked AND ({changed}) THEN {refuse}; END IF; RETURN NEW; END"
        ),
    }


def _postgresql() -> dict[str, tuple[str, str]]:
    """Table and statement by the names of the triggers. ALWAYS: also in a session that calls itself a replica."""
    made = {
        f"{table}_locked": (
            table,
            f"CREATE TRIGGER {table}_locked BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
            "EXECUTE FUNCTION refuse_locked_data()",
        )
        for table in tables()
    }
    made[f"{ENVELOPE}_locked"] = (
        ENVELOPE,
        f"CREATE TRIGGER {ENVELOPE}_locked BEFORE UPDATE OR DELETE ON {ENVELOPE} FOR EACH ROW "
        "EXECUTE FUNCTION refuse_locked_form()",
    )
    return made


# --- both -----------------------------------------------------------------------------------------------------------


def missing(connection: Any) -> list[str]:
    """Names of the triggers that are not there, or not as they were made."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            found = dict(cursor.fetchall())
            return [name for name, sql in _sqlite().items() if found.get(name) != sql]
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('A', 'O')")
        there = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT proname, prosrc FROM pg_proc WHERE proname LIKE 'refuse_locked%%'")
        bodies = dict(cursor.fetchall())
    if any(bodies.get(name, "").strip() != body for name, body in _functions().items()):
        return list(_postgresql())
    return [name for name in _postgresql() if name not in there]


def install(connection: Any) -> int:
    """Put in place what is missing; gives how many triggers were made."""
    present = set(connection.introspection.table_names())
    if not {ENVELOPE, *tables()} <= present:
        return 0  # in the middle of the migrations that make them
    wanted = missing(connection)
    if not wanted:
        return 0
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in wanted:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                cursor.execute(_sqlite()[name])
            return len(wanted)
        for name, body in _functions().items():
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
            )
        for name in wanted:
            table, statement = _postgresql()[name]
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            cursor.execute(statement)
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    return len(wanted)


def remove(connection: Any) -> None:
    """Take all of them off."""
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in _sqlite():
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            return
        for name, (table, _statement) in _postgresql().items():
            if table in present:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")


@contextmanager
def lifted(connection: Any) -> Iterator[None]:
    """Without them for a moment: for the test runner's flush, and for a migration that changes locked data on purpose."""
    remove(connection)
    try:
        yield
    finally:
        install(connection)


def after_migrations(sender: Any, using: str, **kwargs: Any) -> None:
    """Receiver of `post_migrate`."""
    from django.db import connections

    install(connections[using])
