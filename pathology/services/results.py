"""The final central result: it follows from the readings (D-24), and stands once a data manager has released it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from crf.derivation import central_final
from crf.models import FormInstance
from crf.selectors.sheets import casebook, sheet_of
from crf.services.entry import Order, form_save
from crf.services.refusals import noted
from crf.services.schedule import visit_dated
from crf.typed import Typed
from participants.models import Participant
from pathology.models import PathologyCase, Slot
from pathology.policies import adjudication_due, may_be_allocated, may_release
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import ALLOWED

from .cases import RESULT, case_settle, place_made


@transaction.atomic
def result_refresh(*, case: PathologyCase) -> FormInstance:
    """Whether the submitted readings ask for an adjudicator (D-24, P-9), and a place for the adjudicator when they do.

    The values of the result are not stored before it is released.
    """
    participant = case.participant
    form = _form(participant)
    final = central_final(casebook(participant.pk, ["CPATH"]))
    if final.need is None:
        case_settle(case)
        return form  # fewer than two readings
    system: Any = None  # no person: the trail says "system"
    form_save(by=system, form=form, typed=Typed(values=_released(form)), order=Order(), decision=ALLOWED)
    chain = trail.participant_chain(participant)
    entries = []
    if final.need and not case.readings.filter(slot=Slot.ADJUDICATOR).exists():
        entries += place_made(case, Slot.ADJUDICATOR)
        entries += _planned_adjudicator(case)
    trail.append_all(chain, entries, by=None, site=participant.site)
    case_settle(case)
    return form


def _form(participant: Participant) -> FormInstance:
    return FormInstance.objects.select_related("participant__site", "visit").get(
        participant=participant, form_key=RESULT
    )


def _released(form: FormInstance) -> dict[str, Any]:
    day = sheet_of(form).get("cpf_dat")
    return {"cpf_dat": day} if day else {}


def _planned_adjudicator(case: PathologyCase) -> list[Entry]:
    """Who was allocated for the case that the readers do not agree gets it now."""
    if case.adjudicator_id is None:
        return []
    planned = User.objects.get(pk=case.adjudicator_id)
    if not may_be_allocated(planned, Slot.ADJUDICATOR):
        return []  # left, or no adjudicator any more: the data manager names another one
    reading = case.readings.select_related("form").get(slot=Slot.ADJUDICATOR)
    reading.reader_id, reading.allocated_at, reading.due_on = case.adjudicator_id, *adjudication_due(case)
    reading.save(update_fields=["reader", "allocated_at", "due_on"])
    return [Entry(Action.READING_ALLOCATED, reading.address, "@reader", "", planned.username, system=True)]


def result_release(*, by: User, case: PathologyCase, on: dt.date | None = None) -> FormInstance:
    """The result stands from now on: it is shown, exported, and counts for MPR and pCR.

    `on`: the day of a release that was made before it came into this system; else today. Raises `Refused`.
    """
    participant = case.participant
    with (
        noted(by=by, act="release", address=case.address, participant=participant),
        transaction.atomic(),
    ):
        trail.participant_chain(participant)  # the lock
        case = (
            PathologyCase.objects.select_for_update(of=("self",))
            .select_related("participant__site")
            .get(pk=case.pk)
        )
        may_release(by, case).require()
        form = _form(participant)
        day = on or participant.site.today()
        form_save(
            by=by,
            form=form,
            typed=Typed(values={"cpf_dat": day}),
            order=Order(complete=True),
            decision=ALLOWED,
        )
        chain = trail.participant_chain(participant)  # as the save has left it
        entries = [Entry(Action.RESULT_RELEASED, case.address, "@released", "", day.isoformat())]
        entries += visit_dated(by=by, form=form, day=day, chain=chain)
        trail.append_all(chain, entries, by=by, site=participant.site)
        case_settle(case)
    return form


def result_withdraw(*, by: User, case: PathologyCase, reason: str) -> None:
    """What the readings said no longer stands: one of them is open again. Within the transaction of the caller."""
    form = _form(case.participant)
    before = sheet_of(form).get("cpf_dat")
    order = Order(withdraw=True, reason=reason)
    form_save(by=by, form=form, typed=Typed(values={"cpf_dat": None}), order=order, decision=ALLOWED)
    if before is None:
        return  # it was not released
    chain = trail.participant_chain(case.participant)
    entry = Entry(Action.RESULT_WITHDRAWN, case.address, "@released", before.isoformat(), "", reason)
    trail.append_all(chain, [entry], by=by, site=case.participant.site)
