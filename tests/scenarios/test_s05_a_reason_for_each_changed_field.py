"""S05 A reason is needed per changed field after completion, and lands on that field."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.urls import get_resolver

from crf.models import FormInstance
from participants.models import Participant
from tests import world
from tests.contracts.test_urls import routes
from tests.scenarios.stage import SignedIn, events, rows, save, shown, value_of
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.study import study

pytestmark = pytest.mark.django_db


@pytest.fixture
def surgery(participant: Participant, cast: dict[str, User]) -> FormInstance:
    """Complete, R0 on 30 May 2024."""
    lin = cast["lin"]
    world.screening_01_003(world.screened(lin, "01-004"), lin)
    again = Participant.objects.get(number="01-004")
    world.neoadjuvant(again, lin, 1, "2024-03-14")
    world.operated(again, lin, "2024-05-30", "2024-06-14")
    form = world.form(again, "SURG", "SURG")
    assert form.status == "COMPLETE"
    return form


def test_each_field_shows_its_own_reason(at: SignedIn, surgery: FormInstance) -> None:
    answer = save(
        at("lin"), surgery, surg_prstdat="2024-05-31", surg_r="R1",
        more={"reason:surg_prstdat": "Day of incision in the operation note", "reason:surg_r": "Margin in the final report"},
    )  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()[:1500]
    assert rows(surgery, "surg_prstdat")[1:] == [
        ("2024-05-30", "2024-05-31", "lin", "COORDINATOR", "01", "Day of incision in the operation note")
    ]
    assert rows(surgery, "surg_r")[1:] == [
        ("R0", "R1", "lin", "COORDINATOR", "01", "Margin in the final report")
    ]


@pytest.mark.parametrize(
    "reasons",
    [
        {},
        {"reason:surg_prstdat": "Operation note"},
        {"reason:surg_prstdat": "Operation note", "reason:surg_r": ""},
        {"reason:surg_prstdat": "Operation note", "reason:surg_r": "     "},
        {"reason:surg_prstdat": "Operation note", "reason:surg_r": "\u3000\t \u00a0"},
        {"reason": "   "},
    ],
    ids=["none", "only one", "one empty", "one of spaces", "one of other spaces", "a common one of spaces"],
)
def test_an_empty_reason_or_one_of_spaces_is_refused_with_nothing_saved(
    reasons: dict[str, str], at: SignedIn, surgery: FormInstance
) -> None:
    lin = at("lin")
    before = AuditEvent.objects.count()
    answer = save(lin, surgery, surg_prstdat="2024-05-31", surg_r="R1", more=reasons)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Why were these values changed?" in text
    assert 'name="reason:surg_r"' in text
    assert (str(value_of(surgery, "surg_prstdat")), value_of(surgery, "surg_r")) == ("2024-05-30", "R0")
    assert len(events(surgery, "surg_r")) == len(events(surgery, "surg_prstdat")) == 1
    assert AuditEvent.objects.count() == before


def test_before_completion_no_reason_is_asked(at: SignedIn, participant: Participant) -> None:
    form = world.form(participant, "DM", "SCR")
    lin = at("lin")
    assert save(lin, form, sex="F").status_code == 302
    assert save(lin, form, sex="M").status_code == 302
    assert [row[-1] for row in rows(form, "sex")] == ["", ""]


def test_no_administrator_screen_can_turn_reasons_off(at: SignedIn, surgery: FormInstance) -> None:
    """There is no such switch: not in a setting of the study, not in a table, not on a page of the administrator."""
    switch = re.compile(r"require_?reason|reason_?(?:required|needed|off)|without_?reason", re.IGNORECASE)
    assert not [name for name in study().values if switch.search(name)]
    assert not [name for name in dir(settings) if switch.search(name)]
    named = [
        f"{model.__name__}.{field.name}" for model in apps.get_models() for field in model._meta.get_fields()
    ]
    assert not [name for name in named if switch.search(name)]
    assert not [route for route in routes(get_resolver().url_patterns) if switch.search(route)]
    ad = at("ad")
    pages = [
        "/admin/users/", "/admin/users/new/", "/admin/users/lin/", "/admin/sites/", "/admin/sites/01/", "/admin/roles/",
    ]  # fmt: skip
    inputs: list[str] = []
    for page in pages:
        inputs += re.findall(r'name="([^"]+)"', ad.get(page).content.decode())
    assert inputs
    assert not [name for name in inputs if switch.search(name)]


@pytest.mark.parametrize("extra", [{"reasons_required": "0"}, {"skip_reasons": "1"}, {"imported": "1"}])
def test_nothing_in_the_request_turns_them_off(
    extra: dict[str, Any], at: SignedIn, surgery: FormInstance
) -> None:
    page = shown(at("lin"), surgery)
    assert save(at("lin"), surgery, page, surg_r="R1", more=extra).status_code == 422
    assert value_of(surgery, "surg_r") == "R0"
