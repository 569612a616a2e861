"""Somebody with the rights of the database's owner: takes the triggers off, changes rows, writes chains anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from trialsite.audit import guard
from trialsite.audit.models import AuditChain, AuditEvent
from trialsite.audit.trail import digest_of


@contextmanager
def without_triggers(table: str = guard.TRAIL) -> Iterator[None]:
    """And puts them back, as a careful attacker would."""
    with connection.cursor() as cursor:
        settle(cursor)
        for sql in guard.drop_statements(connection.vendor, table):
            cursor.execute(sql)
        yield
        settle(cursor)
        for sql in guard.create_statements(connection.vendor, table):
            cursor.execute(sql)


def settle(cursor: Any) -> None:
    """Tests are one transaction: PostgreSQL alters no table whose deferred checks are still to come."""
    if connection.vendor == "postgresql":
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def sql(statement: str, *values: Any) -> None:
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def write_anew(chain: AuditChain, **first: Any) -> None:
    """Every digest of a chain made again, so that it fits: after a change, a deletion, an insertion, a new order."""
    number, previous = 0, ""
    with without_triggers(), connection.cursor() as cursor:
        # Out of the way of the unique numbers, which are given again in order.
        cursor.execute(
            "UPDATE audit_auditevent SET number = number + 1000000 WHERE chain_id = %s", [chain.pk]
        )
        for event in AuditEvent.objects.filter(chain=chain).order_by("number"):
            number += 1
            event.number, event.previous = number, previous
            previous = digest_of(chain.name, event)
            cursor.execute(
                "UPDATE audit_auditevent SET number = %s, previous = %s, digest = %s WHERE id = %s",
                [number, event.previous, previous, event.pk],
            )
        cursor.execute(
            "UPDATE audit_auditchain SET length = %s, head = %s WHERE id = %s", [number, previous, chain.pk]
        )
