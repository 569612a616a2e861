"""What the endpoints add to the checklist of the database lock: every result is there, fresh and without an error."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from crf.checklist import Item
from participants.models import Participant

from .models import EndpointState
from .services import stale


def results_current() -> Item:
    """Participants whose results could not be computed, or are behind their data."""
    failed = EndpointState.objects.filter(status__in=("ERROR", "PARKED")).values("participant")
    left = Participant.objects.filter(Q(pk__in=failed) | Q(pk__in=stale().order_by().values("pk"))).count()
    detail = _("%(n)s could not be computed") % {"n": failed.count()} if failed else ""
    return Item("endpoints", _("The results of every participant are computed"), left, "/endpoints/", detail)
