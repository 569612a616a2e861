"""Everything that changes an account, a role or a site: who asks, one transaction, one line in the trail."""

from __future__ import annotations

import datetime as dt
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.kernel.decisions import refused

from . import policies
from .factor import step_of
from .invitations import invitations
from .models import LANGUAGES, Delegation, RoleHeld, Site, User
from .names import normal_name
from .permissions import forget


def record(*, by: User | None, action: Action, subject: str, **rest: Any) -> None:
    """One event of the study's chain, inside the transaction that makes the change."""
    trail.append(trail.study_chain(), by=by, action=action, subject=subject, **rest)


@transaction.atomic
def user_create(
    *,
    by: User | None,
    username: str,
    full_name: str,
    email: str = "",
    language: str = "en",
    identity: str = "",
    demo: bool = False,
) -> User:
    """A new account without a password. `identity` says how the person was identified (21 CFR 11.100(b))."""
    name = normal_name(username)
    policies.may_create(by, name).require()
    user = User(username=name, full_name=full_name, email=email, language=language, demo=demo)
    if identity:
        user.identity_verified_on, user.identity_how = timezone.localdate(), identity
        user.identity_verified_by = by
    user.set_unusable_password()
    user.save()
    record(
        by=by,
        action=Action.ACCOUNT_CREATED,
        subject=user.address,
        new=f"{name} · {full_name}",
        reason=identity,
    )
    return user


@transaction.atomic
def user_change(*, by: User | None, user: User, full_name: str, email: str) -> User:
    """Name and address of a person; one event per changed field."""
    policies.may_administer(by).require()
    _change(by, user, {"full_name": full_name, "email": email})
    return user


@transaction.atomic
def user_end(*, by: User | None, user: User, reason: str) -> User:
    """The person leaves: every role is taken back and every session ends, now. The account stays for ever."""
    user = _locked(user)
    policies.may_end(by, user).require()
    if not user.is_active:
        return user
    for held in RoleHeld.objects.filter(user=user, ended_at__isnull=True):
        _take_back(by, held, reason)
    _end_duties(by, user, reason)
    user.is_active = False
    user.generation += 1
    user.invited_at = None
    user.save(update_fields=["is_active", "generation", "invited_at"])
    record(
        by=by,
        action=Action.ACCOUNT_CHANGED,
        subject=f"{user.address}/is_active",
        old="Y",
        new="N",
        reason=reason,
    )
    return user


@transaction.atomic
def role_grant(
    *,
    by: User | None,
    user: User,
    role: str,
    site: Site | None = None,
    valid_from: dt.date | None = None,
    valid_until: dt.date | None = None,
    reason: str = "",
) -> RoleHeld:
    """A role from a day (today) until a day (open), both included."""
    start = valid_from or timezone.localdate()
    policies.may_grant(by, _locked(user), role, site, start, valid_until).require()
    held = RoleHeld.objects.create(user=user, role=role, site=site, valid_from=start, valid_until=valid_until)
    forget(user)
    record(by=by, action=Action.ROLE_GRANTED, subject=held.address, new=held.in_words, reason=reason)
    return held


@transaction.atomic
def role_end(*, by: User | None, held: RoleHeld, until: dt.date | None = None, reason: str = "") -> RoleHeld:
    """With a day: the role lasts through that day. Without: it is gone now."""
    user = held.user
    _locked(user)
    held = RoleHeld.objects.get(pk=held.pk)
    policies.may_take_back(by, held, until).require()
    if until is None:
        _take_back(by, held, reason)
    else:
        before = held.in_words
        held.valid_until = until
        held.save(update_fields=["valid_until"])
        record(
            by=by,
            action=Action.ROLE_ENDED,
            subject=held.address,
            old=before,
            new=held.in_words,
            reason=reason,
        )
    forget(user)
    return held


def _take_back(by: User | None, held: RoleHeld, reason: str) -> None:
    held.ended_at = timezone.now()
    held.save(update_fields=["ended_at"])
    record(by=by, action=Action.ROLE_ENDED, subject=held.address, old=held.in_words, reason=reason)
    forget(held.user)


def _end_duties(by: User | None, user: User, reason: str) -> None:
    """The lines of the delegation logs that still run end with the account."""
    for line in Delegation.objects.filter(user=user, ended_at__isnull=True).select_related("site"):
        line.ended_at = timezone.now()
        line.save(update_fields=["ended_at"])
        record(
            by=by,
            action=Action.DELEGATION_ENDED,
            subject=line.address,
            old=line.in_words,
            reason=reason,
            site=line.site,
        )


@transaction.atomic
def language_set(*, by: User, language: str) -> User:
    """The person's own choice of language."""
    if language not in dict(LANGUAGES):
        refused("unknown language", "language").require()
    _change(by, by, {"language": language})
    return by


@transaction.atomic
def keys_set(*, by: User, single: bool) -> User:
    """Whether single keys act on the pages of this person (WCAG 2.1.4)."""
    _change(by, by, {"single_keys": single})
    return by


@transaction.atomic
def password_set(*, by: User | None, user: User, password: str) -> User:
    """Sessions opened with the old password end. `ValidationError` when the password is weak."""
    policies.may_set_password(by, user).require()
    validate_password(password, user)
    user.set_password(password)
    user.invited_at = None
    user.save(update_fields=["password", "invited_at"])
    record(by=by, action=Action.PASSWORD_CHANGED, subject=user.address)
    return user


@transaction.atomic
def invitation_issue(*, by: User | None, user: User, reason: str = "") -> str:
    """A one-time token with which the person chooses a password; earlier ones stop working."""
    user = _locked(user)
    policies.may_invite(by, user).require()
    user.generation += 1
    user.invited_at = timezone.now()
    user.save(update_fields=["generation", "invited_at"])
    record(
        by=by, action=Action.ACCOUNT_CHANGED, subject=f"{user.address}/invitation", new="sent", reason=reason
    )
    return invitations.make_token(user)


@transaction.atomic
def factor_enrol(*, by: User, secret: str, code: str) -> None:
    """The person's authenticator app, proven by its first code, and ten fresh recovery codes with it."""
    user = _locked(by)
    if (step := step_of(secret, code)) is None:
        refused(_("This code is not right. Check the clock of the device."), "code").require()
    had = Authenticator.objects.filter(user=user).delete()[0]
    totp = TOTP.activate(user, secret).instance
    totp.data["last_step"] = step
    totp.save(update_fields=["data"])
    RecoveryCodes.activate(user)
    record(by=by, action=Action.MFA_ENROLLED, subject=by.address, old="TOTP" if had else "", new="TOTP")


@transaction.atomic
def recovery_codes_renew(*, by: User) -> None:
    """Ten new recovery codes; the old ones stop working."""
    user = _locked(by)
    if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        refused(_("Recovery codes belong to an authenticator app. Enrol one first."), "factor").require()
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    RecoveryCodes.activate(user)
    record(by=by, action=Action.MFA_ENROLLED, subject=by.address, new="RECOVERY_CODES")


@transaction.atomic
def recovery_codes_kept(*, by: User) -> None:
    """The person has stored the codes: they are never shown again."""
    user = _locked(by)
    codes = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    if codes is None or codes.data.get("kept"):
        return
    codes.data["kept"] = True
    codes.save(update_fields=["data"])
    record(by=by, action=Action.ACCOUNT_CHANGED, subject=f"{by.address}/recovery_codes", new="kept")


@transaction.atomic
def factor_reset(*, by: User | None, user: User, reason: str) -> bool:
    """A lost device: the factor goes, the sessions end, and the next sign-in leads to enrolment."""
    user = _locked(user)
    policies.may_reset_factor(by, user).require()
    if not Authenticator.objects.filter(user=user).delete()[0]:
        return False
    user.generation += 1
    user.save(update_fields=["generation"])
    record(by=by, action=Action.MFA_REMOVED, subject=user.address, old="TOTP", reason=reason)
    return True


@transaction.atomic
def site_create(
    *, by: User | None, number: str, name_en: str, name_zh: str = "", time_zone: str = "Asia/Shanghai"
) -> Site:
    policies.may_administer(by).require()
    site = Site.objects.create(number=number, name_en=name_en, name_zh=name_zh, time_zone=time_zone)
    record(by=by, action=Action.SITE_CHANGED, subject=site.address, new=f"{number} · {name_en} · {name_zh}")
    return site


@transaction.atomic
def site_change(*, by: User | None, site: Site, **values: Any) -> Site:
    """Names, time zone and activity; the number heads participant numbers and never changes."""
    policies.may_administer(by).require()
    if not set(values) <= {"name_en", "name_zh", "time_zone", "active"}:
        raise TypeError(f"not a changeable field of a site: {sorted(values)}")
    _change(by, site, values)
    return site


def _locked(user: User) -> User:
    """Changes of one person's account wait for each other."""
    return User.objects.select_for_update().get(pk=user.pk)


def _change(by: User | None, thing: User | Site, values: dict[str, Any]) -> None:
    """Write what differs, one event per field."""
    action = Action.ACCOUNT_CHANGED if isinstance(thing, User) else Action.SITE_CHANGED
    stored = thing.__class__.objects.select_for_update().get(pk=thing.pk)
    for name, value in values.items():
        old = getattr(stored, name)
        setattr(thing, name, value)
        if old != value:
            record(by=by, action=action, subject=f"{thing.address}/{name}", old=str(old), new=str(value))
    thing.save(update_fields=list(values))
