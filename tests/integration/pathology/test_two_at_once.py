"""Three readers reach for two places at the same moment."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from pathology.models import PathologyCase, Reading
from tests import world
from tests.world import reading_take
from trialsite.accounts import services
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.kernel.decisions import Refused


@pytest.mark.django_db(transaction=True)
def test_two_places_go_to_two_people(settings: Any) -> None:
    settings.DEMO = True
    cast = world.people()
    third = services.user_create(by=None, username="p4", full_name="Third Reader")
    services.role_grant(by=None, user=third, role=Role.PATHOLOGIST, site=None, valid_from=dt.date(2024, 1, 1))
    participant = world.screened(cast["lin"], "01-003")
    world.screening_01_003(participant, cast["lin"])
    world.treatment_01_003(participant, cast["lin"])
    world.operated(participant, cast["lin"], "2024-05-30", "2024-06-14")
    case = PathologyCase.objects.get()

    def reach(name: str) -> str:
        try:
            return reading_take(by=User.objects.get(username=name), case=case).slot
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as people:
        got = list(people.map(reach, ["p1", "p2", "p4", "p1"]))
    assert sorted(got)[:2] == ["R1", "R2"]
    assert Reading.objects.filter(reader__isnull=False).count() == 2
    assert len(set(Reading.objects.values_list("reader", flat=True))) == 2
