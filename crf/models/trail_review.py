"""The review of the audit trail (EMA 2023, 6.2.2): what was looked at, by whom, with what note."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from participants.models import Participant
from trialsite.accounts.models import Site
from trialsite.audit.models import AuditChain


class Signal(models.TextChoices):
    """What deserves a look."""

    LATE_CHANGE = "LATE_CHANGE", _("late change of an endpoint field")
    BEFORE_SIGNATURE = "BEFORE_SIGNATURE", _("change just before a signature")
    NIGHT = "NIGHT", _("many entries at night")
    SAME_PERSON = "SAME_PERSON", _("same person entered and verified")
    BACK_AND_FORTH = "BACK_AND_FORTH", _("value changed back and forth")
    FAST = "FAST", _("form entered faster than it can be read")


class Conclusion(models.TextChoices):
    """What came of looking at it."""

    NO_FINDING = "NO_FINDING", _("No finding")
    QUERY = "QUERY", _("Query raised")
    CORRECTIVE = "CORRECTIVE", _("Corrective action")


class TrailItem(models.Model):
    """One thing found in the trail, with its rank (higher: look first); reviewed when somebody signed it off.

    `first` and `last` are the numbers of its events in the participant's chain.
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="trail_items")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    signal = models.CharField(max_length=16, choices=Signal.choices)
    key = models.CharField(max_length=120)
    rank = models.PositiveSmallIntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    detail = models.JSONField(default=dict)
    found_at = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    conclusion = models.CharField(max_length=12, blank=True)
    note = models.CharField(max_length=600, blank=True)

    class Meta:
        ordering = ["-rank", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["participant", "signal", "key"], name="trail_item_once")
        ]
        indexes = [models.Index(fields=["reviewed_at", "-rank"], name="trail_item_open")]

    def __str__(self) -> str:
        return f"{self.signal} {self.key}"

    @property
    def address(self) -> str:
        return f"trailitem:{self.pk}"


class TrailReview(models.Model):
    """One review of an item: who, when, what came of it, over which events. Later events open the item anew; the
    review stays."""

    item = models.ForeignKey(TrailItem, on_delete=models.PROTECT, related_name="reviews")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    printed_name = models.CharField(max_length=150)
    role = models.CharField(max_length=20)
    conclusion = models.CharField(max_length=12, choices=Conclusion.choices)
    note = models.CharField(max_length=600, blank=True)
    first = models.BigIntegerField()
    last = models.BigIntegerField()

    class Meta:
        ordering = ["item_id", "pk"]
        indexes = [models.Index(fields=["-at"], name="trail_review_at")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.conclusion}"


class TrailCursor(models.Model):
    """How far the rules have looked through a chain."""

    chain = models.OneToOneField(AuditChain, on_delete=models.PROTECT, related_name="review_cursor")
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.chain_id} {self.number}"


class TrailLook(models.Model):
    """One run of the rules: asked for by a person or by the night; how many events it looked at, of which period.

    `lease` is when a worker that fell silent is given up.
    """

    LEASE = dt.timedelta(minutes=10)

    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    lease = models.DateTimeField(null=True)
    chains = models.PositiveIntegerField(default=0)
    events = models.BigIntegerField(default=0)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    found = models.PositiveIntegerField(default=0)
    reopened = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [models.Index(fields=["finished_at", "asked_at"], name="trail_look_asked")]

    def __str__(self) -> str:
        return f"look {self.pk}"

    @property
    def address(self) -> str:
        return f"look:{self.pk}"

    @property
    def pending(self) -> bool:
        return self.finished_at is None

    @property
    def abandoned(self) -> bool:
        """Nobody works on it: its worker fell silent, or its message was lost long ago."""
        since = self.lease or self.asked_at + self.LEASE
        return self.pending and since < timezone.now()
