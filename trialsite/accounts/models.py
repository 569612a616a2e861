"""Users, sites, and roles held at sites from one day to another."""

from __future__ import annotations

import datetime as dt
import zoneinfo

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.kernel.texts import Text

from .roles import Role


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

    def today(self) -> dt.date:
        """The calendar day at the site: "not in the future" is judged where the patient is."""
        return timezone.now().astimezone(zoneinfo.ZoneInfo(self.time_zone)).date()


class User(AbstractUser):
    """A person. Individual accounts only (21 CFR 11.100(a)); never deleted, ended by `is_active`."""

    full_name = models.CharField(_("full name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=10, default="en", choices=[("en", "English"), ("zh-hans", "中文")])

    def __str__(self) -> str:
        return self.full_name or self.username


class RoleHeld(models.Model):
    """One role of one user, at one site or (site empty) at all sites, from a day until a day."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="roles_held")
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT, related_name="roles_held")
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True) | models.Q(valid_until__gte=models.F("valid_from")),
                name="roleheld_until_not_before_from",
            ),
            # A null site binds nothing in a unique constraint, so there are two.
            models.UniqueConstraint(
                fields=["user", "role", "site", "valid_from"], condition=models.Q(site__isnull=False), name="roleheld_once_at_site"
            ),
            models.UniqueConstraint(
                fields=["user", "role", "valid_from"], condition=models.Q(site__isnull=True), name="roleheld_once_everywhere"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.site or '*'}"
