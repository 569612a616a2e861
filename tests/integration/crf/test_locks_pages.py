"""The console of freezing and locking, the second person's decision, the history, and the database lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from crf.models import DatabaseLock, FormInstance, Hold, HoldKind, UnlockRequest
from crf.selectors.holds import all_below, console, lock_tiles, tallies
from crf.selectors.readiness import NEEDS, readiness
from crf.services.holding import hold_put, unlock_ask
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

Cast = dict[str, User]
At = Callable[[str], Client]


@pytest.fixture(autouse=True)
def demonstration(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def cast() -> Cast:
    return world.people()


@pytest.fixture
def at(cast: Cast) -> At:
    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(User.objects.get(username=name))
        return client

    return signed_in


@pytest.fixture
def participant(cast: Cast) -> Participant:
    """Screened, with a complete consent form and complete demographics."""
    made = world.screened(cast["lin"], "01-003")
    world.enter(made, cast["lin"], world.quickly("screening")[:2])
    return made


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


# --- readiness ------------------------------------------------------------------------------------------------------


def test_the_database_sums_what_the_sentences_say(cast: Cast, participant: Participant) -> None:
    """The console counts in SQL, a refusal names forms in Python: the same rules."""
    world.screening_01_003(world.screened(cast["lin"], "01-004"), cast["lin"])
    world.screened(cast["wu"], "02-001", "02")
    world.change(world.form(participant, "DM", "SCR"), cast["lin"], race="OTHER")
    sums = tallies(all_below())
    for number in ("01-003", "01-004", "02-001"):
        who = Participant.objects.get(number=number)
        lacking = [one for one in readiness(all_below().filter(participant=who)) if one.counts]
        tally = sums[who.pk]
        assert tally.forms == len(lacking)
        assert tally.complete == sum("complete" not in one.lacks for one in lacking)
        assert tally.lacks_freeze == sum(
            bool(one.lacks.keys() & set(NEEDS[HoldKind.FREEZE])) for one in lacking
        )
        assert tally.lacks_lock == sum(bool(one.lacks) for one in lacking)
        assert tally.to_sign - tally.signed == sum("signed" in one.lacks for one in lacking)
        assert tally.to_verify - tally.verified == sum("verified" in one.lacks for one in lacking)
        assert tally.below == all_below().filter(participant=who).count()


def test_the_console_says_why_not(at: At, participant: Participant) -> None:
    page = text(at("da").get("/locks/?p=01-003"))
    assert "not complete" in page  # a form of screening that nobody began
    assert "not verified" in page
    assert "not signed" in page
    assert 'href="/p/01-003/SCR/ie/"' in page
    assert 'value="f:01-003/SCR/dm"' in page


@pytest.mark.parametrize("name", ["lin", "chen", "mo", "ins"])
def test_others_read_their_console_and_act_on_nothing(at: At, participant: Participant, name: str) -> None:
    client = at(name)
    page = text(client.get("/locks/"))
    assert "01-003" in page
    assert "Only data managers freeze and lock." in page
    assert 'name="at"' not in page
    response = client.post("/locks/act/", {"act": "freeze", "at": "f:01-003/SCR/dm", "sure": "1"})
    assert response.status_code == 403
    assert "Only data managers freeze and lock." in text(response)
    assert not FormInstance.objects.filter(frozen=True).exists()
    assert AuditEvent.objects.filter(action="REFUSED", path="@freeze", new="role").count() == 1


def test_another_site_does_not_see_it(at: At, participant: Participant) -> None:
    client = at("wu")
    assert "01-003" not in text(client.get("/locks/"))
    assert client.get("/locks/?p=01-003").status_code == 404
    assert client.get("/locks/?site=01").status_code == 404
    for place in ("p:01-003", "v:01-003/SCR", "f:01-003/SCR/dm", "site:01"):
        assert client.get("/locks/act/", {"act": "lock", "at": place}).status_code == 404
        assert client.post("/locks/act/", {"act": "lock", "at": place, "sure": "1"}).status_code == 404


@pytest.mark.parametrize(
    "place", ["p:01-999", "f:01-003/SCR/cpath", "f:01-003", "v:", "nonsense", "site:", ""]
)
def test_an_address_that_leads_nowhere(at: At, participant: Participant, place: str) -> None:
    assert at("da").get("/locks/act/", {"act": "lock", "at": place}).status_code == 404


# --- acts -----------------------------------------------------------------------------------------------------------


def test_counts_come_before_the_act_and_nothing_is_done_by_looking(at: At, participant: Participant) -> None:
    client = at("da")
    asked = {"act": "freeze", "at": ["f:01-003/SCR/dm", "p:01-003"]}
    page = text(client.post("/locks/act/", asked))
    assert "1 ready, 1 left out" in page
    assert "Freeze: 1 form" in page
    assert "not complete" in page
    assert Hold.objects.count() == 0


def test_a_form_is_frozen_and_unfrozen_at_the_console(at: At, participant: Participant) -> None:
    client = at("da")
    done = client.post(
        "/locks/act/", {"act": "freeze", "at": "f:01-003/SCR/dm", "sure": "1", "p": "01-003"}, follow=True
    )
    assert "1 frozen." in text(done)
    form = world.form(participant, "DM", "SCR")
    assert form.frozen
    again = client.post("/locks/act/", {"act": "freeze", "at": "f:01-003/SCR/dm", "sure": "1"})
    assert again.status_code == 302
    assert Hold.objects.count() == 1
    refused = client.post(
        "/locks/act/", {"act": "unfreeze", "at": "f:01-003/SCR/dm", "sure": "1", "reason": " "}
    )
    assert refused.status_code == 422
    assert "Say why it is no longer frozen." in text(refused)
    client.post(
        "/locks/act/", {"act": "unfreeze", "at": "f:01-003/SCR/dm", "sure": "1", "reason": "Another source"}
    )
    assert not world.form(participant, "DM", "SCR").frozen
    history = text(at("lin").get("/locks/history/"))
    assert "Another source" in history
    assert "Demographics" in history


def test_a_lock_of_what_is_not_ready_is_refused_by_name(at: At, participant: Participant) -> None:
    response = at("da").post("/locks/act/", {"act": "lock", "at": "f:01-003/SCR/dm", "sure": "1"})
    assert response.status_code == 422
    assert "not verified, not signed" in text(response)
    assert not world.form(participant, "DM", "SCR").locked
    event = AuditEvent.objects.get(action="REFUSED", path="@lock")
    assert "not signed" in event.reason


def test_with_nothing_chosen_all_that_is_ready_is_meant(
    at: At, participant: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = at("da")
    nothing = client.post("/locks/act/", {"act": "freeze"}, follow=True)
    assert "Nothing was chosen, and nothing is ready." in text(nothing)


@pytest.mark.usefixtures("anything_is_ready")
def test_a_site_reads_who_unlocked_and_why(
    at: At, cast: Cast, participant: Participant, second: User
) -> None:
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=participant)
    client = at("da")
    asked = client.post(
        "/locks/act/", {"act": "unlock", "at": "p:01-003", "sure": "1", "reason": "Source corrected"}, follow=True
    )  # fmt: skip
    assert "1 request waits for a second person." in text(asked)
    request = UnlockRequest.objects.get()
    assert "Source corrected" in text(client.get("/locks/"))
    own = client.post(f"/locks/unlocks/{request.pk}/", {"decision": "agree"})
    assert own.status_code == 403
    assert "A second person has to decide" in text(own)
    declined = at("da2").post(f"/locks/unlocks/{request.pk}/", {"decision": "decline", "reason": ""})
    assert declined.status_code == 422
    agreed = at("da2").post(f"/locks/unlocks/{request.pk}/", {"decision": "agree"}, follow=True)
    assert "unlocked" in text(agreed)
    assert not FormInstance.objects.filter(locked=True).exists()
    history = text(at("lin").get("/locks/history/?p=01-003"))
    assert "Source corrected (da + da2)" in history
    assert "Source corrected" not in text(at("wu").get("/locks/history/"))
    assert at("wu").post(f"/locks/unlocks/{request.pk}/", {"decision": "agree"}).status_code == 404


def test_the_tiles_count_what_is_ready_and_what_waits(
    cast: Cast, participant: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lock_tiles(cast["da"]) | {"oldest": None} == {
        "ready": 0, "unlocks": 0, "oldest": None, "href": "/locks/?show=lock", "unlocks_href": "/locks/#unlocks",
    }  # fmt: skip
    monkeypatch.setattr("crf.services.holding.unready", lambda forms, kind: [])
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=participant)
    request = unlock_ask(by=cast["da"], target=participant, reason="Source")
    found = lock_tiles(cast["da"])
    assert (found["unlocks"], found["oldest"]) == (1, request.requested_at)


def test_the_console_asks_the_database_as_often_for_many_participants(
    at: At, cast: Cast, participant: Participant, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = at("da")
    client.get("/locks/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get("/locks/")
    for _n in range(6):
        world.screened(cast["lin"])
    with CaptureQueriesContext(connection) as many:
        client.get("/locks/")
    assert len(many) == len(few)
    people = [person.number for line in console(cast["da"]) for person in line.people]
    assert len(people) == 7


# --- the database lock ----------------------------------------------------------------------------------------------


@pytest.fixture
def nothing_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial that is over, without entering one."""
    from crf.checklist import Item

    monkeypatch.setattr("crf.services.database_lock.checklist", lambda: [Item("all", "Everything", 0)])
    monkeypatch.setattr("crf.services.holding.unready", lambda forms, kind: [])


PROOF = {"username": "da", "password": "demo-da-2026"}


def test_the_checklist_counts_and_links(at: At, participant: Participant) -> None:
    page = text(at("da").get("/locks/database/"))
    for words in (
        "Every expected form is complete", "No query is open", "verified against the source", "no signature is void",
        "No request to unlock", "No proposed deviation", "edit checks of today", "central reading has its final result",
        "results of every participant are computed", "audit trail was verified",
    ):  # fmt: skip
        assert words in page
    assert 'href="/locks/?show=not"' in page
    assert "never verified" in page


def test_the_database_is_not_locked_while_anything_is_left(at: At, participant: Participant) -> None:
    response = at("da").post("/locks/database/", {"reason": "Last patient out"} | PROOF)
    assert response.status_code == 422
    assert "Every expected form is complete" in text(response)
    assert DatabaseLock.objects.count() == 0
    assert AuditEvent.objects.filter(action="REFUSED", target="study", new="unready").count() == 1


@pytest.mark.usefixtures("nothing_left")
def test_a_wrong_password_locks_nothing_and_is_logged(at: At, participant: Participant) -> None:
    response = at("da").post(
        "/locks/database/", {"reason": "Over", "username": "da", "password": "not-this-one"}
    )
    assert response.status_code == 422
    assert DatabaseLock.objects.count() == 0
    assert AuditEvent.objects.filter(action="REFUSED", new="credentials").count() == 1
    assert "not-this-one" not in text(response)


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(("name", "status"), [("lin", 404), ("wu", 404), ("mo", 403), ("ins", 403)])
def test_only_data_managers_lock_the_database(
    at: At, participant: Participant, name: str, status: int
) -> None:
    response = at(name).post(
        "/locks/database/", {"reason": "Over", "username": name, "password": f"demo-{name}-2026"}
    )
    assert response.status_code == status
    assert DatabaseLock.objects.count() == 0


@pytest.mark.usefixtures("nothing_left")
def test_the_database_is_locked_unlocked_by_two_and_locked_again(
    at: At, cast: Cast, participant: Participant, second: User
) -> None:
    client = at("da")
    done = client.post("/locks/database/", {"reason": "Last patient out"} | PROOF, follow=True)
    assert "Locked, number 1" in text(done)
    assert not FormInstance.objects.exclude(form_key="CPATH").filter(locked=False).exists()
    event = AuditEvent.objects.get(action="DATABASE_LOCKED", path="@number")
    assert (event.new, event.reason) == ("1", "Last patient out (username, password)")
    twice = client.post("/locks/database/", {"reason": "Again", "password": "demo-da-2026"})
    assert "locked already, as number 1" in text(twice)
    one_form = client.post(
        "/locks/act/", {"act": "unlock", "at": "f:01-003/SCR/dm", "sure": "1", "reason": "X"}
    )
    assert "ask to unlock the study" in text(one_form)
    client.post("/locks/act/", {"act": "unlock", "at": "study", "sure": "1", "reason": "A late report"})
    request = UnlockRequest.objects.get()
    at("da2").post(f"/locks/unlocks/{request.pk}/", {"decision": "agree"})
    assert not FormInstance.objects.filter(locked=True).exists()
    client.post("/locks/database/", {"reason": "Now"} | PROOF)
    assert list(DatabaseLock.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
