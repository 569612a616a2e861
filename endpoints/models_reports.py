"""Figures that were drawn and reports that were asked for."""

from __future__ import annotations

import datetime as dt
import json
import zlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Figure(models.Model):
    """A drawn figure, named by the digest of everything it was drawn from. It can be thrown away: it is drawn again."""

    digest = models.CharField(primary_key=True, max_length=64)
    svg = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="figure_created")]

    def __str__(self) -> str:
        return self.digest[:12]


class JobState(models.TextChoices):
    QUEUED = "QUEUED", _("Waiting")
    RUNNING = "RUNNING", _("Being built")
    READY = "READY", _("Ready")
    FAILED = "FAILED", _("Failed")


class ReportJob(models.Model):
    """One endpoint report: what was asked, how far it is, and the file that came out.

    `key` names everything that goes into the file; a second request with the same key gets the same file. `inputs` is
    the content that the file is made from, kept so that it can be rebuilt byte by byte. `sites` limits the listings
    (empty: all sites). `lease` is when a worker that fell silent is given up.
    """

    key = models.CharField(max_length=64)
    language = models.CharField(max_length=8)
    sections = models.JSONField(default=list)
    sites = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=JobState.choices, default=JobState.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)
    stage = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    as_of = models.DateField(null=True)
    trial_version = models.CharField(max_length=80, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    lease = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    inputs = models.BinaryField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)
    pages = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-requested_at", "-pk"]
        indexes = [
            models.Index(fields=["key"], name="reportjob_key"),
            models.Index(fields=["-requested_at"], name="reportjob_requested"),
        ]

    def __str__(self) -> str:
        return f"report {self.pk} {self.state}"

    @property
    def address(self) -> str:
        return f"report:{self.pk}"

    @property
    def pending(self) -> bool:
        return self.state in (JobState.QUEUED, JobState.RUNNING)

    def abandoned(self, now: dt.datetime) -> bool:
        """Nobody works on it: its message was lost, or its worker."""
        return self.pending and (self.lease is None or self.lease < now)

    @property
    def path(self) -> Path:
        return settings.VAR_DIR / "reports" / self.sha256[:2] / f"{self.sha256}.pdf"

    @property
    def file_name(self) -> str:
        day = f"{self.as_of:%Y%m%d}" if self.as_of else "none"
        return f"endpoint-report_{day}_{self.language}_{self.sha256[:8]}.pdf"

    @property
    def content(self) -> dict[str, Any]:
        return json.loads(zlib.decompress(self.inputs)) if self.inputs else {}
