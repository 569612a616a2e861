"""The morning's letter: numbers only, once a day, to who wants it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from crf.models import DailyMail
from crf.services.daily_mail import daily_mails_send, letter_to
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
MONDAY = dt.datetime(2026, 11, 23, 0, 30, tzinfo=dt.UTC)  # 08:30 at the sites


@pytest.fixture
def people(settings: Any) -> dict[str, User]:
    settings.DEMO = True
    settings.EMAIL_URL, settings.SITE_URL = "smtp://localhost", "https://trial.example.org/"
    found = world.people()
    User.objects.filter(username__in=["lin", "p1"]).update(email="someone@example.org")
    world.screened(found["lin"], "01-001")
    return {user.username: user for user in User.objects.all()}


def test_it_says_how_much_waits_and_nothing_about_whom(people: dict[str, User]) -> None:
    assert daily_mails_send(MONDAY) == 1, "who reads blinded gets none, who has no address neither"
    [letter] = mail.outbox
    assert letter.to == ["someone@example.org"]
    assert "Due in 14 days" in letter.body
    assert "https://trial.example.org/" in letter.body
    assert "01-001" not in letter.body + letter.subject


def test_once_a_day_and_on_working_mornings(people: dict[str, User]) -> None:
    assert daily_mails_send(MONDAY) == 1
    assert daily_mails_send(MONDAY + dt.timedelta(hours=2)) == 0
    assert daily_mails_send(MONDAY + dt.timedelta(days=1)) == 1
    assert daily_mails_send(MONDAY + dt.timedelta(days=5)) == 0, "Saturday"
    assert daily_mails_send(dt.datetime(2026, 11, 24, 22, 30, tzinfo=dt.UTC)) == 0, "06:30 at the sites"


def test_in_the_language_of_the_person(people: dict[str, User]) -> None:
    lin = people["lin"]
    lin.language = "zh-hans"
    letter = letter_to(lin)
    assert letter is not None
    assert "待您处理" in letter.subject + letter.body


def test_it_is_switched_off_by_the_person(people: dict[str, User]) -> None:
    client = Client()
    client.force_login(people["lin"], "trialsite.accounts.backends.AccountBackend")
    assert "Switch it off" in client.get("/").content.decode()
    client.post("/daily-mail/", {"wanted": "off"})
    assert not DailyMail.objects.get(user=people["lin"]).wanted
    assert AuditEvent.objects.get(target=people["lin"].address, path="daily_mail").new == "N"
    assert daily_mails_send(MONDAY) == 0
    assert "Switch it on" in client.get("/").content.decode()


def test_without_a_mail_server_nothing_is_sent(people: dict[str, User], settings: Any) -> None:
    settings.EMAIL_URL = ""
    assert daily_mails_send(MONDAY) == 0
    assert not DailyMail.objects.exists()
