"""A small site for the contracts: the cast, and a participant far enough on that every form has its surroundings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from crf.models import FormInstance
from crf.samples import Sample, sample_for
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User

DAY = dt.date(2024, 3, 28)

# Where a sample of each form is entered, on the participant `under_way`.
PLACES = {
    "ICF": ("SCR", "new"), "DM": ("SCR", "consented"), "IE": ("SCR", "consented"), "HCC": ("SCR", "consented"),
    "EC": ("C2", "under_way"), "TA": ("TA1", "under_way"), "SURG": ("SURG", "under_way"), "SACT": ("", "under_way"),
    "EOT": ("EOT", "under_way"), "SS": ("SFU30", "under_way"), "DTH": ("", "under_way"), "EOS": ("EOS", "under_way"),
    "CPATH": ("CPATH", "operated"),
}  # fmt: skip
AT_SITE = [code for code in PLACES if code != "CPATH"]


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


def participant_at(stage: str, by: User) -> Participant:
    """A participant of site 01: new, consented, under way (enrolled, first cycle given) or operated."""
    participant = world.screened(by)
    if stage == "new":
        return participant
    if stage == "consented":
        world.consent(participant, by, "2024-03-04")
        return participant
    world.screening_01_003(participant, by)
    world.neoadjuvant(participant, by, 1, "2024-03-14")
    if stage == "operated":
        world.operated(participant, by, "2024-05-30", "2024-06-14")
    return participant


@pytest.fixture
def form_of(lin: User) -> Callable[[str], FormInstance]:
    """An empty form of each kind, in surroundings in which it can be filled."""

    def make(code: str) -> FormInstance:
        visit, stage = PLACES[code]
        return world.form(participant_at(stage, lin), code, visit)

    return make


def sampled(form: FormInstance, by: User) -> Sample:
    day = dt.date(2024, 6, 24) if form.form_key == "CPATH" else DAY
    return sample_for(form, on=day, person=by.address)


def fresh(form: FormInstance) -> FormInstance:
    return FormInstance.objects.select_related("participant__site", "visit").get(pk=form.pk)
