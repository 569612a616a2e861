"""The trail: one event per field change, chained, append-only by database triggers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .actions import Action

STUDY = "study"


def action_choices() -> list[tuple[str, Any]]:
    """By name, so that a new kind of act asks for no migration."""
    return Action.choices


class AuditChain(models.Model):
    """One chain per participant and one for the study. Its row is the lock that orders writers.

    `head` repeats the digest of the last event, and `at` its time, so that appending reads one row; `manage.py verify`
    compares them. Of two web servers whose clocks differ the later writer never writes the earlier time.
    """

    name = models.CharField(max_length=40, unique=True)
    length = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, default="", blank=True)
    at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class AuditEvent(models.Model):
    """Who did what to which datum, when, at which site, in which role, why; and the digest that chains it.

    `target` names the object (`form:412`), `path` the datum inside it (`TA2:3/tl_diam`). The actor's name, role
    and site number are copied: the trail must stay readable whatever happens to accounts (EMA 2023, 6.2.1).
    """

    # No index of their own: those below begin with the same columns.
    chain = models.ForeignKey(AuditChain, on_delete=models.PROTECT, related_name="events", db_index=False)
    number = models.BigIntegerField()
    at = models.DateTimeField(_("time"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    actor_name = models.CharField(_("user"), max_length=150, blank=True)
    role = models.CharField(_("role"), max_length=20, blank=True)
    site = models.CharField(_("site"), max_length=4, blank=True)
    action = models.CharField(_("action"), max_length=20, choices=action_choices)
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
        # Each filter of the explorer is read newest first, as far as a page goes (docs/adr/0013).
        indexes = [
            models.Index(fields=["target", "at", "id"], name="audit_target_at"),
            models.Index(fields=["at", "id"], name="audit_at_id"),
            models.Index(fields=["chain", "at", "id"], name="audit_chain_at"),
            models.Index(fields=["actor", "at", "id"], name="audit_actor_at"),
            models.Index(fields=["site", "at", "id"], name="audit_site_at"),
            models.Index(fields=["action", "at", "id"], name="audit_action_at"),
            models.Index(fields=["path", "at", "id"], name="audit_path_at"),
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


class AuditSeal(models.Model):
    """A head of a chain under a code that nobody makes who has only the database: its key is derived from SECRET_KEY.

    Seals are numbered by `place` and chained by `previous`, all chains together: one that is taken away is missed.
    """

    place = models.BigIntegerField(unique=True)
    chain = models.ForeignKey(AuditChain, on_delete=models.PROTECT, related_name="seals", db_index=False)
    number = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    previous = models.CharField(max_length=64, blank=True)
    mac = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "number"], name="audit_seal_once_per_head")]
        ordering = ["place"]

    def __str__(self) -> str:
        return f"seal {self.place} of {self.chain_id}#{self.number}"


class TrailVerification(models.Model):
    """One run of the verifier: asked for by a person or by the night, how far it is, what it found.

    `lease` is when a worker that fell silent is given up. `problems` holds the first of them, `problem_count` says how
    many there are.
    """

    LEASE = dt.timedelta(minutes=10)

    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    lease = models.DateTimeField(null=True)
    stage = models.CharField(max_length=20, blank=True)
    progress = models.PositiveSmallIntegerField(default=0)
    events = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0)
    checked = models.JSONField(default=dict)
    ok = models.BooleanField(null=True)
    problem_count = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [models.Index(fields=["-finished_at"], name="trail_verified_at")]

    def __str__(self) -> str:
        return f"verification {self.pk} {self.ok}"

    @property
    def address(self) -> str:
        return f"verification:{self.pk}"

    @property
    def pending(self) -> bool:
        return self.finished_at is None

    @property
    def rate(self) -> int:
        """Events of the chains that were verified in a second."""
        return round(self.events / self.seconds) if self.seconds else 0
