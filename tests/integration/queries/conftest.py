"""A participant with an imaging form, and the cast at their browsers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from crf.models import FormInstance, Query
from crf.services.queries import query_raise
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User

SignedIn = Callable[[str], Client]


@pytest.fixture(autouse=True)
def demonstration(settings: pytest.FixtureRequest) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return world.people()


@pytest.fixture
def at(people: dict[str, User]) -> SignedIn:
    def signed_in(name: str) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(people[name])
        return client

    return signed_in


@pytest.fixture
def participant(people: dict[str, User]) -> Participant:
    made = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    lesions = [
        world.target("T01", "S8", "82.0", "80.0", tl_enh="TYPICAL"),
        world.target("T02", "S5", "31.0", "30.0", tl_enh="TYPICAL"),
    ]
    world.assessed(made, people["lin"], "SCR", "2024-03-06", lesions, None)
    return made


@pytest.fixture
def imaging(participant: Participant) -> FormInstance:
    return world.form(participant, "TA", "SCR")


DIAMETER = "TA2:1/tl_diam"
QUESTION = "Please check this value against the radiology report."


@pytest.fixture
def asked(participant: Participant, imaging: FormInstance, people: dict[str, User]) -> Query:
    """The monitor asks about the diameter of the first lesion."""
    return query_raise(by=people["mo"], participant=participant, text=QUESTION, form=imaging, path=DIAMETER)
