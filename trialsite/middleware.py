"""What every request gets: a line in the log, an idle limit, the user's language, and no copy on disk."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation

from trialsite.accounts.models import Site
from trialsite.accounts.sessions import SEEN
from trialsite.web.kept import Kept

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

    The session is written every quarter of a minute at most: Django's SESSION_SAVE_EVERY_REQUEST writes to the
    database for every page that is read. So it ends after 14 min 45 s to 15 min, never later.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            settings.SESSION_COOKIE_NAME in request.COOKIES
            and not is_polling(request)
            and request.user.is_authenticated
        ):
            now = int(time.time())
            if now - request.session.get(SEEN, 0) >= settings.SESSION_COOKIE_AGE / 60:
                request.session[SEEN] = now
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


class NoAddress:
    """PostgreSQL takes no text with the character NUL; nothing here has an address with one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, named: dict[str, object]
    ) -> None:
        """Once the route is known: what was asked for is in the trail as any other address that is not there."""
        if any("\0" in str(value) for value in named.values()):
            raise Http404


class NoStore:
    """Pages of a signed-in person are kept by no browser and no proxy; what is `Kept` says so itself."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated and not isinstance(response, Kept):
            response["Cache-Control"] = "no-store, private"
        return response
