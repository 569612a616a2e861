"""S11 and S13 as the investigator does them; the page by keyboard and without script; axe."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from crf.models import FormInstance, Signature, Signed
from crf.naming import form_url
from crf.services.queries import query_raise
from participants.models import Participant
from tests import world
from tests.browser.test_axe import violations
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

BRANCH = re.compile(r"Nothing was signed\. The user name, password or code is wrong")


@pytest.fixture
def participant(people: dict[str, User]) -> Participant:
    """01-003: a consent, a tumour assessment at cycle 4 with two lesions, a query about demographics."""
    lin = people["lin"]
    made = world.screened(lin, "01-003")
    world.screening_01_003(made, lin)
    world.treatment_01_003(made, lin)
    query_raise(
        by=people["mo"], participant=made, form=world.form(made, "DM", "SCR"), path="sex",
        text="Which sex does the source name?",
    )  # fmt: skip
    return made


def assessment(participant: Participant) -> FormInstance:
    form = world.form(participant, "TA", "TA2")
    FormInstance.objects.filter(pk=form.pk).update(query_open=0, query_answered=0)
    return form


def press(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Sign ")).click()


def test_s11_signing_needs_fresh_credentials(
    participant: Participant, signed_in: Callable[..., Page], people: dict[str, User]
) -> None:
    form = assessment(participant)
    page = signed_in("chen")
    page.goto("/sign/")
    page.get_by_role("link", name="01-003").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign 01-003")
    left_out = page.locator("#left-out")
    expect(left_out.get_by_role("row").filter(has_text="Demographics")).to_contain_text(
        "This form has open queries."
    )
    expect(page.locator("#open-queries")).to_contain_text("Which sex does the source name?")
    page.get_by_role("button", name="Choose none").click()
    expect(page.locator("[data-sign-button]")).to_be_disabled()
    page.locator(f"#form-{form.pk}").check()
    expect(page.locator("[data-sign-button]")).to_have_text(" Sign 1 form")
    page.get_by_label("Meaning").select_option(label="Review and approval")
    expect(page.locator("[data-statement]:visible")).to_contain_text("approve their content")
    page.get_by_label("Meaning").select_option(label="I confirm these data")
    for name, password in (("chen", "a wrong one"), ("wu", "demo-wu-2026")):
        page.locator("#username").fill(name)
        page.locator("#password").fill(password)
        press(page)
        expect(page.get_by_role("alert")).to_contain_text(BRANCH)
        expect(page.locator("#password")).to_have_value("")
        expect(page.locator(f"#form-{form.pk}")).to_be_checked()
        expect(page.locator("[data-sign-button]")).to_have_text(" Sign 1 form")
    assert not Signature.objects.exists()
    assert AuditEvent.objects.filter(action="SIGNATURE_FAILED").count() == 2
    page.locator("#username").fill("chen")
    page.locator("#password").fill("demo-chen-2026")
    page.locator("#password").press("Enter")
    page.wait_for_url("**/signatures/01-003/1/")
    signature = Signature.objects.get()
    main = page.locator("main")
    for said in (
        people["chen"].full_name, f"{signature.at:%Y-%m-%d %H:%M:%S} UTC", "Asia/Shanghai (UTC+08:00)", "I confirm these data",
        "Tumour assessment", signature.open_queries[-1], signature.digest,
    ):  # fmt: skip
        expect(main).to_contain_text(said)
    page.goto("/sign/01-003/")
    expect(page.locator("#username")).to_have_count(0)


def test_s13_a_change_after_signing_voids_it_and_says_why(
    participant: Participant, signed_in: Callable[..., Page], people: dict[str, User]
) -> None:
    form = assessment(participant)
    page = signed_in("chen")
    page.goto(f"/sign/01-003/?form={form.pk}")
    page.locator("#username").fill("chen")
    page.locator("#password").fill("demo-chen-2026")
    press(page)
    page.wait_for_url("**/signatures/01-003/1/")
    page.goto(form_url(form))
    expect(page.locator(".states")).to_contain_text(f"Signed: {people['chen'].full_name}")
    page.goto("/sign/")  # nobody else has the form open

    typing = signed_in("lin")
    typing.goto(form_url(form))
    box = typing.locator('input[name="TA2.2.tl_diam"]')
    box.fill("18.0")
    typing.locator("#r-common").fill("Measured again.")
    typing.locator('[data-act="save"]').click()
    expect(typing.locator(".states")).to_contain_text("Signature void since")
    expect(typing.locator(".states")).to_contain_text("Target lesions 2")
    expect(typing.locator(".states")).to_contain_text("16.0 to 18.0 mm")
    expect(typing.locator(".states")).not_to_contain_text("Review and sign again")
    assert FormInstance.objects.get(pk=form.pk).signed == Signed.VOID

    page.goto("/sign/")
    expect(page.get_by_role("row").filter(has_text="01-003")).to_contain_text("1")
    page.goto(form_url(form))
    page.get_by_role("link", name="Review and sign again").click()
    changes = page.locator("#changes")
    expect(changes).to_contain_text("Measured again.")
    expect(changes.locator("tr").filter(has_text="Target lesions 2")).to_contain_text("16.0 mm")
    page.locator("#password").fill("demo-chen-2026")
    press(page)
    page.wait_for_url("**/signatures/01-003/2/")
    page.get_by_role("link", name="All signatures").click()
    expect(page.locator("main tbody tr")).to_have_count(2)
    expect(page.locator("main")).to_contain_text("16.0 to 18.0 mm")


def test_without_script_it_signs_too(
    chromium: Browser, site: str, participant: Participant, signed_in: Callable[..., Page]
) -> None:
    form = assessment(participant)
    cookies = signed_in("chen").context.cookies()
    context = chromium.new_context(base_url=site, java_script_enabled=False)
    context.add_cookies(cookies)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"/sign/01-003/?form={form.pk}")
    expect(page.locator("[data-statement]")).to_have_count(3)
    page.locator("#username").fill("chen")
    page.locator("#password").fill("demo-chen-2026")
    press(page)
    assert page.url.endswith("/signatures/01-003/1/")
    context.close()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_axe(
    language: str, participant: Participant, signed_in: Callable[..., Page], people: dict[str, User]
) -> None:
    form = assessment(participant)
    User.objects.update(language=language)
    page = signed_in("chen")
    found = []
    for address in ("/sign/", "/sign/01-003/"):
        page.goto(address, wait_until="load")
        found += violations(page)
    page.goto(f"/sign/01-003/?form={form.pk}")
    page.locator("#username").fill("chen")
    page.locator("#password").fill("no")
    page.locator("[data-sign-button]").click()
    page.wait_for_selector(".err")
    found += violations(page)
    page.locator("#password").fill("demo-chen-2026")
    page.locator("[data-sign-button]").click()
    page.wait_for_url("**/signatures/01-003/1/")
    found += violations(page)
    world.change(world.form(participant, "TA", "TA2"), people["lin"], TA2_2_tl_diam="18.0")
    for address in (f"/sign/01-003/?form={form.pk}", "/signatures/01-003/"):
        page.goto(address, wait_until="load")
        found += violations(page)
    page.goto(form_url(form), wait_until="load")
    found += [
        line for line in violations(page) if 'class="mark' not in line
    ]  # the fields have a test of their own
    assert not found, "\n".join(found)
