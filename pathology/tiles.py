"""What central pathology leaves to do for who allocates specimens, for the home page."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.selectors.worklists import Tile
from trialsite.accounts.permissions import Grants
from trialsite.accounts.roles import Permission

from .models import CaseState, PathologyCase, Reading


def reading_tiles(user: Any, grants: Grants) -> list[Tile]:
    """What stands still until a data manager acts: slides, readers, adjudicators, releases, requests. Two queries."""
    if not grants.may(Permission.ALLOCATE):
        return []
    today = timezone.localdate()
    waiting = Reading.objects.filter(submitted_at__isnull=True, case__closed_at__isnull=True)
    late = waiting.aggregate(
        late=Count("pk", filter=Q(due_on__lt=today)),
        asked=Count("recuts", filter=Q(recuts__state="OPEN"), distinct=True),
    )
    counted = PathologyCase.objects.aggregate(
        **{state.value: Count("pk", filter=Q(state=state)) for state in ACTED_ON},
        reopening=Count(
            "readings__reopenings", filter=Q(readings__reopenings__granted__isnull=True, readings__reopenings__isnull=False),
            distinct=True,
        ),
    )  # fmt: skip
    return [
        *(
            Tile(key, label, "scope", counted[state], "", f"/pathology/?state={state}")
            for state, (key, label) in _words().items()
        ),
        Tile(
            "reopening",
            _("Readings to open again"),
            "scope",
            counted["reopening"],
            "",
            "/pathology/?show=reopening",
        ),
        Tile("recut", _("New slides asked for"), "scope", late["asked"], "", "/pathology/?show=recut"),
        Tile("reading_late", _("Readings overdue"), "scope", late["late"], "", "/pathology/?show=late"),
    ]


ACTED_ON = (CaseState.TO_ALLOCATE, CaseState.ADJUDICATION, CaseState.DECIDED)


def _words() -> dict[CaseState, tuple[str, str]]:
    return {
        CaseState.TO_ALLOCATE: ("allocate", _("Cases without two readers")),
        CaseState.ADJUDICATION: ("adjudicate", _("Waiting for adjudication")),
        CaseState.DECIDED: ("release", _("Central results to release")),
    }
