"""Results: immutable runs, the state of each participant, the figures of the trial."""

from __future__ import annotations

import json
import zlib
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from participants.models import Participant


class Status(models.TextChoices):
    OK = "OK", _("Computed")
    ERROR = "ERROR", _("Data error")
    PARKED = "PARKED", _("Set aside after repeated failures")


class EndpointRun(models.Model):
    """One computation of one participant that gave something new. Never changed: the database refuses it.

    The body is JSON, compressed: endpoints, responses, steps (rule, message, parameters, reads) and the field behind
    each read. A day on which nothing changes but the date adds no run (`@cutoff` stands for the cut-off in reasons).
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="endpoint_runs")
    data_version = models.BigIntegerField()
    engine = models.CharField(max_length=24)
    configuration = models.CharField(max_length=12)
    cutoff = models.DateField()
    input_digest = models.CharField(max_length=64)
    result_digest = models.CharField(max_length=64)
    body = models.BinaryField()
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["participant", "created_at"], name="endpointrun_participant")]

    def __str__(self) -> str:
        return f"{self.participant_id} v{self.data_version} {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def text(self) -> str:
        """The JSON text that `result_digest` was taken of."""
        return zlib.decompress(self.body).decode()

    @property
    def content(self) -> dict[str, Any]:
        return json.loads(self.text)


class StateQuerySet(models.QuerySet["EndpointState"]):
    """States, and those that count: imported imaging is compared and traced, but is not of this trial."""

    def of_trial(self) -> StateQuerySet:
        return self.filter(participant__imported=False)


class EndpointState(models.Model):
    """What is known of a participant now, and from which version of the data: behind it means stale (a comparison).

    `basis` names the engine and the study settings. `summary` is the little that trial figures and lists need, `profile`
    what the course does not say (baseline, safety, exposure, disposition). `moves` is what open items could still
    change, by endpoint, as far as `moves_key` says it is known (`endpoints.moving`).
    `attempts` counts failures that are no fault of the data; after five the participant is set aside until it changes.
    """

    participant = models.OneToOneField(
        Participant, primary_key=True, on_delete=models.PROTECT, related_name="endpoint_state"
    )
    data_version = models.BigIntegerField(default=-1)
    as_of = models.DateField(null=True)
    basis = models.CharField(max_length=40, blank=True)
    run = models.ForeignKey(EndpointRun, null=True, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=6, choices=Status.choices, default=Status.OK)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    error_address = models.CharField(max_length=160, blank=True)
    computed_at = models.DateTimeField(null=True)
    summary = models.JSONField(default=dict)
    profile = models.JSONField(default=dict)
    moves = models.JSONField(default=dict)
    moves_key = models.CharField(max_length=64, blank=True)

    objects = StateQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["as_of", "basis"], name="endpointstate_as_of"),
            models.Index(fields=["status", "attempts"], name="endpointstate_status"),
            models.Index(fields=["participant", "data_version"], name="endpointstate_version"),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.status} v{self.data_version}"


class TrialState(models.Model):
    """The trial's figures and which runs they were computed from. One row.

    `asked` is set by whoever sends the message and taken back by whoever takes it up, so that a hundred recomputed
    participants ask once. A message that is lost leaves it set: the sweep compares versions and asks again.
    """

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    version = models.CharField(max_length=80, blank=True)
    as_of = models.DateField(null=True)
    computed_at = models.DateTimeField(null=True)
    asked = models.BooleanField(default=False)
    results = models.JSONField(default=dict)
    data_state = models.JSONField(default=dict)  # `endpoints.board.state`: counted apart from the figures
    counted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="trialstate_only_one")]

    def __str__(self) -> str:
        return f"trial {self.version}"


from endpoints.models_cuts import (  # noqa: E402, F401  (Django finds models here)
    CutPerson,
    DataCut,
    Moment,
    MomentPerson,
    StoredFigures,
)
from endpoints.models_reports import Figure, ReportApproval, ReportJob  # noqa: E402, F401
