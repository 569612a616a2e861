"""A case is opened for a specimen, readers take its places, write and submit; the final result follows by itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crf import facts
from crf.models import FormInstance
from crf.selectors.sheets import casebook, sheet_of
from crf.services.entry import Invalid, Order, Saved, form_save
from crf.services.findings import refusal_record
from crf.services.refusals import noted
from crf.services.schedule import visit_dated
from crf.typed import Typed
from participants.models import Participant, Visit
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import ALLOWED

from .blinding import UNBLINDING, VISIT, new_code
from .checks import refusals
from .models import PathologyCase, Reading, Slot
from .policies import may_save, may_take, rights_for

REPEATS = {Slot.FIRST: 1, Slot.SECOND: 2, Slot.ADJUDICATOR: 3}
RESULT = "CPATHF"


@transaction.atomic
def case_open(*, by: User | None, participant: Participant) -> PathologyCase:
    """A case for the participant's specimen, with two places to read. Twice is harmless; a closed case opens again."""
    chain = trail.participant_chain(participant)
    case = PathologyCase.objects.filter(participant=participant).first()
    if case is not None and case.closed_at is None:
        return case
    entries = []
    if case is None:
        case = _case_made(participant)
        entries += [*_place(case, Slot.FIRST), *_place(case, Slot.SECOND), *_result_expected(participant)]
    else:
        PathologyCase.objects.filter(pk=case.pk).update(closed_at=None)
        case.closed_at = None
    opened = Entry(Action.CASE_OPENED, case.address, "@code", "", case.code, system=True)
    trail.append_all(chain, [opened, *entries], by=by, site=participant.site)
    return case


def _case_made(participant: Participant) -> PathologyCase:
    while True:
        code = new_code()
        if not PathologyCase.objects.filter(code=code).exists():
            return PathologyCase.objects.create(participant=participant, code=code, opened_at=timezone.now())


def _place(case: PathologyCase, slot: Slot) -> list[Entry]:
    """A place to read, with the form that will hold the reading."""
    form, entries = _expected(case.participant, "CPATH", REPEATS[slot])
    Reading.objects.create(case=case, slot=slot, form=form)
    return entries


def _result_expected(participant: Participant) -> list[Entry]:
    return _expected(participant, RESULT, 1)[1]


def _expected(participant: Participant, key: str, repeat: int) -> tuple[FormInstance, list[Entry]]:
    visit = Visit.objects.get(participant=participant, code=VISIT)
    form, made = FormInstance.objects.get_or_create(
        participant=participant, visit=visit, form_key=key, repeat=repeat, defaults={"required": "C"}
    )
    entry = Entry(Action.FORM_EXPECTED, form.address, "@expected", "", key, system=True)
    return form, [entry] if made else []


@transaction.atomic
def case_close(*, by: User | None, participant: Participant, reason: str) -> None:
    """The specimen that the case stood for does not exist: a corrected operation. What was read stays."""
    chain = trail.participant_chain(participant)
    case = PathologyCase.objects.filter(participant=participant, closed_at__isnull=True).first()
    if case is None:
        return
    PathologyCase.objects.filter(pk=case.pk).update(closed_at=timezone.now())
    entry = Entry(Action.CASE_OPENED, case.address, "@code", case.code, "", reason, system=True)
    trail.append_all(chain, [entry], by=by, site=participant.site)


@transaction.atomic
def reading_take(*, by: User, case: PathologyCase) -> Reading:
    """Take a free place of a case. Two readers at once get two places, or one of them the sentence why not."""
    case = PathologyCase.objects.select_for_update().select_related("participant__site").get(pk=case.pk)
    readings = list(case.readings.select_related("form").order_by("slot"))
    may_take(by, case, readings).require()
    free = next(r for r in readings if r.reader_id is None and _held(by, r.slot))
    chain = trail.participant_chain(case.participant)
    free.reader, free.taken_at = by, timezone.now()
    try:
        with transaction.atomic():
            free.save(update_fields=["reader", "taken_at"])
    except IntegrityError:  # the database referees
        may_take(by, case, list(case.readings.all())).require()
        raise
    entry = Entry(Action.READING_TAKEN, free.form.address, "@reader", "", by.username)
    trail.append_all(chain, [entry], by=by, site=case.participant.site)
    return free


def _held(by: User, slot: str) -> bool:
    from trialsite.accounts.permissions import grants_of

    return grants_of(by).may(rights_for(slot))


def reading_save(
    *,
    by: User,
    reading: Reading,
    typed: Typed,
    submit: bool = False,
    order: Order | None = None,
    released: dt.date | None = None,
) -> Saved:
    """Store what a reader wrote; `submit` signs and locks it and lets the final result follow.

    Case, reader and place are set by the system, whatever was posted. `released` dates a result that was released
    before it came into this system (demonstration); else it is today.
    Raises `Refused`, `Stale`, or `Invalid` in words that tell the reader nothing about the participant. What a hard
    limit or check refused is kept in the trail, after nothing else was.
    """
    participant = reading.case.participant
    try:
        with (
            noted(by=by, act="reading", address=reading.form.address, participant=participant),
            transaction.atomic(),
        ):
            return _save(by, reading, typed, submit, order or Order(), released)
    except Invalid as invalid:
        if invalid.refusals:
            refusal_record(by=by, form=reading.form, refusals=invalid.refusals)
        raise


def _save(
    by: User, reading: Reading, typed: Typed, submit: bool, order: Order, released: dt.date | None
) -> Saved:
    reading = (
        Reading.objects.select_for_update(of=("self",))
        .select_related("case__participant__site", "form__participant__site", "form__visit")
        .get(pk=reading.pk)
    )
    may_save(by, reading).require()
    order.complete = submit
    if submit and (found := {**typed.errors, **refusals(typed)}):
        raise Invalid(found)
    _keep_system_values(by, reading, typed, submit)
    try:
        saved = form_save(by=by, form=reading.form, typed=typed, order=order, decision=ALLOWED)
    except Invalid as invalid:
        raise Invalid(_blind(invalid.errors), invalid.hidden, invalid.reasons, invalid.refusals) from None
    if submit:
        _submitted(by, reading, released)
    return saved


def _keep_system_values(by: User, reading: Reading, typed: Typed, submit: bool) -> None:
    typed.values |= {"cp_caseid": reading.case.code, "cp_user": by.address, "cp_reader": reading.slot}
    typed.values.pop("cp_sign", None)
    if submit:
        typed.values["cp_sign"] = f"{by.address} {timezone.now():%Y-%m-%dT%H:%M:%SZ}"


def _blind(errors: dict[str, str]) -> dict[str, str]:
    """A limit that compares with the date of surgery is told without it."""
    neutral = _("This date cannot be right. Check it, or ask the data manager.")
    return {path: neutral if path in UNBLINDING else message for path, message in errors.items()}


def _submitted(by: User, reading: Reading, released: dt.date | None) -> None:
    participant, form = reading.case.participant, reading.form
    reading.submitted_at = timezone.now()
    reading.save(update_fields=["submitted_at"])
    FormInstance.objects.filter(pk=form.pk).update(locked=True)
    chain = trail.participant_chain(participant)
    entry = Entry(Action.READING_SUBMITTED, form.address, "@locked", "0", "1")
    trail.append_all(chain, [entry], by=by, site=participant.site)
    result_refresh(case=reading.case, released=released)


@transaction.atomic
def result_refresh(*, case: PathologyCase, released: dt.date | None = None) -> FormInstance:
    """The final central result from the submitted readings (D-24); a place for the adjudicator when it needs one."""
    participant = case.participant
    form = FormInstance.objects.select_related("participant__site", "visit").get(
        participant=participant, form_key=RESULT
    )
    stored = sheet_of(form)
    typed = Typed(values={name: day for name in ("cpf_dat",) if (day := stored.get(name))})
    final = _result(participant)
    if final.get("cpf_mpr") and "cpf_dat" not in typed.values:
        typed.values["cpf_dat"] = released or participant.site.today()
    if not final.get("cpf_adj_need"):
        return form  # fewer than two readings
    system: Any = None  # no person: the trail says "system"
    order = Order(complete=bool(final.get("cpf_mpr")))
    form_save(by=system, form=form, typed=typed, order=order, decision=ALLOWED)
    chain = trail.participant_chain(participant)
    entries = []
    if final.get("cpf_adj_need") == "Y" and not case.readings.filter(slot=Slot.ADJUDICATOR).exists():
        entries += _place(case, Slot.ADJUDICATOR)
    if day := typed.values.get("cpf_dat"):
        entries += visit_dated(by=system, form=form, day=day, chain=chain)
    trail.append_all(chain, entries, by=None, site=participant.site)
    return form


def _result(participant: Participant) -> dict[str, Any]:
    from crf.derivation import derive
    from crf.sheets import Sheet

    sheet = Sheet(RESULT)
    derive(sheet, casebook(participant.pk, ["CPATH"]))
    return sheet.values


def has_specimen(participant: Participant) -> bool:
    return facts.resected(casebook(participant.pk, ["SURG"]))
