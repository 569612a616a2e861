"""When an account may be changed. `permissions` says who; this says when, and why not."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.kernel.decisions import ALLOWED, Decision, refused

from .models import RoleHeld, Site, User
from .permissions import grants_of
from .roles import AT_A_SITE, AT_ALL_SITES, SECOND_FACTOR, Permission, Role, conflict


def may_administer(by: User | None) -> Decision:
    """`None` is the system itself: set-up, demonstration, command line."""
    if by is None or grants_of(by).may(Permission.ACCOUNTS):
        return ALLOWED
    return refused(_("Only an administrator may change accounts, roles and sites."), "right")


def may_create(by: User | None, username: str) -> Decision:
    if not (may := may_administer(by)):
        return may
    if not username:
        return refused(_("Give a user name."), "username")
    # 21 CFR 11.100(a): a name once given, to a person who left as well, is never given again.
    if User.objects.filter(username__iexact=username).exists():
        return refused(_("This user name is or was in use and cannot be given again."), "username")
    return ALLOWED


def may_end(by: User | None, user: User) -> Decision:
    if not (may := may_administer(by)):
        return may
    if by == user:
        return refused(_("Nobody can end the own account. Ask another administrator."), "self")
    if not others_administer(user):
        return refused(_("This is the last administrator. Name another one first."), "last")
    return ALLOWED


def may_grant(
    by: User | None,
    user: User,
    role: str,
    site: Site | None,
    valid_from: dt.date,
    valid_until: dt.date | None,
) -> Decision:
    if not (may := may_administer(by)):
        return may
    if by == user:
        return refused(_("Nobody can give a role to oneself. Ask another administrator."), "self")
    if not user.is_active:
        return refused(_("This account has ended."), "ended")
    if valid_until is not None and valid_until < valid_from:
        return refused(_("The last day is before the first day."), "dates")
    if role in AT_A_SITE and site is None:
        return refused(_("This role is held at a site. Choose the site."), "site")
    if role in AT_ALL_SITES and site is not None:
        return refused(_("This role is held for the whole trial. Leave the site empty."), "site")
    return _free_of_conflict(user, role, site, valid_from, valid_until)


def _free_of_conflict(
    user: User, role: str, site: Site | None, valid_from: dt.date, valid_until: dt.date | None
) -> Decision:
    for held in RoleHeld.objects.overlapping(valid_from, valid_until).filter(user=user):
        if held.role == role and held.site_id == (site.pk if site else None):
            return refused(_("This person already holds this role in these days."), "twice")
        if why := conflict(role, held.role):
            return refused(why, "conflict")
    return ALLOWED


def may_take_back(by: User | None, held: RoleHeld, until: dt.date | None) -> Decision:
    if not (may := may_administer(by)):
        return may
    if held.ended_at is not None:
        return refused(_("This role has already been taken back."), "ended")
    if until is not None and until < max(held.valid_from, timezone.localdate()):
        return refused(_("The last day cannot be in the past or before the first day."), "dates")
    if held.role == Role.ADMINISTRATOR and not others_administer(held.user):
        return refused(_("This is the last administrator. Name another one first."), "last")
    return ALLOWED


def may_set_password(by: User | None, user: User) -> Decision:
    """Only the person knows the password; an administrator sends a link instead."""
    if by is not None and by != user:
        return refused(_("Only the person may choose the password. Send a link instead."), "self")
    if user.demo and by is not None:
        return refused(_("A demonstration account keeps its password."), "demo")
    return ALLOWED


def may_invite(by: User | None, user: User) -> Decision:
    if not (may := may_administer(by)):
        return may
    if not user.is_active:
        return refused(_("This account has ended."), "ended")
    return refused(_("A demonstration account keeps its password."), "demo") if user.demo else ALLOWED


def may_reset_factor(by: User | None, user: User) -> Decision:
    """Nobody drops the own second factor; another administrator does, and a new one must be enrolled."""
    if by == user:
        return refused(
            _("The second factor cannot be removed. Ask an administrator if the device is lost."), "self"
        )
    return may_administer(by)


def needs_second_factor(user: User) -> bool:
    """21 CFR 11.10(d), 11.300: no setting but demonstration mode frees these roles from it."""
    if settings.DEMO:
        return False
    return any(role in SECOND_FACTOR for role, _site in grants_of(user).roles)


def others_administer(user: User) -> bool:
    """Would an administrator remain without this person? True as well when the person is none."""
    now = RoleHeld.objects.on(timezone.localdate()).filter(role=Role.ADMINISTRATOR)
    if not now.filter(user=user).exists():
        return True
    return (
        User.objects.exclude(pk=user.pk)
        .filter(Exists(now.filter(user=OuterRef("pk"))), is_active=True)
        .exists()
    )
