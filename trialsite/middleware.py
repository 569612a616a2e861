"""What every request gets: a line in the log, an idle limit, the user's language, and no copy on disk."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from trialsite.accounts.models import Site

log = structlog.get_logger("trialsite.request")
GetResponse = Callable[[HttpRequest], HttpResponse]

_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class RequestLog:
    """One line per request: the route instead of the path and no query, since both can name a participant."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        log.info(
            "request",
            method=request.method,
            route=request.resolver_match.route if request.resolver_match else "",
            status=response.status_code,
            ms=round((time.perf_counter() - started) * 1000, 1),
        )
        return response


class IdleSession:
    """Fifteen idle minutes end a session. A page that refreshes itself is not a person at work.

    The session is written once a minute at most: Django's SESSION_SAVE_EVERY_REQUEST writes to the database for
    every page that is read.
    """

    WRITE_AFTER = 60

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            settings.SESSION_COOKIE_NAME in request.COOKIES
            and not is_polling(request)
            and request.user.is_authenticated
        ):
            now = int(time.time())
            if now - request.session.get("seen", 0) >= self.WRITE_AFTER:
                request.session["seen"] = now
        return self.get_response(request)


def is_polling(request: HttpRequest) -> bool:
    """A request the page sent by itself: `hx-headers='{"HX-Polling": "1"}'` or `?poll=1`."""
    return bool(request.headers.get("HX-Polling") or request.GET.get("poll"))


class UserLanguage:
    """The language of the account, on every machine the person signs in from."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            structlog.contextvars.bind_contextvars(user=request.user.pk)
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


class SiteClock:
    """Pages tell the time of the clock on the wall of a site, not that of the server; data and trail keep UTC."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(Site().zone):
            return self.get_response(request)


class NoStore:
    """Pages of a signed-in person are kept by no browser and no proxy."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            response["Cache-Control"] = "no-store, private"
        return response
