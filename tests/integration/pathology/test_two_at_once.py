"""Two people act on one case in the same second; on PostgreSQL they meet at its locks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from crf.models import FormInstance
from crf.services.entry import Order
from crf.verifying import participant_problems
from participants.models import Participant
from pathology import services
from pathology.models import CaseState, PathologyCase, Reading, Reopening
from pathology.notes import Notes
from tests import world
from tests.integration.pathology.conftest import answers
from tests.integration.pathology.test_case import told
from trialsite.accounts import services as accounts
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditChain, AuditEvent
from trialsite.audit.verifying import chain_problems
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(settings: Any) -> dict[str, User]:
    settings.DEMO = True
    made = world.people()
    made["da2"] = accounts.user_create(by=None, username="da2", full_name="Second Manager")
    since = dt.date(2024, 1, 1)
    accounts.role_grant(by=None, user=made["da2"], role=Role.DATA_MANAGER, site=None, valid_from=since)
    return made


@pytest.fixture
def case(cast: dict[str, User]) -> PathologyCase:
    participant = world.screened(cast["lin"], "01-003")
    world.screening_01_003(participant, cast["lin"])
    world.treatment_01_003(participant, cast["lin"])
    world.operated(participant, cast["lin"], "2024-05-30", "2024-06-14")
    return PathologyCase.objects.get()


def together(*acts: Callable[[], Any]) -> list[str]:
    """Each in a thread and connection of its own, begun at one moment: what it gave, or the code of its refusal."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> str:
        try:
            gate.wait(30)
            given = act()
            return given if isinstance(given, str) else "done"
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as people:
        return list(people.map(run, acts))


def given(case: PathologyCase, cast: dict[str, User]) -> list[Reading]:
    services.readers_allocate(by=cast["da"], case=case, readers={"R1": cast["p1"], "R2": cast["p2"]})
    return [services.reading_take(by=cast[name], case=case) for name in ("p1", "p2")]


def submits(by: User, reading: Reading, share: str, token: str = "") -> Callable[[], Any]:
    def act() -> str:
        saved = services.reading_save(
            by=by, reading=reading, typed=answers(share), notes=Notes("HIGH"), submit=True, order=Order(token=token)
        )  # fmt: skip
        return "again" if saved.again else "stored"

    return act


def clean(case: PathologyCase) -> None:
    participant = Participant.objects.get(pk=case.participant_id)
    assert list(participant_problems(participant)) == []
    assert [problem for chain in AuditChain.objects.all() for problem in chain_problems(chain)] == []


@pytest.mark.parametrize(("one", "two", "need"), [("8", "14", "Y"), ("8", "9", "N")])
def test_two_readers_submit_in_the_same_second(
    one: str, two: str, need: str, case: PathologyCase, cast: dict[str, User]
) -> None:
    """Exactly one result, at most one adjudicator's place, and both readings."""
    first, second = given(case, cast)
    assert together(submits(cast["p1"], first, one), submits(cast["p2"], second, two)) == ["stored"] * 2
    case.refresh_from_db()
    assert told(case.participant)[0] == need
    assert case.state == (CaseState.ADJUDICATION if need == "Y" else CaseState.DECIDED)
    assert case.readings.filter(slot="ADJ").count() == (need == "Y")
    assert case.readings.filter(submitted_at__isnull=False).count() == 2
    assert FormInstance.objects.filter(form_key="CPATHF").count() == 1
    assert FormInstance.objects.filter(form_key="CPATH", locked=True).count() == 2
    clean(case)


def test_one_submission_that_comes_twice_is_stored_once(case: PathologyCase, cast: dict[str, User]) -> None:
    """A double click, or an answer that was lost on its way."""
    first, _second = given(case, cast)
    got = together(*[submits(cast["p1"], first, "8", token="one") for _n in range(2)])
    assert sorted(got) == ["again", "stored"]
    assert AuditEvent.objects.filter(action="READING_SUBMITTED", path="@locked").count() == 1
    clean(case)


def test_two_submissions_of_one_reading_the_second_finds_it_locked(
    case: PathologyCase, cast: dict[str, User]
) -> None:
    first, _second = given(case, cast)
    got = together(submits(cast["p1"], first, "8", "one"), submits(cast["p1"], first, "9", "two"))
    assert sorted(got) == ["locked", "stored"]
    clean(case)


def test_one_case_is_released_once(case: PathologyCase, cast: dict[str, User]) -> None:
    for reading, name in zip(given(case, cast), ("p1", "p2"), strict=True):
        submits(cast[name], reading, "8")()
    got = together(
        *[lambda by=cast[name]: services.result_release(by=by, case=case) for name in ("da", "da2")]
    )
    assert sorted(got) == ["done", "twice"]
    assert AuditEvent.objects.filter(action="RESULT_RELEASED").count() == 1
    clean(case)


def test_release_and_opening_again_meet(case: PathologyCase, cast: dict[str, User]) -> None:
    """Whichever is first: nothing stands released while its reading is open."""
    readings = given(case, cast)
    for reading, name in zip(readings, ("p1", "p2"), strict=True):
        submits(cast[name], reading, "8")()
    got = together(
        lambda: services.result_release(by=cast["da"], case=case),
        lambda: services.reading_reopen_ask(by=cast["p1"], reading=readings[0], reason="Turned over"),
    )
    assert got[1] == "done"
    assert got[0] in ("done", "reopening")
    asked = Reopening.objects.get()
    services.reading_reopen_decide(by=cast["da2"], reopening=asked, granted=True)
    case.refresh_from_db()
    assert (case.state, told(case.participant)[2]) == (CaseState.READING, None)
    clean(case)


def test_two_decide_on_one_request(case: PathologyCase, cast: dict[str, User]) -> None:
    reading = given(case, cast)[0]
    submits(cast["p1"], reading, "8")()
    asked = services.reading_reopen_ask(by=cast["p1"], reading=reading, reason="Turned over")
    got = together(
        lambda: services.reading_reopen_decide(by=cast["da"], reopening=asked, granted=True),
        lambda: services.reading_reopen_decide(by=cast["da2"], reopening=asked, granted=False),
    )
    assert sorted(got) == ["done", "twice"]
    assert AuditEvent.objects.filter(action="REOPENING_DECIDED").count() == 1
    clean(case)


def test_one_person_is_not_given_two_places_at_once(case: PathologyCase, cast: dict[str, User]) -> None:
    got = together(
        lambda: services.readers_allocate(by=cast["da"], case=case, readers={"R1": cast["p1"]}),
        lambda: services.readers_allocate(by=cast["da2"], case=case, readers={"R2": cast["p1"]}),
    )
    assert sorted(got) == ["done", "same"]
    assert Reading.objects.filter(reader=cast["p1"]).count() == 1


def test_a_reader_begins_while_the_place_is_given_to_another(
    case: PathologyCase, cast: dict[str, User]
) -> None:
    """Either the reader has begun, and the place stays, or it is another's, and the reader is told."""
    services.readers_allocate(by=cast["da"], case=case, readers={"R1": cast["p1"]})
    got = together(
        lambda: services.reading_take(by=cast["p1"], case=case),
        lambda: services.readers_allocate(by=cast["da"], case=case, readers={"R1": cast["p2"]}),
    )
    assert got in (["done", "begun"], ["role", "done"])
    place = case.readings.get(slot="R1")
    assert place.reader == (cast["p1"] if got[0] == "done" else cast["p2"])


def test_two_rereads_of_one_reading_become_one(case: PathologyCase, cast: dict[str, User]) -> None:
    for reading, name in zip(given(case, cast), ("p1", "p2"), strict=True):
        submits(cast[name], reading, "8")()
    world.released(case)
    first = case.readings.get(slot="R1")
    got = together(
        *[lambda by=cast[name]: services.reread_open(by=by, reading=first) for name in ("da", "da2")]
    )
    assert sorted(got) == ["done", "twice"]
    assert PathologyCase.objects.filter(reread_of=case).count() == 1
    clean(case)
