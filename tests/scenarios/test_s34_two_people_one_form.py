"""S34 Two people, one form. (In the browser: tests/browser/test_s34_two_people_one_form.py.)"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crf.models import FormInstance, Presence
from crf.naming import form_url
from crf.selectors.presence import GONE_AFTER
from participants.models import Participant
from tests import world
from tests.scenarios.stage import SignedIn, again, events, save, shown, value_of
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def event(participant: Participant, cast: dict[str, User]) -> FormInstance:
    """Lin's adverse event."""
    made = world.line(participant, cast["lin"], "AE")
    world.fill(made, cast["lin"], {"aeterm": "Nausea", "aestdat": "2024-03-14"}, complete=False)
    Presence.objects.all().delete()
    return again(made)


def opens(client: Client, form: FormInstance) -> Any:
    """The page, and the first sign of life that it sends."""
    page = shown(client, form)
    client.post(f"{form_url(form)}presence/")
    return page


def text(client: Client, form: FormInstance, **query: str) -> str:
    return client.get(form_url(form), query).content.decode()


def passes(minutes: dt.timedelta) -> None:
    Presence.objects.update(seen_at=timezone.now() - minutes)


def test_the_colleague_sees_who_edits_and_gets_read_only(at: SignedIn, event: FormInstance) -> None:
    opens(at("lin"), event)
    page = text(at("chen"), event)
    assert "Being edited by Lin Yue" in page
    assert 'name="action" value="save"' not in page
    assert not re.search(r'<(?:input|textarea)(?![^>]*hidden)[^>]* name="aeterm"', page)
    assert "Nausea" in page, "what is saved can be read"
    assert not Presence.objects.filter(user__username="chen").exists()
    beside = text(at("chen"), event, together="1")
    assert 'name="action" value="save"' in beside, "a colleague who went home stops nobody"


def test_lin_s_own_second_window_is_not_in_the_way(at: SignedIn, event: FormInstance) -> None:
    opens(at("lin"), event)
    assert 'name="action" value="save"' in text(at("lin"), event)


def test_after_her_session_died_the_colleague_saves_and_lin_s_later_save_is_refused_with_both_versions(
    at: SignedIn, event: FormInstance
) -> None:
    lin, chen = at("lin"), at("chen")
    page = opens(lin, event)
    lin.logout()
    passes(MINUTE)
    assert 'name="action" value="save"' in text(chen, event)
    assert save(chen, event, aeterm="Vomiting").status_code == 302
    later = save(at("lin"), event, page, aeterm="Nausea and vomiting")
    shown_to_lin = later.content.decode()
    assert later.status_code == 409
    for version in ("Vomiting", "Nausea and vomiting"):
        assert version in shown_to_lin
    assert "Chen Wei" in shown_to_lin
    assert value_of(event, "aeterm") == "Vomiting", "refused: nothing of hers is stored"
    assert [(e.old, e.new, e.actor_name) for e in events(event, "aeterm")] == [
        ("", "Nausea", "lin"), ("Nausea", "Vomiting", "chen"),
    ]  # fmt: skip


def test_different_forms_of_the_participant_stay_editable(
    at: SignedIn, event: FormInstance, participant: Participant
) -> None:
    opens(at("lin"), event)
    dm = world.form(participant, "DM", "SCR")
    assert 'name="action" value="save"' in text(at("chen"), dm)
    assert save(at("chen"), dm, sex="F").status_code == 302


def test_no_lock_outlives_its_session_by_more_than_the_stated_minute(
    at: SignedIn, event: FormInstance
) -> None:
    opens(at("lin"), event)
    passes(GONE_AFTER - dt.timedelta(seconds=5))
    assert "Being edited by" in text(at("chen"), event)
    passes(MINUTE)
    assert "Being edited by" not in text(at("chen"), event)
    assert GONE_AFTER <= MINUTE
    assert save(at("chen"), event, aeterm="Vomiting").status_code == 302


def test_leaving_the_page_frees_it_at_once(at: SignedIn, event: FormInstance) -> None:
    opens(at("lin"), event)
    at("lin").post(f"{form_url(event)}presence/", {"left": "1"})
    assert "Being edited by" not in text(at("chen"), event)


def test_who_only_reads_is_in_nobody_s_way(at: SignedIn, event: FormInstance) -> None:
    opens(at("mo"), event)
    assert "Being edited by" not in text(at("chen"), event)


def test_together_stays_together_after_a_save(at: SignedIn, event: FormInstance) -> None:
    opens(at("lin"), event)
    chen = at("chen")
    answer = chen.post(
        form_url(event),
        {"version": str(event.version), "action": "save", "together": "1", "aeterm": "Nausea"},
    )
    assert answer["Location"].endswith("?together=1")
