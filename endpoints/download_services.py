"""Files of the endpoint pages that are taken away: who took which data with which filters stands in the trail."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from django.db import transaction

from endpoints.standpoint import Standpoint
from trialsite.accounts.models import User
from trialsite.audit.actions import Action
from trialsite.audit.trail import study_event

LONGEST = 500  # characters of an address that are kept


@transaction.atomic
def file_taken(*, by: User, what: str, of: Standpoint, filters: Mapping[str, str]) -> None:
    """A table as a file, before its first line leaves. `filters`: what the address asked for."""
    said = [_data_of(of), urlencode(filters)[:LONGEST]]
    study_event(
        by=by, action=Action.EXPORTED, subject=f"endpoints/{what}", new=" · ".join(one for one in said if one)
    )


def _data_of(standpoint: Standpoint) -> str:
    """A cut with its digest, a moment with its time, and the trial as it stands with the version of its data."""
    if standpoint.cut is not None:
        return f"{standpoint.cut.code} {standpoint.cut.digest}"
    return f"live {standpoint.source}" if standpoint.at is None else standpoint.at.isoformat()
