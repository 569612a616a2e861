"""A log under a person's hands: the drawer beside the table, its keys, the address, copying; and the live doses of a cycle."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from crf.models import Draft, FormInstance
from crf.selectors.sheets import sheet_of
from crf.services.logs import log_line_add
from participants.models import Participant
from tests import world
from tests.browser.entry import started
from trialsite.accounts.models import User

AE = "/p/01-003/log/ae/"


@pytest.fixture
def participant(people: dict[str, User]) -> Participant:
    made = world.screened(people["lin"], "01-003")
    for term, start, grade in (("Nausea", "2024-03-14", "2"), ("Hypertension", "2024-04-05", "3")):
        line = log_line_add(by=people["lin"], participant=made, log="AE")
        values = {"aeterm": term, "aestdat": start, "aeongo": "Y", "aetoxgr": grade, "aeser": "N"}
        world.fill(line, people["lin"], values, complete=False)
    return made


def line_of(participant: Participant, number: int) -> FormInstance:
    return FormInstance.objects.select_related("visit").get(
        participant=participant, form_key="AE1", repeat=number
    )


def ready(page: Page) -> None:
    expect(page.locator("#line [data-line-form]")).to_be_visible()
    started(page, "[data-line-form]")


def test_a_line_opens_beside_the_log_and_gives_the_focus_back(participant: Participant, lin: Page) -> None:
    lin.goto(AE)
    lin.keyboard.press("ArrowDown")
    lin.keyboard.press("ArrowDown")
    expect(lin.locator("#line-2 [data-line-link]")).to_be_focused()
    lin.keyboard.press("e")
    ready(lin)
    expect(lin).to_have_url(re.compile(r"/log/ae/#line-2$"))
    expect(lin.locator("[data-log-table]")).to_be_visible()
    expect(lin.locator("#line-2")).to_have_class(re.compile("open"))
    assert lin.evaluate("document.querySelector('#line').contains(document.activeElement)")
    lin.keyboard.press("Escape")
    expect(lin.locator("#line")).to_be_hidden()
    expect(lin.locator("#line-2 [data-line-link]")).to_be_focused()
    expect(lin).to_have_url(re.compile(r"/log/ae/$"))


def test_the_address_of_a_line_opens_it(participant: Participant, lin: Page) -> None:
    lin.goto(AE + "#line-1")
    ready(lin)
    expect(lin.locator('#line [name="aeterm"]')).to_have_value("Nausea")


def test_saving_in_the_drawer_changes_the_line_and_the_table(participant: Participant, lin: Page) -> None:
    lin.goto(AE + "#line-1")
    ready(lin)
    lin.locator('#line [name="aeterm"]').fill("Vomiting")
    lin.keyboard.press("Control+S")
    expect(lin.locator("#line-1")).to_contain_text("Vomiting")
    expect(lin.locator("[data-line-state]")).to_contain_text("Saved")
    assert sheet_of(line_of(participant, 1)).get("aeterm") == "Vomiting"
    head = world.form(participant, "AE")
    assert head.version == 0, "Ctrl+S in the drawer saves the line and not the question of the log"


def test_what_cannot_be_completed_stays_in_the_drawer(participant: Participant, lin: Page) -> None:
    lin.goto(AE + "#line-1")
    ready(lin)
    lin.keyboard.press("Control+Enter")
    expect(lin.locator("#line .err").first).to_be_visible()
    expect(lin.locator("[data-log-table]")).to_be_visible()
    assert line_of(participant, 1).status == "IN_PROGRESS"


def test_a_adds_a_line_and_a_draft_of_it_is_kept(participant: Participant, lin: Page) -> None:
    lin.goto(AE)
    lin.keyboard.press("a")
    ready(lin)
    expect(lin).to_have_url(re.compile(r"#line-3$"))
    lin.locator('#line [name="aeterm"]').fill("Rash")
    with lin.expect_response(lambda answer: answer.url.endswith("/log/ae/3/draft/")):
        lin.keyboard.press("Tab")
    lin.keyboard.press("Escape")
    expect(lin.locator("#line-3")).to_contain_text("Draft")
    assert Draft.objects.get(form=line_of(participant, 3)).content["aeterm"] == ["Rash"]


def test_a_copy_has_no_dates(participant: Participant, lin: Page) -> None:
    lin.goto(AE + "#line-2")
    ready(lin)
    lin.locator("[data-copy-line] button").click()
    expect(lin).to_have_url(re.compile(r"#line-3$"))
    expect(lin.locator('#line [name="aeterm"]')).to_have_value("Hypertension")
    expect(lin.locator('#line [name="aestdat__y"]')).to_have_value("")


def test_without_script_a_line_is_a_page(
    participant: Participant, chromium: Browser, site: str, lin: Page
) -> None:
    context = chromium.new_context(base_url=site, java_script_enabled=False)
    context.add_cookies([dict(cookie) for cookie in lin.context.cookies(site)])  # type: ignore[misc]
    page = context.new_page()
    page.goto(AE)
    page.locator("#line-1 [data-line-link]").click()
    expect(page).to_have_url(re.compile(r"/log/ae/1/$"))
    page.locator('[name="aeterm"]').fill("Vomiting")
    page.locator('button[value="save"]').click()
    assert sheet_of(line_of(participant, 1)).get("aeterm") == "Vomiting"
    page.goto(AE)
    page.locator("[data-add-line] button").click()
    expect(page).to_have_url(re.compile(r"/log/ae/3/$"))
    context.close()


def test_doses_follow_while_they_are_typed(
    participant: Participant, lin: Page, people: dict[str, User]
) -> None:
    values = {
        "ec_phase": "NEO",
        "ec_cycle": "1",
        "ec_given": "Y",
        "ec_d1dat": "2024-03-14",
        "ec_wt": "70.0",
        "ec_ht": "171.0",
    }
    drugs = [world.infusion("2024-03-14", "155"), world.NEVER, world.NEVER, world.NEVER, world.NEVER]
    world.fill(
        world.form(participant, "EC", "C1"),
        people["lin"],
        values | {"ec_bsa": "1.82"},
        {"EC2": drugs},
        complete=False,
    )
    lin.goto("/p/01-003/C1/ec/")
    box = lin.locator('[data-path="EC2:1/ecdstxt"] input').first
    box.fill("120")
    box.press("Tab")
    expect(lin.locator('[data-live="EC2:1/ec_pct_plan"]')).to_contain_text("77.6")
    weight = lin.locator('[data-path="ec_wt"] input').first
    weight.fill("80")
    weight.press("Tab")
    expect(lin.locator("#live")).to_contain_text("√(80.0 kg")


def test_j_and_k_go_along_the_clock(participant: Participant, lin: Page) -> None:
    lin.goto("/p/01-003/")
    lin.keyboard.press("j")
    first = lin.evaluate("document.activeElement.closest('[data-stop]').id")
    lin.keyboard.press("j")
    second = lin.evaluate("document.activeElement.closest('[data-stop]').id")
    assert first != second
    lin.keyboard.press("k")
    assert lin.evaluate("document.activeElement.closest('[data-stop]').id") == first
    lin.keyboard.press("Enter")
    expect(lin).to_have_url(re.compile(r"/p/01-003/.+"))
