"""Figures that were drawn and reports that were asked for."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from endpoints.models_cuts import DataCut
from participants.models import Participant
from trialsite.web.jobs import BuildJob, JobState


class Figure(models.Model):
    """A drawn figure, named by the digest of everything it was drawn from. It can be thrown away: it is drawn again.

    `spec` is the same figure for the browser (Vega-Lite, JSON text): it answers to a pointer.
    """

    digest = models.CharField(primary_key=True, max_length=64)
    svg = models.TextField()
    spec = models.TextField(default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="figure_created")]

    def __str__(self) -> str:
        return self.digest[:12]


class ReportKind(models.TextChoices):
    TRIAL = "TRIAL", _("Endpoint report")
    PARTICIPANT = "PERSON", _("Participant endpoint report")


class ReportJob(BuildJob):
    """One endpoint report: of the trial or of one participant, of a cut or of the data as they stand.

    `sites` limits the listings (empty: all sites). `code` stands in the file, is derived from its inputs and finds the
    job from the paper; `sha256` is that of the sealed file.
    """

    FOLDER = "reports"
    ADDRESS = "report"

    kind = models.CharField(max_length=6, choices=ReportKind.choices, default=ReportKind.TRIAL)
    participant = models.ForeignKey(Participant, null=True, on_delete=models.PROTECT, related_name="+")
    cut = models.ForeignKey(DataCut, null=True, on_delete=models.PROTECT, related_name="reports")
    code = models.CharField(max_length=24, blank=True, db_index=True)
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
        data = self.cut.code if self.cut is not None else "live"
        who = f"_{self.participant.number}" if self.participant is not None else ""
        return f"endpoint-report{who}_{data}_{day}_{self.language}_{self.sha256[:8]}.pdf"


class Meaning(models.TextChoices):
    """What an approval of a report means (21 CFR 11.50)."""

    AUTHOR = "AUTHOR", _("I have made the analyses in this report")
    REVIEW = "REVIEW", _("I have reviewed the analyses in this report")
    APPROVAL = "APPROVAL", _("I approve this report")


class ReportApproval(models.Model):
    """A signature under a finished report: it names the digest of the file. Never changed: the database refuses it."""

    job = models.ForeignKey(ReportJob, on_delete=models.PROTECT, related_name="approvals")
    sha256 = models.CharField(max_length=64)  # of the report's file when it was signed
    meaning = models.CharField(max_length=8, choices=Meaning.choices)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    name = models.CharField(max_length=150)
    role = models.CharField(max_length=120)
    zone = models.CharField(max_length=60)
    manifest = models.JSONField()

    class Meta:
        ordering = ["signed_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["job", "signed_by", "meaning"], name="reportapproval_once")
        ]

    def __str__(self) -> str:
        return f"{self.job_id} {self.meaning} {self.name}"


__all__ = ["Figure", "JobState", "Meaning", "ReportApproval", "ReportJob", "ReportKind"]
