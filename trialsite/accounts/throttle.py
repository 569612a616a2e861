"""Many names tried from one address are slowed; a name at an address is locked by axes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from axes.helpers import get_client_ip_address
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max, Sum
from django.http import HttpRequest
from django.utils import timezone

FREE_FAILURES = 20  # a hospital shares one address, so it is never shut out, only slowed
PAUSE = dt.timedelta(seconds=10)


def slowed(request: HttpRequest) -> bool:
    """After too many failures an address gets one attempt in ten seconds; the others are not looked at."""
    found = _recent(request)
    return (found["failures"] or 0) >= FREE_FAILURES and timezone.now() - found["last"] < PAUSE


def reached(request: HttpRequest) -> bool:
    """Has this address used up its free failures?"""
    return (_recent(request)["failures"] or 0) >= FREE_FAILURES


def _recent(request: HttpRequest) -> dict[str, Any]:
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    attempts = AccessAttempt.objects.filter(ip_address=address(request), attempt_time__gte=since)
    return attempts.aggregate(failures=Sum("failures_since_start"), last=Max("attempt_time"))


def address(request: Any) -> str:
    """Where the request came from, as the proxies that we trust tell."""
    return (get_client_ip_address(request) if request is not None else "") or ""
