"""Documents that were asked for: blank CRF, annotated CRF, casebooks."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from participants.models import Participant
from trialsite.web.jobs import BuildJob


class DocumentKind(models.TextChoices):
    BLANK = "BLANK", _("Blank CRF")
    ANNOTATED = "ANNOTATED", _("Annotated CRF")
    CASEBOOK = "CASEBOOK", _("Participant casebook")


class DocumentJob(BuildJob):
    """One document. A casebook has its participant; the others are of the study."""

    FOLDER = "documents"
    ADDRESS = "document"

    kind = models.CharField(max_length=9, choices=DocumentKind.choices)
    participant = models.ForeignKey(
        Participant, null=True, on_delete=models.PROTECT, related_name="documents"
    )

    class Meta(BuildJob.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="CASEBOOK", participant__isnull=False)
                | (~models.Q(kind="CASEBOOK") & models.Q(participant__isnull=True)),
                name="document_participant_of_casebook",
            )
        ]
        indexes = [
            models.Index(fields=["key"], name="document_key"),
            models.Index(fields=["participant", "-requested_at"], name="document_participant"),
        ]

    @property
    def file_name(self) -> str:
        """The annotated CRF has the name that submissions expect."""
        if self.kind == DocumentKind.ANNOTATED:
            return "acrf.pdf"
        tail = f"{self.language}_{self.sha256[:8]}.pdf"
        if self.kind == DocumentKind.BLANK or self.participant is None:
            return f"blank-crf_{tail}"
        return f"casebook_{self.participant.number}_{tail}"
