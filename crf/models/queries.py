"""Queries: a thread about a field, a row, a form or a participant."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from participants.models import Participant
from trialsite.accounts.models import Site

from .base import FormInstance, Severity


class QueryState(models.TextChoices):
    OPEN = "OPEN", _("Open")
    ANSWERED = "ANSWERED", _("Answered")
    REOPENED = "REOPENED", _("Re-opened")
    CLOSED = "CLOSED", _("Closed")
    CANCELLED = "CANCELLED", _("Cancelled")


WITH_SITE = (QueryState.OPEN, QueryState.REOPENED)  # wait for an answer
STANDING = (*WITH_SITE, QueryState.ANSWERED)  # not settled


class QueryOrigin(models.TextChoices):
    PERSON = "PERSON", _("a person")
    CHECK = "CHECK", _("edit check")
    LIST = "LIST", _("list of queries")


class Outcome(models.TextChoices):
    """What an answer says of the value."""

    CORRECTED = "CORRECTED", _("Corrected per source")
    CONFIRMED = "CONFIRMED", _("Confirmed against source")
    NOT_AVAILABLE = "NOT_AVAILABLE", _("Source not available")
    CLARIFIED = "CLARIFIED", _("Explained, no change needed")


class Query(models.Model):
    """One question and what came of it. Numbered within its participant: `Q-01-003-7`.

    `path` is a field (`TA2:3/tl_diam`), a row (`TA2:3`), or empty: the form, or without a form the participant.
    `rule` and `rule_version` name the check that asks; `raised_value` and `closed_value` are the value's text then.
    `site`, `form_key` and `endpoint` (an input of an endpoint) repeat what the form says, for the worklists.
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="queries")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    form = models.ForeignKey(FormInstance, null=True, on_delete=models.PROTECT, related_name="queries")
    form_key = models.CharField(max_length=8, blank=True)
    path = models.CharField(max_length=80, blank=True)
    endpoint = models.BooleanField(default=False)
    origin = models.CharField(max_length=6, choices=QueryOrigin.choices, default=QueryOrigin.PERSON)
    rule = models.CharField(max_length=60, blank=True)
    rule_version = models.CharField(max_length=12, blank=True)
    severity = models.CharField(max_length=4, choices=Severity.choices, default=Severity.SOFT)
    question = models.CharField(max_length=600, blank=True)  # a check's words are those of its rule
    state = models.CharField(max_length=9, choices=QueryState.choices, default=QueryState.OPEN)
    outcome = models.CharField(max_length=13, choices=Outcome.choices, blank=True)
    raised_value = models.CharField(max_length=300, blank=True)
    closed_value = models.CharField(max_length=300, blank=True)
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    raised_at = models.DateTimeField()
    moved_at = models.DateTimeField()  # of the last move: since then somebody is waited for
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reopened = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["participant_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["participant", "number"], name="query_number_once"),
            models.UniqueConstraint(
                fields=["form", "path", "rule"], condition=~models.Q(rule=""), name="query_once_per_check"
            ),
            models.UniqueConstraint(
                fields=["form", "path"],
                condition=models.Q(rule="", form__isnull=False, state__in=["OPEN", "ANSWERED", "REOPENED"]),
                name="query_one_standing_per_field",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "site", "moved_at"], name="query_state_site"),
            models.Index(fields=["site", "raised_at", "id"], name="query_site_raised"),
            models.Index(fields=["raised_at", "id"], name="query_raised"),  # the inbox: oldest first
            models.Index(fields=["form", "state"], name="query_form"),
            models.Index(fields=["state", "endpoint", "moved_at"], name="query_endpoint"),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id}-{self.number}"

    @property
    def address(self) -> str:
        return f"query:{self.pk}"

    @property
    def code(self) -> str:
        """The public number; `participant` must be at hand."""
        return f"Q-{self.participant.number}-{self.number}"

    @property
    def standing(self) -> bool:
        return self.state in STANDING


class QueryMessage(models.Model):
    """One step of a thread. `act` is the move (`raise`, `answer`, …) or `change` when the value changed meanwhile.

    `value` is the text of the value at that moment; role and name are copied, as in the trail.
    """

    query = models.ForeignKey(Query, on_delete=models.PROTECT, related_name="messages")
    at = models.DateTimeField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    author_name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=20, blank=True)
    act = models.CharField(max_length=10)
    state = models.CharField(max_length=9, choices=QueryState.choices)
    outcome = models.CharField(max_length=13, choices=Outcome.choices, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    value = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["query_id", "pk"]

    def __str__(self) -> str:
        return f"{self.query_id} {self.act}"


class QueryAttachment(models.Model):
    """A file that came with a message, kept in the database: it is backed up and restored with the thread."""

    message = models.OneToOneField(QueryMessage, on_delete=models.PROTECT, related_name="attachment")
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()

    def __str__(self) -> str:
        return self.name
