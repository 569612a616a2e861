"""S34 Two people, one form; in two browsers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from crf.models import FormInstance, Presence
from crf.naming import form_url
from crf.selectors.sheets import sheet_of
from participants.models import Participant
from tests import world
from tests.browser.entry import Entry
from tests.browser.test_entry_safety import sign_in_again
from trialsite.accounts.models import User


@pytest.fixture
def participant(people: dict[str, User]) -> Participant:
    made = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    return made


@pytest.fixture
def event(participant: Participant, people: dict[str, User]) -> FormInstance:
    made = world.line(participant, people["lin"], "AE")
    world.fill(made, people["lin"], {"aeterm": "Nausea", "aestdat": "2024-03-14"}, complete=False)
    Presence.objects.all().delete()
    return world.form(participant, "AE1", repeat=made.repeat)


def test_two_people_one_form(
    event: FormInstance,
    participant: Participant,
    entry: Entry,
    lin: Page,
    signed_in: Callable[..., Page],
    problems: list[str],
) -> None:
    with lin.expect_response("**/presence/"):
        entry.open(event)

    # the colleague sees who edits, and gets read only
    chen = Entry(signed_in("chen"))
    chen.page.goto(form_url(event))
    expect(chen.page.locator("main")).to_contain_text("Being edited by Lin Yue")
    expect(chen.page.locator('button[data-act="save"]')).to_have_count(0)
    expect(chen.page.locator("textarea[name=aeterm], input[name=aeterm]:not([type=hidden])")).to_have_count(0)

    # different forms of the participant stay editable
    dm = world.form(participant, "DM", "SCR")
    chen.open(dm)
    chen.fill(dm, {"sex": "F"})
    chen.save()

    # Lin types, her session dies, and her page falls silent
    box = entry.at("aeterm").locator("input:not([type=hidden]), textarea").first
    entry.type(box, "Nausea and vomiting")
    Session.objects.filter(session_key=_session(lin)).delete()
    Presence.objects.filter(user__username="lin").delete()  # what 50 silent seconds do
    chen.open(event)
    expect(chen.page.locator("main")).not_to_contain_text("Being edited by")
    chen.type(chen.at("aeterm").locator("input:not([type=hidden]), textarea").first, "Vomiting")
    chen.save()

    # her later save is refused with a view of both versions
    lin.keyboard.press("Control+S")
    sign_in_again(lin)
    lin.keyboard.press("Control+S")
    told = lin.locator("dialog#merge")
    expect(told).to_be_visible()
    expect(told).to_contain_text("Nausea and vomiting")
    expect(told).to_contain_text("Vomiting")
    expect(told).to_contain_text("Chen Wei")
    stored = world.form(participant, "AE1", repeat=event.repeat)
    assert sheet_of(stored).get("aeterm") == "Vomiting"
    problems.clear()  # the browser notes the 401


def _session(page: Page) -> str:
    return next(cookie["value"] for cookie in page.context.cookies() if "session" in cookie["name"])
