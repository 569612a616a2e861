"""Adding a participant from the page: the right sites, one number each, once however often it is sent."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from participants.models import Participant
from tests import world
from trialsite.accounts.models import Site, User
from trialsite.audit.models import AuditEvent

from .conftest import Sign

NEW = "/participants/new/"


def page(client: Client) -> dict[str, str]:
    """What the page would send."""
    html = client.get(NEW).content.decode()
    return dict(re.findall(r'<input type="hidden" name="(token|shown-\d+)" value="([^"]*)"', html))


def test_the_page_shows_the_number_and_leads_to_the_first_form(at: Sign) -> None:
    client = at("lin")
    sent = page(client) | {"site": "01"}
    assert sent["shown-01"] == "01-001"
    answer = client.post(NEW, sent)
    assert answer["Location"] == "/participants/new/01-001/"
    added = client.get("/participants/new/01-001/").content.decode()
    assert "01-001" in added
    assert 'class="btn btn-primary" href="/p/01-001/SCR/icf/"' in added
    event = AuditEvent.objects.get(action="SCREENED")
    assert (event.new, event.actor_name, event.site, event.role) == ("01-001", "lin", "01", "COORDINATOR")


def test_sent_twice_is_one_participant(at: Sign) -> None:
    client = at("lin")
    sent = page(client) | {"site": "01"}
    first, second = client.post(NEW, sent), client.post(NEW, sent)
    assert first["Location"] == second["Location"] == "/participants/new/01-001/"
    without_session = at("lin").post(NEW, sent | {"token": "another"})
    assert without_session["Location"] == "/participants/new/01-001/", "the double click of the same person"
    assert Participant.objects.count() == 1
    assert AuditEvent.objects.filter(action="SCREENED").count() == 1


def test_two_pages_one_after_the_other_are_two_participants(at: Sign) -> None:
    client = at("lin")
    for expected in ("01-001", "01-002"):
        assert client.post(NEW, page(client) | {"site": "01"})["Location"].endswith(f"/{expected}/")


def test_a_number_that_somebody_else_got_meanwhile(at: Sign, cast: dict[str, User]) -> None:
    sent = page(at("lin")) | {"site": "01"}
    world.screened(cast["chen"])
    assert at("lin").post(NEW, sent)["Location"].endswith("/01-002/")


def test_only_my_sites_are_offered_and_accepted(at: Sign) -> None:
    client = at("lin")
    assert set(page(client)) == {"token", "shown-01"}
    refused = client.post(NEW, page(client) | {"site": "02"})
    assert refused.status_code == 422
    assert "Choose the site." in refused.content.decode()
    assert not Participant.objects.exists()


@pytest.mark.parametrize("name", ["mo", "da", "st", "ins"])
def test_who_may_not_screen(at: Sign, name: str) -> None:
    assert at(name).get(NEW).status_code == 404
    assert at(name).post(NEW, {"site": "01"}).status_code == 404
    assert not Participant.objects.exists()


def test_a_closed_site_is_not_offered(at: Sign, cast: dict[str, User]) -> None:
    Site.objects.filter(number="01").update(active=False)
    assert "None of your sites is open" in at("lin").get(NEW).content.decode()
    assert at("lin").post(NEW, {"site": "01"}).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_two_at_once_get_two_numbers(settings: Any) -> None:
    settings.DEMO = True
    world.people()

    def screen(name: str) -> str:
        client = Client()
        client.force_login(User.objects.get(username=name), "trialsite.accounts.backends.AccountBackend")
        try:
            return client.post(NEW, {"site": "01", "shown-01": "01-001", "token": name})["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as people:
        places = set(people.map(screen, ["lin", "chen"]))
    assert places == {"/participants/new/01-001/", "/participants/new/01-002/"}


@pytest.mark.django_db(transaction=True)
def test_a_double_click_at_the_same_moment(settings: Any) -> None:
    settings.DEMO = True
    world.people()

    def click(_n: int) -> str:
        client = Client()
        client.force_login(User.objects.get(username="lin"), "trialsite.accounts.backends.AccountBackend")
        try:
            return client.post(NEW, {"site": "01", "shown-01": "01-001", "token": "same"})["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as clicks:
        assert set(clicks.map(click, range(2))) == {"/participants/new/01-001/"}
    assert Participant.objects.count() == 1
