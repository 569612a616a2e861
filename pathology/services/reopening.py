"""A submitted reading is opened again by two persons, with a reason that every later change of it carries."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.models import FormInstance
from crf.selectors.sheets import sheet_of
from crf.services.entry import Order, form_save
from crf.services.refusals import noted
from crf.typed import Typed
from pathology.models import Reading, Reopening
from pathology.policies import may_ask_reopening, may_decide_reopening
from pathology.specimen_rules import require_blind, require_no_name
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import ALLOWED, refused

from .cases import case_settle
from .results import result_withdraw


def reading_reopen_ask(*, by: User, reading: Reading, reason: str) -> Reopening:
    """Ask for a submitted reading to be opened: its reader, or who allocates. Raises `Refused`."""
    participant = reading.case.participant
    with (
        noted(by=by, act="reopen", address=reading.address, participant=participant),
        transaction.atomic(),
    ):
        chain = trail.participant_chain(participant)
        reading = _locked(reading)
        may_ask_reopening(by, reading).require()
        if not reason.strip():
            refused(_("Say why the reading must be opened again."), "text").require()
        require_no_name(reason)
        asked = Reopening.objects.create(
            reading=reading, reason=reason.strip(), asked_by=by, asked_at=timezone.now()
        )
        entry = Entry(
            Action.REOPENING_ASKED, reading.address, f"@reopening:{asked.pk}", "", "ASKED", reason.strip()
        )
        trail.append_all(chain, [entry], by=by, site=participant.site)
    return asked


def _locked(reading: Reading) -> Reading:
    found = Reading.objects.select_for_update(of=("self",)).select_related(
        "case__participant__site", "form__participant__site", "form__visit"
    )
    return found.get(pk=reading.pk)


def reading_reopen_decide(*, by: User, reopening: Reopening, granted: bool, answer: str = "") -> Reopening:
    """Grant or refuse what another person asked for. A released result is withdrawn until it is released again."""
    participant = reopening.reading.case.participant
    with (
        noted(by=by, act="reopen", address=reopening.reading.address, participant=participant),
        transaction.atomic(),
    ):
        trail.participant_chain(participant)  # the lock
        reading = _locked(reopening.reading)
        reopening = Reopening.objects.select_for_update(of=("self",)).get(pk=reopening.pk)
        may_decide_reopening(by, reopening, reading, granted=granted).require()
        require_blind(reading.case, answer)
        reopening.decided_by, reopening.decided_at = by, timezone.now()
        reopening.granted, reopening.answer = granted, answer.strip()
        reopening.save()
        said = "GRANTED" if granted else "REFUSED"
        path = f"@reopening:{reopening.pk}"
        entries = [Entry(Action.REOPENING_DECIDED, reading.address, path, "ASKED", said, answer.strip())]
        if granted:
            entries += _opened(by, reading, reopening.reason)
        chain = trail.participant_chain(participant)  # as the saves have left it
        trail.append_all(chain, entries, by=by, site=participant.site)
        case_settle(reading.case)
    return reopening


def _opened(by: User, reading: Reading, reason: str) -> list[Entry]:
    """Unlocked and no longer complete, so that it does not count; what was signed stays in the trail.

    The result follows after the reading, so that it does not say what the reading has asked for.
    """
    entries = []
    Reading.objects.filter(pk=reading.pk).update(submitted_at=None)
    form = reading.form
    if form is not None:
        FormInstance.objects.filter(pk=form.pk).update(locked=False)
        form.locked = False
        entries.append(Entry(Action.READING_SUBMITTED, form.address, "@locked", "1", "0", reason))
        typed = Typed.of(sheet_of(form))
        typed.values["cp_sign"] = None
        order = Order(withdraw=True, reason=reason)
        form_save(by=by, form=form, typed=typed, order=order, decision=ALLOWED)
        result_withdraw(by=by, case=reading.case, reason=reason)
    return entries
