"""The cast of the contracts and their browsers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from crf.models import FormInstance
from tests import world
from trialsite.accounts.models import User


@pytest.fixture(autouse=True)
def demo(settings: Any) -> None:
    settings.DEMO = True  # no second factor


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return world.people()


@pytest.fixture
def lin(people: dict[str, User]) -> User:
    return people["lin"]


@pytest.fixture
def browser_of(client: Client, people: dict[str, User]) -> Callable[[str], Client]:
    def signed_in(name: str) -> Client:
        fresh = Client()
        fresh.force_login(people[name])
        return fresh

    return signed_in


@pytest.fixture
def page(lin: User) -> Client:
    """Lin's browser."""
    client = Client()
    client.force_login(lin)
    return client


def fresh(form: FormInstance) -> FormInstance:
    return FormInstance.objects.select_related("participant__site", "visit").get(pk=form.pk)
