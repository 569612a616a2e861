"""The own account is open to everybody who is signed in, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from trialsite.accounts import services
from trialsite.accounts.demo import ensure_demo_people
from trialsite.accounts.invitations import invitations, key_of
from trialsite.accounts.models import User

from .conftest import PASSWORD, sign_in, signed_in, trail

NEW = "staple tractor meadow"


@pytest.fixture
def wu(client: Client, person: Callable[..., User]) -> User:
    user = person("wu")
    sign_in(client, "wu")
    return user


@pytest.mark.parametrize(
    "path", ["/account/", "/account/password/", "/account/second-factor/", "/account/recovery-codes/"]
)
def test_a_stranger_signs_in_first(client: Client, db: None, path: str) -> None:
    assert client.get(path)["Location"] == f"/login/?next={path}"
    assert client.get(path, headers={"HX-Request": "true"}).status_code == 401


def test_the_password_is_changed_with_the_old_one_and_other_sessions_end(client: Client, wu: User) -> None:
    elsewhere = Client()
    sign_in(elsewhere, "wu")
    form = {"current": PASSWORD, "password1": NEW, "password2": NEW}
    assert client.post("/account/password/", form)["Location"] == "/account/"
    assert client.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert trail("PASSWORD_CHANGED")[-1].actor == wu


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"current": "wrong", "password1": NEW, "password2": NEW}, "not the current password"),
        ({"current": PASSWORD, "password1": "short", "password2": "short"}, "too short"),
        ({"current": PASSWORD, "password1": NEW, "password2": "other"}, "The two passwords differ"),
    ],
)
def test_a_bad_change_says_why_and_changes_nothing(
    client: Client, wu: User, form: dict[str, str], says: str
) -> None:
    assert says in client.post("/account/password/", form).content.decode()
    wu.refresh_from_db()
    assert wu.check_password(PASSWORD)


def test_guessing_the_current_password_locks_too(client: Client, wu: User) -> None:
    for _ in range(5):
        client.post("/account/password/", {"current": "wrong", "password1": NEW, "password2": NEW})
    client.post("/account/password/", {"current": PASSWORD, "password1": NEW, "password2": NEW})
    wu.refresh_from_db()
    assert wu.check_password(PASSWORD)
    assert len(trail("LOCKED_OUT")) == 1


def test_an_invitation_works_once(db: None) -> None:
    user = services.user_create(by=None, username="new-person", full_name="New Person")
    token = services.invitation_issue(by=None, user=user)
    user.refresh_from_db()
    path = f"/invitation/{key_of(user)}/{token}/"
    client = Client()
    assert "New Person" in client.get(path).content.decode()
    assert client.post(path, {"password1": "short", "password2": "short"}).status_code == 200
    assert client.post(path, {"password1": NEW, "password2": NEW})["Location"] == "/login/"
    assert not signed_in(client)
    assert client.get(path).status_code == 410
    assert client.post(path, {"password1": "x" * 20, "password2": "x" * 20}).status_code == 410
    sign_in(client, "new-person", NEW)
    assert signed_in(client)
    assert trail("PASSWORD_CHANGED")[-1].actor == user


def test_an_invitation_ends_with_time_a_newer_one_or_the_account(db: None, settings: object) -> None:
    import datetime as dt

    import time_machine

    user = services.user_create(by=None, username="new-person", full_name="New Person")
    with time_machine.travel(dt.datetime(2026, 6, 15, tzinfo=dt.UTC), tick=False) as clock:
        first = services.invitation_issue(by=None, user=user)
        second = services.invitation_issue(by=None, user=user)
        user.refresh_from_db()
        assert not invitations.check_token(user, first)
        assert invitations.check_token(user, second)
        clock.shift(dt.timedelta(hours=73))
        assert not invitations.check_token(user, second)
        third = services.invitation_issue(by=None, user=user)
    services.user_end(by=None, user=user, reason="never came")
    user.refresh_from_db()
    assert Client().get(f"/invitation/{key_of(user)}/{third}/").status_code == 410


@pytest.mark.parametrize("path", ["/invitation/MQ/x-y/", "/invitation/zzz/1-1/"])
def test_a_made_up_invitation_is_over(client: Client, db: None, path: str) -> None:
    assert client.get(path).status_code == 410


def test_an_address_with_a_nul_is_none(client: Client, db: None) -> None:
    assert client.get("/invitation/%00/x/").status_code == 404


def test_a_demonstration_account_keeps_its_password(client: Client, db: None, demo: None) -> None:
    ensure_demo_people()
    sign_in(client, "lin", "demo-lin-2026")
    form = {"current": "demo-lin-2026", "password1": NEW, "password2": NEW}
    assert "keeps its password" in client.post("/account/password/", form).content.decode()
    assert User.objects.get(username="lin").check_password("demo-lin-2026")
