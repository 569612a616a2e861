"""Central pathology: a case stands for a participant's specimen under a code of its own; readings belong to the case."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crf.models import FormInstance
from participants.models import Participant


class Slot(models.TextChoices):
    """The places of a case; the values are those of the code list READER."""

    FIRST = "R1", _("Reader 1")
    SECOND = "R2", _("Reader 2")
    ADJUDICATOR = "ADJ", _("Adjudicator")


class PathologyCase(models.Model):
    """What a reader sees of a participant: a code. It is drawn by lot, never derived from the participant.

    `closed_at`: the resection was corrected into something that leaves no specimen.
    """

    participant = models.OneToOneField(
        Participant, on_delete=models.PROTECT, related_name="pathology_case", verbose_name=_("participant")
    )
    code = models.CharField(_("case"), max_length=12, unique=True)
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    @property
    def address(self) -> str:
        return f"case:{self.pk}"


class Reading(models.Model):
    """One reader's record of a case. Empty until a reader takes it, locked from the submission on."""

    case = models.ForeignKey(PathologyCase, on_delete=models.PROTECT, related_name="readings")
    slot = models.CharField(_("place"), max_length=3, choices=Slot.choices)
    form = models.OneToOneField(FormInstance, on_delete=models.PROTECT, related_name="reading")
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="readings"
    )
    taken_at = models.DateTimeField(_("taken"), null=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True)

    class Meta:
        ordering = ["case_id", "slot"]
        constraints = [
            models.UniqueConstraint(fields=["case", "slot"], name="reading_once_per_place"),
            # Three different people (CK-240). Places that nobody has taken yet are not compared.
            models.UniqueConstraint(
                fields=["case", "reader"],
                condition=models.Q(reader__isnull=False),
                name="reading_once_per_person",
            ),
            models.CheckConstraint(
                condition=models.Q(reader__isnull=True, taken_at__isnull=True)
                | models.Q(reader__isnull=False, taken_at__isnull=False),
                name="reading_taken_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(submitted_at__isnull=True) | models.Q(reader__isnull=False),
                name="reading_submitted_by_its_reader",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.slot}"
