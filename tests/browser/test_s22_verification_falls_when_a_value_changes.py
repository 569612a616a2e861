"""S22 Verification falls when a value changes; with the keyboard of the page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from crf.models import FormInstance, Verified
from tests import world
from tests.browser.entry import Entry
from tests.scenarios.stage import again
from trialsite.accounts.models import User


@pytest.fixture
def form(people: dict[str, User]) -> FormInstance:
    made = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    baseline = [
        world.target("T01", "S8", "62", "20", tl_enh="TYPICAL"),
        world.target("T02", "S5", "18", "8", tl_enh="TYPICAL"),
    ]
    world.assessed(made, people["lin"], "SCR", "2024-03-06", baseline, None, complete=False)
    return world.form(made, "TA", "SCR")


def test_verified_changed_and_verified_again(
    form: FormInstance, signed_in: Callable[..., Page], entry: Entry, lin: Page
) -> None:
    mo = signed_in("mo")
    mo.goto("/sdv/01-003/SCR/ta/")
    mo.keyboard.press("Shift+V")
    expect(mo.locator("#sdv-bar")).to_contain_text("Verified")
    assert again(form).verified == Verified.FULLY
    mo.goto("/sdv/?need=changed")
    expect(mo.locator("main")).not_to_contain_text("changed since verified")

    entry.open(form)
    entry.type(entry.at("TA2:2/tl_diam").locator("input:not([type=hidden])").first, "12")
    entry.save()
    assert again(form).verified == Verified.PARTLY

    mo.goto("/sdv/?need=changed")
    item = mo.locator(".sdv-changed tbody tr")
    expect(item).to_have_count(1)
    expect(item).to_contain_text("01-003")
    mo.goto("/sdv/01-003/SCR/ta/")
    fallen = mo.locator("tr.fallen")
    expect(fallen).to_have_count(1)
    expect(fallen).to_contain_text("changed since verified (18.0 mm to 12.0 mm)")
    expect(mo.locator("tr.valid")).to_have_count(mo.locator("tr[data-value]").count() - 1)
    expect(mo.locator(".hd")).to_contain_text("Partly verified")
    mo.keyboard.press("Shift+V")
    expect(fallen).to_have_count(0)
    assert again(form).verified == Verified.FULLY
