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
