"""Identity, training, delegation and attestation: the records without which a person's rights do not act."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.audit.actions import Action
from trialsite.kernel.decisions import refused

from . import policies, rosters
from .models import Attestation, Delegation, Site, Training, User
from .permissions import forget
from .services import record


@transaction.atomic
def identity_verify(*, by: User | None, user: User, how: str, on: dt.date | None = None) -> User:
    """21 CFR 11.100(b): who the person is, before a signature is given."""
    day = on or timezone.localdate()
    policies.may_verify_identity(by, user, day).require()
    stored = User.objects.select_for_update().get(pk=user.pk)
    old = _identity(stored)
    for person in (stored, user):
        person.identity_verified_on, person.identity_how, person.identity_verified_by = day, how, by
    stored.save(update_fields=["identity_verified_on", "identity_how", "identity_verified_by"])
    if old != _identity(stored):
        record(
            by=by,
            action=Action.IDENTITY_VERIFIED,
            subject=f"{user.address}/identity",
            old=old,
            new=_identity(stored),
        )
    return user


def _identity(user: User) -> str:
    return f"{user.identity_verified_on} · {user.identity_how}" if user.identity_verified_on else ""


@transaction.atomic
def training_record(
    *,
    by: User | None,
    user: User,
    topic: str,
    trained_on: dt.date,
    expires_on: dt.date | None = None,
    certificate: str = "",
) -> Training:
    """A training that counts from its day until it expires."""
    policies.may_train(by, user, trained_on, expires_on).require()
    training = Training.objects.create(
        user=user,
        topic=topic,
        trained_on=trained_on,
        expires_on=expires_on,
        certificate=certificate,
        recorded_by=by,
    )
    forget(user)
    record(by=by, action=Action.TRAINING_RECORDED, subject=training.address, new=training.in_words)
    return training


@transaction.atomic
def training_withdraw(*, by: User | None, training: Training, reason: str) -> Training:
    """A record that was wrong counts no more; it stays on the page, struck through."""
    policies.may_administer(by).require()
    training = Training.objects.select_for_update().select_related("user").get(pk=training.pk)
    if training.withdrawn_at is not None:
        return training
    training.withdrawn_at = timezone.now()
    training.save(update_fields=["withdrawn_at"])
    forget(training.user)
    record(
        by=by,
        action=Action.TRAINING_WITHDRAWN,
        subject=training.address,
        old=training.in_words,
        reason=reason,
    )
    return training


@transaction.atomic
def delegation_add(
    *,
    by: User | None,
    site: Site,
    user: User,
    duties: Collection[str],
    valid_from: dt.date | None = None,
    valid_until: dt.date | None = None,
    reason: str = "",
) -> list[Delegation]:
    """Lines of the site's log, one for each duty. The principal investigator stands for the own lines at once."""
    start = valid_from or timezone.localdate()
    Site.objects.select_for_update().get(pk=site.pk)  # two lines of one log wait for each other
    policies.may_delegate(by, site, user, duties, start, valid_until).require()
    own = by if policies.is_principal(by, site) else None
    made = [
        Delegation.objects.create(
            site=site,
            user=user,
            duty=duty,
            valid_from=start,
            valid_until=valid_until,
            delegated_by=by,
            authorised_by=own,
            authorised_at=timezone.now() if own else None,
        )
        for duty in duties
    ]
    forget(user)
    for line in made:
        record(
            by=by, action=Action.DELEGATED, subject=line.address, new=line.in_words, reason=reason, site=site
        )
    return made


@transaction.atomic
def delegation_end(
    *, by: User | None, line: Delegation, until: dt.date | None = None, reason: str = ""
) -> Delegation:
    """With a day: the duty lasts through that day. Without: it is gone now."""
    line = Delegation.objects.select_for_update().select_related("site", "user").get(pk=line.pk)
    policies.may_end_delegation(by, line, until).require()
    before = line.in_words
    if until is None:
        line.ended_at = timezone.now()
    else:
        line.valid_until = until
    line.save(update_fields=["ended_at", "valid_until"])
    forget(line.user)
    new = line.in_words if until else ""
    record(
        by=by,
        action=Action.DELEGATION_ENDED,
        subject=line.address,
        old=before,
        new=new,
        reason=reason,
        site=line.site,
    )
    return line


@transaction.atomic
def delegations_confirm(*, by: User, site: Site) -> int:
    """The principal investigator stands for the lines that an administrator entered. Returns how many."""
    policies.may_confirm_log(by, site).require()
    waiting = Delegation.objects.select_for_update(of=("self",)).select_related("site")
    lines = list(waiting.filter(site=site, authorised_at__isnull=True, ended_at__isnull=True))
    now = timezone.now()
    for line in lines:
        line.authorised_by, line.authorised_at = by, now
        line.save(update_fields=["authorised_by", "authorised_at"])
        record(by=by, action=Action.DELEGATION_CONFIRMED, subject=line.address, new=line.in_words, site=site)
    return len(lines)


@transaction.atomic
def users_attest(*, by: User, site: Site | None = None, digest: str, note: str = "") -> Attestation:
    """“These people still need these rights.” `digest` names the list that was seen: another one is refused."""
    policies.may_attest(by, site).require()
    seen = rosters.roster(site)
    if seen.digest != digest:
        refused(_("The list has changed since you opened it. Look at it again."), "changed").require()
    made = Attestation.objects.create(
        by=by,
        site=site,
        at=timezone.now(),
        note=note,
        people=len(seen.people),
        content=seen.content,
        digest=digest,
    )
    record(
        by=by,
        action=Action.ATTESTED,
        subject=made.address,
        new=f"{made.people} · {digest}",
        reason=note,
        site=site,
    )
    return made


@transaction.atomic
def persons_export(*, by: User, count: int) -> None:
    """The list of authorised persons leaves the site as a file."""
    policies.may_list_persons(by).require()
    record(by=by, action=Action.EXPORTED, subject="persons:all", new=f"authorised persons · CSV · {count}")
