"""Without the second factor, a person who needs one reaches nothing but the page that gives it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from .factor import has_factor
from .models import User
from .policies import needs_second_factor

# Names of the only pages that are open before the factor is there.
OPEN = frozenset(
    {
        "second_factor",
        "logout",
        "account_logout",
        "set_language",
        "health",
        "login",
        "account_login",
        "check",  # open to anybody
        "check_code",
    }
)


class SecondFactorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        user = request.user
        if settings.DEMO or not isinstance(user, User) or _open(request):
            return None
        if passed(request, user) or not needs_second_factor(user):
            return None
        if has_factor(user):  # a session that was opened beside the sign-in pages
            logout(request)
            return _to(request, "login")
        return _to(request, "second_factor")


def passed(request: HttpRequest, user: User) -> bool:
    """The second factor was given in this session."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, user))


def _open(request: HttpRequest) -> bool:
    return bool(request.resolver_match and request.resolver_match.view_name in OPEN)


def _to(request: HttpRequest, name: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": reverse(name)})
    return redirect(name)
