"""Who signs proves it anew: every component at the first signature of a continuous session, later the password.

21 CFR 11.200(a)(1)(i), (ii). The session is continuous from a sign-in to the next one, to signing out, to fifteen idle
minutes (`IdleSession`) or to a new password. The password is the component that only the person knows.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth import HASH_SESSION_KEY
from django.http import HttpRequest

from . import credentials, factor
from .models import User

NAME, PASSWORD, CODE = "username", "password", "code"
KEY = "signed_in_this_session"  # of the session: that it has seen a signature with every component


def continuous(request: HttpRequest, user: User) -> bool:
    """Whether every component was given for a signature since the person signed in."""
    return request.session.get(KEY) == _sitting(request, user)


def _sitting(request: HttpRequest, user: User) -> str:
    """Names the time from one sign-in to the next, with one password."""
    since = user.last_login.isoformat() if user.last_login else ""
    return f"{user.pk} {since} {request.session.get(HASH_SESSION_KEY, '')}"


def asked(request: HttpRequest, user: User) -> tuple[str, ...]:
    """The components that the next signature takes."""
    if continuous(request, user):
        return (PASSWORD,)
    return (NAME, PASSWORD, CODE) if factor.has_factor(user) else (NAME, PASSWORD)


def wrong(request: HttpRequest, user: User, typed: Mapping[str, str]) -> str:
    """The first component that is not right; empty when all are. A wrong one counts towards lock-out.

    A code is used up only behind a right password, and while locked out nothing is right.
    """
    wanted = asked(request, user)
    if NAME in wanted and not credentials.name_is_right(request, user, typed.get(NAME, "")):
        return NAME
    if not credentials.password_is_right(request, user, typed.get(PASSWORD, "")):
        return PASSWORD
    if CODE in wanted and credentials.code_used(request, user, typed.get(CODE, "")) is None:
        return CODE
    return ""


def signed(request: HttpRequest, user: User) -> None:
    """A signature with every component was made."""
    request.session[KEY] = _sitting(request, user)
