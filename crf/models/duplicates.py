"""Two participants who may be one person: a task of the data manager alone (S36)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from participants.models import Participant


class DuplicateState(models.TextChoices):
    OPEN = "OPEN", _("To be decided")
    DIFFERENT = "DIFFERENT", _("Different people")
    SAME = "SAME", _("The same person")
    GONE = "GONE", _("No longer alike")


class PossibleDuplicate(models.Model):
    """A pair with the same sex and a birth date that can be the same. `one` was screened before `other`.

    It says nothing that stands on a form, and no page of a site reads it: one site must not learn of another's people.
    """

    one = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=DuplicateState.choices, default=DuplicateState.OPEN)
    raised_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-raised_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="duplicate_pair_once"),
            models.CheckConstraint(
                condition=models.Q(one__lt=models.F("other")), name="duplicate_pair_in_order"
            ),
        ]
        indexes = [models.Index(fields=["state", "-raised_at"], name="duplicate_state")]

    def __str__(self) -> str:
        return f"{self.one_id} {self.other_id} {self.state}"

    @property
    def address(self) -> str:
        return f"duplicate:{self.pk}"
