"""Verification with the hands on the keys: tick, all that remain, ask, go on; a value that changes takes its own tick only."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from crf.models import FormInstance, MarkState, Query, VerificationMark
from crf.naming import form_url
from crf.services.verification import values_verify
from participants.models import Participant
from tests import world
from tests.browser.entry import Entry
from tests.browser.test_axe import LANGUAGES, speaks, violations
from trialsite.accounts.models import User

SCAN = "/sdv/01-003/SCR/ta/"
DIAMETER = "TA2:1/tl_diam"


@pytest.fixture
def participant(people: dict[str, User]) -> Participant:
    """Consent and a scan, complete."""
    made = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    lesions = [
        world.target("T01", "S8", "82.0", "80.0", tl_enh="TYPICAL"),
        world.target("T02", "S6", "41.0", "40.0", tl_enh="TYPICAL"),
    ]
    world.assessed(made, people["lin"], "SCR", "2024-03-06", lesions, None)
    return made


@pytest.fixture
def mo(signed_in: Callable[..., Page]) -> Page:
    return signed_in("mo")


def row(page: Page, path: str) -> Locator:
    return page.locator(f'tr[data-path="{path}"]')


def opened(page: Page, path: str) -> None:
    """The scripts have taken over: the first value that is not verified has the focus."""
    page.goto(path)
    expect(page.locator("tr[data-value]:focus")).to_have_count(1)


def counted(page: Page, words: str) -> None:
    expect(page.locator("#sdv-side b")).to_have_text(words)


def test_s22_verification_falls_when_a_value_changes(
    participant: Participant, mo: Page, entry: Entry, lin: Page
) -> None:
    """S22, by keys: everything is verified, form after form; Lin changes one value; it alone is to be verified again."""
    opened(mo, "/sdv/01-003/SCR/icf/")
    mo.keyboard.press("Shift+V")
    expect(mo.locator("#sdv-bar")).to_contain_text("Verified")
    mo.keyboard.press("j")
    mo.wait_for_url("**" + SCAN)
    expect(mo.locator("tr[data-value]:focus")).to_have_count(1)
    mo.keyboard.press("Shift+V")
    expect(mo.locator("#sdv-bar")).to_contain_text("Verified")
    mo.goto("/sdv/")
    expect(mo.locator("main")).to_contain_text("All critical fields verified.")

    entry.open(world.form(participant, "TA", "SCR"))
    entry.type(entry.at(DIAMETER).locator("input:not([type=hidden])").first, "86")
    lin.locator("[data-reason-panel] input").fill("Report addendum.")
    entry.save()

    mo.goto("/sdv/")
    expect(mo.locator(".sdv-changed tbody tr")).to_have_count(1)
    expect(mo.locator(".sdv-changed tbody tr")).to_contain_text("changed since verified (82.0 mm to 86.0 mm)")
    opened(mo, SCAN)
    expect(mo.locator(".hd")).to_contain_text("Partly verified")
    expect(row(mo, DIAMETER)).to_be_focused()
    expect(row(mo, DIAMETER)).to_contain_text("changed since verified (82.0 mm to 86.0 mm)")
    expect(row(mo, DIAMETER)).to_contain_text("Report addendum.")
    expect(mo.locator("tr.fallen")).to_have_count(1)
    expect(mo.locator("tr.valid")).to_have_count(mo.locator("tr[data-value]").count() - 1)
    mo.keyboard.press("v")
    expect(mo.locator("tr.fallen")).to_have_count(0)
    expect(mo.locator(".hd .badge-st.sdv")).to_have_text(re.compile(r"^\s*Verified"))


def test_ticks_one_after_the_other(participant: Participant, mo: Page) -> None:
    """V goes on to the next value; what is pressed fast is sent in its order, and the arrows choose."""
    opened(mo, SCAN)
    expect(row(mo, "ta_perf")).to_be_focused()
    for _key in range(3):
        mo.keyboard.press("v")
    counted(mo, f"3 of {mo.locator('tr.crit').count()} verified")
    for path in ("ta_perf", "tudat", "ta_lastdat"):
        expect(row(mo, path)).to_have_class(re.compile("valid"))
    expect(row(mo, "ta_eval")).to_be_focused()
    mo.keyboard.press("ArrowDown")
    expect(row(mo, "ta_method")).to_be_focused()
    mo.keyboard.press("ArrowUp")
    mo.keyboard.press("ArrowUp")
    expect(row(mo, "ta_lastdat")).to_be_focused()
    mo.keyboard.press("v")  # it is verified already
    expect(row(mo, "ta_lastdat")).to_have_class(re.compile("valid"))
    assert VerificationMark.objects.count() == 3


def test_a_value_that_changed_while_it_was_looked_at(
    participant: Participant, people: dict[str, User], mo: Page
) -> None:
    opened(mo, SCAN)
    world.change(world.form(participant, "TA", "SCR"), people["lin"], TA2_1_tl_diam="86.0")
    row(mo, DIAMETER).focus()
    mo.keyboard.press("v")
    expect(mo.locator("#sdv .err")).to_contain_text("it was 82.0 mm, now it is 86.0 mm")
    expect(mo.locator("#sdv .err")).to_be_focused()
    assert not VerificationMark.objects.exists()
    row(mo, DIAMETER).focus()
    mo.keyboard.press("v")  # what stands there now has been shown
    expect(row(mo, DIAMETER)).to_have_class(re.compile("valid"))
    assert VerificationMark.objects.get().value == "86.0"


def test_a_lock_that_came_meanwhile(participant: Participant, mo: Page, problems: list[str]) -> None:
    opened(mo, "/sdv/01-003/SCR/icf/")
    FormInstance.objects.update(locked=True)
    with mo.expect_response(lambda answer: answer.request.method == "POST") as answered:
        mo.keyboard.press("v")
    assert answered.value.status == 403
    expect(mo.locator("#sdv .err")).to_contain_text("This form is locked: verification is closed.")
    assert [line for line in problems if "status of 403" not in line] == []  # the browser notes the refusal
    problems.clear()
    assert not VerificationMark.objects.exists()


def test_a_question_from_the_keys(participant: Participant, mo: Page) -> None:
    opened(mo, SCAN)
    row(mo, DIAMETER).focus()
    mo.keyboard.press("q")
    expect(mo.locator("#drawer")).to_be_visible()
    mo.keyboard.press("v")  # the drawer has the keys now
    mo.locator("#drawer textarea").fill("What does the report of the scan say?")
    mo.locator("#drawer textarea").press("Tab")
    mo.locator("#drawer form button.btn-primary").first.press("Enter")
    expect(row(mo, DIAMETER)).to_contain_text("Q-01-003-")
    assert Query.objects.get().path == DIAMETER
    assert not VerificationMark.objects.exists()


def test_to_the_next_participant(participant: Participant, people: dict[str, User], mo: Page) -> None:
    other = world.screened(people["wu"], "02-001", "02")
    world.consent(other, people["wu"], "2024-03-05")
    opened(mo, SCAN)
    mo.keyboard.press("Shift+J")
    mo.wait_for_url("**/sdv/02-001/SCR/icf/")
    mo.keyboard.press("k")
    mo.wait_for_url("**" + SCAN)
    mo.keyboard.press("k")
    mo.wait_for_url("**/sdv/01-003/SCR/icf/")
    mo.keyboard.press("j")
    mo.wait_for_url("**" + SCAN)


def test_single_keys_can_be_switched_off(participant: Participant, people: dict[str, User], mo: Page) -> None:
    """WCAG 2.1.4: the buttons still work."""
    User.objects.filter(username="mo").update(single_keys=False)
    opened(mo, SCAN)
    for key in ("v", "Shift+V", "j", "q"):
        mo.keyboard.press(key)
    expect(mo.locator("#drawer")).to_be_hidden()
    assert mo.url.endswith(SCAN) and not VerificationMark.objects.exists()
    row(mo, "ta_perf").locator("[data-tick]").press("Enter")
    expect(row(mo, "ta_perf")).to_have_class(re.compile("valid"))


def test_taken_back_by_hand(participant: Participant, mo: Page) -> None:
    opened(mo, SCAN)
    mo.keyboard.press("v")
    expect(row(mo, "ta_perf")).to_have_class(re.compile("valid"))
    row(mo, "ta_perf").locator("a.btn").press("Enter")
    expect(mo.locator("#back-reason")).to_be_focused()
    mo.keyboard.type("Wrong report.")
    mo.keyboard.press("Enter")
    expect(row(mo, "ta_perf")).to_contain_text("Verification taken back")
    assert VerificationMark.objects.get().state == MarkState.TAKEN_BACK


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe(
    language: str, participant: Participant, people: dict[str, User], signed_in: Callable[..., Page]
) -> None:
    values_verify(by=people["mo"], form=world.form(participant, "TA", "SCR"))
    world.change(world.form(participant, "TA", "SCR"), people["lin"], TA2_1_tl_diam="86.0")
    speaks(people, language)
    found = []
    page = signed_in("mo")
    for path in ("/sdv/", "/sdv/?need=all", "/sdv/?need=verified&site=02", SCAN, SCAN + "?show=all", SCAN + "?back=tudat",
                 "/sdv/01-003/SCR/"):  # fmt: skip
        page.goto(path, wait_until="load")
        page.evaluate("scrollTo(0, 0)")  # the focus may stand further down
        found += violations(page)
    manager = signed_in("da")
    for path in ("/sdv/plan/", SCAN):
        manager.goto(path, wait_until="load")
        found += violations(manager)
    assert not found, "\n".join(found)


def test_a_narrow_page_holds_everything(participant: Participant, mo: Page) -> None:
    mo.set_viewport_size({"width": 1280, "height": 720})
    for path in ("/sdv/", SCAN + "?show=all", "/sdv/01-003/SCR/", "/sdv/plan/"):
        mo.goto(path)
        assert mo.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_the_form_leads_back(participant: Participant, mo: Page) -> None:
    """From the list to the form in one step."""
    mo.goto("/sdv/")
    mo.locator("a", has_text="Tumour assessment (RECIST").first.press("Enter")
    mo.wait_for_url("**" + SCAN)
    assert form_url(world.form(participant, "TA", "SCR")) == "/p/01-003/SCR/ta/"
