"""Source data or a site's configuration changed: what other forms say is judged again, in the worker."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.dispatch import receiver

from crf.events import ranges_changed, source_data_changed
from crf.models import CheckState
from crf.tasks import check
from trialsite.hints import Dispatch

dispatch = Dispatch(check)


@receiver(source_data_changed)
def hurry(sender: Any, participant_id: int, **kwargs: Any) -> None:
    """A hint to hurry, sent when the data are stored. Losing it is harmless."""
    transaction.on_commit(lambda: dispatch.put(participant_id), robust=True)


@receiver(ranges_changed)
def judge_site_again(sender: Any, site_id: int, **kwargs: Any) -> None:
    """Limits of normal decide findings of everybody at the site: the sweep takes them up."""
    CheckState.objects.filter(participant__site_id=site_id).delete()
