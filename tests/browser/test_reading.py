"""A central reading in Chromium: by keyboard only, with a line that is cut, with a session that ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from crf.models import FormInstance
from crf.selectors.sheets import sheet_of
from pathology.models import PathologyCase, Reading, ReadingDraft
from pathology.services import readers_allocate
from tests import world
from tests.browser.conftest import watch
from tests.browser.entry import until
from tests.integration.pathology.test_reading_page import receive
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

SAVED = re.compile(r"\d\d:\d\d:\d\d")


@pytest.fixture
def case(people: dict[str, User]) -> PathologyCase:
    """An operated participant; three slides have arrived, P1 has a place that is not begun."""
    lin = people["lin"]
    made = world.screened(lin)
    world.consent(made, lin, "2024-03-04")
    world.operated(made, lin, "2024-05-30", "2024-06-14")
    found = PathologyCase.objects.get(participant=made)
    receive(found, people["da"])
    return readers_allocate(by=people["da"], case=found, readers={"R1": people["p1"]})


def mine(case: PathologyCase) -> Reading:
    return Reading.objects.get(case=case, reader__username="p1")


class Keys:
    """A person who has no mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, selector: str) -> None:
        """Tab until the cursor is there."""
        for _ in range(220):
            if self.page.locator(f"{selector}:focus").count():
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the Tab key never leads to {selector}")

    def type(self, *texts: str) -> None:
        """One box after the other."""
        for text in texts:
            self.page.keyboard.type(text)
            self.page.keyboard.press("Tab")

    def choose(self, name: str, number: int) -> None:
        self.to(f'[name="{name}"]')
        self.page.keyboard.press(str(number))

    def press(self, keys: str) -> None:
        self.page.keyboard.press(keys)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_whole_reading_by_keyboard_only(
    language: str, case: PathologyCase, chromium: Browser, site: str, problems: list[str]
) -> None:
    """From sign-in to submitted, in both languages."""
    User.objects.filter(username="p1").update(language=language)
    context = chromium.new_context(base_url=site, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15000)
    expect.set_options(timeout=15000)
    page = context.new_page()
    watch(page, problems)
    keys = Keys(page)
    page.goto("/login/")
    keys.to("[name=login]")
    keys.type("p1")
    keys.to("[name=password]")
    page.keyboard.type("demo-p1-2026")
    keys.press("Enter")
    page.wait_for_url("**/readings/")
    expect(page.locator("html")).to_have_attribute("lang", "en" if language == "en" else "zh-Hans")
    keys.to(f'#todo a[href="/readings/{case.code}/"]')
    keys.press("Enter")
    expect(page.locator("[data-share=cpn_rvt]")).to_be_focused()  # where the work begins
    keys.type("20", "60", "20")
    expect(page.locator("[data-tick=sum]")).to_have_class("done")
    keys.press("b")
    expect(page.locator('[name="block.n1.block"]')).to_be_focused()
    keys.type("A1", "400", "5", "75", "20")
    keys.press("Shift+Tab")
    keys.press("b")  # in a box for numbers the letter is the key
    expect(page.locator('[name="block.n2.block"]')).to_be_focused()
    keys.type("A2", "100", "30", "50", "20")
    expect(page.locator('[data-mean="1"] [data-of=viable]')).to_have_text("10.0")
    keys.to('[data-fill="1"]')
    keys.press("Enter")
    expect(page.locator("[data-share=cpn_rvt]")).to_have_value("10")
    keys.to('[name="CP2.n1.cpn_len"]')
    keys.type("60", "52")
    keys.to('[name="CP2.n1.cpn_hist"]')
    keys.press("ArrowDown")
    keys.to('[name="CP2.n1.cpn_edm"]')
    keys.press("ArrowDown")
    keys.choose("cp_mvi", 1)
    keys.to('[name="cp_mvi_n"]')
    keys.type("0")
    keys.choose("cp_satellite", 2)
    keys.choose("cp_macro_viable", 3)
    keys.choose("cp_ln_viable", 3)
    keys.choose("cp_margin", 1)
    keys.to('[name="cp_margin_mm"]')
    keys.type("12")
    keys.to("[data-all-seen]")
    keys.press("Enter")
    expect(page.locator('[name="cp_slides"]')).to_have_value("3")
    expect(page.locator('[name="cp_slides_bed"]')).to_have_value("2")
    expect(page.locator('[name="CP2.n1.cpn_nslides"]')).to_have_value("2")
    keys.choose("cp_adeq", 1)
    keys.choose("confidence", 1)
    keys.choose("cp_blind", 1)
    for tick in ("sum", "slides", "confidence", "blind"):
        expect(page.locator(f"[data-tick={tick}]")).to_have_class("done")
    keys.press("Control+S")
    expect(page.locator(".toast-x.success")).to_be_visible()
    keys.press("Control+Enter")
    expect(page.locator("#username")).to_be_focused()
    keys.type("p1")
    page.keyboard.type("demo-p1-2026")
    keys.press("Enter")
    page.wait_for_url("**/readings/")
    stored = mine(case)
    assert stored.submitted_at is not None
    assert stored.confidence == "HIGH"
    assert list(stored.blocks.values_list("block", flat=True)) == ["A1", "A2"]
    sheet = sheet_of(FormInstance.objects.get(reading=stored))
    assert sheet.lines("CP2")[0].get("cpn_rvt") == Decimal("10.00")
    context.close()
    assert problems == []


def meant(problems: list[str], words: str) -> None:
    """The browser notes the line that was cut and the session that had ended."""
    problems[:] = [one for one in problems if not re.search(words, one)]


def typed(page: Page, case: PathologyCase) -> None:
    page.goto(f"/readings/{case.code}/")
    for box, text in zip(page.locator("[data-share]").all(), ("8", "72", "20"), strict=True):
        box.fill(text)
    for name, text in (("cpn_len", "60"), ("cpn_wid", "52"), ("cpn_nslides", "2")):
        page.locator(f'[name="CP2.n1.{name}"]').fill(text)
    page.locator('[name="CP2.n1.cpn_hist"]').select_option("HCC")
    page.locator('[name="CP2.n1.cpn_edm"]').select_option("II")
    page.locator("[data-all-seen]").click()
    answers = {
        "cp_adeq": "ADEQUATE", "cp_mvi": "M0", "cp_satellite": "N", "cp_macro_viable": "NA", "cp_ln_viable": "NA",
        "cp_margin": "NEG", "confidence": "MODERATE", "cp_blind": "Y",
    }  # fmt: skip
    for name, value in answers.items():
        page.locator(f"label:has([name={name}][value={value}])").click()
    page.locator("[name=cp_mvi_n]").fill("0")


def test_a_line_that_is_cut_while_submitting(
    case: PathologyCase, signed_in: Callable[..., Page], problems: list[str]
) -> None:
    """Nothing is lost, nothing is half-submitted, and it is submitted once when the line is back."""
    page = signed_in("p1")
    typed(page, case)
    page.keyboard.press("Control+Enter")
    page.locator("#username").fill("p1")
    page.locator("#password").fill("demo-p1-2026")
    page.route("**/draft/", lambda route: route.abort())
    page.locator("[data-sign-now]").click()
    expect(page.locator(".toast-x.warning")).to_be_visible()
    assert mine(case).submitted_at is None
    assert not FormInstance.objects.get(reading=mine(case)).locked
    expect(page.locator("[data-share=cpn_rvt]")).to_have_value("8")
    page.unroute("**/draft/")
    expect(page.locator("[data-sign-now]")).to_be_enabled()
    page.locator("[data-sign-now]").click()
    page.wait_for_url("**/readings/")
    assert mine(case).submitted_at is not None
    signed = AuditEvent.objects.filter(action="READING_SUBMITTED", target=mine(case).address, path="@locked")
    assert signed.count() == 1
    meant(problems, "ERR_FAILED")


def test_a_draft_comes_back_on_another_day(case: PathologyCase, signed_in: Callable[..., Page]) -> None:
    page = signed_in("p1")
    page.goto(f"/readings/{case.code}/")
    page.locator("[data-share=cpn_rvt]").fill("7.5")
    page.locator("[data-add-block]").click()
    page.locator('[name="block.n1.block"]').fill("B4")
    expect(page.locator("[data-save-state]")).to_contain_text(SAVED)
    until(
        page, lambda: "B4" in str(ReadingDraft.objects.values_list("content", flat=True).first()), "the draft"
    )
    other = signed_in("p1")
    other.goto(f"/readings/{case.code}/")
    expect(other.locator("[data-share=cpn_rvt]")).to_have_value("7.5")
    expect(other.locator('[name="block.n1.block"]')).to_have_value("B4")


def test_a_session_that_ends_keeps_what_was_typed(
    case: PathologyCase, signed_in: Callable[..., Page], problems: list[str]
) -> None:
    page = signed_in("p1")
    page.goto(f"/readings/{case.code}/")
    page.context.clear_cookies()
    page.locator("[data-share=cpn_rvt]").fill("11")
    box = page.locator("#relogin")
    expect(box).to_be_visible()
    box.locator("[name=password]").fill("demo-p1-2026")
    box.locator("button.btn-primary").click()
    expect(box).to_be_hidden()
    expect(page.locator("[data-share=cpn_rvt]")).to_have_value("11")
    expect(page.locator("[data-save-state]")).to_contain_text(SAVED)
    assert "11" in str(ReadingDraft.objects.get(reading=mine(case)).content)
    meant(problems, r"status of 40[13]")


def test_a_zero_is_asked_about_and_an_open_page_is_not_signed(
    case: PathologyCase, signed_in: Callable[..., Page]
) -> None:
    page = signed_in("p1")
    typed(page, case)
    for box, text in zip(page.locator("[data-share]").all(), ("0", "80", "20"), strict=True):
        box.fill(text)
    asks = page.locator("[data-zero]")
    expect(asks).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator("dialog.sign-dlg")).to_be_hidden()
    expect(asks.locator("input")).to_be_focused()
    asks.locator("input").check()
    page.locator("[data-share=cpn_rvt]").fill("5")
    expect(asks).to_be_hidden()
    expect(page.locator("[data-sum-words]")).to_contain_text("5 too much")


def test_several_nodules(case: PathologyCase, signed_in: Callable[..., Page]) -> None:
    page = signed_in("p1")
    page.goto(f"/readings/{case.code}/")
    page.locator("[data-share=cpn_rvt]").first.focus()
    page.keyboard.press("n")
    expect(page.locator("[data-nodule]")).to_have_count(2)
    expect(page.locator('[name="CP2.n2.cpn_no"]')).to_have_value("2")
    page.locator('[name="CP2.n2.cpn_rvt"]').focus()
    page.keyboard.press("b")
    expect(page.locator('[name="block.n1.nodule"]')).to_have_value("2")
    for name, text in (
        ("block", "C1"),
        ("area_mm2", "3"),
        ("viable", "10"),
        ("necrosis", "90"),
        ("stroma", "0"),
    ):
        page.locator(f'[name="block.n1.{name}"]').fill(text)
    page.keyboard.press("b")
    for name, text in (
        ("block", "C2"),
        ("area_mm2", "1000"),
        ("viable", "10.01"),
        ("necrosis", "89.99"),
        ("stroma", "0"),
    ):
        page.locator(f'[name="block.n2.{name}"]').fill(text)
    page.locator('[data-fill="2"]').click()
    expect(page.locator('[name="CP2.n2.cpn_rvt"]')).to_have_value("10.01")
    expect(page.locator('[name="CP2.n1.cpn_rvt"]')).to_have_value("")
