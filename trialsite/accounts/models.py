"""Users, sites, and roles held at sites from one day to another."""

from __future__ import annotations

import datetime as dt
import zoneinfo

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from trialsite.kernel.texts import Text

from .duties import Duty, Topic
from .roles import Role

LANGUAGES = [("en", "English"), ("zh-hans", "中文")]


class Site(models.Model):
    """A hospital. `number` heads every participant number (SS-NNN)."""

    number = models.CharField(_("number"), max_length=4, unique=True)
    name_en = models.CharField(_("name in English"), max_length=120)
    name_zh = models.CharField(_("name in Chinese"), max_length=120, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=40, default="Asia/Shanghai")
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {Text(self.name_en, self.name_zh)}"

    @property
    def address(self) -> str:
        return f"site:{self.pk}"

    def today(self) -> dt.date:
        """The calendar day at the site: "not in the future" is judged where the patient is."""
        return timezone.now().astimezone(self.zone).date()

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class User(AbstractUser):
    """A person. Individual accounts only (21 CFR 11.100(a)); never deleted, ended by `is_active`."""

    full_name = models.CharField(_("full name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=10, default="en", choices=LANGUAGES)
    single_keys = models.BooleanField(_("single keys"), default=True)
    demo = models.BooleanField(_("demonstration account"), default=False, editable=False)
    # Raised to end every session and invitation of the person at once (a stolen token, a factor taken away).
    generation = models.PositiveIntegerField(default=0, editable=False)
    # When the last invitation was sent; empty again once it was used.
    invited_at = models.DateTimeField(null=True, blank=True, editable=False)
    # 21 CFR 11.100(b): who the person is was verified before a signature is given.
    identity_verified_on = models.DateField(_("identity verified on"), null=True, blank=True)
    identity_how = models.CharField(_("how the identity was verified"), max_length=500, blank=True)
    identity_verified_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["username"]
        constraints = [
            # "Lin" and "lin" must not be two people.
            models.UniqueConstraint(Lower("username"), name="user_name_once_whatever_its_case"),
        ]

    def role_at(self, site: Site | None) -> str:
        """The role that names this person in the trail at a site; empty when none is held today."""
        from .permissions import grants_of

        return grants_of(self).role_at(site)

    def __str__(self) -> str:
        return self.full_name or self.username

    @property
    def address(self) -> str:
        return f"user:{self.pk}"

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """A new password or a new generation ends the sessions that were opened before it."""
        value = f"{self.password}|{self.generation}"
        return salted_hmac("trialsite.accounts.session", value, secret=secret, algorithm="sha256").hexdigest()


OPEN_ENDED = models.Q(valid_until__isnull=True)


class RoleHeldQuerySet(models.QuerySet["RoleHeld"]):
    def on(self, day: dt.date) -> RoleHeldQuerySet:
        """Roles in force on a day, first and last day included."""
        return self.filter(
            OPEN_ENDED | models.Q(valid_until__gte=day), valid_from__lte=day, ended_at__isnull=True
        )

    def overlapping(self, start: dt.date, end: dt.date | None) -> RoleHeldQuerySet:
        """Roles in force on any day of a period."""
        found = self.filter(OPEN_ENDED | models.Q(valid_until__gte=start), ended_at__isnull=True)
        return found if end is None else found.filter(valid_from__lte=end)


class RoleHeld(models.Model):
    """One role of one user, at one site or (site empty) at all sites, from a day until a day (included)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="roles_held")
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT, related_name="roles_held")
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until"), null=True, blank=True)
    # Taken back at this moment, whatever the dates say (21 CFR 11.10(d): removal without delay).
    ended_at = models.DateTimeField(_("taken back"), null=True, blank=True, editable=False)

    objects = RoleHeldQuerySet.as_manager()

    class Meta:
        ordering = ["valid_from", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=OPEN_ENDED | models.Q(valid_until__gte=models.F("valid_from")),
                name="roleheld_until_not_before_from",
            ),
            # A null site binds nothing in a unique constraint, so there are two.
            models.UniqueConstraint(
                fields=["user", "role", "site", "valid_from"],
                condition=models.Q(site__isnull=False, ended_at__isnull=True),
                name="roleheld_once_at_site",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "valid_from"],
                condition=models.Q(site__isnull=True, ended_at__isnull=True),
                name="roleheld_once_everywhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.site or '*'}"

    @property
    def address(self) -> str:
        return f"user:{self.user_id}/role:{self.pk}"

    @property
    def in_words(self) -> str:
        """How the trail names the role: codes and dates, the same in every language."""
        site = self.site.number if self.site else "*"
        return f"{self.role} @{site} {self.valid_from} – {self.valid_until or ''}".strip()

    def in_force(self, on: dt.date | None = None) -> bool:
        day = on or timezone.localdate()
        if self.ended_at is not None or day < self.valid_from:
            return False
        return self.valid_until is None or day <= self.valid_until


class TrainingQuerySet(models.QuerySet["Training"]):
    def on(self, day: dt.date) -> TrainingQuerySet:
        """Valid on a day: the day of the training and the day on which it expires are included."""
        open_ended = models.Q(expires_on__isnull=True)
        return self.filter(
            open_ended | models.Q(expires_on__gte=day), trained_on__lte=day, withdrawn_at__isnull=True
        )


class Training(models.Model):
    """What a person was trained in, when, and until when that holds. Never deleted; a mistake is withdrawn."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="trainings")
    topic = models.CharField(_("topic"), max_length=10, choices=Topic.choices)
    trained_on = models.DateField(_("day of the training"))
    expires_on = models.DateField(_("valid until"), null=True, blank=True)
    certificate = models.CharField(_("certificate"), max_length=120)
    recorded_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TrainingQuerySet.as_manager()

    class Meta:
        ordering = ["topic", "-trained_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_on__isnull=True)
                | models.Q(expires_on__gte=models.F("trained_on")),
                name="training_expires_not_before_it",
            ),
        ]
        indexes = [models.Index(fields=["user", "topic", "trained_on"], name="training_of_user")]

    def __str__(self) -> str:
        return f"{self.user} {self.topic} {self.trained_on}"

    @property
    def address(self) -> str:
        return f"user:{self.user_id}/training:{self.pk}"

    @property
    def in_words(self) -> str:
        """How the trail names it: codes and dates, the same in every language."""
        return f"{self.topic} {self.trained_on} – {self.expires_on or ''} · {self.certificate}".strip()


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def on(self, day: dt.date) -> DelegationQuerySet:
        """In force on a day, first and last day included."""
        return self.filter(
            OPEN_ENDED | models.Q(valid_until__gte=day), valid_from__lte=day, ended_at__isnull=True
        )

    def overlapping(self, start: dt.date, end: dt.date | None) -> DelegationQuerySet:
        """In force on any day of a period."""
        found = self.filter(OPEN_ENDED | models.Q(valid_until__gte=start), ended_at__isnull=True)
        return found if end is None else found.filter(valid_from__lte=end)

    def covering(self, duty: str) -> DelegationQuerySet:
        """The duty itself, or that of the principal investigator, who has them all."""
        return self.filter(duty__in={duty, Duty.PRINCIPAL})


class Delegation(models.Model):
    """One duty of one person at one site, from a day until a day: a line of the site's delegation log."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="delegations")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations")
    duty = models.CharField(_("duty"), max_length=12, choices=Duty.choices)
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until"), null=True, blank=True)
    delegated_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    delegated_at = models.DateTimeField(auto_now_add=True)
    # The principal investigator stands for what an administrator entered from the paper log.
    authorised_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    authorised_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("taken back"), null=True, blank=True, editable=False)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        ordering = ["site", "user", "valid_from", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=OPEN_ENDED | models.Q(valid_until__gte=models.F("valid_from")),
                name="delegation_until_not_before_from",
            ),
            models.UniqueConstraint(
                fields=["site", "user", "duty", "valid_from"],
                condition=models.Q(ended_at__isnull=True),
                name="delegation_once",
            ),
        ]
        indexes = [models.Index(fields=["user", "site", "duty"], name="delegation_of_user")]

    def __str__(self) -> str:
        return f"{self.user} {self.duty} @{self.site_id}"

    @property
    def address(self) -> str:
        return f"user:{self.user_id}/delegation:{self.pk}"

    @property
    def in_words(self) -> str:
        """How the trail names it: codes and dates, the same in every language."""
        return f"{self.duty} @{self.site.number} {self.valid_from} – {self.valid_until or ''}".strip()

    @property
    def waits(self) -> bool:
        """For the principal investigator, whose own line waits for nobody."""
        return self.authorised_at is None and self.ended_at is None and self.duty != Duty.PRINCIPAL

    def in_force(self, on: dt.date | None = None) -> bool:
        day = on or timezone.localdate()
        if self.ended_at is not None or day < self.valid_from:
            return False
        return self.valid_until is None or day <= self.valid_until


class Attestation(models.Model):
    """Somebody looked at the list of people and their rights, and stands for it (FDA 2024, Q11; weekly).

    `content` is the list as it was; `digest` is its SHA-256. Without a site: the whole trial.
    """

    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("time"))
    note = models.CharField(_("note"), max_length=500, blank=True)
    people = models.PositiveIntegerField()
    content = models.TextField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["site", "-at"], name="attestation_last_of_site")]

    def __str__(self) -> str:
        return f"{self.site_id or '*'} {self.at}"

    @property
    def address(self) -> str:
        return f"attestation:{self.pk}"
