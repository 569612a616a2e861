"""S23 Site isolation by every road."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crf.models import DocumentJob
from crf.services.entry import form_save
from endpoints.models_reports import ReportJob
from endpoints.services import endpoints_recompute
from participants.models import Participant
from tests import world
from tests.contracts.test_urls import same_words
from tests.scenarios.stage import SignedIn, study_events
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

NOBODY = "01-999"
# Every road: {n} is the number of the participant; posts are tried as well as gets.
ROADS = [
    "/p/{n}/", "/p/{n}/SCR/", "/p/{n}/SCR/dm/", "/p/{n}/SCR/lb/2/", "/p/{n}/log/ae/", "/p/{n}/log/ae/1/",
    "/p/{n}/log/ae/1/remove/", "/p/{n}/SCR/dm/history/?path=sex", "/p/{n}/SCR/dm/draft/", "/p/{n}/SCR/dm/presence/",
    "/p/{n}/TA1/ta/preview/", "/p/{n}/SCR/lb/2/import/", "/p/{n}/open/", "/p/{n}/C2/miss/", "/p/{n}/documents/",
    "/p/{n}/results/", "/p/{n}/results/mpr/", "/participants/new/{n}/", "/participants/cell/{n}/SCR/",
    "/participants/next/{n}/C1/", "/endpoints/mpr/{n}/",
]  # fmt: skip


@pytest.fixture
def known(participant: Participant, cast: dict[str, User]) -> Participant:
    """01-003 with data, results, a line of a log."""
    lin = cast["lin"]
    world.fill(
        world.form(participant, "DM", "SCR"), lin, {"sex": "M", "brthdat": "1968-05-11"}, complete=False
    )
    world.line(participant, lin, "AE")
    endpoints_recompute(participant.pk)
    return participant


def told(response: Any, number: str) -> str:
    return same_words(response, {"number": number})


def test_each_road_answers_not_found_in_the_words_of_one_that_does_not_exist(
    at: SignedIn, known: Participant
) -> None:
    assert not Participant.objects.filter(number=NOBODY).exists()
    wu = at("wu")
    for road in ROADS:
        for method in ("get", "post"):
            there = getattr(wu, method)(road.format(n=known.number))
            none = getattr(wu, method)(road.format(n=NOBODY))
            if there.status_code == none.status_code == 405:
                continue  # the road is not open in this direction, for anybody
            assert (there.status_code, none.status_code) == (404, 404), (method, road)
            assert told(there, known.number) == told(none, NOBODY), (method, road)
            assert known.site.name_en not in there.content.decode()


def test_each_request_is_logged_whether_the_thing_exists_or_not(at: SignedIn, known: Participant) -> None:
    wu = at("wu")
    for n, number in enumerate((known.number, NOBODY), 1):
        assert wu.get(f"/p/{number}/SCR/dm/").status_code == 404
        event = study_events("NOT_FOUND")[-1]
        assert len(study_events("NOT_FOUND")) == n
        assert (event.actor_name, event.role, event.path) == ("wu", "COORDINATOR", "form_entry")
        assert event.new == f"number={number}, label=SCR, key=dm"
        assert event.reason == "GET"
        assert event.digest
    own_chain = AuditEvent.objects.filter(chain__name=f"participant:{known.pk}", actor_name="wu")
    assert not own_chain.exists(), "the participant's own trail would tell that the participant exists"


def test_search_finds_nothing_of_the_other_site(at: SignedIn, known: Participant) -> None:
    wu = at("wu")
    there, none = (wu.get("/participants/", {"q": number}) for number in (known.number, NOBODY))
    assert there.status_code == none.status_code == 200
    assert told(there, known.number) == told(none, NOBODY)
    assert known.number not in re.sub(r'value="[^"]*"', "", there.content.decode().replace("q=01-003", ""))


def test_files_pdf_and_jobs_of_the_other_site(
    at: SignedIn, known: Participant, cast: dict[str, User]
) -> None:
    job = DocumentJob.objects.create(
        key="d", kind="CASEBOOK", language="en", participant=known, requested_by=cast["lin"]
    )
    wu = at("wu")
    for road in ("/documents/{}/", "/documents/{}/download/", "/reports/{}/", "/reports/{}/download/"):
        there, none = wu.get(road.format(job.pk)), wu.get(road.format(job.pk + 999))
        assert (there.status_code, none.status_code) == (404, 404)
        assert told(there, road.format(job.pk)) == told(none, road.format(job.pk + 999))
    assert not ReportJob.objects.exists()
    assert len(study_events("NOT_FOUND")) == 8


def test_wu_cannot_save_by_any_service_either(known: Participant, cast: dict[str, User]) -> None:
    from trialsite.kernel.decisions import Refused

    with pytest.raises(Refused):
        form_save(by=cast["wu"], form=world.form(known, "DM", "SCR"), typed=world.typed("DM", {"sex": "F"}))


# --- the time class -------------------------------------------------------------------------------------------------


def queries(wu: Client, path: str) -> int:
    wu.get(path)  # what is remembered is remembered now
    with CaptureQueriesContext(
        connection,
    ) as asked:
        wu.get(path)
    return len(asked)


@pytest.mark.parametrize("road", [road for road in ROADS if "preview" not in road])
def test_the_database_is_asked_as_often_for_both(road: str, at: SignedIn, known: Participant) -> None:
    wu = at("wu")
    assert queries(wu, road.format(n=known.number)) == queries(wu, road.format(n=NOBODY))


def test_both_take_the_same_time(at: SignedIn, known: Participant) -> None:
    """Medians of answers taken in turn. What an eye or a stop-watch could tell is far beyond a third."""
    wu = at("wu")
    times: dict[str, list[float]] = {known.number: [], NOBODY: []}
    for _ in range(25):
        for number, taken in times.items():
            started = time.perf_counter()
            wu.get(f"/p/{number}/SCR/dm/")
            taken.append(time.perf_counter() - started)
    there, none = (statistics.median(taken) for taken in times.values())
    assert 0.67 < there / none < 1.5


# --- many requests ----------------------------------------------------------------------------------------------------


def test_a_machine_that_tries_numbers_does_not_fill_the_trail(
    at: SignedIn, known: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the limit requests are counted, and the next line tells how many."""
    from django.core.cache import cache

    from trialsite import not_found

    monkeypatch.setattr(not_found, "LIMIT", 5)
    wu = at("wu")
    answers = {wu.get(f"/p/01-{n:03}/").status_code for n in range(1, 16)}
    assert answers == {404}, "01-003 is among them"
    assert len(study_events("NOT_FOUND")) == 5
    cache.delete(f"not-found:{_pk('wu')}")  # a minute later
    wu.get("/p/01-003/")
    assert study_events("NOT_FOUND")[-1].reason == "GET (+10)"
    wu.get("/p/01-003/")
    assert study_events("NOT_FOUND")[-1].reason == "GET"


def _pk(name: str) -> int:
    return User.objects.get(username=name).pk


@pytest.mark.parametrize(
    "typed", ["110101199003070018", "13800138000", "王小明", "<script>", "a" * 200, "%00"], ids=str
)
def test_what_was_never_an_address_is_not_kept(
    typed: str, at: Callable[[str], Client], known: Participant
) -> None:
    assert at("wu").get(f"/p/{typed}/").status_code == 404
    [event] = study_events("NOT_FOUND")
    assert event.new == "number=…"


def test_nobody_who_is_not_signed_in_leaves_a_line(client: Client, known: Participant) -> None:
    client.get("/p/01-003/")
    assert not study_events("NOT_FOUND")
