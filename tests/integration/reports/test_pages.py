"""Endpoint pages: who sees them, that their numbers are the engine's, and where their links lead."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from endpoints import drawing
from endpoints.board import state
from endpoints.board.choice import choice_of
from endpoints.board.page import page_of
from endpoints.models import EndpointState, TrialState
from endpoints.models_reports import Figure
from endpoints.services import endpoints_recompute, trial_recompute
from participants.models import Participant
from tests import world
from tests.integration.reports.conftest import copies
from trialsite.accounts.models import User
from trialsite.accounts.permissions import grants_of

pytestmark = pytest.mark.django_db

PAGES = (
    "/endpoints/", "/endpoints/mpr/", "/endpoints/pfs/data/", "/endpoints/mpr/01-003/", "/reports/", "/p/01-003/results/",
    "/p/01-003/results/mpr/",
)  # fmt: skip
ALL, SITE, NONE = (200,) * 7, (404, 404, 404, 404, 404, 200, 200), (404,) * 7
RIGHTS = {
    "lin": SITE,
    "chen": SITE,
    "wu": NONE,
    "mo": ALL,
    "da": ALL,
    "st": ALL,
    "ins": ALL,
    "p1": NONE,
    "p3": NONE,
    "ad": NONE,
}


@pytest.mark.parametrize("name", RIGHTS)
def test_who_may_see_what(trial: Participant, enter: Any, name: str) -> None:
    client = enter(name)
    assert tuple(client.get(page).status_code for page in PAGES) == RIGHTS[name]


def test_another_site_does_not_exist(trial: Participant, enter: Any) -> None:
    client = enter("lin")
    assert client.get("/p/02-101/results/").status_code == 404
    assert client.get("/p/02-101/results/mpr/").status_code == 404
    assert client.get("/p/99-999/results/").status_code == 404


def test_unknown_endpoints_do_not_exist(trial: Participant, enter: Any) -> None:
    client = enter("mo")
    assert {
        client.get(page).status_code
        for page in ("/endpoints/xyz/", "/endpoints/MPR/", "/endpoints/figures/xyz.svg")
    } == {404}


def test_the_numbers_are_those_of_the_engine(trial: Participant, enter: Any) -> None:
    results = TrialState.objects.get().results
    page = enter("mo").get("/endpoints/").content.decode()
    mpr = results["rates"]["MPR"]["FAS"]["all"]
    assert f"{mpr['x']}/{mpr['n']}" in page
    assert f"{100 * mpr['estimate']:.1f}<small>%" in page
    assert f"{100 * mpr['exact']['lower']:.1f}–{100 * mpr['exact']['upper']:.1f}" in page
    curve = results["curves"]["PFS"]
    assert f"{curve['events']}/{curve['n']} events" in page
    data = enter("mo").get("/endpoints/pfs/data/").content.decode()
    assert f'<th scope="row">{curve["time"][0]}</th>' in data


def test_pending_is_shown_beside_the_rate(original: Participant, cast: dict[str, User], enter: Any) -> None:
    for other in copies(original, cast["lin"], 4):
        state = EndpointState.objects.get(pk=other.pk)
        state.summary["values"]["MPR"] = {"value": "PENDING"}
        state.save()
    trial_recompute()
    page = enter("mo").get("/endpoints/").content.decode()
    assert "4 pending · 1/1 = 100.0% without them" in page


def test_figures_are_drawn_in_the_worker_and_then_on_the_page(trial: Participant, enter: Any) -> None:
    client = enter("mo")
    before = client.get("/endpoints/").content.decode()
    assert "The figure is being drawn." in before
    assert "data-poll-url" in before
    assert drawing.draw_missing("en", True) == 10
    assert drawing.draw_missing("en", True) == 0, "twice is harmless"
    after = client.get("/endpoints/").content.decode()
    assert "The figure is being drawn." not in after
    assert after.count('<svg role="img"') >= 8
    svg = client.get("/endpoints/figures/pfs.svg")
    assert (svg.status_code, svg["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    assert svg["Content-Disposition"].startswith("attachment")


def test_polling_ends(trial: Participant, enter: Any) -> None:
    client = enter("mo")
    mo = User.objects.get(username="mo")

    def have() -> str:
        return page_of(choice_of({}, mo), grants_of(mo), ask=False).version

    waiting = client.get("/endpoints/", {"poll": 1, "have": have()}, headers={"HX-Polling": "1"})
    assert waiting.status_code == 204
    drawing.draw_missing("en", True)
    state.refresh()
    done = client.get("/endpoints/", {"poll": 1, "have": have()}, headers={"HX-Polling": "1"})
    assert done.status_code == 286
    assert b"data-poll-url" not in done.content


def test_fewer_than_five_are_numbers_only(original: Participant, cast: dict[str, User], enter: Any) -> None:
    copies(original, cast["lin"], 3)
    trial_recompute()
    page = enter("mo").get("/endpoints/").content.decode()
    assert "Fewer than five participants: numbers only." in page
    assert drawing.draw_missing("en", True) == 0
    assert not Figure.objects.exists()


def test_queries_do_not_grow_with_participants(
    original: Participant, cast: dict[str, User], enter: Any
) -> None:
    client, counts = enter("mo"), []
    for number, site in ((5, "01"), (9, "02")):
        copies(original, cast["lin" if site == "01" else "wu"], number, site)
        trial_recompute()
        drawing.draw_missing("en", True)
        for page in ("/endpoints/", "/endpoints/mpr/", "/endpoints/mpr/01-003/", "/p/01-003/results/"):
            client.get(page)
            with CaptureQueriesContext(connection) as made:
                assert client.get(page).status_code == 200
            counts.append(len(made))
    assert counts[:4] == counts[4:]
    assert max(counts[0:2]) <= 25  # the dashboard and a list


def test_trace_leads_to_the_fields(trial: Participant, enter: Any) -> None:
    client = enter("lin")
    page = client.get("/p/01-003/results/pfs/").content.decode()
    assert "How long: PFS of 01-003" in page
    links = {html.unescape(link) for link in re.findall(r'href="(/p/01-003/[A-Z][^"]*#f-[^"]+)"', page)}
    assert links
    forms = {}
    for link in links:
        address, _, anchor = link.partition("#")
        if address not in forms:
            answer = client.get(address)
            assert answer.status_code == 200, address
            forms[address] = answer.content.decode()
        assert f'id="{anchor}"' in forms[address], link


def test_trace_of_mpr_names_no_reader_and_opens_no_reading(
    trial: Participant, cast: dict[str, User], enter: Any
) -> None:
    page = enter("mo").get("/endpoints/mpr/01-003/").content.decode()
    assert "Why 01-003 counts as MPR" in page
    assert "Reader 1" in page
    assert "/cpath/" not in page
    assert str(cast["p1"]) not in page


def test_a_change_is_shown_with_its_reason_and_the_old_value(
    original: Participant, cast: dict[str, User], enter: Any
) -> None:
    form = world.form(original, "SURG", "SURG")
    world.change(form, cast["lin"], "Operation note checked.", surg_prstdat="2024-05-31")
    client = enter("lin")
    stale = client.get("/p/01-003/results/", {"compact": 1}).content.decode()
    assert "computing…" in stale
    assert 'data-poll-every="0.5"' in stale
    polls = {"headers": {"HX-Polling": "1"}}
    assert client.get("/p/01-003/results/dfs/", {"poll": 1}, **polls).status_code == 204
    assert endpoints_recompute(original.pk)
    assert client.get("/p/01-003/results/dfs/", {"poll": 1}, **polls).status_code == 286
    answer = client.get("/p/01-003/results/", {"compact": 1, "poll": 1}, headers={"HX-Polling": "1"})
    assert answer.status_code == 286
    assert '<span class="was">' in answer.content.decode()
    trace = client.get("/p/01-003/results/dfs/").content.decode()
    assert "Operation note checked." in trace
    assert "30 May 2024" in trace or "2024-05-30" in trace


def test_as_it_was_at_a_past_moment(original: Participant, cast: dict[str, User], enter: Any) -> None:
    before = timezone.now()
    world.change(world.form(original, "SURG", "SURG"), cast["lin"], surg_prstdat="2024-05-31")
    assert endpoints_recompute(original.pk)
    client = enter("lin")
    now = client.get("/p/01-003/results/dfs/").content.decode()
    then = client.get("/p/01-003/results/dfs/", {"at": before.isoformat()}).content.decode()
    assert "588 days" in now
    assert "589 days" in then
    first = EndpointState.objects.get(pk=original.pk).run
    assert first is not None
    earlier = original.endpoint_runs.order_by("pk").first()
    assert earlier is not None
    shown = client.get("/p/01-003/results/dfs/", {"run": earlier.pk}).content.decode()
    assert "589 days" in shown
    assert "as of" in shown


@pytest.mark.parametrize("text", ["31.05.2026", "2026-13-45", "x" * 100])
def test_a_date_that_is_none_is_answered(trial: Participant, enter: Any, text: str) -> None:
    answer = enter("lin").get("/p/01-003/results/mpr/", {"at": text})
    assert answer.status_code == 200
    assert "This is no date that can be read" in answer.content.decode()


def test_before_the_participant_existed(trial: Participant, enter: Any) -> None:
    day = (timezone.now() - dt.timedelta(days=400)).date().isoformat()
    assert "did not exist" in enter("lin").get("/p/01-003/results/mpr/", {"at": day}).content.decode()


def test_a_data_error_leads_to_its_field(original: Participant, cast: dict[str, User], enter: Any) -> None:
    form = world.form(original, "TA", "TA1")
    EndpointState.objects.filter(pk=original.pk).update(
        status="ERROR", error="imaging[1]: two time points on one date", error_address=f"{form.address}/tudat"
    )
    page = enter("mo").get("/endpoints/").content.decode()
    assert "two time points on one date" in page
    assert "/p/01-003/TA1/ta/#f-tudat" in page


@pytest.mark.parametrize("page", PAGES)
def test_every_page_in_chinese(trial: Participant, cast: dict[str, User], enter: Any, page: str) -> None:
    cast["mo"].language = "zh-hans"
    cast["mo"].save()
    drawing.draw_missing("zh-hans", True)
    answer = enter("mo").get(page)
    assert answer.status_code == 200
    assert re.search(
        "[一-鿿]{4}", re.sub("<header.*?</header>", "", answer.content.decode(), flags=re.DOTALL)
    )
