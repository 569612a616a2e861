"""The trail: rows per change, unbroken chains, and a database that refuses to alter it (S01, S02)."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from endpoints.services import endpoints_recompute
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.guard import TABLES
from trialsite.audit.models import AuditChain, AuditEvent
from trialsite.audit.trail import digest_of
from trialsite.db.rows import insert

pytestmark = pytest.mark.django_db


def history(path: str, target: str) -> list[tuple[str, str, str, str, str, str]]:
    rows = AuditEvent.objects.filter(target=target, path=path).order_by("number")
    return [(e.old, e.new, e.actor_name, e.role, e.site, e.reason) for e in rows]


def test_s01_first_entry_and_correction_leave_two_rows(people: dict[str, User]) -> None:
    lin = people["lin"]
    participant = world.screened(lin, "01-003")
    form = world.form(participant, "TA", "SCR")
    values = {"ta_perf": "Y", "tudat": "2024-03-06", "ta_lastdat": "2024-03-06", "ta_eval": "INVESTIGATOR"}
    lesion = world.target("T01", "S8", "62.0", "60.0", tl_enh="TYPICAL")
    world.fill(form, lin, values, {"TA2": [lesion]}, complete=False)
    world.fill(
        form, lin, values, {"TA2": [lesion | {"tl_diam": "26"}]}, complete=False, reason="transcription error"
    )
    # the same again: no third row
    world.fill(form, lin, values, {"TA2": [lesion | {"tl_diam": "26"}]}, complete=False, reason="again")
    assert history("TA2:1/tl_diam", form.address) == [
        ("", "62.0", "lin", "COORDINATOR", "01", ""),
        ("62.0", "26.0", "lin", "COORDINATOR", "01", "transcription error"),
    ]
    first, second = AuditEvent.objects.filter(target=form.address, path="TA2:1/tl_diam").order_by("number")
    assert first.at < second.at


@pytest.fixture
def written(people: dict[str, User]) -> None:
    participant = world.screened(people["lin"])
    world.screening_01_003(participant, people["lin"])
    endpoints_recompute(participant.pk)


STATEMENTS = [
    "UPDATE {table} SET {column} = {column}",
    "DELETE FROM {table}",
    "DELETE FROM {table} WHERE id = 1",
]


def a_row(table: str) -> None:
    """Some row of an append-only table, whatever it says: only its transaction knows it."""
    (model,) = (m for m in apps.get_models() if m._meta.db_table == table)
    fields = [f for f in model._meta.concrete_fields if not f.primary_key]
    given = {
        "CharField": "x", "TextField": "x", "DateTimeField": timezone.now(), "JSONField": {}, "BooleanField": True,
        "BinaryField": b"x", "DateField": timezone.now().date(),
    }  # fmt: skip
    insert(model, tuple(f.attname for f in fields), [[given.get(f.get_internal_type(), 1) for f in fields]])


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("table", TABLES)
def test_s02_the_database_refuses_to_alter_an_append_only_table(
    table: str, statement: str, written: None
) -> None:
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(f"SELECT count(*) FROM {table}")
        if cursor.fetchone()[0] == 0:
            a_row(table)
        cursor.execute(f"SELECT count(*), max(id) FROM {table}")
        before = cursor.fetchone()
        columns = [c.name for c in connection.introspection.get_table_description(cursor, table)]
        sql = statement.format(table=table, column=columns[-1]).replace("id = 1", f"id = {before[1]}")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(sql)
        cursor.execute(f"SELECT count(*), max(id) FROM {table}")
        assert cursor.fetchone() == before
        transaction.set_rollback(True)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no TRUNCATE")
@pytest.mark.parametrize("table", TABLES)
def test_s02_truncate_is_refused(table: str, written: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else PostgreSQL refuses for another reason
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(f"TRUNCATE {table} CASCADE")


def test_s02_no_road_through_the_orm(written: None) -> None:
    event = AuditEvent.objects.latest("pk")
    for act in (
        lambda: AuditEvent.objects.filter(pk=event.pk).update(new="other"),
        lambda: AuditEvent.objects.all().delete(),
        event.delete,
        event.save,
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()


def test_every_chain_is_numbered_without_gaps_and_its_digests_hold(written: None) -> None:
    chains = list(AuditChain.objects.all())
    assert {chain.name.partition(":")[0] for chain in chains} == {"study", "participant"}
    for chain in chains:
        events = list(AuditEvent.objects.filter(chain=chain).order_by("number"))
        assert [event.number for event in events] == list(range(1, chain.length + 1))
        previous = ""
        for event in events:
            assert event.previous == previous
            assert event.digest == digest_of(chain.name, event)
            previous = event.digest
        assert chain.head == previous
        assert [event.at for event in events] == sorted(event.at for event in events)


def test_an_altered_row_breaks_its_digest(written: None) -> None:
    """What the verifier looks for: any column that owner rights have changed."""
    event = AuditEvent.objects.exclude(new="").latest("pk")
    for name in (
        "new",
        "old",
        "reason",
        "actor_name",
        "role",
        "site",
        "action",
        "target",
        "path",
        "previous",
    ):
        kept = getattr(event, name)
        setattr(event, name, kept + "x")
        assert digest_of(event.chain.name, event) != event.digest, name
        setattr(event, name, kept)
    assert digest_of(event.chain.name, event) == event.digest
