"""S15 Query life; in the browsers of Mo and Lin."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from crf.models import FormInstance, Query
from crf.naming import form_url
from tests import world
from tests.browser.entry import Entry
from trialsite.accounts.models import User


@pytest.fixture
def form(people: dict[str, User]) -> FormInstance:
    made = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    world.enter(made, people["lin"], [p for p in world.quickly("screening") if p.key == "DM"])
    return world.form(made, "DM", "SCR")


def test_query_life(form: FormInstance, signed_in: Callable[..., Page], entry: Entry, lin: Page) -> None:
    mo = signed_in("mo")
    mo.goto(f"{form_url(form)}queries/?path=su_packyr")
    mo.locator("main textarea").first.fill("What does the uploaded report say?")
    mo.locator("main form button.btn-primary").first.click()
    expect(mo.locator("main")).to_contain_text("Q-01-003-")
    query = Query.objects.get(form=form, path="su_packyr", rule="")

    lin.goto("/queries/")  # Lin sees it in her queue
    expect(lin.locator(f'main [href*="{query.code}"]').first).to_be_attached()
    lin.goto(f"/queries/{query.code}/")
    expect(lin.locator('main button[name="act"][value="close"]')).to_have_count(0)

    entry.open(form)  # she corrects the value and answers
    entry.type(entry.at("su_packyr").locator("input:not([type=hidden])").first, "12")
    lin.locator("[data-reason-panel] input").fill("Report of 4 March")
    entry.save()
    lin.goto(f"/queries/{query.code}/")
    lin.locator('main label:has(input[value="CORRECTED"])').click()
    lin.locator('main button[name="act"][value="answer"]').click()
    expect(lin.locator("main")).to_contain_text("Corrected per source")

    mo.goto("/queries/?tab=close")  # Mo closes it
    expect(mo.locator(f'main [href*="{query.code}"]').first).to_be_attached()
    mo.goto(f"/queries/{query.code}/")
    mo.locator('main button[name="act"][value="close"]').click()
    expect(mo.locator("main")).to_contain_text("Closed")
    for words in ("Mo Rui", "Lin Yue", "Monitor", "Study coordinator", "15", "12"):
        expect(mo.locator("main")).to_contain_text(words)
    query.refresh_from_db()
    assert (query.state, query.outcome, query.closed_value) == ("CLOSED", "CORRECTED", "12.0")
