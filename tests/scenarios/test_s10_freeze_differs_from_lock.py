"""S10 Freeze differs from lock."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crf.models import FormInstance, HoldKind, Query, Signed, Verified
from crf.services.holding import hold_put
from participants.models import Participant
from tests import world
from tests.scenarios.stage import SignedIn, again, shown, value_of
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db

WHERE = "/p/01-003/SCR/dm/"
SDV = "/sdv/01-003/SCR/dm/"


@pytest.fixture
def form(participant: Participant, cast: dict[str, User]) -> FormInstance:
    page = next(page for page in world.quickly("screening") if page.key == "DM")
    world.enter(participant, cast["lin"], [page])
    return world.form(participant, "DM", "SCR")


@pytest.fixture
def frozen(form: FormInstance, cast: dict[str, User]) -> FormInstance:
    hold_put(by=cast["da"], kind=HoldKind.FREEZE, target=form)
    return again(form)


def hidden(html: str) -> dict[str, Any]:
    """The hidden inputs of a page."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
    return {name: value.replace("&quot;", '"') for name, value in found}


def verify_all(at: SignedIn) -> Any:
    mo = at("mo")
    page = hidden(mo.get(SDV).content.decode())
    return mo.post(SDV, page | {"all": "1"})


def sign(at: SignedIn, form: FormInstance) -> Any:
    chen = at("chen")
    html = chen.get("/sign/01-003/", {"form": form.pk}).content.decode()
    data: dict[str, Any] = dict(re.findall(r'name="(version:\d+)" value="(\d+)"', html))
    data["queries"] = next(iter(re.findall(r'name="queries" value="([^"]*)"', html)), "")
    data |= {"form": [str(form.pk)], "meaning": "CONFIRM", "username": "chen", "password": "demo-chen-2026"}
    return chen.post("/sign/01-003/", data)


def ask(at: SignedIn) -> Any:
    return at("mo").post(
        f"{WHERE}queries/?path=ethcn", {"text": "What does the source say?", "path": "ethcn"}
    )


def edit(at: SignedIn, form: FormInstance) -> Any:
    page = shown(at("lin"), form) | {"version": str(form.version), "sex": "F", "reason": "Corrected"}
    return at("lin").post(WHERE, page)


def test_a_frozen_form_refuses_lin(at: SignedIn, frozen: FormInstance) -> None:
    answer = edit(at, frozen)
    assert answer.status_code == 403
    assert (
        "This form is frozen: it can be queried, verified and signed, but not changed."
        in answer.content.decode()
    )
    assert value_of(frozen, "sex") == "M"


def test_mo_may_query_a_frozen_form(at: SignedIn, frozen: FormInstance) -> None:
    assert ask(at).status_code in (200, 302)
    assert Query.objects.filter(form=frozen, path="ethcn", rule="").exists()


def test_mo_may_verify_a_frozen_form(at: SignedIn, frozen: FormInstance) -> None:
    assert verify_all(at).status_code == 302
    assert again(frozen).verified == Verified.FULLY


def test_dr_chen_may_sign_a_frozen_form(at: SignedIn, frozen: FormInstance) -> None:
    answer = sign(at, frozen)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    assert again(frozen).signed == Signed.SIGNED


@pytest.fixture
def locked(at: SignedIn, frozen: FormInstance, cast: dict[str, User]) -> FormInstance:
    verify_all(at)
    sign(at, frozen)
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=again(frozen))
    return again(frozen)


def test_a_locked_form_refuses_query_and_verification_as_well(at: SignedIn, locked: FormInstance) -> None:
    asked, ticked, edited = ask(at), verify_all(at), edit(at, locked)
    assert [answer.status_code for answer in (asked, ticked, edited)] == [403, 403, 403]
    for answer in (asked, ticked, edited):
        assert "This form is locked" in answer.content.decode()
    assert not Query.objects.filter(form=locked, path="ethcn", rule="").exists()
    assert value_of(locked, "sex") == "M"
