"""A password or a code is right, or it is a failure: counted, recorded, and locking after five.

Every page that asks people to prove who they are goes through here: sign-in, the own account, signing.
"""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest

from . import factor
from .models import User
from .names import normal_name


def name_is_right(request: HttpRequest, user: User, typed: str) -> bool:
    """Whether it is the own name. Another person's is a failure of whoever is signed in, and nobody else's."""
    if normal_name(typed) == user.username:
        return True
    who = {"username": user.username}
    if not AxesProxyHandler.is_allowed(request, who):
        request.axes_locked_out = True  # type: ignore[attr-defined]  # trying does not prolong the lock
    user_login_failed.send(sender=__name__, credentials=who | {"step": "user name"}, request=request)
    return False


def password_is_right(request: HttpRequest, user: User, password: str) -> bool:
    """False as well while locked out, whatever the password."""
    return authenticate(request, username=user.username, password=password) == user


def code_used(request: HttpRequest, user: User, code: str) -> Authenticator | None:
    """The factor that the code belongs to; none when it is wrong, used, old, or the person is locked out."""
    who = {"username": user.username}
    if AxesProxyHandler.is_allowed(request, who):
        found = factor.accept(user, code)
    else:
        found = None
        request.axes_locked_out = True  # type: ignore[attr-defined]  # trying does not prolong the lock
    if found is None:
        user_login_failed.send(sender=__name__, credentials=who | {"step": "code"}, request=request)
    return found
