"""After the readings: release, opening again by two persons, holds, re-reads, and what others see until then."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from crf.models import FormInstance, TrailItem
from crf.selectors.sheets import casebook
from crf.selectors.trail import withheld_targets
from crf.services.entry import Invalid
from crf.services.trail_review import trail_look, trail_look_ask
from crf.verifying import participant_problems
from endpoints.models import EndpointState
from endpoints.services import endpoints_recompute
from participants.models import Participant
from pathology.lifecycle import CASE
from pathology.models import CaseState, PathologyCase, Reading, Reopening
from pathology.notes import Notes
from pathology.services import (
    case_close,
    readers_allocate,
    reading_confirm,
    reading_reopen_ask,
    reading_reopen_decide,
    reading_take,
    reread_open,
    result_release,
)
from tests import world
from tests.integration.pathology.conftest import Submit, answers
from tests.integration.pathology.test_case import result_of, state, told
from tests.world import reading_save
from trialsite.accounts import services as accounts
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db

WHY = "Slide A2 was turned over"
NOTES = Notes("HIGH")


@pytest.fixture
def team(cast: dict[str, User]) -> dict[str, User]:
    """With a second data manager."""
    da2 = accounts.user_create(by=None, username="da2", full_name="Second Manager")
    accounts.role_grant(by=None, user=da2, role=Role.DATA_MANAGER, site=None, valid_from=dt.date(2024, 1, 1))
    return cast | {"da2": da2}


def stepped(case: PathologyCase) -> str:
    """The state now; it must follow from the one before by a line of the table."""
    before = case.state
    now = state(case)
    reachable = {target for (source, _act), target in CASE.moves.items() if source == before}
    assert now == before or now in reachable, f"{before} → {now} is not drawn"
    return now


@pytest.fixture
def case(case: PathologyCase, cast: dict[str, User]) -> PathologyCase:
    """Both places are given."""
    readers_allocate(by=cast["da"], case=case, readers={"R1": cast["p1"], "R2": cast["p2"]})
    stepped(case)
    return case


@pytest.fixture
def released(case: PathologyCase, cast: dict[str, User], submit: Submit) -> PathologyCase:
    """8 % and 14 %, decided at 9 %, released."""
    for name, share in (("p1", "8"), ("p2", "14"), ("p3", "9")):
        submit(cast[name], case, share)
        stepped(case)
    world.released(case)
    stepped(case)
    return case


def opened(case: PathologyCase, team: dict[str, User], slot: str = "R2", reason: str = WHY) -> Reading:
    reading = case.readings.get(slot=slot)
    assert reading.reader is not None
    asked = reading_reopen_ask(by=reading.reader, reading=reading, reason=reason)
    reading_reopen_decide(by=team["da"], reopening=asked, granted=True)
    stepped(case)
    reading.refresh_from_db()
    return reading


def again(by: User, reading: Reading, viable: str) -> None:
    typed = answers(viable)
    for line in typed.rows["CP2"]:
        line.key = "1"
    reading_save(by=by, reading=reading, typed=typed, notes=NOTES, submit=True)


def clean(participant: Participant) -> None:
    """Tables, trail and replay agree."""
    assert list(participant_problems(Participant.objects.get(pk=participant.pk))) == []
    out = StringIO()
    call_command("verify", stdout=out)


def endpoint(participant: Participant, name: str = "MPR") -> str:
    endpoints_recompute(participant.pk)
    return str(EndpointState.objects.get(pk=participant.pk).summary["values"][name]["value"])


# --- release ----------------------------------------------------------------------------------------------------------


def test_the_result_counts_from_the_release_on_with_its_three_readings(
    client: Client, case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    for name, share in (("p1", "8"), ("p2", "14"), ("p3", "9")):
        submit(cast[name], case, share)
        assert endpoint(case.participant) == "PENDING"
    world.released(case)
    assert endpoint(case.participant) == "Y"
    assert endpoint(case.participant, "PCR") == "N"
    client.force_login(cast["mo"])
    why = client.get(f"/p/{case.participant.number}/results/mpr/").content.decode()
    for sentence in ("Reader 1: 8.0 %", "Reader 2: 14.0 %", "Adjudicator: 9.0 %"):
        assert sentence in why
    clean(case.participant)


@pytest.mark.parametrize("name", ["mo", "lin", "chen", "p1", "p3", "st", "ad", "ins"])
def test_only_a_data_manager_releases(
    name: str, case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    for reader in ("p1", "p2"):
        submit(cast[reader], case, "8")
    with pytest.raises(Refused) as refusal:
        result_release(by=cast[name], case=case)
    assert refusal.value.code == "role"
    assert told(case.participant)[2:] == (None, None, None)


def test_it_is_released_once(released: PathologyCase, cast: dict[str, User]) -> None:
    with pytest.raises(Refused) as refusal:
        world.released(released)
    assert refusal.value.code == "twice"
    assert AuditEvent.objects.filter(action="RESULT_RELEASED").count() == 1


def test_undecided_it_is_not_released(case: PathologyCase, cast: dict[str, User], submit: Submit) -> None:
    for name, share in (("p1", "8"), ("p2", "14")):
        with pytest.raises(Refused) as refusal:
            world.released(case)
        assert refusal.value.code == "undecided"
        submit(cast[name], case, share)
    with pytest.raises(Refused) as refusal:
        world.released(case)
    assert refusal.value.code == "undecided"


def test_while_opening_is_asked_for_it_is_not_released(
    case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    readings = [submit(cast[name], case, "8") for name in ("p1", "p2")]
    asked = reading_reopen_ask(by=cast["p1"], reading=readings[0], reason=WHY)
    with pytest.raises(Refused) as refusal:
        world.released(case)
    assert refusal.value.code == "reopening"
    reading_reopen_decide(by=cast["da"], reopening=asked, granted=False, answer="The slide lay right")
    world.released(case)
    assert state(case) == CaseState.RELEASED


# --- opened again -------------------------------------------------------------------------------------------------------


def test_two_persons_open_a_reading(released: PathologyCase, team: dict[str, User]) -> None:
    reading = released.readings.get(slot="R2")
    with pytest.raises(Refused) as refusal:
        reading_reopen_ask(by=team["da"], reading=reading, reason="  ")
    assert refusal.value.code == "text"
    for name in ("mo", "p1", "lin", "p3"):
        with pytest.raises(Refused) as refusal:
            reading_reopen_ask(by=team[name], reading=reading, reason=WHY)
        assert refusal.value.code == "role", name
    asked = reading_reopen_ask(by=team["da"], reading=reading, reason=WHY)
    with pytest.raises(Refused) as refusal:
        reading_reopen_ask(by=team["p2"], reading=reading, reason=WHY)
    assert refusal.value.code == "twice"
    for name, code in (("da", "same"), ("p2", "role"), ("mo", "role")):
        with pytest.raises(Refused) as refusal:
            reading_reopen_decide(by=team[name], reopening=asked, granted=True)
        assert refusal.value.code == code, name
    assert state(released) == CaseState.RELEASED
    reading_reopen_decide(by=team["da2"], reopening=asked, granted=True)
    assert stepped(released) == CaseState.READING
    with pytest.raises(Refused) as refusal:
        reading_reopen_decide(by=team["da2"], reopening=asked, granted=False)
    assert refusal.value.code == "twice"


def test_the_database_wants_two_persons_as_well(released: PathologyCase, team: dict[str, User]) -> None:
    asked = reading_reopen_ask(by=team["da"], reading=released.readings.get(slot="R1"), reason=WHY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reopening.objects.filter(pk=asked.pk).update(decided_by=team["da"], granted=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reopening.objects.create(
            reading=asked.reading, reason=WHY, asked_by=team["p1"], asked_at=timezone.now()
        )


def test_refused_nothing_changes(released: PathologyCase, team: dict[str, User]) -> None:
    before = result_of(released.participant)
    asked = reading_reopen_ask(by=team["p2"], reading=released.readings.get(slot="R2"), reason=WHY)
    reading_reopen_decide(by=team["da"], reopening=asked, granted=False, answer="It lay right")
    assert (state(released), result_of(released.participant)) == (CaseState.RELEASED, before)
    event = AuditEvent.objects.get(action="REOPENING_DECIDED")
    assert (event.old, event.new, event.reason) == ("ASKED", "REFUSED", "It lay right")


def test_opened_the_result_is_withdrawn_and_every_change_says_why(
    released: PathologyCase, team: dict[str, User]
) -> None:
    participant = released.participant
    assert endpoint(participant) == "Y"
    reading = opened(released, team)
    assert told(participant) == (None,) * 5
    assert result_of(participant).get("cpf_dat") is None
    assert endpoint(participant) == "PENDING"
    form = FormInstance.objects.get(reading=reading)
    assert (form.status, form.locked, reading.submitted_at) == ("IN_PROGRESS", False, None)
    withdrawn = AuditEvent.objects.get(action="RESULT_WITHDRAWN")
    assert (withdrawn.new, withdrawn.reason) == ("", WHY)
    last = AuditEvent.objects.order_by("pk").values_list("pk", flat=True).last()
    assert last is not None
    again(team["p2"], reading, "15")
    changes = AuditEvent.objects.filter(target=form.address, pk__gt=last, action="CHANGE")
    assert {event.path: event.reason for event in changes if event.path.startswith("CP2")} == {
        "CP2:1/cpn_rvt": WHY, "CP2:1/cpn_nec": WHY,
    }  # fmt: skip
    clean(participant)


def test_read_again_and_still_apart_the_adjudication_stands(
    released: PathologyCase, team: dict[str, User]
) -> None:
    reading = opened(released, team)
    with pytest.raises(Refused) as refusal:
        world.released(released)
    assert refusal.value.code == "undecided"
    again(team["p2"], reading, "15")
    assert stepped(released) == CaseState.DECIDED
    world.released(released)
    assert stepped(released) == CaseState.RELEASED
    assert told(released.participant) == ("Y", "MPR_DISC", "9.0", "Y", "N")
    assert endpoint(released.participant) == "Y"
    clean(released.participant)


def test_an_adjudication_that_is_no_longer_needed_does_not_count(
    released: PathologyCase, team: dict[str, User]
) -> None:
    """All readings are kept; the mean of the two that agree now is the result."""
    again(team["p2"], opened(released, team), "6")
    assert stepped(released) == CaseState.DECIDED
    world.released(released)
    assert told(released.participant) == ("N", None, "7.0", "Y", "N")
    assert released.readings.filter(submitted_at__isnull=False).count() == 3
    endpoints_recompute(released.participant_id)
    values = EndpointState.objects.get(pk=released.participant_id).summary["values"]
    assert values["MPR"] == {"value": "Y", "rvt_pct": pytest.approx(7.0)}
    clean(released.participant)


def test_an_adjudicator_s_place_that_is_not_needed_any_more_is_closed(
    case: PathologyCase, team: dict[str, User], submit: Submit
) -> None:
    """Begun, but the readers agree before the decision: nothing waits for the adjudicator, and nothing can be saved."""
    submit(team["p1"], case, "8")
    submit(team["p2"], case, "14")
    third = world.reading_take(by=team["p3"], case=case)
    reading_save(by=team["p3"], reading=third, typed=answers("12"))
    assert stepped(case) == CaseState.ADJUDICATION
    reading = opened(case, team)
    with pytest.raises(Refused) as refusal:
        reading_save(by=team["p3"], reading=third, typed=answers("11"))
    assert refusal.value.code == "role"
    again(team["p2"], reading, "9")
    assert stepped(case) == CaseState.DECIDED
    with pytest.raises(Refused):
        reading_save(by=team["p3"], reading=third, typed=answers("11"), submit=True)
    world.released(case)
    assert told(case.participant) == ("N", None, "8.5", "Y", "N")
    clean(case.participant)


def test_an_adjudication_is_opened_again_and_keeps_the_opinion(
    released: PathologyCase, team: dict[str, User]
) -> None:
    reading = opened(released, team, slot="ADJ")
    assert state(released) == CaseState.ADJUDICATION
    opinion = dict(reading.opinion)
    typed = answers("13")
    typed.rows["CP2"][0].key = "1"
    with pytest.raises(Refused) as refusal:
        reading_save(by=team["p3"], reading=reading, typed=typed)
    assert refusal.value.code == "opinion"
    with pytest.raises(Invalid):
        reading_confirm(by=team["p3"], reading=reading, typed=typed, rationale=" ", notes=NOTES)
    reading_confirm(
        by=team["p3"], reading=reading, typed=typed, rationale="The other side counts", notes=NOTES
    )
    reading.refresh_from_db()
    assert (reading.opinion, reading.rationale) == (opinion, "The other side counts")
    world.released(released)
    assert told(released.participant) == ("Y", "MPR_DISC", "13.0", "N", "N")
    clean(released.participant)


# --- what holds the result -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("held", ["locked", "frozen"])
def test_a_held_result_is_not_opened(held: str, released: PathologyCase, team: dict[str, User]) -> None:
    reading = released.readings.get(slot="R1")
    asked = reading_reopen_ask(by=team["p1"], reading=reading, reason=WHY)
    FormInstance.objects.filter(form_key="CPATHF").update(**{held: True})
    with pytest.raises(Refused) as refusal:
        reading_reopen_decide(by=team["da"], reopening=asked, granted=True)
    assert refusal.value.code == "locked"
    with pytest.raises(Refused):
        reading_reopen_ask(by=team["p2"], reading=released.readings.get(slot="R2"), reason=WHY)
    assert told(released.participant)[2] == "9.0"
    reading_reopen_decide(by=team["da"], reopening=asked, granted=False)  # refusing is always possible


@pytest.mark.parametrize("held", ["locked", "frozen"])
def test_a_held_result_is_not_released(
    held: str, case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    for name in ("p1", "p2"):
        submit(cast[name], case, "8")
    FormInstance.objects.filter(form_key="CPATHF").update(**{held: True})
    with pytest.raises(Refused):
        world.released(case)
    assert state(case) == CaseState.DECIDED
    assert told(case.participant)[2] is None


@pytest.mark.parametrize("held", ["locked", "frozen"])
def test_with_a_held_result_nobody_reads(held: str, case: PathologyCase, cast: dict[str, User]) -> None:
    reading = world.reading_take(by=cast["p1"], case=case)
    FormInstance.objects.filter(form_key="CPATHF").update(**{held: True})
    with pytest.raises(Refused) as refusal:
        reading_save(by=cast["p1"], reading=reading, typed=answers(), submit=True)
    assert refusal.value.code == "locked"


def test_a_closed_case_takes_nothing(case: PathologyCase, cast: dict[str, User], submit: Submit) -> None:
    done = submit(cast["p1"], case, "8")
    reading = world.reading_take(by=cast["p2"], case=case)
    case_close(by=cast["da"], participant=case.participant, reason="No specimen")
    assert stepped(case) == CaseState.CLOSED
    for act in (
        lambda: reading_save(by=cast["p2"], reading=reading, typed=answers(), submit=True),
        lambda: reading_reopen_ask(by=cast["p1"], reading=done, reason=WHY),
        lambda: result_release(by=cast["da"], case=case),
        lambda: reread_open(by=cast["da"], reading=done),
        lambda: readers_allocate(by=cast["da"], case=case, readers={"ADJ": cast["p3"]}),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.code == "closed"


# --- re-reads ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def reread(released: PathologyCase, cast: dict[str, User]) -> PathologyCase:
    return reread_open(by=cast["da"], reading=released.readings.get(slot="R1"))


def read_again(reread: PathologyCase, by: User, viable: str = "77") -> Reading:
    reading = reading_take(by=by, case=reread)
    reading_save(by=by, reading=reading, typed=answers(viable, cp_com="Read again"), notes=NOTES, submit=True)
    reading.refresh_from_db()
    return reading


def test_a_reread_decides_nothing_and_appears_nowhere(
    client: Client, reread: PathologyCase, released: PathologyCase, cast: dict[str, User]
) -> None:
    participant = released.participant
    version = Participant.objects.values_list("data_version", flat=True).get(pk=participant.pk)
    before = casebook(participant.pk, ["CPATH", "CPATHF"])
    forms = FormInstance.objects.count()
    reading = read_again(reread, cast["p1"])
    assert (reading.form, reading.submitted_at is not None) == (None, True)
    assert reading.content["CP2:1/cpn_rvt"] == "77.0"
    assert state(reread) == CaseState.RELEASED
    assert (state(released), told(participant)) == (CaseState.RELEASED, ("Y", "MPR_DISC", "9.0", "Y", "N"))
    assert not released.readings.filter(slot="ADJ", submitted_at__isnull=True).exists()
    after = casebook(participant.pk, ["CPATH", "CPATHF"])
    assert [s.values for s in after.all("CPATH")] == [s.values for s in before.all("CPATH")]
    assert FormInstance.objects.count() == forms
    assert Participant.objects.values_list("data_version", flat=True).get(pk=participant.pk) == version
    assert endpoint(participant) == "Y"
    with pytest.raises(Refused):
        result_release(by=cast["da"], case=reread)
    for name, url in (
        ("mo", f"/p/{participant.number}/"),
        ("mo", f"/p/{participant.number}/CPATH/"),
        ("mo", f"/p/{participant.number}/CPATH/cpathf/"),
        ("mo", f"/p/{participant.number}/results/mpr/"),
        ("mo", "/participants/"),
        ("mo", "/"),
        ("lin", f"/p/{participant.number}/"),
        ("da", f"/p/{participant.number}/CPATH/cpathf/"),
    ):
        client.force_login(cast[name])
        page = client.get(url).content.decode()
        assert reread.code not in page, (name, url)
        assert "77.0" not in page, (name, url)
        assert "Read again" not in page, (name, url)
    clean(participant)


def test_a_reread_is_not_looked_at_when_the_trail_is_reviewed(
    reread: PathologyCase, cast: dict[str, User]
) -> None:
    """At night, with a value thrice: what is found would tell what was read."""
    night = (timezone.now() + dt.timedelta(days=2)).replace(
        hour=16, minute=30
    )  # half past midnight at the site
    with time_machine.travel(night, tick=False):
        read_again(reread, cast["p1"])
        asked = trail_look_ask(by=cast["mo"])
        trail_look(asked.pk)
    assert AuditEvent.objects.filter(target__startswith="reading:", at=night).exists()
    found = [f"{item.key} {item.detail}" for item in TrailItem.objects.all()]
    assert not [text for text in found if "p1" in text or "reading:" in text]


def test_a_reread_that_is_opened_again_leaves_the_result_alone(
    reread: PathologyCase, released: PathologyCase, team: dict[str, User]
) -> None:
    reading = read_again(reread, team["p1"])
    asked = reading_reopen_ask(by=team["p1"], reading=reading, reason=WHY)
    reading_reopen_decide(by=team["da"], reopening=asked, granted=True)
    assert (state(reread), state(released)) == (CaseState.READING, CaseState.RELEASED)
    assert told(released.participant)[2] == "9.0"
    assert not AuditEvent.objects.filter(action="RESULT_WITHDRAWN").exists()
    clean(released.participant)


def test_who_reads_again_and_what(
    reread: PathologyCase, released: PathologyCase, cast: dict[str, User]
) -> None:
    assert reread.code != released.code
    assert [(one.slot, one.reader, one.form_id) for one in reread.readings.all()] == [
        ("R1", cast["p1"], None)
    ]
    refusals = {
        "twice": released.readings.get(slot="R1"),  # the reader has it already
        "adjudication": released.readings.get(slot="ADJ"),
        "unreleased": reread.readings.get(slot="R1"),
    }
    for code, reading in refusals.items():
        with pytest.raises(Refused) as refusal:
            reread_open(by=cast["da"], reading=reading)
        assert refusal.value.code == code
    with pytest.raises(Refused) as refusal:
        reread_open(by=cast["mo"], reading=released.readings.get(slot="R2"))
    assert refusal.value.code == "role"


# --- what the trail shows ------------------------------------------------------------------------------------------------


def trail_shows(client: Client, user: User, query: str) -> str:
    client.force_login(user)
    return str(client.get(f"/audit/?{query}").content.decode())


def test_until_the_release_the_trail_withholds_what_was_read(
    client: Client, case: PathologyCase, team: dict[str, User], submit: Submit
) -> None:
    """Also blocks, slides, confidence, opinion and reason; and again while a reading is open."""
    from pathology.notes import Block

    reading = world.reading_take(by=team["p1"], case=case)
    block = Block(0, 1, "A2", Decimal("411.0"), Decimal(8), Decimal(92), Decimal(0), note="At the rim")
    reading_save(by=team["p1"], reading=reading, typed=answers("8"), notes=Notes("LOW", [block]), submit=True)
    submit(team["p2"], case, "14")
    third = world.reading_take(by=team["p3"], case=case)
    reading_save(by=team["p3"], reading=third, typed=answers("9"), submit=True, rationale="Rim counted twice")
    secrets = (
        "@block",
        "411.0",
        "At the rim",
        "Rim counted twice",
        "@confidence",
        "@opinion",
        "@pair",
        "X R",
    )

    def seen() -> set[str]:
        pages = "".join(trail_shows(client, team["mo"], f"who={who}") for who in ("p1", "p2", "p3", "system"))
        return {secret for secret in secrets if secret in pages}

    assert seen() == set()
    world.released(case)
    assert {"411.0", "At the rim", "Rim counted twice"} <= seen()
    opened(case, team)
    assert seen() == set()


def test_a_reread_is_withheld_until_it_is_handed_in(
    client: Client, reread: PathologyCase, released: PathologyCase, cast: dict[str, User]
) -> None:
    again_reading = reread.readings.get()
    assert {reread.address, again_reading.address} <= set(withheld_targets())
    assert reread.code not in trail_shows(client, cast["mo"], "who=da")
    reading_take(by=cast["p1"], case=reread)
    reading_save(by=cast["p1"], reading=again_reading, typed=answers("77"), notes=NOTES)
    assert "77.0" not in trail_shows(client, cast["mo"], "who=p1")
    read_again(reread, cast["p1"])
    assert not {reread.address, again_reading.address} & set(withheld_targets())
