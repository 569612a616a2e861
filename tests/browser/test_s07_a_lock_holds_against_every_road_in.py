"""S07 A lock holds against every road in; the roads that begin in a browser.

The trial has no interface for programs: what a page sends by itself, the draft, stands for it. Data are imported by a
command (tests/scenarios); the list that a person brings to a page is one of queries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from crf.models import FormInstance, HoldKind, Query
from crf.services.holding import hold_put
from crf.services.signing import Proof, forms_sign
from crf.services.verification import values_verify
from crf.verifying import participant_problems
from tests import world
from tests.browser.entry import Entry, until
from tests.browser.roads import forgiven, refusals, send, visit
from tests.scenarios.stage import again, value_of
from tests.scenarios.test_s07_a_lock_holds_against_every_road_in import contents
from trialsite.accounts.models import User

SAYS = "This form is locked"
WHERE = "/p/01-003/LPATH/lpath/"
FIELD = "lp_steat"
LIST = f"participant,visit,form,row,field,question\n01-003,LPATH,LPATH,,{FIELD},What does the report say?\n"


@pytest.fixture
def form(people: dict[str, User]) -> FormInstance:
    """01-003's pathology form, complete, neither verified nor signed."""
    lin = people["lin"]
    made = world.screened(lin, "01-003")
    world.screening_01_003(made, lin)
    world.neoadjuvant(made, lin, 1, "2024-03-14")
    world.operated(made, lin, "2024-05-30", "2024-06-14")
    page = next(page for page in world.story.surgery() if page.key == "LPATH")
    world.enter(made, lin, [page])
    made_form = world.form(made, "LPATH", "LPATH")
    Query.objects.filter(form=made_form).update(state="CLOSED")
    FormInstance.objects.filter(pk=made_form.pk).update(query_open=0, query_answered=0)
    return again(made_form)


@dataclass(frozen=True)
class Tabs:
    """Pages that were opened before the lock, each with a button that worked then."""

    entry: Entry
    ticks: Page
    bulk: Page
    question: Page
    list_of_queries: Page
    signing: Page


@pytest.fixture
def tabs(form: FormInstance, signed_in: Callable[..., Page]) -> Tabs:
    entry = Entry(signed_in("lin"))
    entry.open(form)
    ticks, bulk, question, several = (signed_in("mo") for _ in range(4))
    ticks.goto("/sdv/01-003/LPATH/lpath/")
    expect(ticks.locator("tr[data-value]:focus")).to_have_count(1)
    bulk.goto("/sdv/01-003/LPATH/")
    expect(bulk.locator(f"#form-{form.pk}")).to_be_checked()
    question.goto(f"{WHERE}queries/?path={FIELD}")
    question.locator("#ask").fill("What does the report say?")
    several.goto("/queries/import/")
    several.locator("[name=pasted]").fill(LIST)
    several.get_by_role("button", name="Read and show").click()
    expect(several.get_by_role("button", name="Raise these queries")).to_be_visible()
    signing = signed_in("chen")
    signing.goto(f"/sign/01-003/?form={form.pk}")
    signing.locator("#username").fill("chen")
    signing.locator("#password").fill("demo-chen-2026")
    return Tabs(entry, ticks, bulk, question, several, signing)


@pytest.fixture
def locked(form: FormInstance, tabs: Tabs, people: dict[str, User]) -> FormInstance:
    values_verify(by=people["mo"], form=form)
    proof = Proof(("username", "password"), True)
    forms_sign(
        by=people["chen"], participant=form.participant, forms=[form.pk], meaning="CONFIRM", proof=proof
    )
    hold_put(by=people["da"], kind=HoldKind.LOCK, target=again(form))
    return again(form)


def test_each_road_is_refused_names_the_lock_changes_nothing_and_is_logged(
    locked: FormInstance, tabs: Tabs, signed_in: Callable[..., Page], problems: list[str]
) -> None:
    before, done = contents(locked), 0

    def logged(page: Page, who: str, act: str) -> None:
        """The newest attempts in the trail are this one, in the words that were read; the form is as it was."""
        nonlocal done

        def new() -> list[tuple[str, str, str]]:
            """A draft that Lin's tab sends by itself may come at any time."""
            return [one for one in refusals(locked)[done:] if act == "draft" or one[1] != "@draft"]

        until(page, lambda: bool(new()), f"{who}'s {act} in the trail")
        assert {(actor, path) for actor, path, _said in new()} == {(who, f"@{act}")}
        assert all(SAYS in said for *_, said in new())
        done = len(refusals(locked))
        assert contents(locked) == before

    lin = tabs.entry.page

    # the stale open tab: what the page sends by itself while she types, then her own save and complete
    with lin.expect_response("**/draft/") as answered:
        tabs.entry.type(tabs.entry.at(FIELD).locator("input:not([type=hidden])").first, "15")
    assert answered.value.status == 409
    expect(lin.locator("[data-save-state]").first).to_contain_text(SAYS)
    logged(lin, "lin", "draft")
    for keys in ("Control+S", "Control+Enter"):
        with lin.expect_response(
            lambda answer: answer.request.method == "POST" and answer.url.endswith(WHERE)
        ):
            lin.keyboard.press(keys)
        expect(lin.locator(".err[role=alert]").first).to_contain_text(SAYS)
        expect(lin.locator(f"[name={FIELD}]")).to_have_value("15")  # what she typed is still before her
        saves = [one for one in refusals(locked)[done:] if one[1] != "@draft"]
        assert [(who, act) for who, act, _said in saves] == [("lin", "@save")]
        assert all(SAYS in said for *_, said in refusals(locked)[done:])
        done = len(refusals(locked))
        assert contents(locked) == before

    # the web form, opened anew: it says so and offers nothing; what is posted all the same is refused
    lin = signed_in("lin")
    lin.goto(WHERE)
    expect(lin.locator("main")).to_contain_text(SAYS)
    expect(lin.locator("button[data-act]")).to_have_count(0)
    expect(lin.locator(f"input[name={FIELD}]:not([type=hidden])")).to_have_count(0)
    typed = {FIELD: "15", "version": str(locked.version), "reason": "Corrected", "clear_hidden": "1"}
    for action, act in (("save", "save"), ("complete", "save"), ("keep_draft", "draft")):
        lin.goto(WHERE)
        assert send(lin, WHERE, typed | {"action": action}) == 403, action
        expect(lin.locator(".err[role=alert]").first).to_contain_text(SAYS)
        logged(lin, "lin", act)

    # the tick of a source verification, with its key
    mo = tabs.ticks
    with mo.expect_response(lambda answer: answer.request.method == "POST") as ticked:
        mo.keyboard.press("v")
    assert ticked.value.status == 403
    expect(mo.locator("#sdv .err")).to_contain_text(SAYS)
    logged(mo, "mo", "verify")

    # the bulk action: a whole visit at once
    tabs.bulk.locator("main form button.btn-primary").click()
    expect(tabs.bulk.locator(".err[role=alert]")).to_contain_text(SAYS)
    logged(tabs.bulk, "mo", "verify")

    # a query, and a list of them
    tabs.question.locator('[data-act="raise"]').click()
    expect(tabs.question.locator(".err[role=alert]")).to_contain_text(SAYS)
    logged(tabs.question, "mo", "query")
    tabs.list_of_queries.get_by_role("button", name="Raise these queries").click()
    expect(tabs.list_of_queries.locator("[role=alert]").first).to_contain_text(SAYS)
    logged(tabs.list_of_queries, "mo", "query")

    # a signature
    tabs.signing.locator("[data-sign-button]").click()
    expect(tabs.signing.locator(".err[role=alert]").first).to_be_visible()
    expect(tabs.signing.locator("main")).to_contain_text(SAYS)
    logged(tabs.signing, "chen", "sign")

    assert value_of(locked, FIELD) == 5
    assert not list(participant_problems(locked.participant))
    assert visit(lin, f"{WHERE}history/") == 200
    expect(lin.locator("main")).to_contain_text("locked")
    forgiven(problems, 403)
