"""The cast, a participant of each site, and clients that are signed in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client

from participants.models import Participant
from tests import world
from trialsite.accounts.models import User

FIRST = dt.datetime(2026, 11, 20, 6, 3, tzinfo=dt.UTC)  # 14:03 at the sites


@pytest.fixture(autouse=True)
def demo(settings: Any) -> None:
    settings.DEMO = True  # no second factor


@pytest.fixture
def cast(db: None) -> dict[str, User]:
    return world.people()


@pytest.fixture
def participant(cast: dict[str, User]) -> Participant:
    """Screened and consented a day before the tests begin."""
    with time_machine.travel(FIRST - dt.timedelta(days=1), tick=False):
        made = world.screened(cast["lin"], "01-003")
        world.consent(made, cast["lin"], "2024-03-04")
    return made


@pytest.fixture
def signed_in(cast: dict[str, User]) -> Callable[[str], Client]:
    def client_of(name: str) -> Client:
        client = Client()
        client.force_login(cast[name])
        return client

    return client_of
