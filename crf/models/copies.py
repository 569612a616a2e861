"""Certified copies that were asked for: of the whole trial, or of one site."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models

from trialsite.accounts.models import Site
from trialsite.web.jobs import BuildJob


class CopyJob(BuildJob):
    """One certified copy. Without a site it is of the whole trial.

    `printed_name` and `role` say who certifies; they are copied, as in the trail. `at` is the moment of the copy,
    `size` may exceed what other files have, `summary` repeats what the manifest says: heads of the chains, counts,
    what was left out.
    """

    FOLDER = "copies"
    ADDRESS = "copy"

    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="+")
    printed_name = models.CharField(max_length=150)
    role = models.CharField(max_length=20)
    at = models.DateTimeField(null=True)
    bytes = models.BigIntegerField(default=0)
    summary = models.JSONField(default=dict)

    class Meta(BuildJob.Meta):
        indexes = [models.Index(fields=["site", "-requested_at"], name="copy_site")]

    @property
    def path(self) -> Path:
        return settings.VAR_DIR / self.FOLDER / self.sha256[:2] / f"{self.sha256}.zip"

    @property
    def file_name(self) -> str:
        """Names its scope, its moment and its content."""
        scope = f"site-{self.site.number}" if self.site else "trial"
        moment = f"{self.at:%Y%m%dT%H%M%SZ}" if self.at else "pending"
        return f"certified-copy_{scope}_{moment}_{self.sha256[:8]}.zip"
