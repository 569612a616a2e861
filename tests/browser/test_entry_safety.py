"""Nothing typed is lost: an ended session, a cut line, another computer, another person, a server that fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, Route, expect

from crf.models import Draft, Finding, FindingState, FormInstance
from crf.selectors.sheets import sheet_of
from participants.models import Participant
from tests import world
from tests.browser.entry import Entry, until
from trialsite.accounts.demo import CAST
from trialsite.accounts.models import User

PASSWORD = next(person.password for person in CAST if person.username == "lin")


@pytest.fixture
def participant(people: dict[str, User]) -> Participant:
    made = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    return made


@pytest.fixture
def form(participant: Participant) -> FormInstance:
    return world.form(participant, "DM", "SCR")


def drafted() -> dict[str, list[str]]:
    draft = Draft.objects.first()
    return draft.content if draft else {}


def kept(page: Page) -> None:
    expect(page.locator("[data-save-state]")).to_contain_text("Draft saved")


def sign_in_again(page: Page) -> None:
    box = page.locator("dialog#relogin")
    expect(box).to_be_visible()
    expect(box.locator('input[name="login"]')).to_have_value("lin")
    box.locator('input[name="password"]').fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(box).to_be_hidden()


def test_a_value_typed_into_an_ended_session_is_a_draft_after_signing_in_where_one_is(
    form: FormInstance, entry: Entry, lin: Page, problems: list[str]
) -> None:
    entry.open(form)
    entry.fill(form, {"sex": "M"})
    kept(lin)
    Session.objects.all().delete()
    entry.fill(form, {"race": "ASIAN"})
    sign_in_again(lin)
    kept(lin)
    assert drafted()["race"] == ["ASIAN"]
    expect(entry.at("race").locator("input:checked")).to_have_value("ASIAN")
    entry.save()
    assert sheet_of(world.form(form.participant, "DM", "SCR")).get("race") == "ASIAN"
    problems.clear()  # the browser notes the 401


def test_a_wrong_password_is_told_in_the_dialog(
    form: FormInstance, entry: Entry, lin: Page, problems: list[str]
) -> None:
    entry.open(form)
    Session.objects.all().delete()
    entry.fill(form, {"sex": "M"})
    box = lin.locator("dialog#relogin")
    box.locator('input[name="password"]').fill("something else")
    lin.keyboard.press("Enter")
    expect(box.locator("[data-problem]")).not_to_be_empty()
    sign_in_again(lin)
    kept(lin)
    problems.clear()


def test_a_save_in_an_ended_session_goes_on_after_signing_in(
    form: FormInstance, entry: Entry, lin: Page, problems: list[str]
) -> None:
    entry.open(form)
    Session.objects.all().delete()
    entry.at("sex").locator("label.seg-opt").first.click()
    lin.keyboard.press("Control+S")  # at once: nothing is on the server yet
    sign_in_again(lin)
    kept(lin)
    entry.save()
    assert sheet_of(world.form(form.participant, "DM", "SCR")).get("sex") == "M"
    problems.clear()


def test_another_person_s_sign_in_does_not_get_the_draft(
    form: FormInstance, entry: Entry, lin: Page, people: dict[str, User], problems: list[str]
) -> None:
    from django.test import Client

    entry.open(form)
    client = Client()
    client.force_login(people["chen"])
    cookie = next(cookie for name, cookie in client.cookies.items() if "session" in name)
    lin.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": lin.url.split("/p/")[0]}])
    entry.fill(form, {"sex": "M"})
    expect(lin.locator("[data-save-state]")).to_contain_text("Somebody else is signed in")
    assert not Draft.objects.exists()
    lin.keyboard.press("Control+S")
    expect(lin.locator(".err")).to_contain_text("Somebody else has signed in")
    assert world.form(form.participant, "DM", "SCR").version == 0
    problems.clear()


def test_a_cut_line_is_told_and_what_was_typed_arrives_when_it_is_back(
    form: FormInstance, entry: Entry, lin: Page, problems: list[str]
) -> None:
    entry.open(form)
    entry.fill(form, {"sex": "M"})
    kept(lin)
    lin.context.set_offline(True)
    entry.fill(form, {"race": "ASIAN"})
    expect(lin.locator("[data-save-state]")).to_contain_text("Not saved since")
    expect(lin.locator("[data-bar]")).to_have_class("bar offline")
    lin.keyboard.press("Control+S")  # stays on the page instead of losing it
    expect(lin.locator(".toast-x.warning")).to_contain_text("What you typed stays on this page")
    expect(entry.at("race").locator("input:checked")).to_have_value("ASIAN")
    lin.context.set_offline(False)
    kept(lin)
    expect(lin.locator("[data-bar]")).to_have_class("bar")
    assert drafted()["race"] == ["ASIAN"]
    problems.clear()


def test_a_server_that_fails_is_asked_again(
    form: FormInstance, entry: Entry, lin: Page, problems: list[str]
) -> None:
    answers = [503, 502]

    def fail(route: Route) -> None:
        route.fulfill(status=answers.pop(), body="") if answers else route.continue_()

    entry.open(form)
    lin.route("**/draft/", fail)
    entry.fill(form, {"sex": "M"})
    expect(lin.locator("[data-save-state]")).to_contain_text("Not saved since")
    kept(lin)
    assert drafted()["sex"] == ["M"]
    assert answers == []
    problems.clear()


def test_what_is_typed_in_a_box_is_kept_before_it_is_left(
    form: FormInstance, entry: Entry, lin: Page
) -> None:
    """A crash in the middle of a long answer costs a second of it. Nothing is judged while it is typed."""
    entry.open(form)
    entry.fill(form, {"ethcn": "OTHER"})
    box = entry.at("ethcn_oth").locator("input").first
    box.click()
    lin.keyboard.type("Tujia")
    until(lin, lambda: drafted().get("ethcn_oth") == ["Tujia"], "the whole word in the draft")
    expect(lin.locator("[data-save-state]")).to_contain_text("Draft saved")
    expect(box).to_be_focused()


def test_a_draft_is_there_on_another_computer(
    form: FormInstance, entry: Entry, lin: Page, signed_in: Callable[..., Page]
) -> None:
    entry.open(form)
    entry.fill(form, {"sex": "M", "su_tob": "FORMER", "su_packyr": "95"})
    kept(lin)
    with lin.expect_response("**/draft/"):
        entry.at("su_packyr").locator("summary").click()
        entry.at("su_packyr").locator("[data-confirm] label.seg-opt").first.click()
    there = Entry(signed_in("lin"))
    there.open(form)
    expect(there.page.locator("main")).to_contain_text("Your draft of")
    expect(there.at("sex").locator("input:checked")).to_have_value("M")
    expect(there.at("su_packyr").locator("[data-confirm] input:checked")).to_have_count(1)


def test_a_true_value_out_of_range_is_kept_with_two_clicks_before_the_first_save(
    form: FormInstance, entry: Entry, lin: Page
) -> None:
    entry.open(form)
    entry.fill(form, {"su_tob": "FORMER"})
    box = entry.at("su_packyr")
    box.locator("input").first.click()
    lin.keyboard.type("95")
    expect(box.locator(".soft")).to_have_count(0)  # not while it is typed
    lin.keyboard.press("Tab")
    expect(box.locator(".soft")).to_contain_text("unusual")
    box.locator("summary").click()
    box.locator("label.seg-opt", has_text="Measured again").click()
    expect(box.locator(".soft")).to_have_class("soft chosen")
    entry.save()
    finding = Finding.objects.get(path="su_packyr")
    assert (finding.state, finding.reason) == (FindingState.CONFIRMED, "Measured again")
    expect(box).to_contain_text("Confirmed: Measured again")


def test_what_cannot_be_is_told_on_leaving_and_goes_when_corrected(
    form: FormInstance, entry: Entry, lin: Page
) -> None:
    entry.open(form)
    day = entry.at("dmdat")
    for text, words in (("31", "not a day of the calendar"), ("30", "")):
        day.locator('[name$="__y"]').fill("2024")
        day.locator('[name$="__m"]').fill("Apr")
        day.locator('[name$="__d"]').fill(text)
        lin.keyboard.press("Tab")
        if words:
            expect(day.locator(".f-error")).to_contain_text(words)
            expect(day.locator('[name$="__d"]')).to_have_attribute("aria-invalid", "true")
        else:
            expect(day.locator(".f-error")).to_have_count(0)
            expect(day.locator('[name$="__d"]')).not_to_have_attribute("aria-invalid", "true")


def test_two_editors_are_told_of_each_other(
    form: FormInstance, entry: Entry, lin: Page, signed_in: Callable[..., Page]
) -> None:
    entry.open(form)
    with lin.expect_response("**/presence/"):
        lin.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    chen = Entry(signed_in("chen"))
    chen.open(form)
    expect(chen.page.locator("main")).to_contain_text("Being edited by Lin Yue")
    chen.page.get_by_role("link", name="Edit it too").click()
    chen.ready()
    expect(chen.page.locator("[data-presence]")).to_contain_text("Lin Yue")
    lin.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # the next beat, at once
    expect(lin.locator("[data-presence]")).to_contain_text("Chen Wei")
    expect(lin.locator("[data-presence]")).to_contain_text("is editing this form too")
    chen.fill(form, {"sex": "F"})  # and nobody is in the way
    chen.save()
    chen.page.goto("/")
    lin.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(lin.locator("[data-presence]")).to_contain_text("saved this form since you opened it")
    expect(lin.locator("[data-presence]")).not_to_contain_text("Chen Wei")


def test_changes_of_different_fields_are_put_together_without_a_question(
    form: FormInstance, entry: Entry, lin: Page, people: dict[str, User]
) -> None:
    world.fill(form, people["lin"], {"sex": "M"}, complete=False)
    entry.open(form)
    entry.fill(form, {"race": "ASIAN"})
    world.fill(world.form(form.participant, "DM", "SCR"), people["chen"], {"sex": "F"}, complete=False)
    entry.save()
    stored = sheet_of(world.form(form.participant, "DM", "SCR"))
    assert (stored.get("sex"), stored.get("race")) == ("F", "ASIAN")
    expect(lin.locator(".toasts")).to_contain_text("Kept from the other save: Sex")


def test_a_choice_can_wait_as_a_draft(
    form: FormInstance, entry: Entry, lin: Page, people: dict[str, User]
) -> None:
    world.fill(form, people["lin"], {"sex": "M"}, complete=False)
    entry.open(form)
    entry.fill(form, {"race": "ASIAN"})
    world.fill(
        world.form(form.participant, "DM", "SCR"),
        people["chen"],
        {"sex": "M", "race": "WHITE"},
        complete=False,
    )
    lin.keyboard.press("Control+S")
    lin.locator("dialog#merge button", has_text="Keep as my draft").click()
    expect(lin.locator("main")).to_contain_text("Your draft of")
    expect(entry.at("race").locator("input:checked")).to_have_value("ASIAN")
    lin.keyboard.press("Control+S")  # asked again
    told = lin.locator("dialog#merge")
    told.locator("label.pick", has_text="White").click()
    told.locator("[data-merge-save]").click()
    expect(lin.locator(".toast-x").first).to_be_visible()
    assert sheet_of(world.form(form.participant, "DM", "SCR")).get("race") == "WHITE"
    assert not Draft.objects.exists()
