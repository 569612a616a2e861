"""What central pathology leaves to do for who allocates specimens, for the home page."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crf.selectors.worklists import Tile
from trialsite.accounts.permissions import Grants
from trialsite.accounts.roles import Permission

from .models import CaseState
from .selectors.cases import cases_for, counted


def reading_tiles(user: Any, grants: Grants) -> list[Tile]:
    """What stands still until a data manager acts: slides, readers, adjudicators, releases, requests. One query.

    Each number is that of the list that the tile opens.
    """
    if not grants.may(Permission.ALLOCATE):
        return []
    numbers = counted(cases_for(user), timezone.localdate())
    return [
        *(
            Tile(key, label, "scope", numbers.states[state], "", f"/pathology/?state={state}")
            for state, (key, label) in _words().items()
        ),
        *(
            Tile(key, label, "scope", numbers.special[show], "", f"/pathology/?show={show}")
            for show, (key, label) in _special().items()
        ),
    ]


def _words() -> dict[CaseState, tuple[str, str]]:
    return {
        CaseState.TO_ALLOCATE: ("allocate", _("Cases without two readers")),
        CaseState.ADJUDICATION: ("adjudicate", _("Waiting for adjudication")),
        CaseState.DECIDED: ("release", _("Central results to release")),
    }


def _special() -> dict[str, tuple[str, str]]:
    return {
        "reopening": ("reopening", _("Readings to open again")),
        "recut": ("recut", _("New slides asked for")),
        "late": ("reading_late", _("Readings overdue")),
    }
