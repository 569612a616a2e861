"""Lock-outs reach the administrators; invitations say what they are; the end of a session is the same for all tabs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from trialsite.accounts import services, tasks
from trialsite.accounts.models import Site, User
from trialsite.accounts.roles import Role
from trialsite.accounts.selectors import account_tasks

from .conftest import PASSWORD, past_second_factor, sign_in, signed_in, trail
from .test_second_factor import code_of

NOON = dt.datetime(2026, 6, 15, 4, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters are written in the same process, as a worker would."""
    monkeypatch.setattr(tasks.lock_out_mail, "delay_on_commit", tasks.lock_out_mail)


@pytest.fixture
def wu(person: Callable[..., User]) -> User:
    return person("wu")


# --- lock-out -------------------------------------------------------------------------------------------------------


def test_a_lock_out_is_a_task_a_line_on_the_page_and_a_letter(
    client: Client, ad: User, office: Client, wu: User
) -> None:
    services.user_change(by=None, user=ad, full_name="An Di", email="ad@example.org")
    stranger = Client(REMOTE_ADDR="10.1.1.1")
    for _ in range(7):
        sign_in(stranger, "wu", "wrong")
    (letter,) = mail.outbox
    assert letter.to == ["ad@example.org"]
    assert "wu" in letter.body and "10.1.1.1" in letter.body and "wrong" not in letter.body
    task = next(task for task in account_tasks(ad) if task.href.endswith("#lock-outs"))
    assert (task.count, task.oldest) == (1, NOON)
    page = office.get("/admin/users/").content.decode()
    assert 'id="lock-outs"' in page and "10.1.1.1" in page and "Wu Test" in page


def test_the_task_goes_after_a_day(client: Client, ad: User, wu: User, clock: Any) -> None:
    for _ in range(5):
        sign_in(client, "wu", "wrong")
    assert any(task.href.endswith("#lock-outs") for task in account_tasks(ad))
    clock.shift(dt.timedelta(hours=25))
    assert not any(task.href.endswith("#lock-outs") for task in account_tasks(User.objects.get(pk=ad.pk)))


def test_many_names_from_one_address_are_told_once(client: Client, ad: User, clock: Any) -> None:
    services.user_change(by=None, user=ad, full_name="An Di", email="ad@example.org")
    for number in range(20):
        sign_in(client, f"guess{number}", "wrong")
    for number in range(4):
        clock.shift(dt.timedelta(seconds=11))
        sign_in(client, f"more{number}", "wrong")
    assert [event.new for event in trail("LOCKED_OUT")] == ["many names · 127.0.0.1"]
    assert len(mail.outbox) == 1
    assert "guess" not in mail.outbox[0].body, "a name that is no account may be a password"


def test_a_wrong_code_of_a_signed_in_person_counts_and_alerts(client: Client, ad: User, lin: User) -> None:
    """Re-authentication goes through the same count as signing in."""
    past_second_factor(client, lin)
    for _ in range(5):
        client.post("/account/password/", {"current": "wrong", "password1": "x", "password2": "y"})
    assert [event.subject for event in trail("LOCKED_OUT")] == [lin.address]
    form = {"current": PASSWORD, "password1": "another long password", "password2": "another long password"}
    assert client.post("/account/password/", form).status_code == 200, "the right one is refused while locked"
    assert trail("PASSWORD_CHANGED")[-1].subject != lin.address or len(trail("PASSWORD_CHANGED")) == 2


def test_a_mail_server_that_fails_does_not_fail_the_page(
    client: Client, ad: User, wu: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.user_change(by=None, user=ad, full_name="An Di", email="ad@example.org")

    def broken(*args: Any, **kwargs: Any) -> None:
        raise OSError("no mail server")

    from trialsite.accounts import alerts

    monkeypatch.setattr(tasks.lock_out_mail, "delay_on_commit", tasks.lock_out_mail.hint)
    monkeypatch.setattr(alerts, "lock_out", broken)
    assert {sign_in(client, "wu", "wrong").status_code for _ in range(6)} == {200}


# --- passwords ------------------------------------------------------------------------------------------------------


def test_no_page_of_the_administrator_shows_or_takes_a_password(office: Client, ad: User, lin: User) -> None:
    stored = User.objects.get(pk=lin.pk).password
    for path in (
        "/admin/users/",
        "/admin/users/lin/",
        "/admin/users/new/",
        "/persons/",
        "/admin/attestation/",
    ):
        page = office.get(path).content.decode()
        assert stored not in page and PASSWORD not in page
        assert 'type="password"' not in page.replace('id="again-password" type="password"', "")


def test_what_was_typed_as_a_password_is_never_sent_back_nor_kept(client: Client, lin: User) -> None:
    page = sign_in(client, "lin", "My-Secret-Typo").content.decode()
    assert "My-Secret-Typo" not in page
    past_second_factor(client, lin)
    page = client.post("/account/password/", {"current": "Typo-One", "password1": "a", "password2": "b"})
    assert "Typo-One" not in page.content.decode()
    assert not [e for e in trail() if "Typo" in f"{e.old}{e.new}{e.reason}"]


# --- invitations ----------------------------------------------------------------------------------------------------


def invite(office: Client, name: str) -> str:
    page = office.post(f"/admin/users/{name}/invite/").content.decode()
    found = re.search(r"http://testserver(/invitation/[^<]+)<", page)
    assert found
    return found[1]


def test_an_invitation_says_how_long_it_works_and_the_page_in_which_state_it_is(
    office: Client, clock: Any
) -> None:
    services.user_create(by=None, username="new", full_name="New Person")
    page = office.get("/admin/users/new2/")
    assert page.status_code == 404
    services.user_create(by=None, username="nina", full_name="Nina Person")
    assert "not sent yet" in office.get("/admin/users/nina/").content.decode()
    first = invite(office, "nina")
    assert "works until 18 Jun 2026" in office.get("/admin/users/nina/").content.decode()
    assert "until 18 Jun 2026" in Client().get(first).content.decode()
    second = invite(office, "nina")
    assert Client().get(first).status_code == 410, "a newer one replaces it"
    clock.shift(dt.timedelta(hours=73))
    past_second_factor(office, User.objects.get(username="ad"))
    over = Client().get(second)
    assert over.status_code == 410
    assert "ask the administrator" in over.content.decode()
    assert "expired unused" in office.get("/admin/users/nina/").content.decode()
    third = invite(office, "nina")
    form = {"password1": "a long enough phrase", "password2": "a long enough phrase"}
    assert Client().post(third, form)["Location"] == "/login/"
    assert Client().get(third).status_code == 410, "it works once"
    assert "the password is set" in office.get("/admin/users/nina/").content.decode()


def test_an_expired_invitation_is_a_task_until_it_is_sent_again(ad: User, office: Client, clock: Any) -> None:
    services.user_create(by=None, username="nina", full_name="Nina Person")
    invite(office, "nina")
    clock.shift(dt.timedelta(hours=73))

    def waiting() -> list[str]:
        return [task.href for task in account_tasks(User.objects.get(pk=ad.pk)) if "invitation" in task.href]

    assert waiting() == ["/admin/users/?need=invitation"]
    past_second_factor(office, ad)
    assert "Nina Person" in office.get(waiting()[0]).content.decode()
    invite(office, "nina")
    assert waiting() == []


# --- the session ----------------------------------------------------------------------------------------------------


def test_looking_at_the_session_does_not_keep_it_and_staying_does(
    client: Client, wu: User, clock: Any
) -> None:
    sign_in(client, "wu")
    polling = {"hx-polling": "1", "hx-request": "true"}
    assert client.get("/account/").status_code == 200
    assert client.get("/session/", headers=polling).json() == {"person": wu.pk, "left": 900}
    clock.shift(13 * MINUTE)
    assert client.get("/session/", headers=polling).json()["left"] == 120
    assert client.post("/session/").json()["left"] == 900
    clock.shift(14 * MINUTE)
    assert client.get("/session/", headers=polling).json()["left"] == 60
    clock.shift(MINUTE + dt.timedelta(seconds=1))
    over = client.get("/session/", headers=polling)
    assert (over.status_code, over.headers.get("X-Sign-In")) == (401, "/login/")
    assert client.get("/session/").status_code == 302


def test_fifteen_idle_minutes_end_the_session_for_every_page(client: Client, wu: User, clock: Any) -> None:
    sign_in(client, "wu")
    client.get("/account/")
    clock.shift(14 * MINUTE + dt.timedelta(seconds=59))
    assert client.get("/account/").status_code == 200
    clock.shift(15 * MINUTE + dt.timedelta(seconds=1))
    assert client.get("/account/")["Location"] == "/login/?next=/account/"


def test_one_act_ends_every_session_of_a_person_at_once(
    office: Client, ad: User, lin: User, site: Site
) -> None:
    machines = [past_second_factor(Client(), lin) for _ in range(2)]
    assert {machine.get("/account/").status_code for machine in machines} == {200}
    assert "reason" in office.get("/admin/users/lin/end/").content.decode()
    assert office.post("/admin/users/lin/end/", {"reason": "  "}).status_code == 422
    assert office.post("/admin/users/lin/end/", {"reason": "Left the hospital"}).status_code == 302
    for machine in machines:
        assert machine.get("/account/")["Location"].startswith("/login/")
        assert machine.get("/session/", headers={"hx-request": "true"}).status_code == 401
    ended = {event.action for event in trail() if event.reason == "Left the hospital"}
    assert ended == {"ROLE_ENDED", "DELEGATION_ENDED", "ACCOUNT_CHANGED"}
    sign_in(machines[0], "lin")
    assert machines[0].get("/account/").status_code == 302, "and no new one begins"


def test_the_second_factor_is_not_skipped_by_any_page(
    client: Client, person: Callable[..., User], site: Site
) -> None:
    """Password alone: every page but the one that asks for the code leads there."""
    mo, secret = person("mo", Role.MONITOR), "JBSWY3DPEHPK3PXP"
    services.factor_enrol(by=mo, secret=secret, code=code_of(secret))
    assert sign_in(client, "mo")["Location"].startswith("/login/code/")
    for path in ("/", "/participants/", "/account/", "/account/second-factor/", "/persons/", "/session/"):
        assert client.get(path)["Location"].startswith("/login/"), path
    assert not signed_in(client)
