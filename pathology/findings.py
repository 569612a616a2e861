"""What is said at the answers of a reading: judged by itself alone, so that nothing of other records shows through.

The stored findings of a form also compare with the operation, the local report and the other reading (CK-239, CK-242,
CK-244): none of that reaches a reader. A re-read has no stored findings and is judged here like any other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from crf.checks.engine import Failed, Folder
from crf.judging import judged_sheet
from crf.lookups import Surroundings
from crf.models import FindingState, Severity
from crf.registry import form_def
from crf.selectors.findings import ShownFinding
from crf.services.checking import check
from crf.sheets import Casebook, Sheet

from .blinding import UNBLINDING
from .recorded import KEY


def own_findings(sheet: Sheet, today: dt.date) -> list[ShownFinding]:
    """Soft limits and checks of the form, as they stand, in the words of a reader."""
    around = Surroundings(Casebook("", [sheet]), today)
    found = [
        ShownFinding(soft.path, soft.rule, Severity.SOFT, soft.message, FindingState.OPEN, "", soft.value)
        for soft in check(form_def(KEY), sheet, around).soft
    ]
    failed: Failed = {}
    for one, raised in judged_sheet(sheet, Folder(around.book, today), failed):
        words = _words().get(raised.rule) or str(one.message)
        found.append(
            ShownFinding(
                raised.path, raised.rule, raised.severity, words, FindingState.OPEN, "", raised.found
            )
        )
    return [one for one in found if one.path not in UNBLINDING]


def _words() -> dict[str, str]:
    """The book's sentence where it names a class of response (CK-249, P-6): a reader knows of none."""
    return {
        "CK-249": _("Viable tumour is recorded outside the beds and none inside. Check it, or confirm it."),
    }


def shown_findings(
    sheet: Sheet, today: dt.date, confirmed: Mapping[str, Any], by: str
) -> dict[str, list[ShownFinding]]:
    """By path, hard ones first; those that the reader confirmed with this very value are no longer open."""
    found: dict[str, list[ShownFinding]] = {}
    for one in own_findings(sheet, today):
        said = confirmed.get(one.confirm_name, {})
        if not one.hard and said and said["value"] == one.found:
            one = ShownFinding(
                one.path, one.rule, one.severity, one.message, FindingState.CONFIRMED, said["reason"], one.found, by,
                parse_datetime(said["at"]),
            )  # fmt: skip
        found.setdefault(one.path, []).append(one)
    for lines in found.values():
        lines.sort(key=lambda one: (not one.hard, not one.open))
    return found
