"""Participant 01-003 of the CRF book (section 6), entered through the services, ends as section 6.7 says."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from endpoints.gather import course_of
from endpoints.models import EndpointState, Status
from endpoints.services import endpoints_recompute, trial_recompute
from tests import world

pytestmark = pytest.mark.django_db


def test_section_6_7() -> None:
    lin = world.people()["lin"]
    participant = world.participant_01_003(lin)
    print(json.dumps(course_of(participant.pk).case, indent=1))
    assert endpoints_recompute(participant.pk)
    state = EndpointState.objects.get(pk=participant.pk)
    assert (state.status, state.error) == (Status.OK, "")
    values = state.summary["values"]
    print(json.dumps(state.summary, indent=1))
    assert values["MPR"] == {"value": "Y", "rvt_pct": pytest.approx(8.283, abs=0.001)}
    assert values["PCR"]["value"] == "N"
    assert (values["BOR_RECIST"]["value"], values["BOR_MRECIST"]["value"]) == ("PR", "PR")
    ends = {
        name: (values[name]["end"], values[name]["days"], values[name]["event"])
        for name in ("DFS", "PFS", "OS")
    }
    assert ends == {
        "DFS": ("2026-01-08", 589, False),
        "PFS": ("2026-01-08", 666, False),
        "OS": ("2026-03-12", 729, False),
    }
    assert [values[name]["value"] for name in ("R0", "TRAE3", "SAE")] == ["Y", "Y", "Y"]
    assert {"SAF", "PPS"} <= set(state.summary["sets"])
    assert state.profile["baseline"]["afp"] == 1286.0  # the one laboratory result that is read
    assert round(state.profile["exposure"]["OXA"]["phases"]["NEO"]["rdi"], 1) == 78.9
    assert course_of(participant.pk, timezone.now()).profile == state.profile  # the trail tells the same
    assert trial_recompute()
    assert not trial_recompute()
    assert not endpoints_recompute(participant.pk)
