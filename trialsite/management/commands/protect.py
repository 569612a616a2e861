"""Rights of the account with which the application works: no DDL, and the append-only tables can only be added to.

Run by the owner of the tables (the account that migrates), after every migration. PostgreSQL only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from trialsite.audit.guard import TABLES


class Command(BaseCommand):
    help = "Give an account of PostgreSQL what the application needs, and nothing that could change the audit trail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--role", required=True, help="the account of web, worker and beat; it must exist"
        )
        parser.add_argument(
            "--print", action="store_true", dest="only_print", help="show the statements only"
        )

    def handle(self, *, role: str, only_print: bool, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("SQLite has no accounts: there the triggers alone protect the trail.")
        if only_print:
            self.stdout.write("\n".join(f"{statement};" for statement in statements(role)))
            return
        self._require(role)
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in statements(role):
                cursor.execute(statement)
        self.stdout.write(f"{role} can add to {', '.join(TABLES)}, and change or take out nothing there.")

    def _require(self, role: str) -> None:
        """An owner or a superuser can give itself every right again: such an account cannot be protected against."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = %s", [role])
            found = cursor.fetchone()
            if found is None:
                raise CommandError(
                    f"There is no account {role}. Make it first: CREATE ROLE {role} LOGIN PASSWORD '…'"
                )
            if any(found):
                raise CommandError(
                    f"{role} is a superuser or makes accounts. The application needs an account without."
                )
            cursor.execute(
                "SELECT c.relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner "
                "WHERE c.relkind = 'r' AND c.relname = ANY(%s) AND pg_has_role(%s, r.oid, 'MEMBER')",
                [list(TABLES), role],
            )
            if owned := [name for (name,) in cursor.fetchall()]:
                raise CommandError(
                    f"{role} owns {', '.join(owned)}. Tables belong to the account that migrates."
                )


def statements(role: str) -> Iterator[str]:
    """In order. Names are quoted; `public` is where Django keeps its tables."""
    name = '"' + role.replace('"', '""') + '"'
    everything = "ALL TABLES IN SCHEMA public"
    yield f"REVOKE CREATE ON SCHEMA public FROM PUBLIC, {name}"
    yield f"GRANT USAGE ON SCHEMA public TO {name}"
    yield f"REVOKE ALL ON {everything} FROM {name}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {everything} TO {name}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}"
    guarded = ", ".join(connection.ops.quote_name(table) for table in TABLES)
    # No right to UPDATE means no SELECT … FOR UPDATE either: the chains' rows are locked, never the events'.
    yield f"REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON {guarded} FROM {name}, PUBLIC"
    # What migrations add later is readable at once, and writable when this command has run again.
    yield f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {name}"
    yield f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {name}"


__all__ = ["statements"]
