"""Who may allocate, read, release and reopen, and when. What a reader is told never names a participant, a site or a date."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.models import FormInstance
from trialsite.accounts.models import User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import ALLOWED, Decision, refused

from .models import CaseState, PathologyCase, Reading, Reopening, Slot
from .words import LOCKED

READING_DAYS = 14  # to read, unless the data manager says another day
ADJUDICATION_DAYS = 7


def due_of(slot: str) -> dt.date:
    """The usual last day of a place that is given today."""
    return timezone.localdate() + dt.timedelta(
        ADJUDICATION_DAYS if slot == Slot.ADJUDICATOR else READING_DAYS
    )


def adjudication_due(case: PathologyCase) -> tuple[dt.datetime, dt.date]:
    """When the planned adjudicator is given the case, and until when: now, and the usual time."""
    return timezone.now(), due_of(Slot.ADJUDICATOR)


def rights_for(slot: str) -> Permission:
    return Permission.ADJUDICATE if slot == Slot.ADJUDICATOR else Permission.READ_CENTRALLY


# --- who allocates -------------------------------------------------------------------------------------------------


def _manages(by: User, case: PathologyCase) -> Decision:
    """A data manager, of the participant's site if the role is held at single sites."""
    site = case.participant.site_id if case.participant_id else None
    if not grants_of(by).may(Permission.ALLOCATE, site):
        return refused(_("Only a data manager does this."), "role")
    return ALLOWED


def may_allocate(by: User, case: PathologyCase) -> Decision:
    if not (allowed := _manages(by, case)):
        return allowed
    if case.closed_at is not None:
        return refused(_("This case is closed: there is no specimen."), "closed")
    return ALLOWED


def may_be_allocated(reader: User, slot: str) -> Decision:
    """Whether this person can read at this place: the role of the place, and an account that is in use."""
    if not reader.is_active or not grants_of(reader).may(rights_for(slot)):
        return refused(_("%(name)s cannot read at this place.") % {"name": reader}, "reader")
    return ALLOWED


def may_keep_material(by: User, case: PathologyCase) -> Decision:
    if not (allowed := may_allocate(by, case)):
        return allowed
    if case.reread_of_id is not None:
        return refused(_("Material is kept at the first case of the specimen."), "reread")
    return ALLOWED


def may_release(by: User, case: PathologyCase) -> Decision:
    """Once two readers agree, or the adjudicator has decided, and while nothing is being opened again."""
    if not (allowed := may_allocate(by, case)):
        return allowed
    if case.state == CaseState.RELEASED:
        return refused(_("This result is released already."), "twice")
    if case.state != CaseState.DECIDED or case.reread_of_id is not None:
        return refused(_("There is nothing to release yet: a reading is missing."), "undecided")
    if Reopening.objects.filter(reading__case=case, granted__isnull=True).exists():
        return refused(_("Decide first whether a reading is opened again."), "reopening")
    return ALLOWED


def may_reread(by: User, reading: Reading) -> Decision:
    """A planned re-read: of a released case, by somebody who read it then and has no other re-read of it open."""
    if not (allowed := may_allocate(by, reading.case)):
        return allowed
    if reading.slot == Slot.ADJUDICATOR:
        return refused(
            _("An adjudication is not read again: the decision knew both readings."), "adjudication"
        )
    if (
        reading.case.reread_of_id is not None
        or reading.case.state != CaseState.RELEASED
        or not reading.submitted_at
    ):
        return refused(_("Only a reading of a released case can be read again."), "unreleased")
    open_again = Reading.objects.filter(
        case__reread_of=reading.case,
        case__closed_at__isnull=True,
        reader=reading.reader,
        submitted_at__isnull=True,
    )
    if open_again.exists():
        return refused(_("This reader has the case already for another reading."), "twice")
    assert reading.reader is not None
    return may_be_allocated(reading.reader, reading.slot)


# --- opening again -------------------------------------------------------------------------------------------------


def may_ask_reopening(by: User, reading: Reading) -> Decision:
    """The reader of it, or who allocates; while it is submitted and nobody else has asked."""
    own = reading.reader_id == by.pk and grants_of(by).may(rights_for(reading.slot))
    if not own and not _manages(by, reading.case):
        return refused(_("Only its reader or a data manager asks for this."), "role")
    if reading.submitted_at is None:
        return refused(_("This reading is open."), "open")
    if reading.case.closed_at is not None:
        return refused(_("This case is closed: there is no specimen."), "closed")
    if reading.reopenings.filter(granted__isnull=True).exists():
        return refused(_("It has been asked already. Another person has to decide."), "twice")
    return _free(reading)


def may_decide_reopening(by: User, reopening: Reopening, reading: Reading, *, granted: bool) -> Decision:
    """Another person than who asked; refusing is always possible."""
    if not (allowed := _manages(by, reading.case)):
        return allowed
    if reopening.granted is not None:
        return refused(_("This has been decided."), "twice")
    if reopening.asked_by_id == by.pk:
        return refused(_("Two persons: who asked does not decide."), "same")
    return _free(reading) if granted else ALLOWED


def _free(reading: Reading) -> Decision:
    if reading.form_id is not None and _held(reading):
        return refused(_("This case can no longer be changed. Ask the data manager."), "locked")
    return ALLOWED


# --- who reads -----------------------------------------------------------------------------------------------------


def may_take(by: User, case: PathologyCase, readings: list[Reading]) -> Decision:
    """Whether this person may begin to read the case. `readings`: all of the case."""
    if case.closed_at is not None:
        return refused(_("This case is closed: there is no specimen."), "closed")
    mine = [reading for reading in readings if reading.reader_id == by.pk]
    if not mine or not grants_of(by).may(rights_for(mine[0].slot)):
        return refused(_("This case is not allocated to you."), "role")
    return ALLOWED if mine[0].submitted_at else _needed(case, mine[0])


def may_save(by: User, reading: Reading) -> Decision:
    if reading.reader_id != by.pk or not grants_of(by).may(rights_for(reading.slot)):
        return refused(_("This reading belongs to another reader."), "role")
    if reading.submitted_at is not None or (reading.form is not None and reading.form.locked):
        return refused(LOCKED, "locked")
    if reading.case.closed_at is not None:
        return refused(_("This case is closed: there is no specimen."), "closed")
    if not (allowed := _needed(reading.case, reading)):
        return allowed
    return _free(reading)


def _needed(case: PathologyCase, reading: Reading) -> Decision:
    """An adjudicator reads while the two readers do not agree; a reading of theirs that is open again comes first."""
    if reading.slot == Slot.ADJUDICATOR and case.state != CaseState.ADJUDICATION:
        return refused(_("This case needs no adjudication."), "role")
    return ALLOWED


def may_ask_recut(by: User, reading: Reading) -> Decision:
    return may_save(by, reading)


def _held(reading: Reading) -> bool:
    """The final result, which follows from the readings, has been frozen or locked."""
    result: Any = FormInstance.objects.filter(participant=reading.case.participant_id, form_key="CPATHF")
    return result.filter(Q(locked=True) | Q(frozen=True)).exists()
