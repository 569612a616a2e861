"""Hands stay on the keys: from anywhere to any form, through its answers, and single keys only when they are wanted."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from crf.naming import form_url
from participants.models import Participant
from tests import world
from tests.browser.entry import Entry
from trialsite.accounts.models import User


@pytest.fixture
def participant(people: dict[str, User]) -> Participant:
    made = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    return made


def test_two_actions_to_any_form(participant: Participant, lin: Page) -> None:
    lin.goto("/")
    lin.keyboard.press("/")
    expect(lin.locator("#find")).to_be_focused()
    lin.keyboard.type("01-003 demog")
    lin.keyboard.press("Enter")
    lin.wait_for_url("**/p/01-003/SCR/dm/")
    expect(lin.locator("h1")).to_have_text("Demographics")


def test_dates_by_one_key(participant: Participant, people: dict[str, User], entry: Entry, lin: Page) -> None:
    form = world.form(participant, "DM", "SCR")
    entry.open(form)
    year = entry.at("dmdat").locator('[name$="__y"]')
    entry.at("dmdat").locator("input").first.click()
    lin.keyboard.press("v")  # the day of the visit: that of the consent
    expect(year).to_have_value("2024")
    expect(entry.at("dmdat").locator('[name$="__m"]')).to_have_value("Mar")
    expect(entry.at("dmdat").locator('[name$="__d"]')).to_have_value("4")


def test_lines_are_answered_with_digits_and_enter(participant: Participant, entry: Entry, lin: Page) -> None:
    entry.open(world.form(participant, "IE", "SCR"))
    rows = lin.locator('[data-rows="IE1"] > tr')
    rows.nth(0).locator("input[type=radio]").first.focus()
    for _line in range(3):
        lin.keyboard.press("1")
        lin.keyboard.press("Enter")
    for line in range(3):
        expect(rows.nth(line).locator("input:checked")).to_have_value("Y")
    expect(rows.nth(3).locator("input[type=radio]").first).to_be_focused()
    lin.keyboard.press("Shift+Enter")
    expect(rows.nth(2).locator("input:checked")).to_be_focused()


def test_full_width_digits_and_units_are_read(participant: Participant, entry: Entry, lin: Page) -> None:
    form = world.form(participant, "VS", "SCR")
    entry.open(form)
    entry.fill(form, {"vs_perf": "Y"}) if entry.at("vs_perf").count() else None
    entry.fill(form, {"vsperf": "Y"})
    box = entry.at("weight").locator("input").first
    box.click()
    lin.keyboard.insert_text("７０．５ kg")
    lin.keyboard.press("Tab")
    expect(box).to_have_value("70.5")


def test_the_bar_leads_to_the_next_answer_that_is_missing(
    participant: Participant, entry: Entry, lin: Page
) -> None:
    entry.open(world.form(participant, "DM", "SCR"))
    lin.locator("[data-left]").click()
    expect(entry.at("dmdat").locator("input").first).to_be_focused()


def test_single_keys_can_be_switched_off(participant: Participant, lin: Page) -> None:
    lin.goto("/account/#keys")
    lin.locator('#keys button[value="off"]').click()
    expect(lin.locator('#keys button[value="off"]')).to_have_attribute("aria-pressed", "true")
    lin.goto("/")
    lin.keyboard.press("/")
    expect(lin.locator("#find")).not_to_be_focused()
    lin.keyboard.press("?")
    expect(lin.locator("dialog#help")).to_be_hidden()
    lin.goto(form_url(world.form(participant, "DM", "SCR")))
    Entry(lin).ready()
    sex = Entry(lin).at("sex")
    sex.locator("input").first.focus()
    lin.keyboard.press("2")  # the group has the cursor, so its keys are meant
    expect(sex.locator('input[value="F"]')).to_be_checked()
    lin.keyboard.press("Control+S")
    expect(lin.locator(".toast-x.success")).to_have_text(re.compile("Saved"))
