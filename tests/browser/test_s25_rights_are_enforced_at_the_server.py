"""S25 Form rights none/read/edit are enforced at the server, and the menu shows no link that would be refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from playwright.sync_api import Page, expect

from crf.models import FormInstance, Presence
from crf.naming import form_url
from crf.registry import form_def
from crf.registry import forms as kinds
from crf.selectors.sheets import sheet_of
from endpoints.services import endpoints_recompute, trial_recompute
from participants.models import Participant
from pathology.models import PathologyCase
from tests import world
from tests.browser.entry import Entry
from tests.browser.roads import forgiven, send, visit
from tests.scenarios.stage import again, value_of
from tests.scenarios.test_s25_rights_are_enforced_at_the_server import one_of_each
from tests.world import reading_take
from trialsite.accounts.models import RoleHeld, User
from trialsite.audit.models import AuditEvent
from trialsite.celery import heartbeat_file
from trialsite.context import ENTRIES

# --- the menu ---------------------------------------------------------------------------------------------------------

HEAD = "header.appbar a[href]"
ROLES = (("lin", "chen", "mo"), ("da", "ins", "st"), ("ad", "p1", "p3"))  # one person of each role
# What the menu of a person leaves out although it is there: the administration leads to it, or it is only read.
ELSEWHERE = {
    "/persons/": frozenset({"ad"}),
    "/delegations/": frozenset({"ad"}),
    "/pathology/": frozenset({"mo", "ins"}),
}


@pytest.fixture
def begun(people: dict[str, User]) -> Participant:
    """Something stands on the pages: 01-003 has consented, the figures of the trial are calculated."""
    made = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    endpoints_recompute(made.pk)
    trial_recompute()
    heartbeat_file().touch()  # a worker is alive
    return made


def hrefs(page: Page, selector: str) -> list[str]:
    found = page.locator(selector).evaluate_all("all => all.map(one => one.getAttribute('href'))")
    return list(dict.fromkeys(href for href in found if href.startswith("/")))


@pytest.mark.parametrize("names", ROLES, ids=" ".join)
def test_the_menu_shows_no_link_that_would_be_refused(
    names: Iterable[str], begun: Participant, signed_in: Callable[..., Page]
) -> None:
    for name in names:
        page = signed_in(name)
        assert visit(page, "/") == 200
        menu = hrefs(page, HEAD)
        assert len(menu) > 2, f"{name} has a menu"
        for link in menu:
            assert visit(page, link) == 200, f"{name}: {link}"
            assert hrefs(page, HEAD) == menu, f"{name}: the menu of {link} is the same"
        for entry in ENTRIES:  # and it leaves out nothing but what is refused
            if entry.path not in menu and name not in ELSEWHERE.get(entry.path, ()):
                assert page.request.get(entry.path).status == 404, f"{name}: {entry.path}"


def test_the_menu_is_walked_for_every_role(people: dict[str, User]) -> None:
    walked = {name for names in ROLES for name in names}
    held = RoleHeld.objects.values_list("role", flat=True)
    assert set(held.filter(user__username__in=walked)) == set(held)


# --- the forms --------------------------------------------------------------------------------------------------------


@pytest.fixture
def operated(people: dict[str, User]) -> Participant:
    lin = people["lin"]
    made = world.screened(lin, "01-003")
    world.screening_01_003(made, lin)
    world.neoadjuvant(made, lin, 1, "2024-03-14")
    world.operated(made, lin, "2024-05-30", "2024-06-14")
    Presence.objects.all().delete()  # who added the lines is no longer at them
    return made


# One post after the other, each with the token of the page; a redirect, which only a granted save gives, reads as 302.
POST_ALL = """async (posts) => {
  const statuses = [];
  for (const [address, fields] of posts) {
    const body = new URLSearchParams(fields);
    body.set("csrfmiddlewaretoken", document.querySelector('meta[name="csrf-token"]').content);
    const answer = await fetch(address, { method: "POST", body, redirect: "manual" });
    statuses.push(answer.type === "opaqueredirect" ? 302 : answer.status);
  }
  return statuses;
}"""
GRANTED = (302, 409, 422)  # saved, or asked for what is missing


def posted(page: Page, name: str, forms: list[FormInstance]) -> dict[str, int]:
    """A post of this person to every form, by the kind of form."""
    versions = dict(FormInstance.objects.values_list("pk", "version"))
    posts = [
        (form_url(form), {"version": str(versions[form.pk]), "token": f"{name}{form.pk}", "action": "save"})
        for form in forms
    ]
    return dict(zip([form.form_key for form in forms], page.evaluate(POST_ALL, posts), strict=True))


def stored(forms: list[FormInstance]) -> list[str]:
    return [f"{again(form).version} {sheet_of(again(form)).values}" for form in forms]


def test_lin_and_a_pathologist_post_to_every_form_and_only_granted_ones_succeed(
    operated: Participant, people: dict[str, User], signed_in: Callable[..., Page], problems: list[str]
) -> None:
    forms = one_of_each(operated)
    case = PathologyCase.objects.get(participant=operated)
    reading_take(by=people["p1"], case=case)

    # P1 has no form of a participant
    p1 = signed_in("p1")
    p1.goto("/readings/")
    before = stored(forms)
    found = posted(p1, "p1", forms)
    assert set(found.values()) == {404}, found
    assert stored(forms) == before
    assert visit(p1, "/p/01-003/") == 404

    # but the own reading
    reading = f"/readings/{case.code}/"
    assert send(p1, reading, {"cp_blind": "Y", "version": "0", "action": "save", "token": "p1"}) == 200
    saved = AuditEvent.objects.filter(path="cp_blind").values_list("actor_name", "new")
    assert list(saved) == [("p1", "Y")]

    # Lin has every form of her participant but the readings, which she does not see, and the result, which she reads
    lin = signed_in("lin")
    lin.goto("/")
    found = posted(lin, "lin", forms)
    assert found.pop("CPATHF") == 403
    assert found.pop("CPATH", 404) == 404
    assert {key: status for key, status in found.items() if status not in GRANTED} == {}
    assert set(found) >= (set(kinds()) | {"AE1"}) - {"CPATH", "CPATHF"}, "every kind of form was tried"
    assert visit(lin, reading) == 404
    assert send(lin, reading, {"cp_blind": "N", "version": "1", "action": "save"}) == 404
    assert AuditEvent.objects.filter(path="cp_blind").count() == 1
    forgiven(problems, 403)


# Person → what a post to a form of 01-003 is answered with, where it is not saved.
READ, NONE = 403, 404
OTHERS = {
    "mo": READ,
    "da": READ,
    "st": READ,
    "ins": READ,
    "wu": NONE,
    "zhao": NONE,
    "ad": NONE,
    "p1": NONE,
    "p3": NONE,
}


def test_lin_edits_an_adverse_event_and_reads_the_central_result_others_do_neither(
    operated: Participant, people: dict[str, User], signed_in: Callable[..., Page], problems: list[str]
) -> None:
    event = world.form(operated, "AE1", repeat=1)
    result = world.form(operated, "CPATHF", "CPATH")

    entry = Entry(signed_in("lin"))
    entry.open(event)
    entry.type(entry.at("aeterm").locator("input:not([type=hidden]), textarea").first, "Ascites, mild")
    entry.page.locator("[data-reason-panel] input").fill("Wording of the source")
    entry.save()
    assert value_of(event, "aeterm") == "Ascites, mild"

    lin, before = entry.page, stored([event, result])
    assert visit(lin, form_url(result)) == 200
    expect(lin.locator("main h1")).to_have_text(str(form_def("CPATHF").title))
    expect(lin.locator("button[data-act], main input:not([type=hidden]):not([disabled])")).to_have_count(0)
    assert send(lin, form_url(result), {"cpf_mpr": "Y", "version": "0", "action": "save"}) == READ
    expect(lin.locator(".err[role=alert]").first).to_be_visible()

    Presence.objects.all().delete()  # Lin has left
    for name, right in OTHERS.items():
        page = signed_in(name)
        assert visit(page, form_url(event)) == (200 if right == READ else 404), name
        expect(page.locator("button[data-act]")).to_have_count(0)
        fields = {"aeterm": "Other", "cpf_mpr": "Y", "version": "2", "reason": "Other", "action": "save"}
        posts = [(form_url(form), fields) for form in (event, result)]
        assert page.evaluate(POST_ALL, posts) == [right, right], name
    assert stored([event, result]) == before
    forgiven(problems, 403)
