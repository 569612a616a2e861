"""Sessions that end by themselves are noticed by a sweep: nobody comes back to tell."""

from __future__ import annotations

import time

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from trialsite.audit import trail
from trialsite.audit.actions import Action

from .models import User

SEEN = "seen"  # in the session: when the person was at work last, in seconds of the clock


def left(request: HttpRequest) -> int:
    """Seconds until the session ends unless the person does something."""
    now = int(time.time())
    return max(0, request.session.get(SEEN, now) + settings.SESSION_COOKIE_AGE - now)


def sessions_sweep() -> int:
    """Remove expired sessions; one event for each that a person had open. Returns how many those were."""
    ended = 0
    for session in Session.objects.filter(expire_date__lt=timezone.now()).order_by("expire_date")[:1000]:
        ended += _time_out(session)
    return ended


@transaction.atomic
def _time_out(session: Session) -> bool:
    if not Session.objects.filter(pk=session.pk, expire_date__lt=timezone.now()).delete()[0]:
        return False  # another sweep was faster
    user = User.objects.filter(pk=session.get_decoded().get("_auth_user_id", 0)).first()
    if user is None:
        return False
    trail.append(trail.study_chain(), by=None, action=Action.SESSION_TIMEOUT, subject=user.address)
    return True
