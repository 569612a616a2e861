"""Central pathology: a case stands for a participant's specimen under a code of its own; readings belong to the case."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from participants.models import Participant


class CaseState(models.TextChoices):
    """How far a case is; kept by `services.cases.case_settle` from its material, readings and final result."""

    AWAITED = "AWAITED", _("Waits for slides")
    TO_ALLOCATE = "TO_ALLOCATE", _("Waits for readers")
    READING = "READING", _("Being read")
    ADJUDICATION = "ADJUDICATION", _("Waits for the adjudicator")
    DECIDED = "DECIDED", _("Ready to release")
    RELEASED = "RELEASED", _("Released")
    CLOSED = "CLOSED", _("Closed")


class PathologyCase(models.Model):
    """What a reader sees of a participant: a code. It is drawn by lot, never derived from the participant.

    `adjudicator`: who reads third if the two readers do not agree. `reread_of`: the same specimen under another code, to
    be read once more without the reader knowing (drift); it decides nothing. `closed_at`: the resection was corrected
    into something that leaves no specimen.
    """

    participant = models.ForeignKey(
        Participant, on_delete=models.PROTECT, related_name="pathology_cases", verbose_name=_("participant")
    )
    code = models.CharField(_("case"), max_length=12, unique=True)
    state = models.CharField(_("state"), max_length=12, choices=CaseState.choices, default=CaseState.AWAITED)
    reread_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="rereads")
    adjudicator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("adjudicator"),
    )
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["participant"],
                condition=models.Q(reread_of__isnull=True),
                name="case_once_per_specimen",
            ),
        ]
        indexes = [models.Index(fields=["state", "code"], name="case_worklist")]

    def __str__(self) -> str:
        return self.code

    @property
    def address(self) -> str:
        return f"case:{self.pk}"

    @property
    def specimen_id(self) -> int:
        """The case whose material is read: the first one, also under another code."""
        return self.reread_of_id or self.pk
