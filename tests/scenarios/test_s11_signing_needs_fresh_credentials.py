"""S11 Signing needs fresh credentials."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from crf.documents.capture import capture
from crf.documents.casebook import casebook_document
from crf.models import FormInstance, Query, Signature, SignedForm
from crf.services.queries import query_raise
from participants.models import Participant
from tests import world
from tests.scenarios.stage import SignedIn
from trialsite.accounts import services as accounts
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXP"
NOTHING = "Nothing was signed."
RIGHT = {"username": "chen", "password": "demo-chen-2026"}


@pytest.fixture
def form(participant: Participant, cast: dict[str, User]) -> FormInstance:
    page = next(page for page in world.quickly("screening") if page.key == "DM")
    world.enter(participant, cast["lin"], [page])
    query_raise(by=cast["mo"], participant=participant, text="Which hospital did the first scan?")
    return world.form(participant, "DM", "SCR")


def page_of(client: Client, form: FormInstance) -> dict[str, Any]:
    html = client.get("/sign/01-003/", {"form": form.pk}).content.decode()
    data: dict[str, Any] = dict(re.findall(r'name="(version:\d+)" value="(\d+)"', html))
    data["queries"] = next(iter(re.findall(r'name="queries" value="([^"]*)"', html)), "")
    return data | {"form": [str(form.pk)], "meaning": "CONFIRM"}


def signs(client: Client, form: FormInstance, **typed: str) -> Any:
    return client.post("/sign/01-003/", page_of(client, form) | typed)


def code(at: dt.datetime | None = None) -> str:
    with time_machine.travel(at or timezone.now(), tick=False):
        return format_hotp_value(hotp_value(SECRET, next(iter(yield_hotp_counters_from_time()))))


@pytest.fixture
def chen(at: SignedIn, form: FormInstance) -> Client:
    return at("chen")


@pytest.fixture
def enrolled(cast: dict[str, User]) -> User:
    """Dr Chen has a second factor."""
    with time_machine.travel(timezone.now() - dt.timedelta(minutes=5), tick=False):
        accounts.factor_enrol(by=cast["chen"], secret=SECRET, code=code())
    return cast["chen"]


@pytest.mark.parametrize(
    "typed",
    [
        RIGHT | {"password": "guess"}, {"username": "lin", "password": "demo-lin-2026"},
        {"username": "lin", "password": "demo-chen-2026"}, {"username": "chen", "password": "demo-lin-2026"},
    ],
    ids=["wrong password", "another user's", "another's name", "another's password"],
)  # fmt: skip
def test_wrong_credentials_sign_nothing_are_logged_and_count(
    typed: dict[str, str], chen: Client, form: FormInstance
) -> None:
    answer = signs(chen, form, **typed)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert NOTHING in text
    assert typed["password"] not in text, "a password comes back to nobody"
    assert not Signature.objects.exists()
    [event] = AuditEvent.objects.filter(action="SIGNATURE_FAILED")
    assert event.actor_name == "chen"
    assert sum(attempt.failures_since_start for attempt in AccessAttempt.objects.all()) == 1


def test_an_expired_code_signs_nothing(at: SignedIn, form: FormInstance, enrolled: User) -> None:
    chen = at("chen")
    old = code(timezone.now() - dt.timedelta(minutes=10))
    answer = signs(chen, form, **RIGHT, code=old)
    assert answer.status_code == 422
    assert NOTHING in answer.content.decode()
    assert not Signature.objects.exists()
    assert AuditEvent.objects.filter(action="SIGNATURE_FAILED", actor_name="chen").exists()
    assert signs(chen, form, **RIGHT, code=code()).status_code == 302


def test_the_sixth_attempt_is_locked_out_even_when_it_is_right(chen: Client, form: FormInstance) -> None:
    wrong = [signs(chen, form, **RIGHT | {"password": f"guess {n}"}) for n in range(5)]
    right = signs(chen, form, **RIGHT)
    assert [answer.status_code for answer in [*wrong, right]] == [422] * 6
    assert not Signature.objects.exists()
    assert (
        AuditEvent.objects.filter(action="LOCKED_OUT").exists()
        or AuditEvent.objects.filter(action="SIGNATURE_FAILED").count() == 6
    )


def test_the_page_and_the_pdf_show_name_time_meaning_forms_and_queries(
    chen: Client, form: FormInstance, participant: Participant
) -> None:
    assert signs(chen, form, **RIGHT).status_code == 302
    signature = Signature.objects.get()
    page = chen.get("/signatures/01-003/1/").content.decode()
    printed = "".join(casebook_document(capture(participant, "en"), "en").parts)
    at_utc = f"{signature.at.astimezone(dt.UTC):%H:%M}"
    for where, text in (("page", page), ("PDF", printed)):
        assert "Chen Wei" in text, where
        assert at_utc in text, where
        assert "UTC" in text, where
        assert "I confirm these data" in text, where
    [query] = Query.objects.filter(rule="", form=None)
    assert signature.open_queries == [f"Q-01-003-{query.number}"] or query.code in str(signature.open_queries)
    assert query.code in page
    assert "Demographics" in page
    assert [signed.form_id for signed in SignedForm.objects.all()] == [form.pk]


def test_later_in_the_same_session_the_password_is_enough_and_needed(
    chen: Client, form: FormInstance, participant: Participant, cast: dict[str, User]
) -> None:
    signs(chen, form, **RIGHT)
    second = world.form(participant, "ICF", "SCR")
    assert signs(chen, second).status_code == 422
    assert signs(chen, second, password="guess").status_code == 422
    assert signs(chen, second, password="demo-chen-2026").status_code == 302
    assert list(Signature.objects.order_by("pk").values_list("first_in_session", flat=True)) == [True, False]


@pytest.mark.parametrize("name", ["lin", "mo", "da", "zhao", "ins"])
def test_nobody_else_signs(name: str, at: SignedIn, form: FormInstance) -> None:
    data = {"form": [str(form.pk)], "meaning": "CONFIRM", "username": name, "password": f"demo-{name}-2026"}
    assert at(name).post("/sign/01-003/", data).status_code in (403, 404)
    assert not Signature.objects.exists()
