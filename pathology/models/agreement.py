"""Figures of agreement that were drawn, and reports of it that were asked for."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from trialsite.web.jobs import BuildJob


class AgreementFigure(models.Model):
    """A drawn figure, named by the digest of everything it shows. It can be thrown away: it is drawn again."""

    digest = models.CharField(primary_key=True, max_length=64)
    svg = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="agreement_figure_created")]

    def __str__(self) -> str:
        return self.digest[:12]


class AgreementReport(BuildJob):
    """One report "Reader agreement"; `inputs` holds the figures that it is made from."""

    FOLDER = "reports"
    ADDRESS = "agreement-report"

    class Meta(BuildJob.Meta):
        indexes = [
            models.Index(fields=["key"], name="agreement_key"),
            models.Index(fields=["-requested_at"], name="agreement_requested"),
        ]

    @property
    def file_name(self) -> str:
        return f"reader-agreement_{self.requested_at:%Y%m%d}_{self.language}_{self.sha256[:8]}.pdf"
