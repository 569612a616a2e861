"""A small trial: 01-003 as the book tells it, and others with the same result at two sites."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from crf.services.schedule import participant_screen
from endpoints.models import EndpointRun, EndpointState
from endpoints.services import endpoints_recompute, trial_recompute
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User


@pytest.fixture(autouse=True)
def demo(settings: Any) -> None:
    settings.DEMO = True  # no second factor


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """People and 01-003 once for a module, under a transaction that is rolled back at its end."""
    with django_db_blocker.unblock(), transaction.atomic():
        participant = world.participant_01_003(world.people()["lin"])
        assert endpoints_recompute(participant.pk)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def empty(db: None) -> dict[str, User]:
    """People only."""
    return world.people()


@pytest.fixture
def cast(kept: None, db: None) -> dict[str, User]:
    return {user.username: user for user in User.objects.all()}


@pytest.fixture
def original(cast: dict[str, User]) -> Participant:
    return Participant.objects.get(number="01-003")


def copies(original: Participant, by: User, number: int, site: str = "01") -> list[Participant]:
    """Screened participants whose results are those of 01-003."""
    state = EndpointState.objects.select_related("run").get(pk=original.pk)
    assert state.run is not None
    made = []
    for i in range(number):
        other = participant_screen(by=by, site=world.site(site), number=f"{site}-{i + 101}")
        run = EndpointRun.objects.get(pk=state.run.pk)
        run.pk, run.participant = None, other
        run._state.adding = True
        run.save()
        EndpointState.objects.create(
            participant=other,
            data_version=Participant.objects.get(pk=other.pk).data_version,
            as_of=state.as_of,
            basis=state.basis,
            run=run,
            status=state.status,
            computed_at=state.computed_at,
            summary=state.summary,
        )
        made.append(other)
    return made


@pytest.fixture
def trial(original: Participant, cast: dict[str, User]) -> Participant:
    """Seven participants at two sites: enough for figures."""
    copies(original, cast["lin"], 3, "01")
    copies(original, cast["wu"], 3, "02")
    assert trial_recompute()
    return original


@pytest.fixture
def enter(client: Client, db: None) -> Any:
    """`enter("mo")`: a client that is signed in."""

    def sign_in(name: str) -> Client:
        client.force_login(User.objects.get(username=name))
        return client

    return sign_in
