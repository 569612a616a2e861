"""What central reading adds to the checklist of the database lock: every case that was opened has its final result."""

from __future__ import annotations

from django.utils.translation import gettext as _

from crf.checklist import Item

from .models import CaseState, PathologyCase


def readings_final() -> Item:
    """Open cases whose final central result has not been released, and re-reads that are not handed in."""
    waiting = PathologyCase.objects.exclude(state__in=(CaseState.RELEASED, CaseState.CLOSED))
    return Item("pathology", _("Every central reading has its final result"), waiting.count(), "/pathology/")
