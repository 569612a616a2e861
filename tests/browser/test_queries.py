"""Queries as people work with them in a browser: S15 and S18, the inbox by keyboard, WCAG, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils.translation import override
from playwright.sync_api import Page, expect

from crf.models import FormInstance, Query, QueryMessage
from crf.naming import form_url
from crf.registry import form_def
from crf.services.queries import query_act, query_raise
from participants.models import Participant
from tests import world
from tests.browser.entry import Entry
from tests.browser.test_axe import LANGUAGES, speaks, violations
from trialsite.accounts.models import User

SignedIn = Callable[..., Page]
QUESTION = "What does the uploaded report say?"


@pytest.fixture
def participant(people: dict[str, User]) -> Participant:
    made = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    lesions = [world.target("T01", "S8", "62.0", "20.0", tl_enh="TYPICAL")]
    world.assessed(made, people["lin"], "SCR", "2024-03-06", lesions, None, complete=False)
    return made


@pytest.fixture
def imaging(participant: Participant) -> FormInstance:
    return world.form(participant, "TA", "SCR")


@pytest.mark.parametrize("language", LANGUAGES)
def test_s15_query_life(
    language: str, signed_in: SignedIn, participant: Participant, people: dict[str, User]
) -> None:
    """Viable tumour 8 %, the report says 12: opened, answered, corrected, closed."""
    lin = people["lin"]
    world.neoadjuvant(participant, lin, 1, "2024-03-14")
    form = pathology_form(participant, lin)
    path = viable_path(form)
    speaks(people, language)

    # Mo opens a query at the field
    mo = signed_in("mo")
    mo.goto(form_url(form))
    mo.locator(f'[data-query-mark="{path}"]').click()
    asking = mo.locator("#drawer-body [data-place]")
    asking.locator("textarea").fill(QUESTION)
    asking.locator("[data-act=raise]").click()
    expect(mo.locator("#drawer-body [data-thread]")).to_contain_text(QUESTION)
    expect(mo.locator(f'[data-query-mark="{path}"] .bub')).to_have_text("1")
    query = Query.objects.get(form=form, path=path)

    # Lin sees it in her queue, at its oldest place, and cannot close
    page = signed_in("lin")
    page.goto("/queries/")
    row = page.locator(f'tr[data-query="{query.code}"]')
    expect(row).to_contain_text(QUESTION)
    expect(page.locator("[data-close-chosen]")).to_have_count(0)
    row.locator("[data-open-query]").focus()
    page.keyboard.press("r")
    thread = page.locator(f'#drawer-body [data-thread="{query.code}"]')
    expect(thread.locator("input[name=outcome]").first).to_be_focused()
    expect(thread.locator("input[name=outcome]:checked")).to_have_count(0)
    expect(thread.locator("[data-act=close]")).to_have_count(0)

    # she edits the value in its form
    thread.locator("[data-edit-value]").click()
    entry = Entry(page)
    entry.ready()
    entry.type(entry.at(path).locator("input").first, "12")
    for name, value in (("_nec", "70"), ("_str", "18")):
        other = entry.at(path.replace("_rvt", name)).locator("input").first
        if other.count():
            entry.type(other, value)
    page.locator("#r-common").fill("Report of 12 June")
    entry.save()

    # and answers at the field
    page.locator(f'[data-query-mark="{path}"]').click()
    thread = page.locator(f'#drawer-body [data-thread="{query.code}"]')
    thread.locator('label.seg-opt:has(input[value="CORRECTED"])').click()
    thread.locator("[data-act=answer]").click()
    expect(page.locator("#drawer-body [data-moved]")).to_be_visible()
    expect(page.locator(f'[data-query-mark="{path}"] .bub.ans')).to_have_text("1")

    # Mo closes it with the keyboard
    mo.goto("/queries/?tab=close")
    mo.keyboard.press("j")
    mo.keyboard.press("c")
    expect(mo.locator("#drawer-body [data-act=close]")).to_be_focused()
    mo.keyboard.press("Enter")
    expect(mo.locator("#drawer-body [data-moved]")).to_be_visible()
    expect(mo.locator(f'tr[data-query="{query.code}"]')).to_have_count(0)

    # the thread shows each step with person, role, time, value at the time, and days open
    mo.goto(f"/queries/{query.code}/")
    assert mo.locator(".msg").evaluate_all("all => all.map((one) => one.dataset.act)") == [
        "raise", "change", "answer", "close",
    ]  # fmt: skip
    for words in ("Mo Rui", "Lin Yue", "UTC+8", " UTC"):
        expect(mo.locator(".thread")).to_contain_text(words)
    expect(mo.locator(".msg").first).to_contain_text("8")
    expect(mo.locator(".msg").last).to_contain_text("12")
    assert [m.role for m in QueryMessage.objects.filter(query=query).order_by("pk")] == [
        "MONITOR", "COORDINATOR", "COORDINATOR", "MONITOR",
    ]  # fmt: skip
    assert not violations(mo)


def pathology_form(participant: Participant, lin: User) -> FormInstance:
    world.operated(participant, lin, "2024-05-30", "2024-06-14")
    page = next(page for page in world.story.surgery() if page.key == "LPATH")
    world.enter(participant, lin, [page])
    return world.form(participant, "LPATH", page.visit)


def viable_path(form: FormInstance) -> str:
    """The share of viable tumour of the first nodule."""
    [section] = form_def("LPATH").row_sections
    name = next(f.name for f in section.fields if f.name.endswith("_rvt"))
    return f"{section.id}:1/{name}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_s18_a_failed_check_opens_one_query_and_its_cure_closes_it(
    language: str, signed_in: SignedIn, participant: Participant, people: dict[str, User]
) -> None:
    """The sum falls below half of the baseline while the response is SD (CK-195)."""
    lin = people["lin"]
    world.neoadjuvant(participant, lin, 1, "2024-03-14")
    lesions = [world.target("T01", "S8", "28.0", "10.0")]
    world.assessed(participant, lin, "TA1", "2024-04-10", lesions, ("SD", "SD"), complete=False)
    form = world.form(participant, "TA", "TA1")
    speaks(people, language)
    path = "ovresp_r_inv"
    query = Query.objects.get(form=form, path=path)
    crf_field = form_def("TA").fields[path]

    entry = Entry(signed_in("lin"))
    entry.open(form)
    page = entry.page
    place = entry.at(path)
    expect(place.locator(".q-at a")).to_have_text(query.code)
    # saved again: still one query
    entry.type(entry.at("ta_slice").locator("input").first, "2.5")
    entry.save()
    assert list(Query.objects.filter(form=form, path=path).values_list("pk", "state")) == [(query.pk, "OPEN")]
    expect(entry.at(path).locator(".q-at a")).to_have_text(query.code)
    # cured: it closes by itself, with both values and the version of the rule
    for name in (path, "tresp_r_inv"):
        entry.answer(name, crf_field, "PR")
    entry.save()
    expect(entry.at(path).locator(".q-at")).to_have_count(0)
    page.goto(f"/queries/{query.code}/")
    facts = page.locator(".q-facts")
    with override(language):
        shown = [crf_field.display("SD"), crf_field.display("PR"), "CK-195", query.rule_version]
    for text in shown:
        expect(facts).to_contain_text(text)
    query.refresh_from_db()
    assert (query.state, query.closed_by, query.raised_value, query.closed_value) == (
        "CLOSED",
        None,
        "SD",
        "PR",
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_queries_have_no_barrier(
    language: str,
    signed_in: SignedIn,
    participant: Participant,
    imaging: FormInstance,
    people: dict[str, User],
) -> None:
    ask = {"by": people["mo"], "participant": participant, "text": QUESTION}
    query_raise(form=imaging, path="TA2:1/tl_diam", **ask)  # type: ignore[arg-type]
    answered = query_raise(form=imaging, path="tudat", **ask)  # type: ignore[arg-type]
    query_act(by=people["lin"], query=answered, act="answer", outcome="CONFIRMED")
    speaks(people, language)
    found = []
    for name, paths in {
        "mo": ["/queries/?tab=open", "/queries/?tab=closed", "/queries/metrics/", "/queries/import/", "/p/01-003/queries/",
               "/p/01-003/SCR/ta/queries/?path=TA2:1/tl_diam", f"/queries/{answered.code}/", "/p/01-003/SCR/ta/"],
        "lin": ["/queries/", "/queries/Q-01-003-1/", "/p/01-003/SCR/ta/"],
    }.items():  # fmt: skip
        page = signed_in(name)
        for path in paths:
            page.goto(path, wait_until="load")
            found += violations(page)
        page.goto("/queries/?tab=open", wait_until="load")
        page.locator("[data-open-query]").first.click()
        expect(page.locator("#drawer-body h2")).to_be_visible()
        found += violations(page)
    assert not found, "\n".join(found)


def test_without_script_every_step_is_a_page(
    chromium: object, site: str, participant: Participant, imaging: FormInstance, people: dict[str, User]
) -> None:
    def page_of(name: str) -> Page:
        client = Client()
        client.force_login(people[name])
        context = chromium.new_context(base_url=site, java_script_enabled=False)  # type: ignore[attr-defined]
        cookie = (
            client.cookies["sessionid"]
            if "sessionid" in client.cookies
            else next(iter(client.cookies.values()))
        )
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])
        return context.new_page()

    mo, lin = page_of("mo"), page_of("lin")
    mo.goto("/p/01-003/SCR/ta/")
    mo.locator('[data-query-mark="TA2:1/tl_diam"]').click()
    mo.locator("textarea").fill(QUESTION)
    mo.locator("[data-act=raise]").click()
    mo.wait_for_url("**/queries/Q-01-003-1/")
    lin.goto("/queries/")
    lin.locator("[data-open-query]").click()
    lin.locator("[data-act=answer]").click()
    assert "choose an outcome" in lin.locator(".err").inner_text()
    lin.locator('label.seg-opt:has(input[value="CONFIRMED"])').click()
    lin.locator("[data-act=answer]").click()
    lin.wait_for_url("**/queries/Q-01-003-1/")
    mo.goto("/queries/?tab=close")
    mo.locator("input[name=query]").check()
    mo.locator("[data-close-chosen]").click()
    mo.wait_for_url("**/queries/?*")
    assert Query.objects.get().state == "CLOSED"
    mo.context.close()
    lin.context.close()
