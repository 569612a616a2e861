"""S22 Verification falls when a value changes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crf.models import FormInstance, MarkState, VerificationMark, Verified
from crf.verifying import participant_problems
from participants.models import Participant
from tests import world
from tests.scenarios.stage import SignedIn, again, events, save
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db

SDV = "/sdv/01-003/TA1/ta/"
CHANGED = "TA2:2/tl_diam"


@pytest.fixture
def form(at: SignedIn, cast: dict[str, User]) -> FormInstance:
    """All critical fields of the assessment are verified by Mo."""
    lin = cast["lin"]
    made = world.screened(lin, "01-003")
    world.screening_01_003(made, lin)
    world.treatment_01_003(made, lin)
    form = world.form(made, "TA", "TA1")
    world.change(form, lin, TA2_2_tl_diam="8", TA2_2_tl_viable="5")
    mo = at("mo")
    assert mo.post(SDV, hidden(mo.get(SDV).content.decode()) | {"all": "1"}).status_code == 302
    assert again(form).verified == Verified.FULLY
    return form


def hidden(html: str) -> dict[str, Any]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
    return {name: value.replace("&quot;", '"') for name, value in found}


def change(at: SignedIn, form: FormInstance) -> None:
    answer = save(at("lin"), form, TA2_2_tl_diam="12", more={"reason": "Measured again"})
    assert answer.status_code == 302, answer.content.decode()[:2000]


def test_that_field_alone_shows_changed_since_verified(at: SignedIn, form: FormInstance) -> None:
    before = VerificationMark.objects.filter(form=form, state=MarkState.VALID).count()
    change(at, form)
    [mark] = VerificationMark.objects.filter(form=form, state=MarkState.CHANGED)
    assert (mark.path, mark.value, mark.changed_value) == (CHANGED, "8.0", "12.0")
    assert VerificationMark.objects.filter(form=form, state=MarkState.VALID).count() == before - 1
    page = re.sub(r"<[^>]+>", " ", at("mo").get(SDV).content.decode())
    assert re.search(r"changed since verified", page, re.IGNORECASE)
    assert re.search(r"8(\.0)?( mm)?\s*(→|to|➝)\s*12", page), page[page.find("since verified") - 300 :][:700]


def test_the_form_goes_from_verified_to_partly_verified(at: SignedIn, form: FormInstance) -> None:
    change(at, form)
    assert again(form).verified == Verified.PARTLY


def test_mo_s_queue_has_one_item(at: SignedIn, form: FormInstance) -> None:
    change(at, form)
    queue = at("mo").get("/sdv/?need=changed").content.decode()
    assert queue.count('href="/sdv/01-003/TA1/ta/') >= 1
    assert VerificationMark.objects.filter(state=MarkState.CHANGED).count() == 1


def test_verified_again_it_is_whole(at: SignedIn, form: FormInstance) -> None:
    change(at, form)
    mo = at("mo")
    mo.post(SDV, hidden(mo.get(SDV).content.decode()) | {"all": "1"})
    assert again(form).verified == Verified.FULLY
    assert not VerificationMark.objects.filter(form=form, state=MarkState.CHANGED).exists()
    acts = [e.action for e in events(form, f"{CHANGED}@sdv")]
    assert acts == ["VERIFIED", "VERIFICATION_FELL", "VERIFIED"]
    assert list(participant_problems(Participant.objects.get(number="01-003"))) == []


def test_lin_cannot_verify(at: SignedIn, form: FormInstance) -> None:
    assert at("lin").post(SDV, {"all": "1", "seen": "{}", "cover": "[]"}).status_code in (403, 404)
