"""Signing in and out, and failing to, leave their events in the trail (EMA 2023, 6.2.1)."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from axes.signals import user_locked_out
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.utils import timezone

from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent

from . import tasks, throttle
from .models import User
from .names import normal_name

NOBODY = "user:?"  # a name that is no account is kept nowhere: people type passwords into the wrong box
MANY_NAMES = "many names"


@receiver(user_logged_in)
def record_sign_in(request: Any, user: User, **kwargs: Any) -> None:
    records = get_authentication_records(request, user) if hasattr(request, "session") else []
    means = " + ".join(record.get("type") or record["method"] for record in records)
    _record(Action.SIGNED_IN, user, request, means, by=user)


@receiver(user_logged_out)
def record_sign_out(request: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        _record(Action.SIGNED_OUT, user, request, by=user)


@receiver(user_login_failed)
def record_failure(credentials: dict[str, Any], request: Any = None, **kwargs: Any) -> None:
    _record(
        Action.SIGN_IN_FAILED,
        _named(credentials.get("username")),
        request,
        credentials.get("step", "password"),
    )
    if request is not None and throttle.reached(request):
        _many_names(request)


def _many_names(request: Any) -> None:
    """Many names were tried from one address: it is slowed, and the administrators are told once."""
    where = throttle.address(request)
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    told = AuditEvent.objects.filter(action=Action.LOCKED_OUT, target=NOBODY, at__gte=since)
    if not told.filter(new=f"{MANY_NAMES} · {where}").exists():
        _record(Action.LOCKED_OUT, None, request, MANY_NAMES)
        tasks.lock_out_mail.delay_on_commit("", where)


@receiver(user_locked_out)
def record_lock_out(request: Any, username: str, **kwargs: Any) -> None:
    """axes says so at every attempt while the lock lasts; the count is there only when it begins."""
    if request.axes_failures_since_start is not None:
        user = _named(username)
        _record(Action.LOCKED_OUT, user, request)
        tasks.lock_out_mail.delay_on_commit(user.username if user else "", throttle.address(request))


def _named(username: str | None) -> User | None:
    return User.objects.filter(username=normal_name(username or "")).first()


def _record(action: Action, user: User | None, request: Any, how: str = "", by: User | None = None) -> None:
    text = " · ".join(part for part in (how, throttle.address(request)) if part)
    trail.study_event(by=by, action=action, subject=user.address if user else NOBODY, new=text)
