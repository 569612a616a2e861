"""Who may take, write and submit a reading, and when. The sentences never name a participant, a site or a date."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from crf.models import FormInstance
from trialsite.accounts.models import User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import ALLOWED, Decision, refused

from .models import PathologyCase, Reading, Slot


def rights_for(slot: str) -> Permission:
    return Permission.ADJUDICATE if slot == Slot.ADJUDICATOR else Permission.READ_CENTRALLY


def may_take(by: User, case: PathologyCase, readings: list[Reading]) -> Decision:
    """Whether a place of this case is free for this person. `readings`: all of the case."""
    if case.closed_at is not None:
        return refused(_("This case is closed: there is no specimen."), "closed")
    grants = grants_of(by)
    mine = [reading for reading in readings if grants.may(rights_for(reading.slot))]
    if not mine and not grants.may(Permission.READ_CENTRALLY):
        return refused(_("This case needs no adjudication."), "role")
    if any(reading.reader_id == by.pk for reading in readings):
        return refused(_("You read this case already. Nobody reads a case twice."), "twice")
    if not any(reading.reader_id is None for reading in mine):
        return refused(_("This case has been taken by other readers."), "taken")
    return ALLOWED


def may_save(by: User, reading: Reading) -> Decision:
    if reading.reader_id != by.pk or not grants_of(by).may(rights_for(reading.slot)):
        return refused(_("This reading belongs to another reader."), "role")
    if reading.submitted_at is not None or reading.form.locked:
        return refused(
            _("This reading has been submitted and is locked. Ask the data manager to reopen it."), "locked"
        )
    if reading.case.closed_at is not None:
        return refused(_("This case is closed: there is no specimen."), "closed")
    if _held(reading):
        return refused(_("This case can no longer be changed. Ask the data manager."), "locked")
    return ALLOWED


def _held(reading: Reading) -> bool:
    """The final result, which follows from the readings, has been frozen or locked."""
    result = FormInstance.objects.filter(participant=reading.case.participant_id, form_key="CPATHF")
    return result.filter(Q(locked=True) | Q(frozen=True)).exists()
