"""What central pathology leaves to do for who allocates specimens, for the home page."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from crf.selectors.worklists import Tile
from trialsite.accounts.permissions import Grants
from trialsite.accounts.roles import Permission

from .models import Reading, Slot


def reading_tiles(user: Any, grants: Grants) -> list[Tile]:
    """Specimens that nobody has read to the end, and those that wait for the adjudicator. One query."""
    if not grants.may(Permission.ALLOCATE):
        return []
    waiting = Reading.objects.filter(submitted_at__isnull=True, case__closed_at__isnull=True)
    third = Q(slot=Slot.ADJUDICATOR)
    counted = waiting.aggregate(
        unread=Count("case", filter=~third, distinct=True), third=Count("case", filter=third)
    )
    return [
        Tile("unread", _("Specimens not read"), "scope", counted["unread"], "", "/pathology/"),
        Tile("adjudicate", _("Waiting for adjudication"), "scope", counted["third"], "", "/pathology/"),
    ]
