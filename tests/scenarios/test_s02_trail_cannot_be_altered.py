"""S02 The trail cannot be altered, even with database rights."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from endpoints.verification import verify
from participants.models import Participant
from tests import world
from tests.integration.audit.owner import settle, sql, without_triggers
from trialsite.accounts.models import User
from trialsite.audit import guard, guarding
from trialsite.audit.models import AuditChain, AuditEvent
from trialsite.audit.trail import digest_of

pytestmark = pytest.mark.django_db
POSTGRESQL = connection.vendor == "postgresql"
ROLE = "trial_application"


@pytest.fixture
def chain(participant: Participant, cast: dict[str, User]) -> AuditChain:
    """200 audit rows at least, all of one participant."""
    form = world.form(participant, "DM", "SCR")
    for number in range(220):
        world.fill(form, cast["lin"], {"sex": "MF"[number % 2]}, complete=False, reason="again")
    found = AuditChain.objects.get(name=f"participant:{participant.pk}")
    assert found.length >= 200
    return found


@pytest.fixture
def event(chain: AuditChain) -> AuditEvent:
    return AuditEvent.objects.get(chain=chain, number=100)


@contextmanager
def application() -> Iterator[None]:
    """On PostgreSQL an account that `manage.py protect` limited; SQLite has no accounts, only the triggers."""
    if not POSTGRESQL:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE}")
        call_command("protect", role=ROLE, verbosity=0)
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
        yield
        cursor.execute("RESET ROLE")


def inserted(event: AuditEvent, **values: Any) -> AuditEvent:
    """A row that looks like the next of its chain, but for these values."""
    last = AuditEvent.objects.filter(chain=event.chain).latest("number")
    made = AuditEvent(
        chain=event.chain, number=last.number + 1, at=last.at, actor=event.actor, actor_name=event.actor_name,
        role=event.role, site=event.site, action="CHANGE", target=event.target, path=event.path, old="a", new="b",
        previous=last.digest,
    )  # fmt: skip
    for name, value in values.items():
        setattr(made, name, value)
    made.digest = digest_of(made.chain.name, made)
    made.save(force_insert=True)
    return made


def run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


ACTS: dict[str, Callable[[AuditEvent], Any]] = {
    "update": lambda e: run("UPDATE audit_auditevent SET new = 'x' WHERE id = %s", e.pk),
    "delete": lambda e: run("DELETE FROM audit_auditevent WHERE id = %s", e.pk),
    "insert with a past time": lambda e: inserted(e, at=e.at - dt.timedelta(days=30)),
    "insert between": lambda e: inserted(e, number=100),
    "reorder": lambda e: run("UPDATE audit_auditevent SET number = number + 1000 WHERE id = %s", e.pk),
}
DDL = {
    "drop the trigger": f"DROP TRIGGER {guard.TRAIL}_append_only ON {guard.TRAIL}",
    "switch it off": f"ALTER TABLE {guard.TRAIL} DISABLE TRIGGER ALL",
    "empty the table": f"TRUNCATE {guard.TRAIL} CASCADE",
    "change its function": (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'"
    ),
    "act as a replica": "SET session_replication_role = replica",
}


@pytest.mark.parametrize("act", ACTS)
def test_the_database_refuses_the_application(act: str, event: AuditEvent) -> None:
    before = list(AuditEvent.objects.filter(chain=event.chain).order_by("pk").values_list())
    with application(), pytest.raises(DatabaseError), transaction.atomic():
        ACTS[act](event)
    assert list(AuditEvent.objects.filter(chain=event.chain).order_by("pk").values_list()) == before


@pytest.mark.skipif(not POSTGRESQL, reason="SQLite has no accounts")
@pytest.mark.parametrize("act", DDL)
def test_the_application_cannot_take_the_protection_off(act: str, event: AuditEvent) -> None:
    with (
        application(),
        pytest.raises(DatabaseError, match=r"permission|owner|privilege"),
        transaction.atomic(),
    ):
        run(DDL[act])


@pytest.mark.skipif(not POSTGRESQL, reason="SQLite has no accounts")
def test_the_application_can_do_its_work(participant: Participant, cast: dict[str, User]) -> None:
    with application():
        world.fill(world.form(participant, "DM", "SCR"), cast["lin"], {"sex": "F"}, complete=False)
        assert AuditEvent.objects.filter(path="sex", new="F").exists()


@pytest.mark.skipif(not POSTGRESQL, reason="SQLite has no accounts")
def test_an_account_that_owns_or_rules_is_not_accepted() -> None:
    with pytest.raises(CommandError, match="superuser"):
        call_command("protect", role="postgres")
    with pytest.raises(CommandError, match="no account"):
        call_command("protect", role="nobody_at_all")


def reordered(event: AuditEvent) -> None:
    chain, other = event.chain_id, event.number + 1
    sql("UPDATE audit_auditevent SET number = 0 WHERE chain_id = %s AND number = %s", chain, other)
    sql("UPDATE audit_auditevent SET number = %s WHERE id = %s", other, event.pk)
    sql("UPDATE audit_auditevent SET number = %s WHERE chain_id = %s AND number = 0", event.number, chain)


def past(event: AuditEvent) -> None:
    with without_triggers():
        made = inserted(event, at=event.at - dt.timedelta(days=30))
        run(
            "UPDATE audit_auditchain SET length = %s, head = %s WHERE id = %s",
            made.number,
            made.digest,
            made.chain_id,
        )


OWNER: dict[str, tuple[Callable[[AuditEvent], None], int, str]] = {
    # what the owner does, which row is named first, and why
    "update": (
        lambda e: sql("UPDATE audit_auditevent SET new = 'x' WHERE id = %s", e.pk), 100, "its content does not give its digest",
    ),
    "delete": (lambda e: sql("DELETE FROM audit_auditevent WHERE id = %s", e.pk), 101, "#100 before it is missing"),
    "reorder": (reordered, 100, "it does not continue the event before it"),
    "insert with a past time": (past, 0, "is before that of an earlier event"),
}  # fmt: skip


@pytest.mark.parametrize("act", OWNER)
def test_the_verifier_names_what_the_owner_altered(act: str, chain: AuditChain, event: AuditEvent) -> None:
    assert verify().ok
    alter, number, why = OWNER[act]
    alter(event)
    first = verify().problems[0]
    assert first.where.startswith("audit_auditevent id=")
    assert f"({chain.name} #{number or chain.length + 1} " in first.where
    assert why in first.message


def test_switching_protection_off_leaves_a_row(chain: AuditChain) -> None:
    guarding.guards_watch()  # as every minute
    with connection.cursor() as cursor:
        settle(cursor)
        for statement in guard.drop_statements(connection.vendor, guard.TRAIL):
            cursor.execute(statement)
    guarding.guards_watch()
    off, on = AuditEvent.objects.filter(target=f"guard:{guard.TRAIL}").order_by("-number")[:2][::-1]
    assert (off.action, "is missing" in off.new) == ("GUARD_OFF", True)
    assert (on.action, on.reason) == ("GUARD_ON", guarding.PUT_BACK)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run("DELETE FROM audit_auditevent WHERE id = %s", off.pk)
    assert verify().ok
