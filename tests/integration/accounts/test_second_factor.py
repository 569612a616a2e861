"""Outside demonstration mode, roles that matter work with a second factor only; there is no way around it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client
from django.urls import get_resolver

from trialsite.accounts import factor, services
from trialsite.accounts.models import Site, User
from trialsite.accounts.roles import SECOND_FACTOR, Role
from trialsite.kernel.decisions import Refused

from .conftest import PASSWORD, past_second_factor, sign_in, signed_in, trail

NOW = dt.datetime(2026, 6, 15, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def code_of(secret: str, steps: int = 0) -> str:
    import time

    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


@pytest.fixture
def secret(clock: Any, lin: User) -> str:
    """Lin has enrolled; her app shows a fresh code."""
    key = generate_totp_secret()
    services.factor_enrol(by=lin, secret=key, code=code_of(key))
    clock.shift(dt.timedelta(seconds=90))
    return key


@pytest.mark.parametrize("role", sorted(SECOND_FACTOR))
def test_each_of_these_roles_is_led_to_enrolment(
    client: Client, person: Callable[..., User], site: Site, role: str
) -> None:
    person("who", role, site if role in (Role.COORDINATOR, Role.INVESTIGATOR) else None)
    sign_in(client, "who")
    assert client.get("/account/")["Location"] == "/account/second-factor/"


def test_no_page_opens_before_enrolment(client: Client, lin: User) -> None:
    """By whatever address: every page of the site leads to enrolment, or needs nobody."""
    sign_in(client, "lin")
    free = {"health/", "login/", "login/code/", "logout/", "language/", "account/second-factor/"}
    free |= {"check/", "check/<str:code>/"}  # whether a document is genuine: for anybody
    tried = 0
    for route, path in _pages():
        if route in free:
            continue
        for response in (
            client.get(path),
            client.post(path),
            client.get(path, headers={"HX-Request": "true"}),
        ):
            assert (
                response.headers.get("Location", response.headers.get("HX-Redirect"))
                == "/account/second-factor/"
            ), path
            tried += 1
    assert tried > 40


def _pages() -> list[tuple[str, str]]:
    """Every route of the site with something in its placeholders."""
    found = []
    for route in (key for key in _routes(get_resolver().url_patterns)):
        path = re.sub(r"<(?:(\w+):)?\w+>", lambda m: "1" if m[1] == "int" else "x", route)
        found.append((route, "/" + path))
    return [(route, path) for route, path in found if _resolves(path)]


def _routes(patterns: Any, prefix: str = "") -> list[str]:
    routes: list[str] = []
    for pattern in patterns:
        here = prefix + str(pattern.pattern)
        routes += _routes(pattern.url_patterns, here) if hasattr(pattern, "url_patterns") else [here]
    return routes


def _resolves(path: str) -> bool:
    from django.urls import Resolver404, resolve

    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def test_enrolment_shows_picture_and_key_then_ten_codes_once(client: Client, lin: User, clock: Any) -> None:
    sign_in(client, "lin")
    page = client.get("/account/second-factor/").content.decode()
    assert 'src="data:image/svg+xml' in page
    key = re.search(r'id="factor-key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")  # type: ignore[index]
    wrong = client.post("/account/second-factor/", {"code": "000000"})
    assert "This code is not right" in wrong.content.decode()
    assert key in wrong.content.decode().replace(" ", ""), "the key stays while the person types"
    done = client.post("/account/second-factor/", {"code": code_of(key)})
    assert done["Location"] == "/account/recovery-codes/"
    shown = re.findall(r"<code>(\d{4} \d{4})</code>", client.get("/account/recovery-codes/").content.decode())
    assert len(set(shown)) == 10
    client.post("/account/recovery-codes/", {"kept": "1"})
    assert not re.findall(
        r"<code>\d{4} \d{4}</code>", client.get("/account/recovery-codes/").content.decode()
    )
    assert client.get("/account/").status_code == 200
    assert [e.subject for e in trail("MFA_ENROLLED")] == [lin.address]
    assert key not in str(Authenticator.objects.values_list("data", flat=True)), "keys lie encrypted"


def test_the_second_step_is_asked_and_the_code_signs_in(client: Client, lin: User, secret: str) -> None:
    response = sign_in(client, "lin", next="/account/")
    assert response["Location"] == "/login/code/"
    assert not signed_in(client)
    assert client.get("/account/")["Location"].startswith("/login/")
    assert 'autocomplete="one-time-code"' in client.get("/login/code/").content.decode()
    assert client.post("/login/code/", {"code": code_of(secret)})["Location"] == "/account/"
    assert client.get("/account/").status_code == 200
    assert trail("SIGNED_IN")[-1].new == "password + totp · 127.0.0.1"


def test_a_code_works_once(lin: User, secret: str, clock: Any) -> None:
    """RFC 6238, 5.2; a clock that is half a minute off is forgiven, an old code is not."""
    code = code_of(secret)
    assert factor.accept(lin, code) is not None
    assert factor.accept(lin, code) is None
    clock.shift(dt.timedelta(seconds=35))
    assert factor.accept(lin, code) is None, "still within tolerance, but used"
    assert factor.accept(lin, code_of(secret, -2)) is None
    assert factor.accept(lin, code_of(secret, 1)) is not None
    assert factor.accept(lin, code_of(secret)) is None, "older than the last one"


def test_a_recovery_code_signs_in_once(client: Client, lin: User, secret: str) -> None:
    code = factor.recovery_codes(lin)[0]
    sign_in(client, "lin")
    client.post("/login/code/", {"code": f"{code[:4]} {code[4:]}"})
    assert signed_in(client)
    assert trail("SIGNED_IN")[-1].new.startswith("password + recovery_codes")
    again = Client()
    sign_in(again, "lin")
    again.post("/login/code/", {"code": code})
    assert not signed_in(again)
    assert len(factor.recovery_codes(lin)) == 9


def test_five_wrong_codes_lock_as_five_wrong_passwords_do(client: Client, lin: User, secret: str) -> None:
    sign_in(client, "lin")
    texts = {
        re.search(r"Sign-in failed[^<]*", client.post("/login/code/", {"code": "000000"}).content.decode())[0]
        for _ in range(5)
    }  # type: ignore[index]
    right = client.post("/login/code/", {"code": code_of(secret)})
    assert not signed_in(client)
    assert len(texts) == 1
    assert texts.pop() in right.content.decode()
    fresh = Client()
    assert "Sign-in failed" in sign_in(fresh, "lin").content.decode()
    assert [e.new for e in trail("SIGN_IN_FAILED")][:5] == ["code · 127.0.0.1"] * 5
    assert len(trail("LOCKED_OUT")) == 1


def test_a_session_opened_beside_the_sign_in_does_not_count(client: Client, lin: User, secret: str) -> None:
    client.force_login(lin)
    assert client.get("/account/")["Location"] == "/login/"
    assert not signed_in(client)


def test_the_code_page_needs_the_password_first(client: Client, lin: User, secret: str) -> None:
    assert client.get("/login/code/")["Location"] == "/login/"
    assert client.post("/login/code/", {"code": code_of(secret)})["Location"] == "/login/"
    sign_in(client, "lin")
    client.post("/logout/")
    assert client.get("/login/code/")["Location"] == "/login/", "starting again forgets the password"


def test_nobody_removes_the_own_factor_and_an_administrator_must_say_why(
    client: Client, ad: User, lin: User, secret: str
) -> None:
    with pytest.raises(Refused, match="cannot be removed"):
        services.factor_reset(by=lin, user=lin, reason="tired of it")
    past_second_factor(client, lin)
    assert client.get("/account/").status_code == 200
    assert services.factor_reset(by=ad, user=lin, reason="telephone lost")
    assert not services.factor_reset(by=ad, user=lin, reason="twice"), "twice is harmless"
    assert [(e.subject, e.reason) for e in trail("MFA_REMOVED")] == [(lin.address, "telephone lost")]
    assert client.get("/account/")["Location"].startswith("/login/"), "open sessions end"
    sign_in(client, "lin")
    assert client.get("/account/")["Location"] == "/account/second-factor/"


def test_replacing_the_device_needs_password_and_old_code(client: Client, lin: User, secret: str) -> None:
    past_second_factor(client, lin)
    page = client.get("/account/second-factor/").content.decode()
    key = re.search(r'id="factor-key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")  # type: ignore[index]
    assert client.post("/account/second-factor/", {"code": code_of(key)}).status_code == 200
    assert (
        client.post(
            "/account/second-factor/", {"code": code_of(key), "old_code": "000000", "current": PASSWORD}
        ).status_code
        == 200
    )
    assert not factor.accept(lin, "000000")
    done = client.post(
        "/account/second-factor/", {"code": code_of(key), "old_code": code_of(secret), "current": PASSWORD}
    )
    assert done.status_code == 302
    assert factor.accept(lin, code_of(secret, 1)) is None
    assert factor.accept(lin, code_of(key, 1)) is not None


def test_new_recovery_codes_need_the_password(client: Client, lin: User, secret: str) -> None:
    old = factor.recovery_codes(lin)
    past_second_factor(client, lin)
    client.post("/account/recovery-codes/", {"kept": "1"})
    client.post("/account/recovery-codes/", {"current": "wrong"})
    assert factor.recovery_codes(lin) == []
    client.post("/account/recovery-codes/", {"current": PASSWORD})
    fresh = factor.recovery_codes(lin)
    assert len(fresh) == 10
    assert not set(fresh) & set(old)


def test_changing_the_secret_key_with_a_fallback_keeps_the_factors(
    lin: User, secret: str, settings: Any
) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "n" * 60
    assert factor.accept(lin, code_of(secret)) is not None
