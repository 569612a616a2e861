"""A site with a few participants, and people in the browser."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from crf.models import FormInstance, FormStatus
from crf.services.queries import query_raise
from participants.models import Participant, Visit
from tests import world
from trialsite.accounts.models import User
from trialsite.kernel.decisions import ALLOWED

Sign = Callable[[str], Client]


@pytest.fixture(autouse=True)
def demonstration(settings: Any) -> None:
    """No second factor to give."""
    settings.DEMO = True


@pytest.fixture
def cast(db: None) -> dict[str, User]:
    return world.people()


@pytest.fixture
def at(cast: dict[str, User]) -> Sign:
    """A browser of the person with this user name."""

    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(User.objects.get(username=name), "trialsite.accounts.backends.AccountBackend")
        return client

    return signed_in


def ask(participant: Participant, key: str, *paths: str) -> None:
    """Open queries of the monitor at these fields."""
    form = FormInstance.objects.select_related("visit").get(participant=participant, form_key=key)
    for path in paths:
        query_raise(
            by=User.objects.get(username="mo"),
            participant=participant,
            form=form,
            path=path,
            text="What does the source say?",
        )


@pytest.fixture
def trial(cast: dict[str, User]) -> dict[str, Participant]:
    """01-001 new; 01-002 consented, with a form begun; 01-003 with an overdue cycle; 02-001 at the other site."""
    made = {
        "01-001": world.screened(cast["lin"], "01-001"),
        "01-002": world.screened(cast["lin"], "01-002"),
        "01-003": world.screened(cast["lin"], "01-003"),
        "02-001": world.screened(cast["wu"], "02-001", "02"),
    }
    world.consent(made["01-002"], cast["lin"], "2024-03-01")
    FormInstance.objects.filter(participant=made["01-002"], form_key="DM").update(
        status=FormStatus.IN_PROGRESS, version=1, missing_count=3
    )
    ask(made["01-002"], "DM", "sex", "race")
    overdue(made["01-003"], "C2", 10)
    return made


def overdue(participant: Participant, code: str, days: int) -> Visit:
    """The window of the visit closed some days ago."""
    visit = Visit.objects.get(participant=participant, code=code)
    end = participant.site.today() - dt.timedelta(days=days)
    visit.window_from, visit.target_date, visit.window_to = (
        end - dt.timedelta(days=6),
        end - dt.timedelta(days=3),
        end,
    )
    visit.save()
    return visit


def imported(cast: dict[str, User], number: str = "01-900") -> Participant:
    from crf.services.schedule import participant_screen

    return participant_screen(
        by=cast["lin"], site=world.site("01"), number=number, imported=True, decision=ALLOWED
    )
