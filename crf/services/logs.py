"""Lines of a log (adverse events, medication, …): each is a record of its own and keeps its number for life."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef
from django.utils.translation import gettext as _

from crf import derivation
from crf.events import source_data_changed
from crf.fields import CrfField
from crf.models import Draft, FormInstance, Void
from crf.naming import LOG_OF
from crf.policies import held, may_enter, may_log
from crf.reasons import reason_given
from crf.registry import form_def
from crf.schedule import LINES_OF
from crf.selectors.presence import others_here
from crf.selectors.sheets import sheet_of
from crf.sheets import Sheet
from participants.models import Participant
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import Decision, refused

from .entry import Invalid
from .presence import presence_seen
from .refusals import noted, require_open
from .regrading import _derived_anew
from .signatures_void import signature_void
from .verification_marks import marks_of_line

MISS_INPUT = "__miss"  # the input of a missing reason (crf.forms)


def log_line_add(
    *, by: User, participant: Participant, log: str, decision: Decision | None = None
) -> FormInstance:
    """The next line of a log (`AE`), empty. One that was added, never saved and left is given again."""
    address = f"participant:{participant.pk}"
    with noted(by=by, act="add-line", address=address, participant=participant), transaction.atomic():
        return _add(by, participant, log, decision)


def _add(by: User, participant: Participant, log: str, decision: Decision | None) -> FormInstance:
    (decision or may_log(by, participant)).require()
    chain = trail.participant_chain(participant)
    require_open(participant, log)
    lines = FormInstance.objects.filter(participant=participant, form_key=LINES_OF[log])
    others = Exists(others_here(by).filter(form=OuterRef("pk")))
    waiting = lines.filter(~others, version=0, active=True, drafts__isnull=True).order_by("repeat").first()
    if waiting is not None:
        waiting.participant = participant
        return _taken(by, waiting, decision)
    number = (lines.aggregate(last=Max("repeat"))["last"] or 0) + 1
    form = FormInstance.objects.create(
        participant=participant, form_key=LINES_OF[log], repeat=number, required="E"
    )
    entry = Entry(Action.FORM_EXPECTED, form.address, "@expected", "", form.form_key)
    trail.append_all(chain, [entry], by=by, site=participant.site)
    return _taken(by, form, decision)


def _taken(by: User, form: FormInstance, decision: Decision | None) -> FormInstance:
    """Who asked for a line at a page is there from now on: the next person who asks gets another line."""
    if decision is None:
        presence_seen(by=by, form=form)
    return form


def log_line_copy(*, by: User, form: FormInstance, decision: Decision | None = None) -> FormInstance:
    """A new line with the answers of another and without its dates, as a draft: nothing is data until it is saved."""
    with noted(by=by, act="copy", address=form.address, participant=form.participant), transaction.atomic():
        return _copy(by, form, decision)


def _copy(by: User, form: FormInstance, decision: Decision | None) -> FormInstance:
    (decision or may_log(by, form.participant)).require()
    if not form.version:
        refused(_("Save this line first, then copy it."), "unsaved").require()
    made = _add(by, form.participant, LOG_OF[form.form_key], decision)
    content = _undated(form_def(form.form_key).fields.values(), sheet_of(form))
    Draft.objects.update_or_create(form=made, user=by, defaults={"version": made.version, "content": content})
    return made


def _undated(fields: Iterable[CrfField], sheet: Sheet) -> dict[str, list[str]]:
    """The answers as a page would post them."""
    content: dict[str, list[str]] = {}
    for crf_field in fields:
        if crf_field.derived or crf_field.kind in ("date", "pdate", "time"):
            continue
        value = sheet.get(crf_field.name)
        if value is not None:
            raw = crf_field.to_raw(value)
            content[crf_field.name] = list(value) if crf_field.kind == "multi" else [str(raw)]
        elif reason := sheet.missing.get(crf_field.name):
            content[crf_field.name + MISS_INPUT] = [reason]
    return content


def log_line_remove(*, by: User, form: FormInstance, reason: str, decision: Decision | None = None) -> None:
    """Take a line out of its log with a reason. It stays readable; nothing counts it any more."""
    with noted(by=by, act="remove", address=form.address, participant=form.participant), transaction.atomic():
        _remove(by, form, reason, decision)


def _remove(by: User, form: FormInstance, reason: str, decision: Decision | None) -> None:
    (decision or may_enter(by, form)).require()
    reason = reason_given(reason, _("Say why this line is taken out."))
    chain = trail.participant_chain(form.participant_id)
    form.refresh_from_db(fields=["active", "locked", "frozen", "signed", "verified"])
    if not form.active:
        return
    (decision or may_enter(by, form)).require()
    held(form).require()
    form.active, form.removed_reason = False, reason
    form.save(update_fields=["active", "removed_reason"])
    entry = Entry(Action.ROW_REMOVE, form.address, "@active", "1", "0", form.removed_reason)
    void = signature_void(form.pk, [("@active", "1", "0")], Void.REMOVED) if form.signed else []
    fell = [*void, *marks_of_line(form)]
    trail.append_all(chain, [entry, *fell, *_follow(form)], by=by, site=form.participant.site)
    Participant.objects.filter(pk=form.participant_id).update(data_version=F("data_version") + 1)
    source_data_changed.send(
        FormInstance, participant_id=form.participant_id, form_key=form.form_key, form_id=form.pk, paths={"@active"}, by=by,
    )  # fmt: skip


def _follow(form: FormInstance) -> list[Entry]:
    """What was calculated from the line is calculated without it: the last day alive, a grade under treatment."""
    try:
        return _derived_anew(form.participant, derivation.dependents(form.form_key))
    except Invalid as impossible:
        refused(" ".join(impossible.errors.values()), "impossible").require()
        raise
