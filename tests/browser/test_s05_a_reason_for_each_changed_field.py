"""S05 A reason for each changed field after completion; asked by the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from crf.models import FormInstance
from tests import world
from tests.browser.entry import Entry
from tests.scenarios.stage import rows
from trialsite.accounts.models import User


@pytest.fixture
def form(people: dict[str, User]) -> FormInstance:
    made = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    world.enter(made, people["lin"], [p for p in world.quickly("screening") if p.key == "DM"])
    return world.form(made, "DM", "SCR")


def test_two_fields_two_reasons(form: FormInstance, entry: Entry, lin: Page) -> None:
    entry.open(form)
    entry.fill(form, {"race": "OTHER", "famhx_hcc": "Y"})
    lin.locator("[data-reason-panel] input").fill("   ")
    lin.keyboard.press("Control+S")  # spaces are no reason: each field is asked for its own
    asked = lin.locator("#reasons")
    expect(asked).to_be_visible()
    asked.locator('[name="reason:race"]').fill("Identity papers")
    asked.locator('[name="reason:famhx_hcc"]').fill("Told by the brother")
    entry.save()
    assert rows(form, "race")[-1][-1] == "Identity papers"
    assert rows(form, "famhx_hcc")[-1][-1] == "Told by the brother"
    assert len(rows(form, "race")) == len(rows(form, "famhx_hcc")) == 2
