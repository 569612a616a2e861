"""Everything that matters without JavaScript: enter, correct, confirm, complete, merge, remove a row."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from crf.models import Finding, FormInstance
from crf.naming import form_url
from crf.selectors.sheets import sheet_of
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User


@pytest.fixture
def plain(chromium: Browser, site: str, people: dict[str, User]) -> Iterator[Page]:
    from django.test import Client

    client = Client()
    client.force_login(people["lin"])
    context = chromium.new_context(base_url=site, java_script_enabled=False)
    context.set_default_timeout(10000)
    cookie = next(cookie for name, cookie in client.cookies.items() if "session" in name)
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])
    yield context.new_page()
    context.close()


@pytest.fixture
def form(people: dict[str, User]) -> FormInstance:
    made: Participant = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    return world.form(made, "DM", "SCR")


def stored(form: FormInstance) -> dict[str, object]:
    return sheet_of(world.form(form.participant, "DM", "SCR")).values


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words).first.click()


def test_a_value_is_entered_refused_corrected_and_confirmed(plain: Page, form: FormInstance) -> None:
    plain.goto(form_url(form))
    plain.locator('label.seg-opt:has(input[name="sex"][value="M"])').click()
    plain.locator('[name="dmdat__y"]').fill("2024")
    plain.locator('[name="dmdat__m"]').fill("2")
    plain.locator('[name="dmdat__d"]').fill("31")
    plain.locator('label.seg-opt:has(input[name="su_tob"][value="FORMER"])').click()
    press(plain, "Save")
    assert plain.title().startswith("Error:")
    expect(plain.locator(".err")).to_contain_text("2024-02-31 is not a day of the calendar")
    assert plain.locator('[name="dmdat__d"]').input_value() == "31"  # nothing typed is lost
    plain.locator('[name="dmdat__m"]').fill("3")
    plain.locator('[name="dmdat__d"]').fill("5")
    plain.locator('[name="su_packyr"]').fill("９５")  # asked since the page knows of the smoking
    press(plain, "Save")
    box = plain.locator('[data-path="su_packyr"]')
    expect(box.locator(".soft")).to_contain_text("unusual")
    box.locator("summary").click()
    box.locator("label.seg-opt").first.click()
    press(plain, "Save")
    assert str(stored(form)["dmdat"]) == "2024-03-05"
    assert Finding.objects.get(path="su_packyr").state == "CONFIRMED"
    expect(box).to_contain_text("Confirmed: Checked against the source")


def test_an_answer_that_no_longer_applies_is_listed_and_confirmed(
    plain: Page, form: FormInstance, people: dict[str, User]
) -> None:
    world.fill(form, people["lin"], {"su_tob": "FORMER", "su_packyr": "15"}, complete=False)
    plain.goto(form_url(form))
    plain.locator('label.seg-opt:has(input[name="su_tob"][value="NEVER"])').click()
    press(plain, "Save")
    asked = plain.locator(".reason")
    expect(asked).to_contain_text("Pack-years: 15.0 pack-years")
    asked.locator('input[name="clear_hidden"]').check()
    asked.get_by_role("button", name="Save with this choice").click()
    assert stored(form).get("su_packyr") is None


def test_two_saves_are_put_together_by_radio_choices(
    plain: Page, form: FormInstance, people: dict[str, User]
) -> None:
    world.fill(form, people["lin"], {"sex": "M"}, complete=False)
    plain.goto(form_url(form))
    plain.locator('label.seg-opt:has(input[name="race"][value="ASIAN"])').click()
    world.fill(
        world.form(form.participant, "DM", "SCR"),
        people["chen"],
        {"sex": "F", "race": "WHITE"},
        complete=False,
    )
    press(plain, "Save")
    told = plain.locator("#merge")
    expect(told).to_be_visible()
    press(plain, "Save with these choices")  # without one: asked again, nothing is stored
    assert stored(form)["race"] == "WHITE"
    told.locator("label.pick", has_text="Asian").click()
    press(plain, "Save with these choices")
    assert (stored(form)["race"], stored(form)["sex"]) == ("ASIAN", "F")


def test_a_reason_is_asked_for_a_change_of_a_complete_form_and_a_row_is_removed(
    plain: Page, form: FormInstance, people: dict[str, User]
) -> None:
    icf = world.form(form.participant, "ICF", "SCR")
    plain.goto(form_url(icf))
    press(plain, "Add row")
    plain.locator('[name="ICF2.n1.recon_version"], [name="ICF2.1.recon_version"]').first.fill("1.2")
    press(plain, "Save")
    expect(plain.locator("#reasons, .err").first).to_be_visible()
    assert plain.locator('[name$=".recon_version"]').first.input_value() == "1.2"
