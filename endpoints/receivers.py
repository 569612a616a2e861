"""The one signal that reaches the endpoints from below: source data changed, inside the saving transaction."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.dispatch import receiver

from crf.events import source_data_changed
from endpoints.dispatch import dispatch


@receiver(source_data_changed)
def hurry(sender: Any, participant_id: int, **kwargs: Any) -> None:
    """A hint to hurry, sent when the data are stored. Losing it is harmless."""
    transaction.on_commit(lambda: dispatch.put(participant_id), robust=True)
