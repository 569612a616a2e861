"""A participant with entries, corrections and a failed sign-in; and people in the browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from participants.models import Participant
from tests import world
from trialsite.accounts.models import User

Sign = Callable[[str], Client]


@pytest.fixture(autouse=True)
def demonstration(settings: Any) -> None:
    """No second factor to give."""
    settings.DEMO = True


@pytest.fixture
def cast(db: None) -> dict[str, User]:
    return world.people()


@pytest.fixture
def participant(cast: dict[str, User]) -> Participant:
    """Demographics and an assessment; one diameter corrected."""
    made = world.screened(cast["lin"], "01-003")
    world.fill(world.form(made, "DM", "SCR"), cast["lin"], {"sex": "M"}, complete=False)
    form = world.form(made, "TA", "SCR")
    values = {"ta_perf": "Y", "tudat": "2024-03-06", "ta_lastdat": "2024-03-06", "ta_eval": "INVESTIGATOR"}
    lesion = world.target("T01", "S8", "62.0", "60.0", tl_enh="TYPICAL")
    world.fill(form, cast["lin"], values, {"TA2": [lesion]}, complete=False)
    world.fill(
        form, cast["lin"], values, {"TA2": [lesion | {"tl_diam": "26.0"}]}, complete=False, reason="=transcription error"
    )  # fmt: skip
    return made


@pytest.fixture
def elsewhere(cast: dict[str, User]) -> Participant:
    made = world.screened(cast["wu"], "02-001", "02")
    world.fill(world.form(made, "DM", "SCR"), cast["wu"], {"sex": "F"}, complete=False)
    return made


@pytest.fixture
def at(cast: dict[str, User]) -> Sign:
    """A browser of the person with this user name."""

    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(User.objects.get(username=name), "trialsite.accounts.backends.AccountBackend")
        return client

    return signed_in
