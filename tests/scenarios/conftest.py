"""The cast of the acceptance scenarios at their browsers."""

from __future__ import annotations

import pytest
from django.test import Client

from participants.models import Participant
from tests import world
from tests.scenarios.stage import SignedIn
from trialsite.accounts.models import User


@pytest.fixture(autouse=True)
def demonstration(settings: pytest.FixtureRequest) -> None:
    """No second factor to give, unless a scenario is about it."""
    settings.DEMO = True  # type: ignore[attr-defined]


@pytest.fixture
def cast(db: None) -> dict[str, User]:
    return world.people()


@pytest.fixture
def at(cast: dict[str, User]) -> SignedIn:
    """`at("lin")`: that person's browser."""

    def signed_in(name: str) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(cast[name])
        return client

    return signed_in


@pytest.fixture
def participant(cast: dict[str, User]) -> Participant:
    """01-003, who has consented."""
    made = world.screened(cast["lin"], "01-003")
    world.consent(made, cast["lin"], "2024-03-04")
    return made
