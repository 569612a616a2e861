"""One-time links with which a person chooses the first or a new password."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from .models import User


class Invitations(PasswordResetTokenGenerator):
    """Good until used, replaced or older than `PASSWORD_RESET_TIMEOUT`."""

    key_salt = "trialsite.accounts.invitation"

    def _make_hash_value(self, user: User, timestamp: int) -> str:  # type: ignore[override]
        return f"{super()._make_hash_value(user, timestamp)}{user.generation}"


invitations = Invitations()


def key_of(user: User) -> str:
    return urlsafe_base64_encode(str(user.pk).encode())


def invited(key: str, token: str) -> User | None:
    """The active user whom this link belongs to; nobody when it is used, old or made up."""
    try:
        user = User.objects.get(pk=int(force_str(urlsafe_base64_decode(key))), is_active=True, demo=False)
    except (ValueError, OverflowError, User.DoesNotExist):
        return None
    return user if invitations.check_token(user, token) else None


class State(StrEnum):
    NONE = "none"  # never sent, and there is no password
    OPEN = "open"
    EXPIRED = "expired"
    USED = "used"  # the person chose a password


def open_until(user: User) -> dt.datetime | None:
    """The moment at which the last invitation stops working."""
    return user.invited_at and user.invited_at + dt.timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


def state(user: User) -> State:
    if (until := open_until(user)) is not None:
        return State.OPEN if timezone.now() < until else State.EXPIRED
    return State.USED if user.has_usable_password() else State.NONE
