"""Watching the triggers that guard the append-only tables: taken off, they leave an event, and are put back.

What was told last stands in the trail itself, so one incident is told once. An account that owns no table cannot put
triggers back (docs/runbook.md, "The account of the database"): then the event stays the last word until somebody does.
"""

from __future__ import annotations

from collections.abc import Iterator

import structlog
from django.db import DatabaseError, connection, transaction

from . import guard
from .actions import Action
from .guard import GuardState
from .models import STUDY, AuditEvent
from .trail import append, study_chain
from .verifying import Problem

log = structlog.get_logger(__name__)

TOLD = (Action.GUARD_ON, Action.GUARD_OFF)
BETWEEN = "taken off and put back between two checks"
PUT_BACK = "put back by the system"


def guard_problems() -> Iterator[Problem]:
    """Every trigger that is missing, off or changed."""
    for state in guard.states(connection):
        for problem in state.problems:
            yield Problem(state.table, problem)


def guards_watch() -> list[str]:
    """Compare the triggers with what the trail said of them last. Returns the tables without protection now."""
    told = _told()
    off = []
    for state in guard.states(connection):
        if not state.on or told.get(state.table) != (Action.GUARD_ON, state.mark):
            _tell(state.table)
        if not state.on and not _put_back(state.table):
            off.append(state.table)
    return off


def _address(table: str) -> str:
    return f"guard:{table}"


def _told() -> dict[str, tuple[str, str]]:
    """The last event of each table: what it said, and the mark that it wrote down."""
    found = {}
    for table in guard.TABLES:
        events = AuditEvent.objects.filter(target=_address(table), action__in=TOLD, chain__name=STUDY)
        if last := events.order_by("-number").values_list("action", "new").first():
            found[table] = last
    return found


@transaction.atomic
def _tell(table: str) -> None:
    """An event when something differs; read again under the lock, for another worker may have told it meanwhile."""
    chain = study_chain()
    action, mark = _told().get(table, ("", ""))
    (state,) = guard.states(connection, [table]) or (GuardState(table, (), ""),)
    subject = _address(table)
    if not state.on:
        if action != Action.GUARD_OFF:
            said = "; ".join(state.problems)
            append(chain, by=None, action=Action.GUARD_OFF, subject=subject, old=mark, new=said)
            log.error("guard_off", table=table)
    elif (action, mark) != (Action.GUARD_ON, state.mark):
        if action == Action.GUARD_ON:
            append(chain, by=None, action=Action.GUARD_OFF, subject=subject, old=mark, reason=BETWEEN)
            log.error("guard_off", table=table)
        append(chain, by=None, action=Action.GUARD_ON, subject=subject, new=state.mark)


def _put_back(table: str) -> bool:
    """In a transaction of its own, that waits for no writer long: the next check tries again."""
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '3s'")
            guard.restore(connection, table)
    except DatabaseError as error:
        log.warning("guard_not_restored", table=table, error=type(error).__name__)
        return False
    _told_back(table)
    return True


@transaction.atomic
def _told_back(table: str) -> None:
    chain = study_chain()
    (state,) = guard.states(connection, [table])
    if state.on and _told().get(table) != (Action.GUARD_ON, state.mark):
        append(
            chain, by=None, action=Action.GUARD_ON, subject=_address(table), new=state.mark, reason=PUT_BACK
        )
