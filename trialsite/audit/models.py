"""The trail: one event per field change, chained, append-only by database triggers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .actions import Action

STUDY = "study"


class AuditChain(models.Model):
    """One chain per participant and one for the study. Its row is the lock that orders writers.

    `head` repeats the digest of the last event so that appending reads one row; `manage.py verify` compares it.
    """

    name = models.CharField(max_length=40, unique=True)
    length = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, default="", blank=True)

    def __str__(self) -> str:
        return self.name


class AuditEvent(models.Model):
    """Who did what to which datum, when, at which site, in which role, why; and the digest that chains it.

    `target` names the object (`form:412`), `path` the datum inside it (`TA2:3/tl_diam`). The actor's name, role
    and site number are copied: the trail must stay readable whatever happens to accounts (EMA 2023, 6.2.1).
    """

    chain = models.ForeignKey(AuditChain, on_delete=models.PROTECT, related_name="events")
    number = models.BigIntegerField()
    at = models.DateTimeField(_("time"))
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(_("user"), max_length=150, blank=True)
    role = models.CharField(_("role"), max_length=20, blank=True)
    site = models.CharField(_("site"), max_length=4, blank=True)
    action = models.CharField(_("action"), max_length=20, choices=Action.choices)
    target = models.CharField(_("object"), max_length=60)
    path = models.CharField(_("field"), max_length=80, blank=True)
    old = models.TextField(_("old value"), blank=True)
    new = models.TextField(_("new value"), blank=True)
    reason = models.TextField(_("reason"), blank=True)
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain", "number"], name="audit_number_once_per_chain")
        ]
        indexes = [
            models.Index(fields=["target", "path"], name="audit_target_path"),
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["actor", "at"], name="audit_actor_at"),
        ]
        ordering = ["chain_id", "number"]

    def __str__(self) -> str:
        return f"{self.chain_id}#{self.number} {self.action} {self.subject}"

    @property
    def who(self) -> str:
        """The name as it was recorded; the system's in the reader's language."""
        return str(_("system")) if self.actor_name == "system" else self.actor_name

    @property
    def subject(self) -> str:
        return f"{self.target}/{self.path}" if self.path else self.target
