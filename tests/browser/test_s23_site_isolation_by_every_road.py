"""S23 Site isolation by every road, as Wu of site 02 meets it at her browser: nothing that she reads tells whether 01-003
is there. (Roads that no page leads to, and how often the database is asked: tests/scenarios.)"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from crf.models import DocumentJob, Query
from crf.services.queries import File, query_act, query_raise
from participants.models import Participant
from tests import world
from tests.browser.roads import send, visit
from tests.scenarios.stage import study_events, value_of
from trialsite import not_found
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

KNOWN, NOBODY = "01-003", "01-999"
NOT_HERS = "There is nothing here that you can see"
QUESTION = "What does the identity paper say?"
# {n}: number of the participant, {file}: message with a file, {job}: a casebook.
ADDRESSES = (
    "/p/{n}/", "/p/{n}/SCR/", "/p/{n}/SCR/dm/", "/p/{n}/SCR/dm/history/?path=sex", "/p/{n}/SCR/dm/as-of/",
    "/p/{n}/log/ae/", "/p/{n}/log/ae/1/", "/p/{n}/results/", "/p/{n}/results/mpr/", "/p/{n}/documents/",
    "/p/{n}/queries/", "/p/{n}/SCR/dm/queries/?path=sex", "/queries/Q-{n}-1/", "/queries/Q-{n}-1/files/{file}/",
    "/sign/{n}/", "/signatures/{n}/", "/documents/{job}/", "/documents/{job}/download/", "/participants/new/{n}/",
)  # fmt: skip
POSTS = {
    "/p/{n}/SCR/dm/": {"sex": "F", "version": "1", "reason": "Corrected"},
    "/p/{n}/documents/": {"language": "en"},
    "/queries/Q-{n}-1/": {"act": "answer", "outcome": "CONFIRMED"},
    "/p/{n}/log/ae/add/": {},
}
# Pages of her own on which something of another site might stand.
LISTS = (
    "/", "/participants/", "/participants/?view=list", "/participants/?view=work", "/queries/", "/queries/?tab=open",
    "/queries/?tab=all", "/queries/?tab=all&site=01", "/documents/", "/deviations/", "/locks/", "/locks/?p=01-003",
    "/locks/history/", "/laboratories/", "/delegations/",
)  # fmt: skip


@pytest.fixture(autouse=True)
def every_request_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """More addresses are tried here in a minute than a person tries."""
    monkeypatch.setattr(not_found, "LIMIT", 1000)


@pytest.fixture
def known(people: dict[str, User]) -> Participant:
    """01-003 with data, a line of a log and a query; site 02 has somebody of its own."""
    lin = people["lin"]
    made = world.screened(lin, KNOWN)
    world.consent(made, lin, "2024-03-04")
    form = world.form(made, "DM", "SCR")
    world.fill(form, lin, {"sex": "M", "brthdat": "1968-05-11"}, complete=False)
    world.line(made, lin, "AE")
    query_raise(by=people["mo"], participant=made, form=form, path="sex", text=QUESTION)
    world.screened(people["wu"], "02-001", "02")
    return made


@pytest.fixture
def places(known: Participant, people: dict[str, User]) -> dict[str, dict[str, str]]:
    """What stands in the addresses, for 01-003 and for a participant who does not exist."""
    query = Query.objects.get(participant=known, path="sex", rule="")
    assert query.code == f"Q-{KNOWN}-1"
    page = File("page.pdf", "application/pdf", b"%PDF-1.7")
    message = query_act(by=people["lin"], query=query, act="comment", text="See the page.", file=page)
    job = DocumentJob.objects.create(
        key="d", kind="CASEBOOK", language="en", participant=known, requested_by=people["lin"]
    )
    return {
        KNOWN: {"n": KNOWN, "file": str(message.pk), "job": str(job.pk)},
        NOBODY: {"n": NOBODY, "file": str(message.pk + 999), "job": str(job.pk + 999)},
    }


def read(page: Page, number: str) -> str:
    """Title and words of the page, without what names the request itself."""
    text = f"{page.title()}\n{page.locator('body').inner_text()}".replace(number, "NUMBER")
    return re.sub(r"Reference .*", "", text)


def test_every_address_answers_as_for_one_that_does_not_exist_and_is_logged(
    places: dict[str, dict[str, str]], known: Participant, signed_in: Callable[..., Page]
) -> None:
    lin, wu = signed_in("lin"), signed_in("wu")
    lin.goto("/")
    for road in ADDRESSES:  # they are roads: Lin of site 01 goes them
        if "download" not in road:  # nobody has built it
            assert lin.request.get(road.format(**places[KNOWN])).status == 200, road
    assert not study_events("NOT_FOUND")
    for n, road in enumerate(ADDRESSES, 1):
        told = {}
        for number, place in places.items():
            assert visit(wu, road.format(**place)) == 404, road
            told[number] = read(wu, number)
        assert NOT_HERS in told[KNOWN]
        assert told[KNOWN] == told[NOBODY], road
        here, none = study_events("NOT_FOUND", actor_name="wu")[-2:]
        assert len(study_events("NOT_FOUND")) == 2 * n
        assert (here.path, here.reason, here.role) == (none.path, none.reason, "COORDINATOR")
        assert (KNOWN in here.new) == ("{n}" in road)
    own = AuditEvent.objects.filter(chain__name=f"participant:{known.pk}", actor_name="wu")
    assert not own.exists(), "the participant's own trail would tell that the participant exists"


def test_what_is_posted_to_an_address_that_she_knows_changes_nothing(
    places: dict[str, dict[str, str]], known: Participant, signed_in: Callable[..., Page]
) -> None:
    wu = signed_in("wu")
    wu.goto("/participants/")
    jobs, events = DocumentJob.objects.count(), AuditEvent.objects.filter(target__startswith="form:").count()
    for n, (road, fields) in enumerate(POSTS.items(), 1):
        told = {}
        for number, place in places.items():
            assert send(wu, road.format(**place), fields) == 404, road
            told[number] = read(wu, number)
        assert NOT_HERS in told[KNOWN]
        assert told[KNOWN] == told[NOBODY], road
        assert [event.reason for event in study_events("NOT_FOUND", actor_name="wu")] == ["POST"] * 2 * n
    assert value_of(world.form(known, "DM", "SCR"), "sex") == "M"
    assert Query.objects.get(participant=known, path="sex", rule="").state == "OPEN"
    assert DocumentJob.objects.count() == jobs
    assert AuditEvent.objects.filter(target__startswith="form:").count() == events


def test_search_and_her_lists_know_nothing_of_the_other_site(
    known: Participant, signed_in: Callable[..., Page]
) -> None:
    lin, wu = signed_in("lin"), signed_in("wu")
    lin.goto("/")
    lin.keyboard.press("/")
    lin.keyboard.type(KNOWN)
    lin.keyboard.press("Enter")
    lin.wait_for_url(f"**/p/{KNOWN}/")

    for words in ("{n}", "{n} dm"):
        told = {}
        for number in (KNOWN, NOBODY):
            wu.goto("/")
            wu.keyboard.press("/")
            wu.keyboard.type(words.format(n=number))
            wu.keyboard.press("Enter")
            wu.wait_for_url("**/participants/?q=**")
            told[number] = read(wu, number)
            assert wu.locator(f'a[href^="/p/{number}"]').count() == 0
        assert told[KNOWN] == told[NOBODY], words
        assert "No participant matches" in told[KNOWN]

    wu.goto("/participants/?view=list")
    expect(wu.locator("#result")).to_contain_text("02-001")
    wu.locator("#filters input[name=q]").press_sequentially(KNOWN)  # the list narrows while she types
    expect(wu.locator("#result")).to_contain_text("No participant matches")

    site = known.site
    for path in LISTS:
        assert visit(wu, path) in (200, 404), path
        page = wu.content().replace("?p=01-003", "")
        for secret in (KNOWN, site.name_en, site.name_zh, QUESTION):
            assert secret not in page, f"{path} tells {secret}"
    assert visit(wu, "/queries/export/") == 404, "figures of the trial are not hers"


def test_both_answers_take_the_same_time(known: Participant, signed_in: Callable[..., Page]) -> None:
    """Medians of answers taken in turn; what a person could tell is far beyond."""
    wu = signed_in("wu")
    times: dict[str, list[float]] = {KNOWN: [], NOBODY: []}
    for _turn in range(21):
        for number, taken in times.items():
            started = time.perf_counter()
            assert wu.request.get(f"/p/{number}/SCR/dm/").status == 404
            taken.append(time.perf_counter() - started)
    there, none = (statistics.median(taken) for taken in times.values())
    assert 0.5 < there / none < 2
