"""The night's verification: it runs once, keeps what it found, tells the trail, seals; and its page."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from crf.guard import lifted
from crf.models import CentralReading, Demographics
from endpoints import tasks, verification_services
from endpoints.verification import verify
from participants.models import Participant
from pathology.models import PathologyCase
from tests import world
from tests.integration.audit.conftest import Sign
from tests.integration.audit.owner import settle, sql
from tests.integration.audit.test_explorer import read, text
from trialsite.accounts.models import RoleHeld, User
from trialsite.audit.models import AuditChain, AuditEvent, AuditSeal, TrailVerification
from trialsite.audit.selectors import latest_verification
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db


def run() -> TrailVerification:
    asked = verification_services.verification_ask(by=None)
    tasks.verification_run(asked.pk)
    asked.refresh_from_db()
    return asked


def test_it_keeps_what_it_found_tells_the_trail_and_seals(participant: Participant) -> None:
    events = AuditEvent.objects.count()
    found = run()
    assert (found.ok, found.problem_count, found.error, found.progress) == (True, 0, "", 100)
    assert found.events == events + 1  # that it was asked for
    assert found.checked["participants"] == 1
    assert found.rate > 0
    actions = list(AuditEvent.objects.order_by("-pk").values_list("action", flat=True)[:3])
    assert actions == ["TRAIL_SEALED", "TRAIL_VERIFIED", "TRAIL_VERIFY_ASKED"]
    assert AuditSeal.objects.count() == 2
    assert latest_verification() == found
    assert run().ok


def test_what_is_wrong_is_kept_by_row_and_not_sealed(participant: Participant) -> None:
    chain = AuditChain.objects.get(name=f"participant:{participant.pk}")
    sql("UPDATE audit_auditevent SET reason = 'x' WHERE chain_id = %s AND number = 5", chain.pk)
    found = run()
    assert (found.ok, found.problem_count) == (False, 1)
    assert f"({chain.name} #5 " in found.problems[0][0]
    assert not AuditSeal.objects.filter(chain=chain).exists()
    assert AuditEvent.objects.get(action="TRAIL_VERIFIED").reason == found.problems[0][0]


def test_a_failure_is_kept_with_its_reason(participant: Participant, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(verification_services, "verify", fail)
    asked = verification_services.verification_ask(by=None)
    with pytest.raises(OSError, match="full"):
        tasks.verification_run(asked.pk)
    asked.refresh_from_db()
    assert (asked.ok, asked.error, asked.pending) == (False, "OSError: the disk is full", False)


def test_one_at_a_time_and_twice_is_harmless(participant: Participant, cast: dict[str, User]) -> None:
    one = verification_services.verification_ask(by=cast["da"])
    assert verification_services.verification_ask(by=cast["da"]) == one
    TrailVerification.objects.filter(pk=one.pk).update(
        started_at=timezone.now(), lease=timezone.now() + dt.timedelta(minutes=5)
    )
    assert verification_services.verification_execute(one.pk) is None  # somebody is at it
    TrailVerification.objects.filter(pk=one.pk).update(lease=timezone.now() - dt.timedelta(minutes=1))
    assert verification_services.verification_execute(one.pk) is not None  # whose worker fell silent
    assert verification_services.verification_execute(one.pk) is None
    assert AuditEvent.objects.filter(action="TRAIL_VERIFIED").count() == 1


@pytest.mark.parametrize("name", ["mo", "ins", "ad", "lin", "st"])
def test_only_data_managers_ask(name: str, cast: dict[str, User]) -> None:
    with pytest.raises(Refused, match="Only data managers"):
        verification_services.verification_ask(by=cast[name])
    assert not TrailVerification.objects.exists()


SHANGHAI = dt.timezone(dt.timedelta(hours=8))


def test_the_night_is_two_o_clock_at_the_sites() -> None:
    at = dt.datetime(2026, 11, 24, 2, 30, tzinfo=SHANGHAI)
    assert verification_services.last_night(at) == dt.datetime(2026, 11, 24, 2, tzinfo=SHANGHAI)
    assert verification_services.last_night(at - dt.timedelta(hours=1)) == dt.datetime(
        2026, 11, 23, 2, tzinfo=SHANGHAI
    )


def test_it_is_due_once_a_night_and_made_up_for(participant: Participant) -> None:
    now = timezone.now()
    tomorrow = now + dt.timedelta(days=1)
    assert not verification_services.verification_due(
        now - dt.timedelta(days=1)
    )  # nothing was there to verify
    assert verification_services.verification_due(tomorrow)
    verification_services.verification_ask(by=None)
    assert verification_services.verification_due(now + dt.timedelta(days=2))
    TrailVerification.objects.update(asked_at=tomorrow)
    assert not verification_services.verification_due(tomorrow)


def test_a_run_whose_message_was_lost_is_taken_up(participant: Participant) -> None:
    asked = verification_services.verification_ask(by=None)
    assert verification_services.waiting_run() == asked
    tasks.verification_run(asked.pk)
    assert verification_services.waiting_run() is None


# --- the page -------------------------------------------------------------------------------------------------------


def test_the_page_shows_the_last_result_and_starts_a_run(participant: Participant, at: Sign) -> None:
    client = at("da")
    assert "No verification has come to its end yet." in text(client.get("/audit/verification/"))
    assert "not verified yet" in text(client.get("/audit/"))
    assert client.post("/audit/verification/").status_code == 302
    asked = TrailVerification.objects.get()
    assert asked.asked_by == User.objects.get(username="da")
    waiting = client.get("/audit/verification/")
    assert f'data-poll-url="/audit/verification/{asked.pk}/?poll=1"' in waiting.content.decode()
    assert client.get(f"/audit/verification/{asked.pk}/?poll=1").status_code == 200
    tasks.verification_run(asked.pk)
    assert client.get(f"/audit/verification/{asked.pk}/?poll=1").status_code == 286
    assert "Everything is as it was written" in text(client.get("/audit/verification/"))
    assert "chain verified" in text(client.get("/audit/"))


def test_who_may_not_ask_is_told_why(participant: Participant, at: Sign) -> None:
    response = at("mo").post("/audit/verification/")
    assert response.status_code == 403
    assert "Only data managers ask for a verification" in text(response)
    assert "Verify now" not in text(at("mo").get("/audit/verification/"))


def test_rows_are_named_to_who_sees_everybody(
    participant: Participant, cast: dict[str, User], at: Sign
) -> None:
    sheet = Demographics.objects.get(form__participant=participant)
    Demographics.objects.filter(pk=sheet.pk).update(sex="F")
    assert not run().ok
    assert "sex is F, the trail says M" in text(at("ins").get("/audit/verification/"))
    RoleHeld.objects.filter(user=cast["mo"]).update(site=world.site("02"))
    for name in ("ad", "mo"):
        shown = text(at(name).get("/audit/verification/"))
        assert "1 thing is not as it was written" in shown
        assert "the trail says" not in shown


def test_a_problem_in_a_central_reading_tells_no_value(cast: dict[str, User]) -> None:
    participant = world.screened(cast["lin"], "01-003")
    world.screening_01_003(participant, cast["lin"])
    world.treatment_01_003(participant, cast["lin"])
    world.operated(participant, cast["lin"], "2024-05-30", "2024-06-14")
    read(PathologyCase.objects.get(participant=participant), cast["p1"], "7")
    # A submitted reading is locked: only who owns the database changes it.
    with connection.cursor() as cursor:
        settle(cursor)
        with lifted(connection):
            found = CentralReading.objects.filter(form__participant=participant, cp_adeq="ADEQUATE")
            found.update(cp_adeq="LIMITED")
            settle(cursor)
    (problem,) = (p for p in verify().problems if "cp_adeq" in p.message)
    assert "ADEQUATE" not in problem.message
    assert "LIMITED" not in problem.message


# --- by hand --------------------------------------------------------------------------------------------------------


def test_the_command_says_how_fast_and_seals_when_asked(participant: Participant) -> None:
    out = io.StringIO()
    call_command("verify", stdout=out, skip_checks=True)
    assert not AuditSeal.objects.exists()
    assert re.search(
        r"Verified: .* 2 chains, .*; \d+ events in \d+\.\d s \(\d+ a second\)", out.getvalue()
    ), out.getvalue()
    call_command("verify", "--seal", stdout=io.StringIO(), skip_checks=True)
    assert AuditSeal.objects.count() == 2


def test_the_rights_of_an_account_are_statements_for_postgresql_only(db: None) -> None:
    if connection.vendor == "postgresql":
        out = io.StringIO()
        call_command("protect", "--role", 'a"b', "--print", stdout=out, skip_checks=True)
        assert 'FROM PUBLIC, "a""b"' in out.getvalue()
        assert '"audit_auditevent"' in out.getvalue()
    else:
        with pytest.raises(CommandError, match="SQLite has no accounts"):
            call_command("protect", role="somebody")
