"""The second factor: a code from an authenticator app, or one of ten recovery codes. Each works once."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import segno
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from .models import User

KEY = "second_factor_secret"  # of the session, until the factor is enrolled
Type = Authenticator.Type


class SecretsAdapter(DefaultMFAAdapter):
    """Keys lie encrypted in the database: a copy of it does not give the second factor away."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(f"trialsite.factor|{key}".encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def has_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type=Type.TOTP).exists()


def step_of(secret: str, code: str, after: int = 0) -> int | None:
    """The thirty-second step later than `after` that a code belongs to."""
    for counter in yield_hotp_counters_from_time():
        if counter > after and compare_user_code(
            actual=code, expected=format_hotp_value(hotp_value(secret, counter))
        ):
            return counter
    return None


@transaction.atomic
def accept(user: User, code: str) -> Authenticator | None:
    """Use up a code. RFC 6238, 5.2: the same code is not accepted twice, whichever process sees it."""
    for factor in Authenticator.objects.select_for_update().filter(user=user).order_by("-type"):
        if _uses_up(factor, code):
            factor.record_usage()
            return factor
    return None


def _uses_up(factor: Authenticator, code: str) -> bool:
    if factor.type == Type.RECOVERY_CODES:
        return factor.wrap().validate_code(code)  # marks and saves a row of its own
    step = step_of(decrypt(factor.data["secret"]), code, after=factor.data.get("last_step", 0))
    if step is None:
        return False
    factor.data["last_step"] = step
    factor.save(update_fields=["data"])
    return True


def secret_for(request: HttpRequest) -> str:
    """The key that the page offers, the same until it is enrolled."""
    if KEY not in request.session:
        request.session[KEY] = generate_totp_secret()
    return request.session[KEY]


def qr_code(user: User, secret: str) -> str:
    """The key as a picture for the authenticator app, ready for `src=`."""
    return segno.make(get_adapter().build_totp_url(user, secret)).svg_data_uri(scale=5, border=2)


def recovery_codes(user: User) -> list[str]:
    """The unused codes, shown only until the person says they are kept; then none."""
    found = Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).first()
    if found is None or found.data.get("kept"):
        return []
    return found.wrap().get_unused_codes()


def state(user: User) -> dict[str, Any]:
    """What the profile says about the second factor."""
    found = {factor.type: factor for factor in Authenticator.objects.filter(user=user)}
    codes = found.get(Type.RECOVERY_CODES)
    return {
        "enrolled": found.get(Type.TOTP),
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "codes_kept": bool(codes and codes.data.get("kept")),
    }
