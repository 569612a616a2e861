"""S39 Lock-out and time-out, as people at one machine meet them.

Given five failures lock for 15 minutes, when the sixth uses the right password it is refused with the same text; failures
by many names from one address are slowed; the administrator is alerted; after 15 idle minutes (warning at 13) the session
ends in all tabs, the draft is kept, the same user continues, another user on that machine does not see it; the second
factor cannot be skipped.

The clocks of the server and of the browser are moved together: nobody waits.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from crf.models import Draft, FormInstance
from crf.naming import form_url
from crf.selectors.sheets import sheet_of
from tests import world
from tests.browser.entry import Entry, started
from trialsite.accounts import services
from trialsite.accounts.demo import CAST
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent

PASSWORDS = {person.username: person.password for person in CAST}
NOON = dt.datetime(2026, 6, 15, 4, 0, tzinfo=dt.UTC)
FAILED = "Sign-in failed."


class Machine:
    """One browser with its tabs, and the clock on the wall for it and for the server."""

    def __init__(self, context: BrowserContext, wall: Any) -> None:
        self.context, self.wall = context, wall

    def tab(self, path: str = "/login/") -> Page:
        page = self.context.new_page()
        page.goto(path)
        return page

    def wait(self, minutes: float) -> None:
        self.wall.shift(dt.timedelta(minutes=minutes))
        self.context.clock.fast_forward(int(minutes * 60_000))


@pytest.fixture
def wall() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=True) as clock:
        yield clock


@pytest.fixture
def machine(chromium: Browser, site: str, people: dict[str, User], wall: Any) -> Iterator[Machine]:
    context = chromium.new_context(base_url=site, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(10000)
    expect.set_options(timeout=10000)
    context.clock.install(time=NOON)
    yield Machine(context, wall)
    context.close()


@pytest.fixture
def form(people: dict[str, User]) -> FormInstance:
    participant = world.screened(people["lin"], "01-003")
    world.consent(participant, people["lin"], "2024-03-04")
    return world.form(participant, "DM", "SCR")


def sign_in(page: Page, name: str, password: str) -> None:
    page.locator('input[name="login"]').fill(name)
    page.locator('main input[name="password"]').fill(password)
    enter(page)


def enter(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def words(page: Page) -> str:
    expect(page.locator("main")).to_contain_text(FAILED)
    return page.locator("main form :is(.alert, .invalid-feedback)").first.inner_text()


def settled(page: Page) -> None:
    """What was typed is on the server, and nothing more is on its way."""
    page.clock.run_for(2000)
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-save-state]")).to_contain_text("Draft saved")


# --- lock-out -------------------------------------------------------------------------------------------------------


def test_s39_the_sixth_attempt_is_refused_in_the_same_words_for_fifteen_minutes(machine: Machine) -> None:
    page = machine.tab()
    told = []
    for _ in range(5):
        sign_in(page, "lin", "not the password")
        told.append(words(page))
    sign_in(page, "lin", PASSWORDS["lin"])
    assert {*told, words(page)} == {told[0]}
    machine.wait(14.5)
    sign_in(page, "lin", PASSWORDS["lin"])
    assert words(page) == told[0], "trying neither opens nor prolongs the lock"
    machine.wait(1)
    sign_in(page, "lin", PASSWORDS["lin"])
    expect(page.locator(".appbar .who")).to_contain_text("Lin Yue")


def test_s39_the_administrator_is_alerted(
    machine: Machine, people: dict[str, User], signed_in: Callable[..., Page]
) -> None:
    page = machine.tab()
    for _ in range(5):
        sign_in(page, "lin", "not the password")
    office = signed_in("ad")
    office.goto("/admin/users/")
    task = office.locator("main li", has_text="Sign-in locked in the last 24 hours")
    expect(task).to_contain_text("1")
    task.locator("a").click()
    line = office.locator("#lock-outs tbody tr")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("Lin Yue")
    expect(line).to_contain_text("127.0.0.1")
    events = AuditEvent.objects.filter(action="LOCKED_OUT")
    assert [event.subject for event in events] == [people["lin"].address]


def test_s39_many_names_from_one_address_are_slowed_and_told(
    machine: Machine, site: str, signed_in: Callable[..., Page]
) -> None:
    stranger = Client()
    for number in range(20):
        stranger.post("/login/", {"login": f"guess{number}", "password": "wrong"})
    page = machine.tab()
    sign_in(page, "wu", PASSWORDS["wu"])
    words(page)
    machine.wait(0.2)
    sign_in(page, "wu", PASSWORDS["wu"])
    expect(page.locator(".appbar .who")).to_contain_text("Wu Jing")
    office = signed_in("ad")
    office.goto("/admin/users/#lock-outs")
    expect(office.locator("#lock-outs tbody tr")).to_contain_text("many names")


# --- time-out -------------------------------------------------------------------------------------------------------


def test_s39_a_warning_comes_at_thirteen_minutes_in_every_tab_and_staying_counts_for_all(
    machine: Machine, form: FormInstance
) -> None:
    one, two = machine.tab(), machine.tab()
    sign_in(one, "lin", PASSWORDS["lin"])
    two.goto("/participants/")
    one.goto("/account/")
    machine.wait(12.9)
    for tab in (one, two):
        expect(tab.locator("dialog#session")).to_be_hidden()
    machine.wait(0.2)
    for tab in (one, two):
        expect(tab.locator("dialog#session")).to_be_visible()
        expect(tab.locator("[data-countdown]")).to_contain_text("1:5")
    one.locator("[data-stay]").click()
    for tab in (one, two):
        expect(tab.locator("dialog#session")).to_be_hidden()
    machine.wait(12)
    two.reload()  # fourteen more minutes for both
    machine.wait(2)
    assert "/login/" not in one.url
    expect(one.locator("dialog#session")).to_be_hidden()


def test_s39_the_session_ends_in_all_tabs_the_draft_is_kept_and_the_same_person_goes_on_where_she_was(
    machine: Machine, form: FormInstance
) -> None:
    page, other = machine.tab(), machine.tab()
    sign_in(page, "lin", PASSWORDS["lin"])
    entry = Entry(page)
    entry.open(form)
    other.goto("/participants/")
    entry.fill(form, {"sex": "M"})
    box = entry.at("su_packyr").locator("input").first
    entry.fill(form, {"su_tob": "FORMER"})
    settled(page)
    with page.expect_response("**/draft/"):
        box.fill("20")
        page.clock.run_for(2000)
    settled(page)
    box.focus()
    machine.wait(14)
    expect(page.locator("dialog#session")).to_be_visible()
    machine.wait(3)  # well past the end, also of the last act of a slow machine

    again = page.locator("dialog#relogin")
    expect(again).to_be_visible()
    expect(page.locator("main")).to_be_hidden()  # nothing is to be read over the shoulder
    other.wait_for_url(re.compile(r"/login/\?next=%2Fparticipants%2F"))
    expect(other.locator("main")).not_to_contain_text("01-003")
    assert Draft.objects.get().content["su_packyr"] == ["20"]

    again.locator('input[name="password"]').fill(PASSWORDS["lin"])
    page.keyboard.press("Enter")
    expect(again).to_be_hidden()
    expect(box).to_be_visible()
    expect(box).to_have_value("20")
    expect(box).to_be_focused()
    entry.save()
    stored = sheet_of(world.form(form.participant, "DM", "SCR"))
    assert (stored.get("sex"), str(stored.get("su_packyr"))) == ("M", "20.0")
    other.goto("/participants/")
    expect(other.locator("main")).to_contain_text("01-003")


def test_s39_another_person_at_that_machine_does_not_see_it(machine: Machine, form: FormInstance) -> None:
    page, other = machine.tab(), machine.tab()
    sign_in(page, "lin", PASSWORDS["lin"])
    entry = Entry(page)
    entry.open(form)
    other.goto("/account/")
    entry.fill(form, {"sex": "M"})
    settled(page)
    machine.wait(16)
    other.wait_for_url("**/login/**")
    sign_in(other, "chen", PASSWORDS["chen"])
    expect(other.locator(".appbar .who")).to_contain_text("Chen Wei")

    chens = Entry(other)
    chens.open(form)
    expect(other.locator("main")).not_to_contain_text("Your draft of")
    expect(chens.at("sex").locator("input:checked")).to_have_count(0)
    expect(page.locator("dialog#relogin")).to_be_visible()  # the tab of the one who left stays covered
    expect(page.locator("main")).to_be_hidden()
    assert [draft.user.username for draft in Draft.objects.select_related("user")] == ["lin"]
    kept = other.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert not re.search("01-003|sex|draft", kept), "nothing of a participant is kept in the browser"

    other.locator(".who summary").click()
    other.locator(".who form[action='/logout/'] button").click()
    other.wait_for_url("**/login/")
    sign_in(other, "lin", PASSWORDS["lin"])
    back = Entry(other)
    back.open(form)
    expect(other.locator("main")).to_contain_text("Your draft of")
    expect(back.at("sex").locator("input:checked")).to_have_value("M")


def test_s39_signing_out_in_one_tab_is_known_in_the_others(machine: Machine, form: FormInstance) -> None:
    one, two = machine.tab(), machine.tab()
    sign_in(one, "lin", PASSWORDS["lin"])
    two.goto(form_url(form))
    started(two)
    one.goto("/account/")
    one.locator(".who summary").click()
    one.locator(".who form[action='/logout/'] button").click()
    one.wait_for_url("**/login/")
    expect(two.locator("dialog#relogin")).to_be_visible()
    expect(two.locator("main")).to_be_hidden()


def test_s39_access_that_was_ended_covers_the_open_page_within_a_minute(
    machine: Machine, people: dict[str, User], form: FormInstance
) -> None:
    page = machine.tab()
    sign_in(page, "lin", PASSWORDS["lin"])
    page.goto("/participants/")
    services.user_end(by=people["ad"], user=people["lin"], reason="Left the hospital")
    machine.wait(1.1)
    page.wait_for_url("**/login/**")
    sign_in(page, "lin", PASSWORDS["lin"])
    words(page)


# --- second factor --------------------------------------------------------------------------------------------------


def code_of(secret: str) -> str:
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_s39_the_second_factor_cannot_be_skipped(machine: Machine, settings: Any) -> None:
    settings.DEMO = False
    secret, password = "JBSWY3DPEHPK3PXP", "correct horse battery"
    vera = services.user_create(by=None, username="vera", full_name="Vera Monitor")
    services.password_set(by=None, user=vera, password=password)
    services.role_grant(by=None, user=vera, role=Role.MONITOR, valid_from=NOON.date())
    services.factor_enrol(by=vera, secret=secret, code=code_of(secret))
    machine.wait(1)  # a code works once

    page = machine.tab()
    sign_in(page, "vera", password)
    assert page.url.endswith("/login/code/")
    for path in ("/participants/", "/account/second-factor/", "/persons/", "/"):
        page.goto(path)
        assert "/login/" in page.url, path
    page.goto("/login/code/")
    page.locator('input[name="code"]').fill("000000")
    enter(page)
    words(page)
    page.locator('input[name="code"]').fill(code_of(secret))
    enter(page)
    expect(page.locator(".appbar .who")).to_contain_text("Vera Monitor")

    page.goto("/participants/")
    machine.wait(15.1)
    page.wait_for_url("**/login/**")
    sign_in(page, "vera", password)
    assert "/login/code/" in page.url, "both again after a time-out"
    page.locator('input[name="code"]').fill(code_of(secret))
    enter(page)
    page.wait_for_url("**/participants/")
