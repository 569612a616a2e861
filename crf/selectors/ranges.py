"""Reference ranges of a participant's site (C01), read once when a calculation asks for them."""

from __future__ import annotations

from typing import Any

from crf.models import ReferenceRange
from trialsite.db.prepared import Prepared

NAMES = (
    "labr_lab", "labr_test", "labr_unit", "labr_sex", "labr_agelo", "labr_agehi", "labr_lln", "labr_uln", "labr_from",
    "labr_to",
)  # fmt: skip
_ranges = Prepared(
    lambda participant: ReferenceRange.objects.filter(
        laboratory__site__participants=participant, active=True
    ).values_list(*NAMES),
    participant=1,
)


def ranges_of(participant: int) -> list[dict[str, Any]]:
    """The rows that are in force at some time, by field name."""
    return [dict(zip(NAMES, row, strict=True)) for row in _ranges(participant=participant)]
