"""01-003 as the book tells it, whole, once for a module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from participants.models import Participant
from tests import world
from trialsite.accounts.models import User


@pytest.fixture(autouse=True)
def demo(settings: Any) -> None:
    settings.DEMO = True  # no second factor


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Under a transaction that is rolled back at the end of the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        world.participant_01_003_whole(world.people())
        yield
        transaction.set_rollback(True)


@pytest.fixture
def cast(kept: None, db: None) -> dict[str, User]:
    return {user.username: user for user in User.objects.all()}


@pytest.fixture
def participant(cast: dict[str, User]) -> Participant:
    return Participant.objects.select_related("site").get(number="01-003")
