"""Participants and their visits."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.accounts.models import Site

from .lifecycle import State


class Participant(models.Model):
    """A person who was screened. Named by number only: no name, no initials in this system.

    `data_version` rises with every change of source data, in the transaction of the change. What was computed from an
    older version is stale: a comparison, not a message.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="participants")
    number = models.CharField(_("number"), max_length=12, unique=True)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.SCREENING)
    data_version = models.BigIntegerField(default=0)
    imported = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["number"]
        indexes = [
            models.Index(fields=["site", "number"], name="participant_site_number"),
            models.Index(fields=["state"], name="participant_state"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return f"/p/{self.number}/"


class VisitStatus(models.TextChoices):
    PLANNED = "PLANNED", _("Planned")  # window known or not yet known, nothing entered
    DONE = "DONE", _("Done")  # an actual date exists
    MISSED = "MISSED", _("Missed")
    CLOSED = "CLOSED", _("Not expected")  # a rule of the schedule closed it


class Visit(models.Model):
    """A planned, event-driven or unscheduled visit; dates are planned from actual anchors (crf-book 1.3)."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="visits")
    code = models.CharField(max_length=10)
    repeat = models.PositiveSmallIntegerField(default=1)
    order = models.PositiveIntegerField()
    target_date = models.DateField(null=True)
    window_from = models.DateField(null=True)
    window_to = models.DateField(null=True)
    actual_date = models.DateField(null=True)
    status = models.CharField(max_length=8, choices=VisitStatus.choices, default=VisitStatus.PLANNED)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["participant_id", "order"]
        constraints = [
            models.UniqueConstraint(fields=["participant", "code", "repeat"], name="visit_once"),
            models.CheckConstraint(
                condition=models.Q(window_from__isnull=True)
                | models.Q(window_to__gte=models.F("window_from")),
                name="visit_window_in_order",
            ),
        ]
        indexes = [
            models.Index(fields=["participant", "order"], name="visit_participant_order"),
            models.Index(fields=["status", "window_to"], name="visit_due"),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.code}.{self.repeat}"

    def overdue(self, today: dt.date) -> bool:
        return self.status == VisitStatus.PLANNED and self.window_to is not None and self.window_to < today
