"""Addresses at the edge of the calendar, days of a moment in every process, and how many moments may be asked for."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
from django.test import Client
from django.utils import timezone

from endpoints.cuts import services
from endpoints.models import Moment
from endpoints.standpoint import AtMoment
from participants.models import Participant
from tests import world
from tests.integration.cuts.conftest import cut_of
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db

Cast = dict[str, User]
EARLY, LATE = "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00"


@pytest.fixture
def participant(cast: Cast) -> Participant:
    made = world.screened(cast["lin"], "01-003")
    world.consent(made, cast["chen"], "2024-03-01")
    return made


@pytest.fixture
def desk(cast: Cast, client: Client, settings: object) -> Client:
    settings.DEMO = True  # type: ignore[attr-defined]
    client.force_login(cast["da"])
    return client


@pytest.mark.parametrize("at", [EARLY, LATE, "0001-01-01", "9999-12-31", "9999-12-31T23:59"])
def test_a_moment_at_the_edge_of_the_calendar_is_refused(
    desk: Client, participant: Participant, at: str
) -> None:
    said = "there was no trial" if at.startswith("0001") else "lies in the future"
    for address, asked, status in (
        ("/endpoints/", {"at": at}, 400),
        ("/endpoints/moves/", {"at": at}, 422),
        ("/endpoints/compare/", {"a": f"at:{at}", "b": "live"}, 422),
        ("/p/01-003/results/mpr/", {"at": at}, 200),
    ):
        answer = desk.get(address, asked)
        assert (address, answer.status_code) == (address, status)
        assert said in answer.content.decode()
    assert desk.get("/endpoints/moves.csv", {"at": at}).status_code == 404
    assert desk.get("/endpoints/compare.csv", {"a": f"at:{at}"}).status_code == 422
    assert desk.post("/endpoints/cuts/new/", {"cutoff": "2024-05-01", "at": at}).status_code == 422
    assert not Moment.objects.exists()


def test_a_cut_off_before_any_trial_is_refused(desk: Client) -> None:
    answer = desk.post("/endpoints/cuts/new/", {"cutoff": "0001-01-01"})
    assert answer.status_code == 422 and "Before that day there was no trial." in answer.content.decode()


def test_a_part_that_polls_beside_no_moment_is_the_page(
    cast: Cast, participant: Participant, desk: Client
) -> None:
    cut_of(cast["da"])
    for query in ("a=DC-01&b=live&poll=1", "poll=1"):
        assert "DC-01" in desk.get(f"/endpoints/compare/?{query}").content.decode()


def test_a_moment_has_the_same_day_in_every_process() -> None:
    shown = AtMoment(Moment(at=dt.datetime(2024, 6, 1, 22, 0, tzinfo=dt.UTC)))
    in_worker = (shown.as_of, shown.label)
    with timezone.override(zoneinfo.ZoneInfo("Asia/Shanghai")):
        assert (shown.as_of, shown.label) == in_worker == (dt.date(2024, 6, 2), "As of 2024-06-02 06:00 CST")
    with timezone.override(zoneinfo.ZoneInfo("Asia/Shanghai")):
        on_page = services.may_look(dt.datetime(2024, 6, 1, 22, 0, tzinfo=dt.UTC), dt.date(2024, 6, 2))
    assert on_page == services.may_look(dt.datetime(2024, 6, 1, 22, 0, tzinfo=dt.UTC), dt.date(2024, 6, 2))
    assert on_page
