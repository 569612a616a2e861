"""The migration that gives older cases their state agrees with the application, whatever stands in the tables."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from django.apps import apps

from pathology.models import CaseState, PathologyCase, Reading
from pathology.services import case_close, items_receive, readers_allocate, reread_open
from pathology.services.cases import case_settle
from pathology.services.specimens import Arrived, Passing
from tests import world
from tests.integration.pathology.conftest import Submit
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db
settle: Any = importlib.import_module("pathology.migrations.0005_states").settle


def migrated(case: PathologyCase) -> str:
    """The state that the migration finds; first all is as before there were states."""
    PathologyCase.objects.update(state=CaseState.AWAITED)
    Reading.objects.filter(taken_at__isnull=False).update(allocated_at=None)
    settle(apps, None)
    assert not Reading.objects.filter(taken_at__isnull=False, allocated_at__isnull=True).exists()
    case.refresh_from_db()
    found = case.state
    assert found == case_settle(case)
    return found


def test_every_stage_of_a_case(case: PathologyCase, cast: dict[str, User], submit: Submit) -> None:
    seen = [migrated(case)]
    moment = world.dt.datetime(2024, 6, 20, tzinfo=world.dt.UTC)
    passing = Passing("RECEIVED", moment, "Courier", "Central laboratory", "ADEQUATE")
    items_receive(by=cast["da"], case=case, arrived=[Arrived("BLOCK", "A1")], passing=passing)
    seen.append(migrated(case))
    readers_allocate(by=cast["da"], case=case, readers={"R1": cast["p1"], "R2": cast["p2"]})
    seen.append(migrated(case))
    submit(cast["p1"], case, "8")
    seen.append(migrated(case))
    submit(cast["p2"], case, "14")
    seen.append(migrated(case))
    submit(cast["p3"], case, "9")
    seen.append(migrated(case))
    world.released(case)
    seen.append(migrated(case))
    again = reread_open(by=cast["da"], reading=case.readings.get(slot="R1"))
    seen.append(migrated(again))
    case_close(by=cast["da"], participant=case.participant, reason="No specimen")
    seen.append(migrated(case))
    assert seen == [
        "AWAITED", "TO_ALLOCATE", "READING", "READING", "ADJUDICATION", "DECIDED", "RELEASED", "READING", "CLOSED",
    ]  # fmt: skip
