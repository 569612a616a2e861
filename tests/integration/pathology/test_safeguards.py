"""What a critical reader of central pathology asked: nothing of other records in a refusal, no dead ends, no lost marks."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from crf.models import Finding
from pathology.models import ItemState, PathologyCase, Reading, RecutRequest, SpecimenItem
from pathology.notes import Notes, stored_notes
from pathology.policies_images import may_draw
from pathology.services import (
    items_receive,
    reading_draft_keep,
    reading_save,
    recut_answer,
    recut_ask,
)
from pathology.services.specimens import Arrived, Passing
from tests import world
from tests.integration.pathology.conftest import Submit, answers, posted
from trialsite.accounts.models import User
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db


def receive(case: PathologyCase, by: User, *labels: str) -> list[SpecimenItem]:
    from django.utils import timezone

    arrived = [Arrived("SLIDE", label, "A1", 1, "HE") for label in labels]
    return items_receive(
        by=by, case=case, arrived=arrived, passing=Passing("RECEIVED", timezone.now(), condition="ADEQUATE")
    )


def test_other_nodules_than_the_other_reader_are_a_finding_and_no_refusal(
    case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    """CK-244 compares with records that a reader must not know."""
    submit(cast["p1"], case)
    reading = world.reading_take(by=cast["p2"], case=case)
    typed = answers("8")
    typed.rows["CP2"][0].values["cpn_no"] = 2
    world.reading_save(by=cast["p2"], reading=reading, typed=typed, submit=True)
    reading.refresh_from_db()
    assert reading.submitted_at is not None
    assert Finding.objects.filter(form=reading.form, rule="CK-244").exists()


def test_a_label_with_the_code_of_the_case_would_link_a_re_read(
    case: PathologyCase, cast: dict[str, User]
) -> None:
    with pytest.raises(Refused, match="tells where"):
        receive(case, cast["da"], f"{case.code}-1")


@pytest.mark.parametrize("answer", ["New slide of 01-003 is on its way.", "Sent by 中山示范医院"])
def test_what_a_reader_will_read_names_no_origin(
    answer: str, case: PathologyCase, cast: dict[str, User]
) -> None:
    [slide] = receive(case, cast["da"], "A1-1")
    reading = world.reading_take(by=cast["p1"], case=case)
    asked = recut_ask(by=cast["p1"], reading=reading, item=slide, reason="Folded")
    with pytest.raises(Refused, match="The reader sees this text"):
        recut_answer(by=cast["da"], recut=asked, done=True, answer=answer)
    asked.refresh_from_db()
    assert asked.state == RecutRequest.State.OPEN


@pytest.fixture
def opinion(case: PathologyCase, cast: dict[str, User], submit: Submit) -> Reading:
    """The adjudicator has seen the one slide and given an opinion."""
    receive(case, cast["da"], "A1-1")
    submit(cast["p1"], case, "8")
    submit(cast["p2"], case, "14")
    reading = world.reading_take(by=cast["p3"], case=case)
    notes = world.reading_notes(reading)
    reading_save(
        by=cast["p3"], reading=reading, typed=answers("9"), notes=notes, submit=True, components=("password",)
    )
    reading.refresh_from_db()
    return reading


@pytest.mark.parametrize("what", ["a slide came", "a slide went back"])
def test_an_adjudicator_can_decide_whatever_happens_to_slides(
    what: str, opinion: Reading, cast: dict[str, User]
) -> None:
    from crf.selectors.sheets import sheet_of
    from crf.typed import Typed
    from pathology.services import reading_confirm

    if what == "a slide came":
        receive(opinion.case, cast["da"], "A1-2")
    else:
        SpecimenItem.objects.update(state=ItemState.RETURNED)
    assert opinion.form is not None
    reading_confirm(
        by=cast["p3"], reading=opinion, typed=Typed.of(sheet_of(opinion.form)), rationale="Necrosis throughout.",
        notes=stored_notes(opinion), components=("password",),
    )  # fmt: skip
    opinion.refresh_from_db()
    assert opinion.submitted_at is not None


def test_nobody_draws_into_an_opinion_that_is_signed(opinion: Reading, cast: dict[str, User]) -> None:
    assert not may_draw(cast["p3"], opinion)


def test_a_mark_set_in_the_viewer_survives_a_page_that_was_open_before(
    case: PathologyCase, cast: dict[str, User]
) -> None:
    receive(case, cast["da"], "A1-1", "A1-2")
    reading = world.reading_take(by=cast["p1"], case=case)
    reading_save(by=cast["p1"], reading=reading, typed=answers(), notes=Notes(marks={1: "SEEN"}))
    reading_save(by=cast["p1"], reading=reading, typed=answers(), notes=Notes(marks={2: "UNREADABLE"}))
    reading.refresh_from_db()
    assert stored_notes(reading).marks == {1: "SEEN", 2: "UNREADABLE"}


def test_a_page_that_is_behind_keeps_no_draft(case: PathologyCase, cast: dict[str, User]) -> None:
    reading = world.reading_take(by=cast["p1"], case=case)
    reading_save(by=cast["p1"], reading=reading, typed=answers())
    with pytest.raises(Refused, match="another window"):
        reading_draft_keep(by=cast["p1"], reading=reading, post=QueryDict("cp_com=old"), version=0)
    assert reading_draft_keep(by=cast["p1"], reading=reading, post=QueryDict("cp_com=new"), version=1)


def test_a_save_that_was_stored_is_not_taken_for_a_signature(
    client: Client, case: PathologyCase, cast: dict[str, User]
) -> None:
    """The same page was saved, its answer lost, and then submitted: nothing is signed, and the page says so."""
    world.reading_take(by=cast["p1"], case=case)
    client.force_login(cast["p1"])
    where, data = f"/readings/{case.code}/", posted() | {"token": "one-page", "version": "0"}
    assert client.post(where, data | {"action": "save"}).status_code == 302
    again = client.post(where, data | {"action": "submit", "username": "p1", "password": "demo-p1-2026"})
    assert again.status_code == 409
    assert "not signed yet" in again.content.decode()
    assert not Reading.objects.filter(submitted_at__isnull=False).exists()


def test_a_data_manager_of_one_site_reaches_no_slides_of_another(
    case: PathologyCase, cast: dict[str, User], client: Client, django_user_model: Any
) -> None:
    from trialsite.accounts.models import RoleHeld

    RoleHeld.objects.filter(user=cast["da"]).update(site=world.site("02"))
    client.force_login(cast["da"])
    assert client.get(f"/pathology/{case.code}/images/").status_code == 404
    assert client.get("/pathology/rereads/").status_code == 404
    with pytest.raises(Refused):
        receive(case, User.objects.get(username="da"), "A1-1")
