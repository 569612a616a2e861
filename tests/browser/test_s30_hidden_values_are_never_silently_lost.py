"""S30 Hidden values are never silently lost; on the page of the operation."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from crf.models import FormInstance
from crf.selectors.sheets import sheet_of
from tests import world
from tests.browser.entry import Entry
from tests.scenarios.test_s30_hidden_values_are_never_silently_lost import BELOW
from trialsite.accounts.models import User


@pytest.fixture
def form(people: dict[str, User]) -> FormInstance:
    lin = people["lin"]
    made = world.screened(lin, "01-003")
    world.screening_01_003(made, lin)
    world.neoadjuvant(made, lin, 1, "2024-03-14")
    form = world.form(made, "SURG", "SURG")
    world.fill(form, lin, {"surg_proccur": "Y"} | BELOW, complete=False)
    return world.form(made, "SURG", "SURG")


def stands(form: FormInstance) -> int:
    values = sheet_of(world.form(form.participant, "SURG", "SURG")).values
    return sum(values.get(name) is not None for name in BELOW)


def test_told_stepped_back_set_inactive_and_offered_again(
    form: FormInstance, entry: Entry, lin: Page
) -> None:
    entry.open(form)
    choice = entry.at("surg_proccur")
    choice.locator('label.seg-opt:has(input[value="N"])').click()
    lin.keyboard.press("Control+S")
    told = lin.locator(".reason", has_text="will be set inactive")
    expect(told).to_be_visible()
    expect(told.locator("li")).to_have_count(14)
    assert stands(form) == 14

    choice.locator('label.seg-opt:has(input[value="Y"])').click()  # she steps back
    entry.ready()
    lin.keyboard.press("Control+S")
    expect(lin.locator(".toast-x").first).to_be_visible()
    assert stands(form) == 14

    entry.open(form)
    choice.locator('label.seg-opt:has(input[value="N"])').click()
    entry.answer("surg_reasoc", _reason(), "PD")
    lin.keyboard.press("Control+S")
    lin.locator('[name="clear_hidden"]').check()
    lin.get_by_role("button", name="Save with this choice").click()
    expect(lin.locator(".toast-x.success").first).to_be_visible()
    assert stands(form) == 0

    entry.open(form)
    choice.locator('label.seg-opt:has(input[value="Y"])').click()
    offer = lin.locator("[data-inactive]")
    expect(offer).to_contain_text("14 earlier answers were set inactive")
    offer.locator("summary").click()
    offer.get_by_role("button", name="Show those again that apply").click()
    expect(lin.locator(".toasts")).to_contain_text("14 earlier answers are shown again")
    assert stands(form) == 0, "offered, not saved"
    lin.keyboard.press("Control+S")
    again = lin.locator('[name="clear_hidden"]')  # the reason why there was no operation goes now
    expect(again).to_be_visible()
    again.check()
    lin.get_by_role("button", name="Save with this choice").click()
    expect(lin.locator(".toast-x.success").first).to_be_visible()
    assert stands(form) == 14


def _reason() -> object:
    from crf.registry import form_def

    return form_def("SURG").fields["surg_reasoc"]
