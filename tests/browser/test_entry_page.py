"""What the entry page does under a person's hands: live results, errors, history, language, drafts, keys, two people."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from crf.models import Draft, FormInstance
from crf.naming import form_url
from crf.selectors.sheets import sheet_of
from endpoints.services import endpoints_recompute, trial_recompute
from participants.models import Participant
from tests import world
from tests.browser.entry import Entry
from trialsite.accounts.demo import CAST
from trialsite.accounts.models import User


@pytest.fixture
def participant(people: dict[str, User]) -> Participant:
    made = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    return made


@pytest.fixture
def assessed(participant: Participant, people: dict[str, User]) -> FormInstance:
    """TA1 of a participant whose baseline sum is 108 mm (RECIST) and 106 mm (mRECIST)."""
    one = world.target("T01", "S8", "82.0", "80.0", tl_enh="TYPICAL")
    two = world.target("T02", "S5", "26.0", "26.0", tl_enh="TYPICAL")
    world.assessed(participant, people["lin"], "SCR", "2024-03-06", [one, two], None)
    return world.form(participant, "TA", "TA1")


DM = {"dmdat": "2024-03-04", "brthdat": "1968-05", "sex": "M", "race": "ASIAN", "ethcn": "HAN"}
DM |= {"su_tob": "NEVER", "su_alc": "NEVER", "famhx_hcc": "N"}


def test_sign_in_by_the_demonstration_table(
    site: str, people: dict[str, User], chromium: object, lin: Page
) -> None:
    lin.context.clear_cookies()
    lin.goto("/participants/")
    lin.wait_for_url("**/login/**")
    lin.locator('input[name="login"]').fill("lin")
    lin.locator('input[name="password"]').fill(next(p.password for p in CAST if p.username == "lin"))
    lin.keyboard.press("Enter")
    lin.wait_for_url("**/participants/")
    expect(lin.locator(".who .me")).to_contain_text("Lin Yue")


def test_the_grid_shows_sums_and_responses_while_they_are_typed(
    assessed: FormInstance, entry: Entry, lin: Page
) -> None:
    entry.open(assessed)
    entry.fill(
        assessed, {"ta_perf": "Y", "tudat": "2024-04-09", "ta_lastdat": "2024-04-09", "ta_contrast": "Y"}
    )
    live = lin.locator("#live")
    boxes = [
        entry.at(f"TA2:{row}/{name}").locator("input") for name in ("tl_diam", "tl_viable") for row in (1, 2)
    ]
    boxes[0].click()
    for value, box in zip(("68", "21", "41", "12"), boxes, strict=True):
        expect(box).to_be_focused()  # Enter goes down the column, then to the head of the next one
        lin.keyboard.type(value)
        lin.keyboard.press("Enter")
    expect(lin.locator('[data-live="sum-r"]')).to_have_text("89")
    expect(lin.locator('[data-live="sum-m"]')).to_have_text("53")
    expect(lin.locator('[data-live="change-r"]')).to_contain_text("17.6")
    expect(lin.locator('[data-live="change-m"]')).to_contain_text("50.0")
    expect(live).to_contain_text("89 mm")
    assert sheet_of(assessed).rows["TA2"] == []  # shown, not stored
    # an empty box and the key U: not evaluable
    boxes[0].click()
    lin.keyboard.press("Delete")
    lin.keyboard.press("u")
    state = entry.at("TA2:1/tl_state").locator("select")
    expect(state).to_have_value("NE")
    expect(entry.at("TA2:1/tl_nereas")).to_be_visible()


def test_errors_are_summed_up_get_the_focus_and_lead_to_the_field(
    participant: Participant, entry: Entry, lin: Page
) -> None:
    entry.open(world.form(participant, "DM", "SCR"))
    entry.type(entry.at("brthdat").locator('input[name="brthdat__d"]'), "31")
    entry.type(entry.at("brthdat").locator('input[name="brthdat__m"]'), "Feb")
    entry.type(entry.at("brthdat").locator('input[name="brthdat__y"]'), "1968")
    lin.keyboard.press("Control+S")
    summary = lin.locator(".err")
    expect(summary).to_be_focused()
    expect(summary.locator("a")).to_have_count(1)
    assert lin.title().startswith("Error:")
    summary.locator("a").click()
    field = entry.at("brthdat")
    expect(field.locator(".f-error")).to_be_visible()
    expect(field.locator('input[name="brthdat__y"]')).to_have_value("1968")
    expect(field.locator('input[name="brthdat__m"]')).to_have_value("Feb")
    expect(field.locator('input[name="brthdat__d"]')).to_have_value("31")
    assert FormInstance.objects.get(participant=participant, form_key="DM").version == 0


def test_the_history_of_a_field_is_one_click_away(
    participant: Participant, people: dict[str, User], entry: Entry, lin: Page
) -> None:
    form = world.form(participant, "DM", "SCR")
    world.fill(form, people["lin"], DM)
    world.fill(
        world.form(participant, "DM", "SCR"),
        people["chen"],
        DM | {"race": "WHITE"},
        reason="Wrong line of the list",
    )
    entry.open(form)
    entry.at("race").locator(".mark-history").click()
    drawer = lin.locator("#drawer")
    expect(drawer).to_be_visible()
    expect(drawer.locator("li")).to_have_count(2)
    expect(drawer.locator("li").first).to_contain_text("Chen Wei")
    expect(drawer.locator("li").first).to_contain_text("Wrong line of the list")
    assert lin.url.endswith(form_url(form))  # the form is still there
    lin.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_the_language_is_switched_where_one_is(participant: Participant, entry: Entry, lin: Page) -> None:
    form = world.form(participant, "DM", "SCR")
    entry.open(form)
    expect(lin.locator("h1")).to_have_text("Demographics")
    lin.locator('form[data-language] button[value="zh-hans"]').click()
    expect(lin.locator("h1")).to_have_text("人口学资料")
    assert lin.url.endswith(form_url(form))
    assert lin.locator("html").get_attribute("lang") == "zh-Hans"
    # dates in Chinese order, typed as they are written
    entry.ready()
    names = entry.at("dmdat").locator("input").evaluate_all("all => all.map(one => one.name)")
    assert names == ["dmdat__y", "dmdat__m", "dmdat__d"]
    for name, text in (("y", "2024年"), ("m", "3月"), ("d", "４日")):
        entry.type(entry.at("dmdat").locator(f'input[name="dmdat__{name}"]'), text)
    entry.save()
    assert str(sheet_of(world.form(participant, "DM", "SCR")).get("dmdat")) == "2024-03-04"
    lin.locator('form[data-language] button[value="en"]').click()
    expect(lin.locator("h1")).to_have_text("Demographics")


def test_two_people_one_form_and_nothing_is_lost(
    participant: Participant, people: dict[str, User], entry: Entry, lin: Page
) -> None:
    """S34."""
    form = world.form(participant, "DM", "SCR")
    world.fill(form, people["lin"], {"sex": "M"}, complete=False)
    entry.open(form)
    entry.fill(form, {"race": "ASIAN"})
    world.fill(
        world.form(participant, "DM", "SCR"), people["chen"], {"sex": "F", "race": "WHITE"}, complete=False
    )
    lin.keyboard.press("Control+S")
    told = lin.locator("dialog#merge")
    expect(told.locator("h2")).to_be_focused()
    expect(told.locator("h2")).to_contain_text(re.compile("^Chen Wei .* saved this form"))
    expect(told.locator("[data-clash]")).to_have_count(1)  # sex was changed by Chen alone
    assert sheet_of(world.form(participant, "DM", "SCR")).get("race") == "WHITE"
    told.locator("[data-merge-save]").click()  # nothing chosen yet
    expect(told.locator('input[value="mine"]')).to_be_focused()
    told.locator("label.pick", has_text="Asian").click()
    told.locator("[data-merge-save]").click()
    expect(lin.locator(".toast-x.success")).to_be_visible()
    stored = sheet_of(world.form(participant, "DM", "SCR"))
    assert (stored.get("race"), stored.get("sex")) == ("ASIAN", "F")


def test_a_draft_survives_the_page_and_the_save_ends_it(
    participant: Participant, entry: Entry, lin: Page, signed_in: Callable[..., Page]
) -> None:
    form = world.form(participant, "DM", "SCR")
    entry.open(form)
    with lin.expect_response("**/draft/") as kept:
        entry.fill(form, {"dmdat": "2024-03-04", "race": "ASIAN"})
    assert kept.value.status == 200
    expect(lin.locator("[data-save-state]")).to_contain_text("Draft saved")
    with lin.expect_response("**/draft/"):
        entry.fill(form, {"su_tob": "NEVER"})
    lin.reload()
    entry.ready()
    expect(lin.locator("main")).to_contain_text("Your draft of")
    expect(entry.at("dmdat").locator('input[name="dmdat__y"]')).to_have_value("2024")
    assert world.form(participant, "DM", "SCR").version == 0
    # it is Lin's own
    chen = Entry(signed_in("chen"))
    chen.page.goto(f"{form_url(form)}?together=1")  # also while Lin is at it (S34)
    chen.ready()
    expect(chen.at("dmdat").locator('input[name="dmdat__y"]')).to_have_value("")
    entry.save()
    assert Draft.objects.count() == 0
    lin.reload()
    expect(lin.locator("main")).not_to_contain_text("Your draft of")


def test_keys_answer_move_and_save(participant: Participant, entry: Entry, lin: Page) -> None:
    form = world.form(participant, "DM", "SCR")
    entry.open(form)
    entry.at("dmdat").locator("input").first.click()
    lin.keyboard.press("y")  # yesterday
    today = lin.locator("form[data-crf]").get_attribute("data-today")
    expect(entry.at("dmdat").locator('input[name="dmdat__y"]')).not_to_have_value("")
    entry.at("sex").locator("input").first.focus()
    lin.keyboard.press("2")
    expect(entry.at("sex").locator('input[value="F"]')).to_be_checked()
    expect(entry.at("wocbp")).to_be_visible()  # asked of women
    lin.keyboard.press("1")
    expect(entry.at("wocbp")).to_be_hidden()
    expect(lin.locator("[data-left]")).to_contain_text("required fields left")
    entry.save()
    stored = sheet_of(world.form(participant, "DM", "SCR"))
    assert stored.get("sex") == "M"
    assert str(stored.get("dmdat")) < str(today)
    # Enter alone never sends a half-filled form
    entry.at("brthdat").locator("input").first.click()
    lin.keyboard.press("Enter")
    assert world.form(participant, "DM", "SCR").version == 1


def test_a_hidden_answer_is_asked_about_before_it_goes(
    participant: Participant, people: dict[str, User], entry: Entry, lin: Page
) -> None:
    """S30."""
    form = world.form(participant, "DM", "SCR")
    world.fill(form, people["lin"], DM | {"su_tob": "FORMER", "su_packyr": "15"}, complete=False)
    entry.open(form)
    entry.fill(form, {"su_tob": "NEVER"})
    lin.keyboard.press("Control+S")
    asked = lin.locator(".reason")
    expect(asked).to_contain_text("Pack-years")
    assert str(sheet_of(world.form(participant, "DM", "SCR")).get("su_packyr")) == "15.0"
    asked.locator('input[name="clear_hidden"]').check()
    entry.save()
    stored = sheet_of(world.form(participant, "DM", "SCR"))
    assert (stored.get("su_tob"), stored.get("su_packyr")) == ("NEVER", None)


def test_a_complete_form_asks_why_it_is_changed(
    participant: Participant, people: dict[str, User], entry: Entry, lin: Page
) -> None:
    """S05, and a soft limit (S32) confirmed where it stands."""
    form = world.form(participant, "DM", "SCR")
    world.fill(form, people["lin"], DM | {"su_tob": "FORMER", "su_packyr": "15"})
    entry.open(form)
    entry.fill(form, {"su_packyr": "95"})
    panel = lin.locator("[data-reason-panel]")
    expect(panel).to_be_visible()
    entry.type(panel.locator("input"), "Source says 95")
    entry.save()
    soft = entry.at("su_packyr").locator(".soft")
    expect(soft).to_be_visible()
    soft.locator("summary").click()
    soft.locator("label.seg-opt").first.click()
    entry.save()
    expect(entry.at("su_packyr")).to_contain_text("Confirmed: Checked against the source")


def test_a_row_is_removed_with_its_reason_and_its_number_is_not_used_again(
    participant: Participant, people: dict[str, User], entry: Entry, lin: Page
) -> None:
    form = world.form(participant, "ICF", "SCR")
    rows = [{"recon_dsstdat": "2024-04-01", "recon_version": "1.2", "recon_reason": "AMENDMENT"}]
    stored = world.typed("ICF", {}, {"ICF2": rows}).rows["ICF2"]
    from crf.services.entry import Order, form_save
    from crf.typed import Typed

    made = Typed.of(sheet_of(form))
    made.rows["ICF2"] = stored
    form_save(by=people["lin"], form=form, typed=made, order=Order(reason="New version"))
    entry.open(form)
    row = lin.locator('[data-rows="ICF2"] [data-row="1"]')
    row.locator("summary").click()
    row.locator('input[name="ICF2.1.-remove"]').check()
    row.locator('input[name="ICF2.1.-reason"]').fill("Entered twice")
    entry.save()
    expect(lin.locator('[data-rows="ICF2"] [data-row="1"]')).to_have_count(0)
    lines = sheet_of(world.form(participant, "ICF", "SCR")).rows["ICF2"]
    assert [(line.row, line.active, line.removed_reason) for line in lines] == [(1, False, "Entered twice")]
    entry.add_rows({"ICF2": rows})
    entry.fill(form, {}, {"ICF2": rows})
    entry.type(lin.locator("[data-reason-panel] input"), "The right one")
    entry.save()
    lines = sheet_of(world.form(participant, "ICF", "SCR")).rows["ICF2"]
    assert [(line.row, line.active) for line in lines] == [(1, False), (2, True)]


def test_a_monitor_reads_and_cannot_type(
    participant: Participant, people: dict[str, User], signed_in: Callable[..., Page]
) -> None:
    form = world.form(participant, "DM", "SCR")
    world.fill(form, people["lin"], DM)
    page = signed_in("mo")
    page.goto(form_url(form))
    expect(page.locator("h1")).to_have_text("Demographics")
    assert page.locator("form[data-crf] :is(input:not([type=hidden]), select, textarea)").count() == 0
    assert page.locator('button[value="save"], button[value="complete"]').count() == 0
    expect(page.locator("main")).to_contain_text("enter data")


PAGES = {
    "lin": ["/", "/participants/", "/participants/?view=list", "/participants/?view=work",
            "/participants/new/", "/p/{n}/", "/p/{n}/SCR/",
            "/p/{n}/SCR/icf/", "/p/{n}/SCR/ie/", "/p/{n}/SCR/hcc/", "/p/{n}/TA1/ta/", "/p/{n}/C1/ec/", "/p/{n}/log/dth/",
            "/p/{n}/SCR/icf/history/", "/p/{n}/results/", "/p/{n}/results/mpr/", "/account/"],
    "mo": ["/", "/endpoints/", "/endpoints/mpr/", "/endpoints/pfs/", "/endpoints/pfs/data/", "/reports/", "/participants/"],
    "da": ["/", "/pathology/", "/participants/"],
    "p1": ["/readings/"],
    "ad": ["/admin/users/", "/admin/users/lin/", "/admin/sites/", "/admin/roles/"],
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_pages_load_without_an_error_in_the_console(
    name: str, assessed: FormInstance, signed_in: Callable[..., Page]
) -> None:
    """No script error, no request that fails, nothing that the Content-Security-Policy refuses."""
    endpoints_recompute(assessed.participant_id)
    trial_recompute()
    page = signed_in(name)
    for path in PAGES[name]:
        response = page.goto(path.format(n="01-003"), wait_until="load")
        assert response is not None
        assert response.status == 200, path
