"""WCAG 2.2 AA as far as a machine can see: axe-core finds nothing on any kind of page, in either language."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from crf.models import FormInstance
from crf.naming import form_url
from crf.services.logs import log_line_add
from endpoints.services import endpoints_recompute, trial_recompute
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User

VENDOR = Path(__file__).with_name("vendor")
AXE = (VENDOR / "axe.min.js").read_text(encoding="utf-8")
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

PAGES = {
    "lin": ["/", "/participants/", "/participants/?view=list", "/participants/?view=work", "/participants/new/",
            "/participants/?q=01-003+scr", "/p/01-003/", "/p/01-003/SCR/", "/p/01-003/TA1/ta/", "/p/01-003/SCR/ta/",
            "/p/01-003/SCR/icf/history/", "/p/01-003/log/ae/", "/p/01-003/results/", "/p/01-003/results/mpr/", "/account/"],
    "mo": ["/", "/endpoints/", "/endpoints/mpr/", "/endpoints/pfs/", "/endpoints/pfs/data/", "/reports/", "/p/01-003/SCR/dm/"],
    "da": ["/", "/pathology/", "/participants/"],
    "p1": ["/readings/"],
    "ad": ["/admin/users/", "/admin/users/lin/", "/admin/sites/", "/admin/roles/"],
}  # fmt: skip
LANGUAGES = ["en", "zh-hans"]


@pytest.fixture
def participant(people: dict[str, User]) -> Participant:
    made = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    lesions = [world.target("T01", "S8", "82.0", "80.0", tl_enh="TYPICAL")]
    world.assessed(made, people["lin"], "SCR", "2024-03-06", lesions, None)
    log_line_add(by=people["lin"], participant=made, log="AE")
    endpoints_recompute(made.pk)
    trial_recompute()
    return made


def test_the_vendored_file_is_the_recorded_one() -> None:
    recorded = json.loads((VENDOR / "vendor.json").read_text())["axe.min.js"]["sha256"]
    assert hashlib.sha256((VENDOR / "axe.min.js").read_bytes()).hexdigest() == recorded


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands, one line for each place."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(
        "async (tags) => await axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})",
        LEVELS,
    )
    return [f"{page.url}: {one['id']}: {said(node)}" for one in found["violations"] for node in one["nodes"]]


def said(node: dict[str, Any]) -> str:
    why = " ".join(check["message"] for check in node["any"] + node["all"])
    return f"{node['html'][:160]} ({why[:160]})"


def speaks(people: dict[str, User], language: str) -> None:
    User.objects.update(language=language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_pages(
    name: str,
    language: str,
    participant: Participant,
    people: dict[str, User],
    signed_in: Callable[..., Page],
) -> None:
    speaks(people, language)
    page = signed_in(name)
    found = []
    for path in PAGES[name]:
        page.goto(path, wait_until="load")
        found += violations(page)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_form(
    language: str, participant: Participant, people: dict[str, User], signed_in: Callable[..., Page]
) -> None:
    """Each form of the book once, as the coordinator sees it, with every question shown."""
    speaks(people, language)
    page = signed_in("lin")
    found, seen = [], set()
    for form in FormInstance.objects.filter(participant=participant).exclude(
        form_key__in=("CPATH", "CPATHF")
    ):
        if form.form_key in seen:
            continue
        seen.add(form.form_key)
        page.goto(form_url(form), wait_until="load")
        page.evaluate(
            "document.querySelectorAll('main [data-when][hidden]').forEach((part) => { part.hidden = false; })"
        )
        found += violations(page)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_states_of_a_form(language: str, people: dict[str, User], signed_in: Callable[..., Page]) -> None:
    """Errors, findings, hidden answers, reasons, a draft, two saves at once, the dialogs."""
    made = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    form = world.form(made, "DM", "SCR")
    world.fill(form, people["lin"], {"sex": "M", "su_tob": "FORMER", "su_packyr": "95"}, complete=False)
    speaks(people, language)
    page = signed_in("lin")
    found = []

    page.goto(form_url(form))
    page.locator("[data-confirm] summary").first.click()
    found += violations(page)  # a finding to confirm
    page.locator('label.seg-opt:has(input[name="su_tob"][value="NEVER"])').click()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".reason, .err:not([data-standing])")
    found += violations(page)
    world.fill(
        world.form(made, "DM", "SCR"), people["chen"], {"sex": "F", "su_tob": "CURRENT"}, complete=False
    )
    page.goto(form_url(form))
    draft = page.locator("#crf")
    assert draft.count() == 1
    page.evaluate("document.querySelector('input[name=version]').value = '1'")
    page.locator('label.seg-opt:has(input[name="su_tob"][value="NEVER"])').click()
    page.keyboard.press("Control+S")
    page.wait_for_selector("dialog#merge")
    found += violations(page)
    page.goto(form_url(form))
    for name in ("help", "relogin", "session"):
        page.evaluate("(name) => document.getElementById(name).showModal()", name)
        found += violations(page)
        page.evaluate("(name) => document.getElementById(name).close()", name)
    page.locator(".mark-history").first.click()
    page.wait_for_selector("#drawer h2")
    found += violations(page)
    assert not found, "\n".join(found)


def test_it_would_find_something(people: dict[str, User], signed_in: Callable[..., Page]) -> None:
    page = signed_in("lin")
    page.goto("/account/")
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert any("button-name" in line for line in violations(page))
