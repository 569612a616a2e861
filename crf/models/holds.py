"""Freezing and locking: of a form, a visit, a participant, a site or the study."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from participants.models import Participant, Visit
from trialsite.accounts.models import Site

from .base import FormInstance


class HoldKind(models.TextChoices):
    FREEZE = "FREEZE", _("Frozen")
    LOCK = "LOCK", _("Locked")


class Level(models.TextChoices):
    FORM = "FORM", _("Form")
    VISIT = "VISIT", _("Visit")
    PARTICIPANT = "PARTICIPANT", _("Participant")
    SITE = "SITE", _("Site")
    STUDY = "STUDY", _("Study")


class _At(models.Model):
    """A form, visit, participant or site; the study has none of them."""

    level = models.CharField(max_length=11, choices=Level.choices)
    form = models.ForeignKey(FormInstance, null=True, on_delete=models.PROTECT, related_name="+")
    visit = models.ForeignKey(Visit, null=True, on_delete=models.PROTECT, related_name="+")
    participant = models.ForeignKey(Participant, null=True, on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True

    @property
    def target(self) -> FormInstance | Visit | Participant | Site | None:
        return self.form or self.visit or self.participant or self.site

    @property
    def target_address(self) -> str:
        """How the trail names it: `form:12`, `visit:5`, `participant:3`, `site:1`, `study`."""
        for name in ("form", "visit", "participant", "site"):
            if pk := getattr(self, f"{name}_id"):
                return f"{name}:{pk}"
        return "study"


class Hold(_At):
    """One freeze or lock while it stands. What data it covers is marked on every form (`frozen`, `locked`);
    the hold itself keeps lines, visits and participants from being added."""

    kind = models.CharField(max_length=6, choices=HoldKind.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    lifted_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            *(
                models.UniqueConstraint(
                    fields=["kind", level],
                    condition=models.Q(lifted_at__isnull=True),
                    name=f"hold_once_on_{level}",
                )
                for level in ("form", "visit", "participant", "site")
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=models.Q(lifted_at__isnull=True, level="STUDY"),
                name="hold_once_on_study",
            ),
        ]
        indexes = [models.Index(fields=["participant", "lifted_at"], name="hold_participant")]

    def __str__(self) -> str:
        return f"{self.kind} {self.target_address}"


class UnlockState(models.TextChoices):
    PENDING = "PENDING", _("Waits for a second person")
    APPROVED = "APPROVED", _("Unlocked")
    DECLINED = "DECLINED", _("Declined")
    EXPIRED = "EXPIRED", _("Expired")


class UnlockRequest(_At):
    """A data manager asks to unlock, another person decides. Unanswered, it expires."""

    state = models.CharField(max_length=8, choices=UnlockState.choices, default=UnlockState.PENDING)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decision_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-requested_at", "-pk"]
        indexes = [models.Index(fields=["state", "expires_at"], name="unlock_pending")]

    def __str__(self) -> str:
        return f"{self.state} {self.target_address}"


class DatabaseLock(models.Model):
    """The trial's data declared final: the checklist as it was computed, and the sealed snapshot of everything.

    `snapshot` names the archive below the file folder; `digest` is its SHA-256. `hold` is the lock of the study.
    """

    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="database_lock")
    number = models.PositiveSmallIntegerField(unique=True)
    checklist = models.JSONField()
    snapshot = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)
    sealed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Database lock {self.number}"

    @property
    def address(self) -> str:
        return f"database_lock:{self.pk}"
