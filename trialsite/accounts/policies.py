"""When an account may be changed. `permissions` says who; this says when, and why not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.kernel.decisions import ALLOWED, Decision, refused

from .duties import NEEDS, Duty, Topic, roles_for
from .models import Delegation, RoleHeld, Site, Training, User
from .permissions import grants_of
from .roles import (
    AT_A_SITE,
    AT_ALL_SITES,
    GIVEN_BY,
    RIGHTS,
    SECOND_FACTOR,
    TIME_LIMITED,
    Permission,
    Role,
    conflict,
)

NO_ADMINISTRATOR = _("Only an administrator may change accounts, roles and sites.")


def may_administer(by: User | None) -> Decision:
    """`None` is the system itself: set-up, demonstration, command line."""
    if by is None or grants_of(by).may(Permission.ACCOUNTS):
        return ALLOWED
    return refused(NO_ADMINISTRATOR, "right")


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
    if by is not None and not grants_of(by).may(GIVEN_BY[role]):
        return refused(NO_ADMINISTRATOR, "right")
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
    if not (may := _free_of_conflict(user, role, site, valid_from, valid_until)):
        return may
    if role in TIME_LIMITED and valid_until is None:
        return refused(_("This role is given for a time. Say its last day."), "valid_until")
    if Permission.SIGN in RIGHTS[role] and user.identity_verified_on is None:
        # 21 CFR 11.100(b)
        return refused(_("This role signs. Verify and record the identity of the person first."), "identity")
    return ALLOWED


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
    if until is not None and held.valid_until is not None and until > held.valid_until:
        return refused(_("A role is shortened here. For more days, give it again."), "dates")
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


# --- training and delegation ----------------------------------------------------------------------------------------


def delegated(user: User, site: Site, duty: str, day: dt.date) -> bool:
    """Is the duty this person's at the site on that day? The principal investigator has every duty."""
    return Delegation.objects.on(day).covering(duty).filter(user=user, site=site).exists()


def is_principal(user: User | None, site: Site, day: dt.date | None = None) -> bool:
    return user is not None and delegated(user, site, Duty.PRINCIPAL, day or timezone.localdate())


def may_act(user: User, permission: Permission, site: Site, day: dt.date | None = None) -> Decision:
    """The right at the site, or the one sentence that says what it waits for."""
    on = day or timezone.localdate()
    grants = grants_of(user, on)
    if grants.may(permission, site):
        return ALLOWED
    if permission not in grants.asleep.get(site.pk, frozenset()):
        return refused(_("Your roles at this site do not include it."), "right")
    return missing(user, permission, site, on)[0]


def lacking(user: Any, permission: Permission, site_id: int, otherwise: Any) -> Decision:
    """The refusal of an act whose right does not act at a site: what the right waits for, else that sentence."""
    if permission in grants_of(user).asleep.get(site_id, frozenset()):
        waits = missing(user, permission, Site.objects.get(pk=site_id), timezone.localdate())
        return refused(waits[0].reason, "role") if waits else refused(otherwise, "role")
    return refused(otherwise, "role")


def missing(user: User, permission: Permission, site: Site, day: dt.date) -> list[Decision]:
    """Everything that a right waits for, the training first."""
    need = NEEDS[permission]
    found = [
        decision for topic in Topic if topic in need.topics and not (decision := _trained(user, topic, day))
    ]
    if not delegated(user, site, need.duty, day):
        found.append(_not_delegated(user, site, need.duty, day))
    return found


def _trained(user: User, topic: Topic, day: dt.date) -> Decision:
    records = Training.objects.filter(user=user, topic=topic)
    if records.on(day).exists():
        return ALLOWED
    last = records.filter(withdrawn_at__isnull=True, expires_on__lt=day).order_by("-expires_on").first()
    if last:
        words = _(
            "Your training “%(topic)s” expired on %(day)s. Ask the administrator to record the new one."
        )
        return refused(words % {"topic": topic.label, "day": last.expires_on}, "training")
    words = _("No training “%(topic)s” is recorded for you. Ask the administrator to record it.")
    return refused(words % {"topic": topic.label}, "training")


def _not_delegated(user: User, site: Site, duty: str, day: dt.date) -> Decision:
    label = Duty(duty).label
    past = Delegation.objects.covering(duty).filter(user=user, site=site, ended_at__isnull=True)
    last = past.filter(valid_until__lt=day).order_by("-valid_until").first()
    if last:
        words = _("The duty “%(duty)s” was delegated to you until %(day)s. Ask the principal investigator.")
        return refused(words % {"duty": label, "day": last.valid_until}, "delegation")
    words = _("The duty “%(duty)s” is not delegated to you at this site. Ask the principal investigator.")
    return refused(words % {"duty": label}, "delegation")


def may_sign_at(user: User, site: Site, day: dt.date) -> Decision:
    """A signature needs the role, a verified person, valid training and the delegated duty."""
    if not any(Permission.SIGN in RIGHTS[role] for role, at in grants_of(user, day).roles if at == site.pk):
        return refused(_("Only an investigator of the site may sign."), "right")
    if user.identity_verified_on is None:
        return refused(
            _("Your identity is not verified yet (21 CFR 11.100(b)). Ask the administrator."), "identity"
        )
    return may_act(user, Permission.SIGN, site, day)


def may_train(by: User | None, user: User, trained_on: dt.date, expires_on: dt.date | None) -> Decision:
    """A training that a person attended is recorded by somebody else, who saw the certificate."""
    if not (may := may_administer(by)):
        return may
    if by == user:
        return refused(_("Nobody records the own training. Ask another administrator."), "self")
    if by is not None and trained_on > timezone.localdate():
        return refused(_("The day of the training is in the future."), "trained_on")
    if expires_on is not None and expires_on < trained_on:
        return refused(_("The last day is before the first day."), "expires_on")
    return ALLOWED


def may_verify_identity(by: User | None, user: User, day: dt.date) -> Decision:
    if not (may := may_administer(by)):
        return may
    if by == user:
        return refused(_("Nobody verifies the own identity. Ask another administrator."), "self")
    if by is not None and day > timezone.localdate():
        return refused(_("The day is in the future."), "identity_on")
    return ALLOWED


def may_keep_log(by: User | None, site: Site) -> Decision:
    """The delegation log of a site is its principal investigator's; an administrator enters what is on paper."""
    if is_principal(by, site) or may_administer(by):
        return ALLOWED
    return refused(
        _("Only the principal investigator of the site or an administrator keeps this log."), "right"
    )


def may_delegate(
    by: User | None,
    site: Site,
    user: User,
    duties: Collection[str],
    valid_from: dt.date,
    valid_until: dt.date | None,
) -> Decision:
    if not (may := may_keep_log(by, site)):
        return may
    if by == user:
        return refused(_("Nobody delegates a duty to oneself."), "self")
    if not user.is_active:
        return refused(_("This account has ended."), "ended")
    if not duties:
        return refused(_("Choose at least one duty."), "duties")
    if valid_until is not None and valid_until < valid_from:
        return refused(_("The last day is before the first day."), "dates")
    if Duty.PRINCIPAL in duties and not may_administer(by):
        return refused(_("Only an administrator names the principal investigator."), "right")
    return _free_to_take(site, user, duties, valid_from, valid_until)


def _free_to_take(
    site: Site, user: User, duties: Collection[str], valid_from: dt.date, valid_until: dt.date | None
) -> Decision:
    held = RoleHeld.objects.overlapping(valid_from, valid_until).filter(user=user, site=site)
    roles = set(held.values_list("role", flat=True))
    log = Delegation.objects.overlapping(valid_from, valid_until).filter(site=site)
    for duty in duties:
        label = {"duty": Duty(duty).label}
        if not roles & roles_for(duty):
            words = _("“%(duty)s” needs a role at this site that this person does not hold in these days.")
            return refused(words % label, "role")
        if log.filter(user=user, duty=duty).exists():
            return refused(
                _("“%(duty)s” is already delegated to this person in these days.") % label, "twice"
            )
    if Duty.PRINCIPAL in duties and log.filter(duty=Duty.PRINCIPAL).exists():
        return refused(
            _("This site has a principal investigator in these days. End that line first."), "principal"
        )
    return ALLOWED


def may_end_delegation(by: User | None, line: Delegation, until: dt.date | None) -> Decision:
    if not (may := may_keep_log(by, line.site)):
        return may
    if line.duty == Duty.PRINCIPAL and not may_administer(by):
        return refused(_("Only an administrator names the principal investigator."), "right")
    if line.ended_at is not None:
        return refused(_("This line has already been ended."), "ended")
    if until is not None and until < max(line.valid_from, timezone.localdate()):
        return refused(_("The last day cannot be in the past or before the first day."), "dates")
    if until is not None and line.valid_until is not None and until > line.valid_until:
        return refused(_("A line is shortened here. For more days, delegate again."), "dates")
    return ALLOWED


def may_confirm_log(by: User | None, site: Site) -> Decision:
    """What an administrator entered becomes the principal investigator's own by this act alone."""
    if is_principal(by, site):
        return ALLOWED
    return refused(_("Only the principal investigator of the site stands for its delegation log."), "right")


def may_attest(by: User | None, site: Site | None) -> Decision:
    """The administrator for the trial; the principal investigator for the people of the site."""
    if site is None:
        return may_administer(by)
    if is_principal(by, site):
        return ALLOWED
    return refused(_("Only the principal investigator attests the people of a site."), "right")


def may_list_persons(by: User) -> Decision:
    """Who may read the trail may read who is in it."""
    grants = grants_of(by)
    if grants.may(Permission.ACCOUNTS) or grants.may(Permission.AUDIT):
        return ALLOWED
    return refused(_("Only administrators, monitors, data managers and inspectors see this list."), "right")


def may_see_log(by: User, site: Site) -> bool:
    """The delegation log is open to whoever sees the site, and to administrators."""
    grants = grants_of(by)
    return not grants.blinded and (grants.may(Permission.VIEW, site) or grants.may(Permission.ACCOUNTS))
