"""Participant 01-003 entered whole through the services: nothing is left open, and only the book's findings are raised."""

from __future__ import annotations

from typing import Any

import pytest

from crf.models import Finding, FindingState, FormInstance, FormStatus, Severity
from crf.services.findings import participant_check
from endpoints.models import EndpointState, Status
from endpoints.services import endpoints_recompute
from participants.lifecycle import State
from participants.models import Participant
from tests import world

pytestmark = pytest.mark.django_db

# crf-book 6: values that are truly unusual; TSH 14.6 of 6.3 is one as well.
EXPECTED = [
    ("LB", "ADJ2", "LB2:40/lborres", "TSH=14.6"),
    ("LB", "POD1", "LB2:11/lborres", "ALT=312"),
    ("LB", "POD1", "LB2:12/lborres", "AST=287"),
    ("LB", "POD1", "LB2:2/lborres", "NEUT=11.9"),
    ("LB", "UNS", "LB2:2/lborres", "NEUT=0.92"),
]


@pytest.fixture
def participant(settings: Any) -> Participant:
    settings.DEMO = True
    made = world.participant_01_003_whole(world.people())
    participant_check(made.pk)
    made.refresh_from_db()
    return made


def test_everything_that_was_expected_is_complete(participant: Participant) -> None:
    forms = FormInstance.objects.filter(participant=participant, active=True)
    expected = forms.filter(expected=True, required="R")
    assert not expected.exclude(status=FormStatus.COMPLETE).exists()
    assert participant.state == State.OFF_STUDY

    raised = Finding.objects.filter(form__participant=participant).exclude(state=FindingState.CURED)
    assert not raised.filter(severity=Severity.HARD).exists()
    checks = raised.filter(rule__startswith="CK-").order_by("form__form_key", "form__visit__code", "path")
    assert list(checks.values_list("form__form_key", "form__visit__code", "path", "value")) == EXPECTED

    assert endpoints_recompute(participant.pk)
    state = EndpointState.objects.get(participant=participant)
    assert (state.status, state.error) == (Status.OK, "")
    values = state.summary["values"]
    assert values["MPR"] == {"value": "Y", "rvt_pct": pytest.approx(8.283, abs=0.001)}
    days = {
        name: (values[name]["end"], values[name]["days"], values[name]["event"])
        for name in ("DFS", "PFS", "OS")
    }
    assert days == {
        "DFS": ("2026-01-08", 589, False), "PFS": ("2026-01-08", 666, False), "OS": ("2026-03-12", 729, False),
    }  # fmt: skip
