"""The trace from anywhere: now, a run, a moment, a data cut; and what the cuts say beside it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from endpoints.models import EndpointRun
from endpoints.services import endpoints_recompute
from endpoints.words import NAMES
from participants.models import Participant
from tests import world
from tests.integration.cuts.conftest import cut_of, read_by_two
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db

Cast = dict[str, User]
NEW = ("R0", "TRAE3", "SAE", "PFS_MRECIST", "DOR_NO_FLOOR", "ORR_MRECIST_NO_FLOOR", "BOR_RECIST")


@pytest.fixture
def desk(cast: Cast, client: Client, settings: Any) -> Client:
    settings.DEMO = True
    client.force_login(cast["st"])
    return client


def main(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode().partition('id="main"')[2]


def test_a_cut_keeps_the_trace_while_the_data_go_on(
    cast: Cast, participant: Participant, desk: Client
) -> None:
    endpoints_recompute(participant.pk)
    cut_of(cast["da"])
    form = world.form(participant, "TA", "TA1")
    world.change(form, cast["lin"], reason="Typed wrongly.", tudat="2024-04-08", ta_lastdat="2024-04-08")
    endpoints_recompute(participant.pk)
    live = main(desk, "/endpoints/orr/01-003/")
    assert "Typed wrongly." in live and "8 Apr 2024" in live
    kept = main(desk, "/endpoints/orr/01-003/?cut=DC-01")
    assert "As it was kept in the data cut." in kept
    assert "Typed wrongly." not in kept and "9 Apr 2024" in kept and "8 Apr 2024" not in kept
    assert '<a href="/endpoints/orr/01-003/?cut=DC-01">DC-01</a>' in live
    assert '<a href="/endpoints/orr/01-003/">Live</a>' in kept
    assert "Target lesions, mm" in kept and "T01" in kept and "50" in kept
    head = desk.get("/endpoints/orr/01-003/?cut=DC-01").content.decode()
    assert "snapshot" in head and "Computed with engine" not in head


def test_at_a_moment_only_what_was_done_until_then(
    cast: Cast, participant: Participant, desk: Client
) -> None:
    endpoints_recompute(participant.pk)
    at = timezone.now()
    world.change(
        world.form(participant, "TA", "TA1"), cast["lin"], reason="Typed wrongly.", tudat="2024-04-08"
    )
    endpoints_recompute(participant.pk)
    shown = main(desk, f"/endpoints/orr/01-003/?at={quote(at.isoformat())}")
    assert "9 Apr 2024" in shown and "Typed wrongly." not in shown
    first = EndpointRun.objects.order_by("pk").first()
    assert first is not None
    run = main(desk, f"/endpoints/orr/01-003/?run={first.pk}")
    assert "An earlier result" in run and "Typed wrongly." not in run


def test_where_there_is_nothing_to_show(cast: Cast, participant: Participant, desk: Client) -> None:
    endpoints_recompute(participant.pk)
    cut_of(cast["da"])
    world.screened(cast["lin"], "01-004")
    assert "is not in this data cut" in main(desk, "/endpoints/mpr/01-004/?cut=DC-01")
    assert "did not exist" in main(desk, "/endpoints/mpr/01-003/?at=2020-01-01")
    assert "lies in the future" in main(desk, "/endpoints/mpr/01-003/?at=2099-01-01")
    assert "no date that can be read" in main(desk, "/endpoints/mpr/01-003/?at=soon")
    assert "has read no images" in main(desk, "/endpoints/orr/01-003/?evaluator=BICR")
    assert desk.get("/endpoints/mpr/01-003/?cut=DC-09").status_code == 404


def test_another_engine_is_named(
    cast: Cast, participant: Participant, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = cut_of(cast["da"])
    monkeypatch.setattr("endpoints.views.participant.basis", lambda: "9.9+later/000000000000")
    shown = main(desk, "/endpoints/orr/01-003/?cut=DC-01")
    assert f"Computed with engine {cut.engine}" in shown and "9.9+later" in shown


def test_site_staff_see_their_own_participant_and_no_page_of_cuts(
    cast: Cast, participant: Participant, client: Client, settings: Any
) -> None:
    settings.DEMO = True
    endpoints_recompute(participant.pk)
    cut_of(cast["da"])
    client.force_login(cast["lin"])
    shown = client.get("/p/01-003/results/orr/?cut=DC-01").content.decode()
    assert "As it was kept" in shown and "/endpoints/" not in shown
    for address in (
        "/endpoints/cuts/",
        "/endpoints/cuts/DC-01/",
        "/endpoints/compare/",
        "/endpoints/orr/01-003/?cut=DC-01",
    ):
        assert client.get(address).status_code == 404
    client.force_login(cast["wu"])
    assert client.get("/p/01-003/results/orr/?cut=DC-01").status_code == 404


def test_every_kind_of_endpoint_has_its_trace_live_and_in_a_cut(
    cast: Cast, participant: Participant, desk: Client
) -> None:
    lin = cast["lin"]
    read_by_two(participant, lin)
    endpoints_recompute(participant.pk)
    cut_of(cast["da"])
    for name in NEW:
        assert name in NAMES
        shown = main(desk, f"/endpoints/{name.lower()}/01-003/")
        assert "Record fingerprint" in shown, name
    for name in ("PFS", "R0", "SAE"):
        assert "As it was kept" in main(desk, f"/endpoints/{name.lower()}/01-003/?cut=DC-01"), name
    mpr = main(desk, "/endpoints/mpr/01-003/")
    assert "Reading 1, blinded" in mpr and "40 × 30 × 30" in mpr
    assert "Lin Yue" not in mpr.partition("What did the central")[2].partition("</section>")[0]
    assert '"ms-auto fw-5">Yes<' in mpr


def test_the_queries_of_a_trace_do_not_grow_with_cuts(
    cast: Cast, participant: Participant, desk: Client, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    endpoints_recompute(participant.pk)
    cut_of(cast["da"])
    main(desk, "/endpoints/orr/01-003/")
    with CaptureQueriesContext(
        connection,
    ) as one:
        main(desk, "/endpoints/orr/01-003/")
    cut_of(cast["da"], "Second", cutoff=dt.date(2024, 5, 1))
    with django_assert_num_queries(len(one)):
        main(desk, "/endpoints/orr/01-003/")
