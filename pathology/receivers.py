"""A recorded resection opens the central case by itself; a corrected one closes it."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext_noop

from crf.events import source_data_changed
from participants.models import Participant

from .services import case_close, case_open, has_specimen


@receiver(source_data_changed)
def follow_surgery(sender: Any, participant_id: int, form_key: str, by: Any, **kwargs: Any) -> None:
    if form_key != "SURG":
        return
    participant = Participant.objects.select_related("site").get(pk=participant_id)
    if has_specimen(participant):
        case_open(by=by, participant=participant)
    else:
        case_close(by=by, participant=participant, reason=gettext_noop("No resection: no specimen."))
