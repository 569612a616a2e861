"""S32 Range: soft and hard; typed into the page of the laboratory."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from crf.models import Finding, FormInstance, Query
from tests import world
from tests.browser.entry import Entry
from tests.scenarios.stage import events
from tests.scenarios.test_s32_range_soft_and_hard import RESULT
from trialsite.accounts.models import User


@pytest.fixture
def form(people: dict[str, User]) -> FormInstance:
    world.ranges_01(people["da"])
    made = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    return world.form(made, "LB", "SCR", 2)


def test_range_soft_and_hard(form: FormInstance, entry: Entry, lin: Page) -> None:
    entry.open(form)
    entry.fill(form, {"lbperf": "Y", "lbdat": "2024-03-05"})
    box = entry.at(RESULT)
    typed = box.locator("input:not([type=hidden])").first

    entry.type(typed, "2600")  # not possible: refused
    lin.keyboard.press("Control+S")
    expect(lin.locator(".err").first).to_contain_text("Value is not possible. Check value and unit.")
    expect(typed).to_have_value("2600")

    entry.type(typed, "240")  # unusual: asked
    with lin.expect_navigation():
        lin.keyboard.press("Control+S")
    entry.ready()
    expect(box.locator(".soft")).to_contain_text("Unusual value. Confirm value and unit.")
    assert Query.objects.get(form=form, path=RESULT).state == "OPEN"

    box.locator("summary").click()
    box.locator("label.seg-opt").first.click()
    entry.save()
    assert Finding.objects.get(form=form, path=RESULT).state == "CONFIRMED"
    assert Query.objects.get(form=form, path=RESULT).state == "ANSWERED"
    assert events(form, f"{RESULT}@refused")[0].new == "2600"
    assert [e.new for e in events(form, RESULT)] == ["240"]
