"""Signing in: one neutral answer to every failure, five of which lock for fifteen minutes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import NoReverseMatch, reverse

from trialsite.accounts import services
from trialsite.accounts.models import Site, User
from trialsite.accounts.sessions import sessions_sweep

from .conftest import PASSWORD, sign_in, signed_in, trail

NOW = dt.datetime(2026, 6, 15, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def wu(person: Callable[..., User]) -> User:
    """No role, so no second factor is asked."""
    return person("wu")


def words(response: Any) -> str:
    """The page without what differs at every request."""
    page = response.content.decode()
    return "\n".join(line for line in page.splitlines() if "csrf" not in line and "value=" not in line)


def test_name_and_password_sign_in_and_both_ends_are_recorded(client: Client, wu: User) -> None:
    assert sign_in(client, "wu")["Location"] == "/"
    assert signed_in(client)
    assert client.post("/logout/")["Location"] == "/login/"
    assert not signed_in(client)
    assert [(e.subject, e.new, e.actor) for e in trail("SIGNED_IN")] == [
        (wu.address, "password · 127.0.0.1", wu)
    ]
    assert [e.subject for e in trail("SIGNED_OUT")] == [wu.address]


@pytest.mark.parametrize("typed", ["WU", " wu ", "ｗｕ"])
def test_the_name_is_taken_as_it_is_meant(client: Client, wu: User, typed: str) -> None:
    sign_in(client, typed)
    assert signed_in(client)


def test_signing_out_needs_a_post(client: Client, wu: User) -> None:
    client.force_login(wu)
    assert client.get("/logout/").status_code == 405
    assert signed_in(client)


def test_the_page_helps_password_managers(client: Client, db: None) -> None:
    page = client.get("/login/").content.decode()
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "onpaste" not in page


def test_every_failure_reads_the_same(
    client: Client, wu: User, person: Callable[..., User], demo: None
) -> None:
    """Wrong password, unknown name, ended account: nobody learns which."""
    services.user_end(by=None, user=person("gone"), reason="left")
    answers = {
        words(sign_in(Client(), name, password))
        for name, password in [("wu", "no"), ("nobody", "no"), ("gone", PASSWORD)]
    }
    assert len(answers) == 1
    assert "Sign-in failed." in answers.pop()


def test_the_sixth_attempt_is_refused_with_the_same_words_even_with_the_right_password(
    client: Client, wu: User
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        failures = [sign_in(client, name, "wrong") for name in ("wu", "WU", "wu", "ｗｕ", "wu")]
        sixth = sign_in(client, "wu")
        assert not signed_in(client)
        assert sixth.status_code == failures[0].status_code
        assert words(sixth) == words(failures[0])
        clock.shift(dt.timedelta(minutes=14, seconds=50))
        sign_in(client, "wu")
        assert not signed_in(client), "trying while locked must neither open nor prolong the lock"
        clock.shift(dt.timedelta(seconds=20))
        sign_in(client, "wu")
        assert signed_in(client)
    assert [e.subject for e in trail("LOCKED_OUT")] == [wu.address]
    assert len(trail("SIGN_IN_FAILED")) == 7
    assert {(e.subject, e.actor) for e in trail("SIGN_IN_FAILED")} == {(wu.address, None)}


def test_an_unknown_name_locks_alike_and_is_not_kept_in_the_trail(client: Client, db: None) -> None:
    answers = {words(sign_in(client, "My-Password-By-Mistake", "wrong")) for _ in range(7)}
    assert len(answers) == 1
    assert {e.subject for e in trail("SIGN_IN_FAILED")} == {"user:?"}
    assert not any("mistake" in e.new.lower() for e in trail())


def test_a_lock_holds_at_its_address_only(client: Client, wu: User) -> None:
    for _ in range(5):
        sign_in(client, "wu", "wrong")
    elsewhere = Client(REMOTE_ADDR="10.0.0.9")
    sign_in(elsewhere, "wu")
    assert signed_in(elsewhere)


def test_many_names_from_one_address_are_slowed(client: Client, wu: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        for number in range(20):
            sign_in(client, f"guess{number}", "wrong")
        sign_in(client, "wu")
        assert not signed_in(client)
        clock.shift(dt.timedelta(seconds=11))
        sign_in(client, "wu")
        assert signed_in(client), "a shared hospital address is slowed, never shut out"


@pytest.mark.parametrize(
    ("target", "lands"),
    [
        ("/account/", "/account/"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_after_signing_in_only_own_pages_follow(client: Client, wu: User, target: str, lands: str) -> None:
    assert sign_in(client, "wu", next=target)["Location"] == lands


@pytest.mark.parametrize(
    "path",
    ["/signup/", "/accounts/signup/", "/password/reset/", "/accounts/login/", "/admin/login/", "/social/"],
)
def test_what_is_closed_does_not_exist(client: Client, db: None, path: str) -> None:
    assert client.get(path).status_code == 404


def test_there_is_no_registration_and_no_reset_by_mail() -> None:
    for name in ("account_signup", "account_reset_password", "account_email", "socialaccount_login"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


def test_an_ended_account_is_out_at_the_next_click(client: Client, wu: User) -> None:
    sign_in(client, "wu")
    services.user_end(by=None, user=wu, reason="left")
    assert client.get("/account/")["Location"].startswith("/login/")


def test_demonstration_accounts_are_shown_in_demonstration_mode_only(
    client: Client, db: None, settings: Any
) -> None:
    from django.core.exceptions import ImproperlyConfigured

    from trialsite.accounts.demo import CAST, ensure_demo_people

    settings.DEMO = False
    assert "demo-lin-2026" not in client.get("/login/").content.decode()
    assert "demo-lin-2026" not in client.post("/login/", {"fill": "lin"}).content.decode()
    with pytest.raises(ImproperlyConfigured):
        ensure_demo_people()

    settings.DEMO = True
    page = client.get("/login/").content.decode()
    for person in ensure_demo_people():
        assert person.password in page
    filled = client.post("/login/", {"fill": "lin"}).content.decode()
    assert 'value="lin"' in filled
    assert 'value="demo-lin-2026"' in filled
    assert User.objects.count() == len(CAST)
    events = len(trail())
    ensure_demo_people()
    assert (User.objects.count(), len(trail())) == (len(CAST), events), "twice is harmless"
    sign_in(client, "lin", "demo-lin-2026")
    assert signed_in(client)
    assert client.get("/account/").status_code == 200, "no second factor in demonstration mode"

    settings.DEMO = False
    assert client.get("/account/").status_code == 302, "public passwords open nothing elsewhere"
    fresh = Client()
    sign_in(fresh, "lin", "demo-lin-2026")
    assert not signed_in(fresh)


def test_a_chosen_language_is_kept_through_the_sign_in_and_after(client: Client, wu: User) -> None:
    client.post("/language/", {"language": "zh-hans", "next": "/login/"})
    assert 'lang="zh-Hans"' in client.get("/login/").content.decode()
    sign_in(client, "wu")
    wu.refresh_from_db()
    assert wu.language == "zh-hans"
    assert 'lang="zh-Hans"' in client.get("/account/").content.decode()
    other_machine = Client()
    sign_in(other_machine, "wu")
    assert 'lang="zh-Hans"' in other_machine.get("/account/").content.decode()
    client.post("/language/", {"language": "en"})
    assert 'lang="en"' in other_machine.get("/account/").content.decode()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", ""])
def test_the_language_switch_leads_nowhere_else(client: Client, db: None, target: str) -> None:
    response = client.post(
        "/language/", {"language": "en", "next": target}, HTTP_REFERER="https://evil.example/"
    )
    assert response["Location"] == "/"
    assert client.get("/language/").status_code == 405


def test_a_session_that_timed_out_is_recorded_once(client: Client, wu: User, site: Site) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        sign_in(client, "wu")
        assert sessions_sweep() == 0
        clock.shift(dt.timedelta(minutes=16))
        assert client.get("/account/").status_code == 302
        assert sessions_sweep() == 1
        assert sessions_sweep() == 0
    assert [e.subject for e in trail("SESSION_TIMEOUT")] == [wu.address]
    assert not Session.objects.exists()
