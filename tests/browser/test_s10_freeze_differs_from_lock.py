"""S10 Freeze differs from lock; in the browsers of Da, Lin, Mo and Dr Chen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from crf.models import FormInstance, Query, QueryState, Signed, VerificationMark, Verified
from crf.services.signing import Proof, forms_sign
from crf.services.verification import values_verify
from tests import world
from tests.browser.entry import Entry, until
from tests.browser.roads import forgiven, refusals, send
from tests.scenarios.stage import again, value_of
from trialsite.accounts.models import User

WHERE = "/p/01-003/SCR/dm/"
SDV = "/sdv/01-003/SCR/dm/"
FIELD = "su_packyr"
FROZEN = "This form is frozen: it can be queried, verified and signed, but not changed."
QUESTION = "What does the source say?"


@pytest.fixture
def form(people: dict[str, User]) -> FormInstance:
    made = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    world.enter(made, people["lin"], [page for page in world.quickly("screening") if page.key == "DM"])
    return world.form(made, "DM", "SCR")


def hold(da: Page, form: FormInstance, act: str) -> None:
    """By the link at the form and the button under the counts."""
    da.goto(WHERE)
    da.get_by_role("link", name=act, exact=True).click()
    da.get_by_role("button", name=f"{act}: 1 form").click()
    expect(da.locator(".toast-x.success")).to_be_visible()


def typed(entry: Entry, form: FormInstance, text: str) -> None:
    entry.open(form)
    entry.type(entry.at(FIELD).locator("input:not([type=hidden])").first, text)
    entry.page.locator("[data-reason-panel] input").fill("Corrected")


def refused_in_the_stale_tab(entry: Entry, words: str) -> None:
    with entry.page.expect_response(
        lambda answer: answer.request.method == "POST" and answer.url.endswith(WHERE)
    ) as answered:
        entry.page.keyboard.press("Control+S")
    assert answered.value.status == 403
    expect(entry.page.locator(".err[role=alert]").first).to_contain_text(words)


def asked(mo: Page, path: str) -> str:
    """Mo's question at a field; the number of the query."""
    mo.goto(f"{WHERE}queries/?path={path}")
    mo.locator("#ask").fill(QUESTION)
    mo.locator('[data-act="raise"]').click()
    expect(mo.locator("main")).to_contain_text("Q-01-003-")
    return Query.objects.get(path=path, rule="").code


def test_a_frozen_form_is_queried_verified_and_signed_but_not_changed(
    form: FormInstance, signed_in: Callable[..., Page], entry: Entry, lin: Page, problems: list[str]
) -> None:
    before = value_of(form, FIELD)
    typed(entry, form, "12")
    hold(signed_in("da"), form, "Freeze")
    assert again(form).frozen and not again(form).locked

    # Lin is refused, in the tab that she had open and in a new one
    refused_in_the_stale_tab(entry, FROZEN)
    lin.goto(WHERE)
    expect(lin.locator("main")).to_contain_text(FROZEN)
    expect(lin.locator("button[data-act]")).to_have_count(0)
    assert send(lin, WHERE, {FIELD: "12", "version": str(form.version), "reason": "Corrected"}) == 403
    expect(lin.locator(".err[role=alert]").first).to_contain_text(FROZEN)
    assert value_of(form, FIELD) == before
    assert {(who, said) for who, _act, said in refusals(form)} == {("lin", FROZEN)}

    # Mo may verify
    mo = signed_in("mo")
    mo.goto(SDV)
    expect(mo.locator("tr[data-value]:focus")).to_have_count(1)
    mo.keyboard.press("Shift+V")
    expect(mo.locator("#sdv-bar")).to_contain_text("Verified")
    assert again(form).verified == Verified.FULLY

    # and query; Lin answers, for that changes no data; Mo closes
    code = asked(mo, FIELD)
    lin.goto(f"/queries/{code}/")
    lin.locator('main label:has(input[value="CONFIRMED"])').click()
    lin.locator('main button[name="act"][value="answer"]').click()
    expect(lin.locator("main")).to_contain_text("Confirmed")
    mo.goto(f"/queries/{code}/")
    mo.locator('main button[name="act"][value="close"]').click()
    until(mo, lambda: Query.objects.get(path=FIELD, rule="").state == QueryState.CLOSED, "the query closed")

    # and Dr Chen may sign
    chen = signed_in("chen")
    chen.goto(f"/sign/01-003/?form={form.pk}")
    chen.locator("#username").fill("chen")
    chen.locator("#password").fill("demo-chen-2026")
    chen.locator("[data-sign-button]").click()
    chen.wait_for_url("**/signatures/01-003/1/")
    assert again(form).signed == Signed.SIGNED
    assert again(form).frozen
    assert value_of(form, FIELD) == before
    forgiven(problems, 403)


def test_a_locked_form_refuses_query_and_verification_as_well(
    form: FormInstance,
    signed_in: Callable[..., Page],
    entry: Entry,
    people: dict[str, User],
    problems: list[str],
) -> None:
    typed(entry, form, "12")
    ticks, question = signed_in("mo"), signed_in("mo")
    ticks.goto(SDV)
    expect(ticks.locator("tr[data-value]:focus")).to_have_count(1)
    question.goto(f"{WHERE}queries/?path={FIELD}")
    question.locator("#ask").fill(QUESTION)
    values_verify(by=people["mo"], form=form)
    proof = Proof(("username", "password"), True)
    forms_sign(
        by=people["chen"], participant=form.participant, forms=[form.pk], meaning="CONFIRM", proof=proof
    )
    marks, before = VerificationMark.objects.count(), value_of(form, FIELD)
    da = signed_in("da")
    hold(da, form, "Freeze")
    hold(da, form, "Lock")
    assert again(form).locked

    question.locator('[data-act="raise"]').click()
    expect(question.locator(".err[role=alert]")).to_contain_text("This form is locked: it cannot be queried.")
    ticks.keyboard.press("v")
    expect(ticks.locator("#sdv .err")).to_contain_text("This form is locked: verification is closed.")
    refused_in_the_stale_tab(entry, "This form is locked.")
    assert not Query.objects.filter(form=form, rule="").exists()
    assert VerificationMark.objects.count() == marks
    assert value_of(form, FIELD) == before
    assert {("mo", "@query"), ("mo", "@verify"), ("lin", "@save")} <= {
        (who, act) for who, act, _said in refusals(form)
    }

    # what is opened now offers none of it, and says why
    mo = signed_in("mo")
    mo.goto(f"{WHERE}queries/?path={FIELD}")
    expect(mo.locator("main")).to_contain_text("This form is locked: it cannot be queried.")
    expect(mo.locator("#ask")).to_have_count(0)
    mo.goto(SDV)
    expect(mo.locator("[data-why-not]")).to_contain_text("This form is locked: verification is closed.")
    expect(mo.locator("[data-tick], [data-all]")).to_have_count(0)
    expect(mo.locator(".hd")).to_contain_text(re.compile("Locked", re.IGNORECASE))
    forgiven(problems, 403)
