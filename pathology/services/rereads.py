"""A planned re-read: the same specimen, the same reader, another code. Its answers are no data of the participant.

They are judged as those of any reading, so that the page behaves alike; they are kept beside the trial's forms, so that
nothing that reads the participant's data can meet them (ADR 20).
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.checks.consent import names_a_person
from crf.checks.engine import Failed, Folder
from crf.checks.times import certainly_before
from crf.judging import judged_sheet
from crf.lookups import Surroundings
from crf.models import FormInstance
from crf.registry import form_def
from crf.selectors.folder import names_not_to_be_written
from crf.selectors.sheets import casebook
from crf.services.checking import check
from crf.services.entry import Invalid, Order, Saved, Stale, clear_paths
from crf.services.refusals import noted
from crf.sheets import Casebook, Sheet
from crf.typed import Typed, as_sheet
from pathology.blinding import UNBLINDING, UNTOLD
from pathology.models import PathologyCase, Reading
from pathology.policies import due_of, may_reread
from pathology.recorded import KEY, sheet_from, texts
from pathology.words import DATE_CANNOT_BE
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry

from .cases import case_made, case_settle

TOKENS_KEPT = 20


def reread_open(*, by: User, reading: Reading, due: dt.date | None = None) -> PathologyCase:
    """Give a submitted reading of a released case to its reader once more, under a new code. Raises `Refused`."""
    participant = reading.case.participant
    with (
        noted(by=by, act="reread", address=reading.address, participant=participant),
        transaction.atomic(),
    ):
        chain = trail.participant_chain(participant)
        reading = Reading.objects.select_related("case__participant__site", "reader").get(pk=reading.pk)
        may_reread(by, reading).require()
        case = case_made(participant, reread_of=reading.case)
        again = Reading.objects.create(
            case=case, slot=reading.slot, reader=reading.reader, allocated_at=timezone.now(),
            due_on=due or due_of(reading.slot),
        )  # fmt: skip
        assert reading.reader is not None
        entries = [
            Entry(Action.CASE_OPENED, case.address, "@reread", "", f"{reading.case.code} → {case.code}"),
            Entry(Action.READING_ALLOCATED, again.address, "@reader", "", reading.reader.username),
        ]
        trail.append_all(chain, entries, by=by, site=participant.site)
        case_settle(case)
    return case


def reread_store(*, by: User, reading: Reading, typed: Typed, order: Order) -> Saved:
    """Judge and keep the answers of a re-read as `form_save` does those of a form. Within the caller's transaction."""
    if order.token and order.token in reading.tokens:
        return Saved(_no_form(), reading.version, again=True)
    if order.version is not None and order.version != reading.version:
        raise Stale(reading.version)
    if typed.errors:
        raise Invalid(dict(typed.errors))
    stored = sheet_from(reading.content)
    sheet = as_sheet(stored, typed, form_def(KEY))
    _require_after_surgery(reading, sheet)
    _judge(reading, sheet, order)
    old, new = dict(reading.content), texts(sheet)
    changed = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    if changed:
        reading.version += 1
        Reading.objects.filter(pk=reading.pk).update(content=new, version=reading.version)
        reading.content = new
    _keep_token(reading, order.token)
    entries = [
        Entry(
            Action.CHANGE if path in old else Action.ENTER,
            reading.address,
            path,
            old.get(path, ""),
            new.get(path, ""),
        )
        for path in changed
    ]
    participant = reading.case.participant
    trail.append_all(trail.participant_chain(participant), entries, by=by, site=participant.site)
    return Saved(_no_form(), reading.version, changed)


def _keep_token(reading: Reading, token: str) -> None:
    if token:
        reading.tokens = [*reading.tokens, token][-TOKENS_KEPT:]
        Reading.objects.filter(pk=reading.pk).update(tokens=reading.tokens)


def _require_after_surgery(reading: Reading, sheet: Sheet) -> None:
    """As a form is judged (CK-239): a re-read that took earlier dates could be told from other readings."""
    operation = casebook(reading.case.participant_id, ["SURG"]).value("SURG", "surg_prstdat")
    received = sheet.get("cp_recdat")
    if operation is not None and received is not None and certainly_before(received, operation):
        raise Invalid({"cp_recdat": str(DATE_CANNOT_BE)})


def _no_form() -> FormInstance:
    return FormInstance(form_key=KEY)


def _book(reading: Reading, sheet: Sheet) -> Casebook:
    """What a form of this place is judged beside (CK-238 … CK-244), with the re-read in the place of the first reading."""
    stored = casebook(reading.case.participant_id, ["SURG", "LPATH", KEY])
    beside = [one for one in stored if one.key != KEY or one.get("cp_reader") != reading.slot]
    return Casebook("", [*beside, sheet])


def _judge(reading: Reading, sheet: Sheet, order: Order) -> None:
    """Raise `Invalid` for what cannot stand, as of any reading: what is refused there and taken here would tell."""
    definition = form_def(KEY)
    names = names_not_to_be_written()
    told = {path: text for path, text in texts(sheet).items() if names_a_person(text, names)}
    if told:
        raise Invalid({path: _("This text names a person. Leave names out.") for path in told})
    around = Surroundings(_book(reading, sheet), timezone.localdate())
    found = check(definition, sheet, around)
    if found.hidden and not order.clear_hidden:
        raise Invalid({}, hidden=sorted(found.hidden))
    while found.hidden:
        clear_paths(definition, sheet, set(found.hidden))
        found = check(definition, sheet, around)
    errors = {path: _("Required to complete this form.") for path in found.required} if order.whole else {}
    errors |= found.hard
    failed: Failed = {}
    for one, raised in judged_sheet(sheet, Folder(around.book, around.today), failed):
        if one.hard and (order.whole or one.always) and one.id not in UNTOLD:
            errors[raised.path] = str(one.message)
    if errors:
        blind = {path: str(DATE_CANNOT_BE) if path in UNBLINDING else text for path, text in errors.items()}
        raise Invalid(blind)
