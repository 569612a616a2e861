"""What a moment or a cut says of the state of the data does not say that somebody has read centrally."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from crf.services.entry import Order, form_save
from endpoints.models import Moment
from participants.models import Participant
from tests import world
from tests.integration.cuts.conftest import dry_run
from trialsite.accounts.models import User
from trialsite.kernel.decisions import ALLOWED

pytestmark = pytest.mark.django_db

Cast = dict[str, User]
CUTOFF = dt.date(2024, 6, 15)


def facts(by: User, at: dt.datetime | None = None) -> dict[str, Any]:
    (one,) = dry_run(by, at=at, cutoff=CUTOFF).facts["people"]
    return one


def test_an_unreleased_reading_shows_in_no_count(cast: Cast, participant: Participant) -> None:
    lin, da = cast["lin"], cast["da"]
    world.operated(participant, lin, "2024-05-30", "2024-06-14")
    before, at = facts(da), timezone.now()
    bed = [world.nodule(1, ("40", "30", "30"), ("4", "76", "20"))]
    world.central_reading(participant, lin, "R1", "2024-06-20", bed, "2024-06-03")
    assert facts(da) == before  # from the tables
    Moment.objects.all().delete()
    assert facts(da, at) == before  # from the trail; entered after the moment

    read = timezone.now()
    nobody: Any = None  # the system
    final = world.form(participant, "CPATHF", "CPATH")
    form_save(
        by=nobody, form=final, typed=world.typed("CPATHF", {"cpf_dat": "2024-06-25"}), order=Order(complete=False),
        decision=ALLOWED,
    )  # fmt: skip
    after = facts(da)
    assert (after["forms"], after["late"] - before["late"] > 20) == (before["forms"] + 2, True)
    assert facts(da, read) == before  # still unseen at that moment, from the trail
