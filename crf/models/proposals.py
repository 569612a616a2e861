"""Protocol deviations that the system proposes. A person accepts or rejects each; none is filed silently."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from participants.models import Participant
from trialsite.accounts.models import Site

from .base import FormInstance


class ProposalState(models.TextChoices):
    PROPOSED = "PROPOSED", _("Proposed")
    ACCEPTED = "ACCEPTED", _("Accepted")
    REJECTED = "REJECTED", _("Rejected")
    WITHDRAWN = "WITHDRAWN", _("No longer applies")


class DeviationProposal(models.Model):
    """What a rule found that the protocol did not mean. `category` is of the list DVCAT, `rule` a check or `DEV-…`.

    `place` tells several of one rule apart (a visit's label, a field's path); `found` is what was found, in data.
    `line` is the line of the deviation log that accepting made.
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="proposals")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=12)
    category = models.CharField(max_length=16)
    place = models.CharField(max_length=80, blank=True)
    form = models.ForeignKey(FormInstance, null=True, on_delete=models.PROTECT, related_name="+")
    visit_label = models.CharField(max_length=10, blank=True)
    day = models.DateField(null=True)
    found = models.CharField(max_length=300, blank=True)
    severity = models.CharField(max_length=8, blank=True)  # MAJOR, MINOR
    state = models.CharField(max_length=9, choices=ProposalState.choices, default=ProposalState.PROPOSED)
    proposed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    line = models.ForeignKey(FormInstance, null=True, on_delete=models.PROTECT, related_name="proposal")

    class Meta:
        ordering = ["-proposed_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "rule", "place"], name="proposal_once_per_rule_and_place"
            )
        ]
        indexes = [models.Index(fields=["state", "site", "proposed_at"], name="proposal_open")]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.rule} {self.place}"

    @property
    def address(self) -> str:
        return f"proposal:{self.pk}"
