"""The trial as it was: a moment read back from the trail (thrown away again), and data cuts (kept for ever)."""

from __future__ import annotations

import json
import zlib
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from participants.models import Participant
from trialsite.accounts.models import Site


class MomentState(models.TextChoices):
    QUEUED = "QUEUED", _("Waiting")
    RUNNING = "RUNNING", _("Being computed")
    READY = "READY", _("Ready")
    FAILED = "FAILED", _("Failed")


class PersonRecord(models.Model):
    """One participant of a moment or a cut: course (the engine's input), result and what the trial's figures need.

    `case` is the course as `python manage.py course` writes it, `paths` the field behind each of its places, `body` the
    result as an `EndpointRun` keeps it; all three JSON, compressed. `profile` is what the course does not say
    (baseline, safety, exposure, disposition); `moves` what could still change, by endpoint.
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=12)
    cutoff = models.DateField()
    status = models.CharField(max_length=6)  # `models.Status`
    error = models.TextField(blank=True)
    error_address = models.CharField(max_length=160, blank=True)
    case = models.BinaryField()
    body = models.BinaryField()
    input_digest = models.CharField(max_length=64)
    result_digest = models.CharField(max_length=64)
    summary = models.JSONField(default=dict)
    profile = models.JSONField(default=dict)
    moves = models.JSONField(default=dict)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.number} {self.status}"

    @property
    def course(self) -> dict[str, Any]:
        return json.loads(zlib.decompress(self.case))

    @property
    def content(self) -> dict[str, Any]:
        text = zlib.decompress(self.body).decode()
        return json.loads(text) if text else {}


class Moment(models.Model):
    """The trial at a moment of the trail, cut off on a day, computed with the engine and settings that `basis` names.

    `cutoff` none: each site's own day at `at` (as a live view has it). A cache: it may be thrown away and computed again.
    `results` are the figures of the full analysis set; `facts` the state of the data then (queries, signatures,
    verification, late entries). `digest` is over inputs, settings and engine; `key` over `at`, `cutoff`, `final`, `basis`.
    """

    key = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()
    cutoff = models.DateField(null=True)
    final = models.BooleanField(default=False)
    basis = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=MomentState.choices, default=MomentState.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)
    stage = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    lease = models.DateTimeField(null=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    participants = models.PositiveIntegerField(default=0)
    results = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [models.Index(fields=["used_at"], name="moment_used")]

    def __str__(self) -> str:
        return f"moment {self.at:%Y-%m-%d %H:%M} {self.state}"

    @property
    def pending(self) -> bool:
        return self.state in (MomentState.QUEUED, MomentState.RUNNING)


class MomentPerson(PersonRecord):
    moment = models.ForeignKey(Moment, on_delete=models.CASCADE, related_name="people")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["moment", "participant"], name="momentperson_once")]


class DataCut(models.Model):
    """A confirmed data cut: what was entered up to `at`, with dates up to `cutoff`. Never changed: the database refuses it.

    A correction is a new cut that names the one it takes the place of. `manifest` is what was signed: the sentence, who,
    when, the components that were given, and the digest. `digest` covers every participant's input and result digest,
    the settings and the engine, so that it names the cut on pages, in reports and exports.
    """

    number = models.PositiveIntegerField(unique=True)
    title = models.CharField(max_length=120)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    cutoff = models.DateField()
    final = models.BooleanField(default=False)
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")
    engine = models.CharField(max_length=24)
    configuration = models.CharField(max_length=12)
    participants = models.PositiveIntegerField()
    results = models.JSONField()
    facts = models.JSONField()
    engine_settings = models.JSONField()  # every one, with its value
    chains = models.JSONField()  # heads of the audit chains at `at`
    digest = models.CharField(max_length=64)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField()
    manifest = models.JSONField()

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        return f"DC-{self.number:02d}"

    @property
    def address(self) -> str:
        return f"cut:{self.pk}"


class CutPerson(PersonRecord):
    cut = models.ForeignKey(DataCut, on_delete=models.PROTECT, related_name="people")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cut", "participant"], name="cutperson_once")]


class StoredFigures(models.Model):
    """The figures of one analysis set and one evaluator of images, of the trial as it stands, a moment or a cut.

    `source` names the data (`TrialState.version`, `moment:7`, `cut:2`), so that figures of other data are not taken for
    those of these: pages show earlier ones with their time until the new ones are there (`standpoint.Live.earlier`).
    A cache: thrown away and computed again.
    """

    source = models.CharField(max_length=100)
    population = models.CharField(max_length=5)
    evaluator = models.CharField(max_length=12)
    results = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "population", "evaluator"], name="storedfigures_once")
        ]
        indexes = [models.Index(fields=["created_at"], name="storedfigures_created")]

    def __str__(self) -> str:
        return f"{self.source} {self.population} {self.evaluator}"


__all__ = ["CutPerson", "DataCut", "Moment", "MomentPerson", "MomentState", "PersonRecord", "StoredFigures"]
