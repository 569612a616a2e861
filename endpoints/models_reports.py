"""Figures that were drawn and reports that were asked for."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from trialsite.web.jobs import BuildJob, JobState


class Figure(models.Model):
    """A drawn figure, named by the digest of everything it was drawn from. It can be thrown away: it is drawn again."""

    digest = models.CharField(primary_key=True, max_length=64)
    svg = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="figure_created")]

    def __str__(self) -> str:
        return self.digest[:12]


class ReportJob(BuildJob):
    """One endpoint report. `sites` limits the listings (empty: all sites)."""

    FOLDER = "reports"
    ADDRESS = "report"

    sections = models.JSONField(default=list)
    sites = models.JSONField(default=list)
    as_of = models.DateField(null=True)
    trial_version = models.CharField(max_length=80, blank=True)

    class Meta(BuildJob.Meta):
        indexes = [
            models.Index(fields=["key"], name="reportjob_key"),
            models.Index(fields=["-requested_at"], name="reportjob_requested"),
        ]

    @property
    def file_name(self) -> str:
        day = f"{self.as_of:%Y%m%d}" if self.as_of else "none"
        return f"endpoint-report_{day}_{self.language}_{self.sha256[:8]}.pdf"


__all__ = ["Figure", "JobState", "ReportJob"]
