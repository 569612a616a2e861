"""Who may import readings, and for which places. The answers are for the data manager, who knows every place."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import ALLOWED, Decision, refused

from .models import Reading, ReadingDraft, Slot
from .policies import _held as held_result


def may_import_readings(by: Any) -> Decision:
    """Who allocates cases and imports data, for the whole trial: a file knows no sites."""
    grants = grants_of(by)
    if not grants.may(Permission.ALLOCATE) or grants.sites(Permission.IMPORT) is not None:
        return refused(_("Only data managers of the whole trial import readings."), "role")
    return ALLOWED


def may_import(reading: Reading) -> Decision:
    """Whether this place can be filled from a file: nothing signed, nothing held, nothing of the reader's own."""
    if reading.case.closed_at is not None:
        return refused(_("This case is closed: there is no specimen."), "closed")
    if reading.slot == Slot.ADJUDICATOR:
        return refused(
            _(
                "An adjudicator's reading is not imported: the decision is made here, after both readings are seen."
            ),
            "adjudication",
        )
    if reading.submitted_at is not None or (reading.form is not None and reading.form.locked):
        return refused(_("This reading has been submitted and is locked."), "locked")
    if reading.form_id is not None and held_result(reading):
        return refused(_("The final result of this case is frozen or locked."), "locked")
    if begun(reading):
        return refused(_("The reader has written in this reading. It is not replaced by a file."), "begun")
    return ALLOWED


def begun(reading: Reading) -> bool:
    """Whether the reader has written anything, saved or not. What an earlier file brought is not theirs."""
    if (
        ReadingDraft.objects.filter(reading=reading).exists()
        or reading.reopenings.filter(granted=True).exists()
    ):
        return True
    if reading.blocks.exists() or reading.slides.exists():
        return True
    if reading.form is not None:
        return reading.form.version > 0 and reading.form.saved_by_id == reading.reader_id
    since = reading.imported_at
    return reading.version > 0 and (since is None or bool(reading.seen_at and reading.seen_at > since))
