"""The pages about participants ask the database as often for a hundred participants as for ten, and no more than this."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from participants.models import Participant
from tests import world
from tests.benchmarks.copies import copy
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db

PAGES = {
    "/participants/?rows=all": 7,  # with the number of queries in the menu
    "/participants/?view=list": 7,
    "/participants/?view=work": 11,
    "/participants/?rows=all&need=me&site=01": 7,
    "/": 24,
}


@pytest.fixture(autouse=True)
def demonstration(settings: Any) -> None:
    settings.DEMO = True


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("name", ["lin", "da"])
def test_queries_at_ten_and_at_a_hundred(path: str, name: str) -> None:
    cast = world.people()
    client = Client()
    client.force_login(User.objects.get(username=name), "trialsite.accounts.backends.AccountBackend")
    counts = []
    first = world.screened(cast["lin"], "01-001")
    for already, upto in ((1, 10), (10, 100)):
        copy(first, upto - already, first=already)
        client.get(path)  # the session is written once a minute
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        counts.append(len(asked))
    assert Participant.objects.count() == 100
    assert counts[0] == counts[1], [query["sql"][:90] for query in asked]
    assert counts[0] <= PAGES[path], [query["sql"][:90] for query in asked]
