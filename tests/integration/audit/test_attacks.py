"""Somebody with owner rights alters the trail: what was altered is named. On SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from endpoints.verification import verify
from participants.models import Participant
from tests import world
from tests.integration.audit.owner import settle, sql, without_triggers, write_anew
from trialsite.accounts.models import User
from trialsite.audit import guard, guarding, seals
from trialsite.audit.models import AuditChain, AuditEvent, AuditSeal
from trialsite.audit.seals import seal, seal_growth
from trialsite.audit.trail import digest_of, participant_chain
from trialsite.audit.verifying import Problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(participant: Participant) -> AuditChain:
    return AuditChain.objects.get(name=f"participant:{participant.pk}")


@pytest.fixture
def sealed(chain: AuditChain) -> AuditChain:
    """Verified and sealed in the night, and written to afterwards."""
    assert seal(verify().walk.sound) == 2
    lin = User.objects.get(username="lin")
    form = world.form(Participant.objects.get(number="01-003"), "DM", "SCR")
    world.change(form, lin, sex="F")
    chain.refresh_from_db()
    return chain


def found() -> list[Problem]:
    return verify().problems


def event(number: int, chain: AuditChain) -> AuditEvent:
    return AuditEvent.objects.get(chain=chain, number=number)


def named(problems: list[Problem], chain: AuditChain, number: int, words: str) -> bool:
    return any(f"({chain.name} #{number} " in p.where and words in p.message for p in problems)


def first(problems: list[Problem]) -> Problem:
    return next(p for p in problems if p.where.startswith("audit_"))


COLUMNS = {
    "old": "'x'", "new": "'x'", "reason": "'x'", "role": "'MONITOR'", "site": "'02'", "action": "'CLEAR'",
    "target": "'form:1'", "path": "'sex'", "actor_name": "'wu'", "previous": "'0'", "digest": "'0'",
}  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS)
def test_an_edited_event_is_named(column: str, chain: AuditChain) -> None:
    victim = AuditEvent.objects.filter(chain=chain, reason="=transcription error").first()
    assert victim is not None
    sql(f"UPDATE audit_auditevent SET {column} = {COLUMNS[column]} WHERE id = %s", victim.pk)
    problem = first(found())
    assert f"id={victim.pk} ({chain.name} #{victim.number} " in problem.where


def test_another_actor_is_named(chain: AuditChain) -> None:
    """The key of the actor is in no digest; the name is."""
    wu = User.objects.get(username="wu")
    victim = AuditEvent.objects.filter(chain=chain, actor_name="lin").first()
    assert victim is not None
    sql("UPDATE audit_auditevent SET actor_id = %s WHERE id = %s", wu.pk, victim.pk)
    problem = first(found())
    assert problem.where.startswith(f"audit_auditevent id={victim.pk} ")
    assert "(wu), but the name written is lin" in problem.message
    sql("UPDATE audit_auditevent SET actor_id = NULL WHERE id = %s", victim.pk)
    assert "its actor is nobody" in first(found()).message


@pytest.mark.parametrize("which", ["first", "middle", "last"])
def test_a_deleted_event_is_named(which: str, chain: AuditChain) -> None:
    number = {"first": 1, "middle": chain.length // 2, "last": chain.length}[which]
    sql("DELETE FROM audit_auditevent WHERE chain_id = %s AND number = %s", chain.pk, number)
    problems = found()
    if which == "last":
        assert f"the chain says {chain.length} events" in first(problems).message
    else:
        assert named(problems, chain, number + 1, f"#{number} before it is missing")


def test_two_events_in_another_order_are_named(chain: AuditChain) -> None:
    one, two = chain.length - 3, chain.length - 2
    sql("UPDATE audit_auditevent SET number = 0 WHERE chain_id = %s AND number = %s", chain.pk, one)
    sql("UPDATE audit_auditevent SET number = %s WHERE chain_id = %s AND number = %s", one, chain.pk, two)
    sql("UPDATE audit_auditevent SET number = %s WHERE chain_id = %s AND number = 0", two, chain.pk)
    assert f"#{one} " in first(found()).where


def test_a_back_dated_event_is_named(chain: AuditChain) -> None:
    victim = event(chain.length - 1, chain)
    sql("UPDATE audit_auditevent SET at = %s WHERE id = %s", victim.at - dt.timedelta(days=2), victim.pk)
    problems = found()
    assert named(problems, chain, victim.number, "is before that of an earlier event")
    assert named(problems, chain, victim.number, "its content does not give its digest")


def insert_at_the_end(chain: AuditChain, at: dt.datetime) -> AuditEvent:
    """A row that continues the chain with right digests."""
    fresh = AuditChain.objects.get(pk=chain.pk)
    last = event(fresh.length, chain)
    made = AuditEvent(
        chain=chain, number=fresh.length + 1, at=at, actor=last.actor, actor_name=last.actor_name, role=last.role,
        site=last.site, action="CHANGE", target=last.target, path="sex", old="M", new="F", previous=fresh.head,
    )  # fmt: skip
    made.digest = digest_of(chain.name, made)
    made.save(force_insert=True)
    AuditChain.objects.filter(pk=chain.pk).update(length=F("length") + 1, head=made.digest)
    return made


def test_an_event_inserted_with_a_past_time_is_refused_and_found(chain: AuditChain) -> None:
    past = event(chain.length, chain).at - dt.timedelta(hours=3)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        insert_at_the_end(chain, past)
    with without_triggers():
        made = insert_at_the_end(chain, past)
    assert named(found(), chain, made.number, "is before that of an earlier event")


def test_an_event_from_the_future_is_found(chain: AuditChain) -> None:
    made = insert_at_the_end(chain, event(chain.length, chain).at + dt.timedelta(days=1))
    assert named(found(), chain, made.number, "has not come yet")


# --- seals ----------------------------------------------------------------------------------------------------------


def test_a_chain_written_anew_is_found_by_its_seal(sealed: AuditChain) -> None:
    victim = event(sealed.length - 30, sealed)
    seal_of = AuditSeal.objects.get(chain=sealed)
    assert victim.number < seal_of.number
    sql("UPDATE audit_auditevent SET reason = 'as if' WHERE id = %s", victim.pk)
    write_anew(sealed)
    problems = [p for p in found() if p.where.startswith("audit_")]
    assert len(problems) == 1
    assert f"({sealed.name} #{seal_of.number} " in problems[0].where
    assert f"(seal {seal_of.place})" in problems[0].message


def test_between_two_seals_only_the_part_after_the_last_good_one_is_named(sealed: AuditChain) -> None:
    before = AuditSeal.objects.get(chain=sealed)
    assert seal_growth() >= 1
    sql(
        "UPDATE audit_auditevent SET new = 'x' WHERE chain_id = %s AND number = %s",
        sealed.pk,
        before.number + 1,
    )
    write_anew(sealed)
    problem = first(found())
    assert f"the chain was written anew after #{before.number}" in problem.message


def test_a_deleted_tail_written_anew_is_found_by_its_seal(sealed: AuditChain) -> None:
    seal_growth()
    sql("DELETE FROM audit_auditevent WHERE chain_id = %s AND number = %s", sealed.pk, sealed.length)
    write_anew(sealed)
    assert f"#{sealed.length} was sealed, but the chain ends at #{sealed.length - 1}" in [
        p.message for p in found() if sealed.name in p.where
    ]


def test_a_seal_for_a_chain_written_anew_cannot_be_made(sealed: AuditChain) -> None:
    """Who has the database has not the key."""
    made = AuditSeal.objects.get(chain=sealed)
    sql("UPDATE audit_auditevent SET reason = 'as if' WHERE chain_id = %s AND number = 3", sealed.pk)
    write_anew(sealed)
    forged = seals.code_of(
        "guessed",
        made.place,
        sealed.name,
        made.number,
        event(made.number, sealed).digest,
        made.at,
        made.previous,
    )
    with without_triggers("audit_auditseal"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_auditseal SET digest = %s, mac = %s WHERE id = %s",
            [event(made.number, sealed).digest, forged, made.pk],
        )
    problems = found()
    assert any(f"audit_auditseal id={made.pk}" in p.where and "fits no key" in p.message for p in problems)


@pytest.mark.parametrize("which", ["one", "last", "all"])
def test_seals_that_are_taken_away_are_missed(which: str, sealed: AuditChain) -> None:
    seal_growth()
    places = list(AuditSeal.objects.values_list("place", flat=True))
    gone = {"one": places[:1], "last": places[-2:], "all": places}[which]
    with without_triggers("audit_auditseal"), connection.cursor() as cursor:
        for place in gone:
            cursor.execute("DELETE FROM audit_auditseal WHERE place = %s", [place])
    said = " ".join(f"{p.where} {p.message}" for p in found())
    assert ("seal 1 before it is missing" if which == "one" else "which is not there") in said


def test_an_earlier_key_still_fits(sealed: AuditChain, settings: Any) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, from today on, of fifty letters and more than that"
    assert found() == []
    settings.SECRET_KEY_FALLBACKS = []
    assert "fits no key" in found()[0].message


def test_sealing_twice_is_harmless_and_what_is_broken_is_not_sealed(sealed: AuditChain) -> None:
    seal_growth()
    count = AuditSeal.objects.count()
    assert seal_growth() == 0
    with transaction.atomic():
        participant_chain(Participant.objects.get(number="01-003"))
    insert_at_the_end(AuditChain.objects.get(pk=sealed.pk), event(sealed.length, sealed).at)
    sql(
        "UPDATE audit_auditevent SET new = 'x' WHERE chain_id = %s AND number = %s",
        sealed.pk,
        sealed.length + 1,
    )
    assert seal_growth() == 0
    assert AuditSeal.objects.count() == count


# --- guards ---------------------------------------------------------------------------------------------------------


def guard_events() -> list[tuple[str, str, str]]:
    rows = AuditEvent.objects.filter(target__startswith="guard:").order_by("number")
    return [(e.action, e.target, e.reason) for e in rows]


@pytest.fixture
def watched(cast: dict[str, User]) -> None:
    guarding.guards_watch()


def disable(table: str) -> str:
    """One way to take the protection off; gives what is said of it."""
    with connection.cursor() as cursor:
        settle(cursor)
        if connection.vendor == "sqlite":
            cursor.execute(f"DROP TRIGGER {table}_append_only_update")
            return "is missing"
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
        return "is switched off"


@pytest.mark.parametrize("table", guard.TABLES)
def test_protection_that_is_off_leaves_an_event_and_is_put_back(table: str, watched: None) -> None:
    assert found() == []
    begun = len(guard_events())
    said = disable(table)
    assert [(p.where, said in p.message) for p in found()] == [(table, True)]
    guarding.guards_watch()
    assert guard_events()[begun:] == [
        ("GUARD_OFF", f"guard:{table}", ""), ("GUARD_ON", f"guard:{table}", guarding.PUT_BACK)
    ]  # fmt: skip
    assert found() == []
    guarding.guards_watch()
    assert len(guard_events()) == begun + 2


def test_one_incident_is_told_once_while_it_cannot_be_mended(
    watched: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> None:
        raise DatabaseError("must be owner of table")

    begun = len(guard_events())
    disable(guard.TRAIL)
    with monkeypatch.context() as patched:
        patched.setattr(guard, "restore", refuse)
        assert guarding.guards_watch() == [guard.TRAIL]
        assert guarding.guards_watch() == [guard.TRAIL]
        assert [e[0] for e in guard_events()[begun:]] == ["GUARD_OFF"]
    assert guarding.guards_watch() == []
    assert [e[0] for e in guard_events()[begun:]] == ["GUARD_OFF", "GUARD_ON"]


def test_a_trigger_that_does_something_else_is_found(watched: None) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"DROP TRIGGER {guard.TRAIL}_append_only_delete")
            cursor.execute(
                f"CREATE TRIGGER {guard.TRAIL}_append_only_delete BEFORE DELETE ON {guard.TRAIL} BEGIN SELECT 1; END"
            )
        else:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$"
            )
    assert "was changed" in found()[0].message
    guarding.guards_watch()
    assert found() == []


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite keeps no trace of a trigger that was made again"
)
def test_off_and_on_again_between_two_checks_is_told(watched: None) -> None:
    begun = len(guard_events())
    with without_triggers():
        pass
    assert found() == []
    guarding.guards_watch()
    assert [(e[0], e[2]) for e in guard_events()[begun:]] == [
        ("GUARD_OFF", guarding.BETWEEN),
        ("GUARD_ON", ""),
    ]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's replication role")
def test_a_session_that_calls_itself_a_replica_is_refused_too(chain: AuditChain) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute("DELETE FROM audit_auditevent")
        cursor.execute("SET LOCAL session_replication_role = origin")


# --- what the database asks of a new event --------------------------------------------------------------------------


def test_the_database_takes_the_next_event_of_a_chain_and_no_other(chain: AuditChain) -> None:
    last = event(chain.length, chain)
    for wrong in (
        {"number": last.number + 2}, {"previous": "0" * 64}, {"at": last.at - dt.timedelta(seconds=1)},
        {"previous": event(1, chain).digest},
    ):  # fmt: skip
        made = AuditEvent(
            chain=chain, number=last.number + 1, at=last.at, actor_name="system", action="CHANGE", target="x",
            previous=last.digest, digest="1" * 64,
        )  # fmt: skip
        for name, value in wrong.items():
            setattr(made, name, value)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            made.save(force_insert=True)


def test_an_event_that_is_old_when_it_is_written_is_refused(chain: AuditChain, settings: Any) -> None:
    """Also as the first of a new chain, where no earlier event speaks against it."""
    settings.TRAIL_WRITTEN_WITHIN = 600
    guard.restore(connection, guard.TRAIL)
    other = AuditChain.objects.create(name="participant:999")
    now = event(chain.length, chain).at
    for age, refused in ((dt.timedelta(hours=1), True), (dt.timedelta(seconds=5), False)):
        made = AuditEvent(
            chain=other,
            number=1,
            at=now - age,
            actor_name="system",
            action="CHANGE",
            target="x",
            digest="1" * 64,
        )
        if refused:
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                made.save(force_insert=True)
        else:
            made.save(force_insert=True)
