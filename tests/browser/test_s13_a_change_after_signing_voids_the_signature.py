"""S11 and S13 Signing needs fresh credentials; a change afterwards voids the signature and says why."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from crf.models import FormInstance, Signature, Signed
from crf.naming import form_url
from tests import world
from tests.browser.entry import Entry
from tests.scenarios.stage import again
from trialsite.accounts.demo import CAST
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

PASSWORDS = {person.username: person.password for person in CAST}


@pytest.fixture
def form(people: dict[str, User]) -> FormInstance:
    made = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    world.enter(made, people["lin"], [p for p in world.quickly("screening") if p.key == "DM"])
    return world.form(made, "DM", "SCR")


def sign(page: Page, form: FormInstance, password: str, name: bool = True) -> None:
    page.goto(f"/sign/{form.participant.number}/?form={form.pk}")
    if name:
        page.locator("#username").fill("chen")
    page.locator("#password").fill(password)
    page.locator("[data-sign-button]").click()


def test_signed_changed_and_signed_again(
    form: FormInstance, signed_in: Callable[..., Page], entry: Entry, lin: Page
) -> None:
    chen = signed_in("chen")
    sign(chen, form, "guess")
    expect(chen.locator(".err")).to_contain_text("Nothing was signed.")
    assert not Signature.objects.exists()
    assert AuditEvent.objects.filter(action="SIGNATURE_FAILED", actor_name="chen").count() == 1

    sign(chen, form, PASSWORDS["chen"])
    expect(chen.locator("main")).to_contain_text("Chen Wei")
    expect(chen.locator("main")).to_contain_text("UTC")
    expect(chen.locator("main")).to_contain_text("I confirm these data")
    assert again(form).signed == Signed.SIGNED

    entry.open(form)
    entry.fill(form, {"race": "OTHER"})
    lin.locator("[data-reason-panel] input").fill("Identity papers")
    entry.save()
    assert again(form).signed == Signed.VOID
    expect(lin.locator("main")).to_contain_text("void since")

    chen.goto("/sign/")
    expect(chen.locator("main")).to_contain_text("01-003")
    chen.goto("/sign/01-003/")
    expect(chen.locator("#changes")).to_contain_text("Identity papers")
    expect(chen.locator("#changes")).to_contain_text("Asian")
    sign(chen, form, PASSWORDS["chen"], name=False)
    expect(chen.locator("main")).to_contain_text("Chen Wei")
    assert Signature.objects.count() == 2, "the old one stays"
    assert form_url(form)
