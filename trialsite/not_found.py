"""Who asks for what is not there for them leaves a line in the trail (S23), whether the thing exists or not.

The line is written from the request alone: its route and what was typed into it. Nothing here looks the thing up, so
that neither the words nor the time of the answer can tell a participant of another site from one that never was.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch

from trialsite.accounts.models import User
from trialsite.audit.actions import Action
from trialsite.audit.trail import study_event

GetResponse = Callable[[HttpRequest], HttpResponse]

# A person who tries addresses is recorded; a machine that tries them must not fill the trail.
LIMIT, SECONDS = 60, 60
KEPT = 24 * 3600
# What addresses are made of. Anything else was never an address: it is not repeated in a trail that keeps for ever.
PLAIN = re.compile(r"[A-Za-z0-9_.:@-]{1,24}")
LONG_NUMBER = re.compile(r"\d{10}")  # a telephone or an identity number, typed where a number of ours belongs
LONGEST = 240


class NotFoundTrail:
    """One event of the study's chain for each page that is not there for the person who asks."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 404 and request.resolver_match and request.user.is_authenticated:
            asked_in_vain(request.user, request.method or "", request.resolver_match, request.GET.items())
        return response


def asked_in_vain(by: User, method: str, match: ResolverMatch, query: object = ()) -> None:
    """Keep who asked for what. Beyond the limit requests are counted, and told with the next line."""
    more = _counted(by)
    if more is None:
        return
    told = [f"{name}={_plain(value)}" for name, value in [*match.kwargs.items(), *query]]  # type: ignore[misc]
    reason = f"{method} (+{more})" if more else method
    study_event(
        by=by,
        action=Action.NOT_FOUND,
        subject=f"{by.address}/{match.view_name}",
        new=", ".join(told)[:LONGEST],
        reason=reason,
    )


def _counted(by: User) -> int | None:
    """How many requests went untold before this one; `None` when this one is only counted."""
    window, untold = f"not-found:{by.pk}", f"not-found-untold:{by.pk}"
    cache.add(window, 0, SECONDS)
    try:
        asked = cache.incr(window)
    except ValueError:  # it ended between the two lines
        asked = 1
    if asked > LIMIT:
        cache.add(untold, 0, KEPT)
        cache.incr(untold)
        return None
    more = int(cache.get(untold, 0))
    if more:
        cache.delete(untold)
    return more


def _plain(value: object) -> str:
    text = str(value)
    return text if PLAIN.fullmatch(text) and not LONG_NUMBER.search(text) else "…"
