"""What central reading adds to the checklist of the database lock: every case that was opened has its final result."""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from crf.checklist import Item
from crf.models import FormInstance, FormStatus

from .models import PathologyCase


def readings_final() -> Item:
    """Open cases whose final central result is not complete."""
    final = FormInstance.objects.filter(
        participant=OuterRef("participant"), form_key="CPATHF", status=FormStatus.COMPLETE
    )
    waiting = PathologyCase.objects.filter(~Exists(final), closed_at__isnull=True)
    return Item("pathology", _("Every central reading has its final result"), waiting.count(), "/pathology/")
