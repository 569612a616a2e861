"""What was imported, by whom, from which files; and, for each imported form, the source rows as they were."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from trialsite.web.jobs import BuildJob

from .base import FormInstance
from .site import Laboratory


class ImportBatch(models.Model):
    """One import. `digest` is that of all its files together: the same files are loaded once."""

    made_at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    files = models.JSONField()  # name, table, rows, SHA-256
    counts = models.JSONField(default=dict)
    notes = models.JSONField(default=list)  # what the forms could not hold, and what was done

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"import {self.pk}"

    @property
    def address(self) -> str:
        return f"import:{self.pk}"


class ImportedForm(models.Model):
    """The source of one form: every column of its rows, whether the form holds it or not, and remarks on both."""

    form = models.OneToOneField(FormInstance, on_delete=models.PROTECT, related_name="imported_from")
    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="forms")
    visit = models.CharField(max_length=60, blank=True)  # the name of the visit in the source
    rows = models.JSONField()  # [{"file", "line", "values": {column: text}}]
    remarks = models.JSONField(default=list)  # [{"path", "source", "kept", "why"}]

    def __str__(self) -> str:
        return f"source of {self.form_id}"


class ResultsJob(BuildJob):
    """A laboratory's file that is too long to be read while somebody waits: looked at, or stored, in the worker.

    `inputs` holds the file until it is stored or a day old; `outcome` what the page shows. Never trial data.
    """

    class Act(models.TextChoices):
        LOOK = "LOOK"
        STORE = "STORE"

    ADDRESS = "results-file"

    laboratory = models.ForeignKey(Laboratory, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=5, choices=Act.choices)
    name = models.CharField(max_length=100, blank=True)
    outcome = models.JSONField(default=dict)

    class Meta(BuildJob.Meta):
        indexes = [models.Index(fields=["requested_at"], name="results_job_age")]
