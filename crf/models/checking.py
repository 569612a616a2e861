"""How far the edit checks of a participant are: what was judged, on which day, by which rules."""

from __future__ import annotations

from django.db import models

from participants.models import Participant


class CheckState(models.Model):
    """The data version that the findings of a participant were last judged from. Behind it means: to be judged again.

    `day` is the calendar day at the site: some rules fire because time has passed. `error` names what kept the whole
    participant from being judged; it is tried again when data, day or rules change.
    """

    participant = models.OneToOneField(
        Participant, primary_key=True, on_delete=models.CASCADE, related_name="check_state"
    )
    data_version = models.BigIntegerField()
    day = models.DateField()
    rules = models.CharField(max_length=12)
    error = models.CharField(max_length=200, blank=True)
    checked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.participant_id} {self.data_version}"
