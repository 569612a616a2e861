"""Lines of a log (adverse events, medication, …): each is a record of its own and keeps its number for life."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from crf.events import source_data_changed
from crf.fields import CrfField
from crf.models import Draft, FormInstance
from crf.naming import LOG_OF
from crf.policies import may_enter, may_log
from crf.registry import form_def
from crf.schedule import LINES_OF
from crf.selectors.sheets import sheet_of
from crf.sheets import Sheet
from participants.models import Participant
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import Decision, refused

MISS_INPUT = "__miss"  # the input of a missing reason (crf.forms)


@transaction.atomic
def log_line_add(
    *, by: User, participant: Participant, log: str, decision: Decision | None = None
) -> FormInstance:
    """The next line of a log (`AE`), empty. A line that was added and never saved is given again."""
    (decision or may_log(by, participant)).require()
    chain = trail.participant_chain(participant)
    lines = FormInstance.objects.filter(participant=participant, form_key=LINES_OF[log])
    waiting = lines.filter(version=0, active=True, drafts__isnull=True).order_by("repeat").first()
    if waiting is not None:
        waiting.participant = participant
        return waiting
    number = (lines.aggregate(last=Max("repeat"))["last"] or 0) + 1
    form = FormInstance.objects.create(
        participant=participant, form_key=LINES_OF[log], repeat=number, required="E"
    )
    entry = Entry(Action.FORM_EXPECTED, form.address, "@expected", "", form.form_key)
    trail.append_all(chain, [entry], by=by, site=participant.site)
    return form


@transaction.atomic
def log_line_copy(*, by: User, form: FormInstance, decision: Decision | None = None) -> FormInstance:
    """A new line with the answers of another and without its dates, as a draft: nothing is data until it is saved."""
    if not form.version:
        refused(_("Save this line first, then copy it."), "unsaved").require()
    log = LOG_OF[form.form_key]
    made = log_line_add(by=by, participant=form.participant, log=log, decision=decision)
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


@transaction.atomic
def log_line_remove(*, by: User, form: FormInstance, reason: str, decision: Decision | None = None) -> None:
    """Take a line out of its log with a reason. It stays readable; nothing counts it any more."""
    (decision or may_enter(by, form)).require()
    if not reason.strip():
        refused(_("Say why this line is taken out."), "reason").require()
    chain = trail.participant_chain(form.participant_id)
    form.refresh_from_db(fields=["active", "locked", "frozen"])
    if not form.active:
        return
    (decision or may_enter(by, form)).require()
    form.active, form.removed_reason = False, reason.strip()[:200]
    form.save(update_fields=["active", "removed_reason"])
    entry = Entry(Action.ROW_REMOVE, form.address, "@active", "1", "0", form.removed_reason)
    trail.append_all(chain, [entry], by=by, site=form.participant.site)
    Participant.objects.filter(pk=form.participant_id).update(data_version=F("data_version") + 1)
    source_data_changed.send(
        FormInstance, participant_id=form.participant_id, form_key=form.form_key, form_id=form.pk, paths={"@active"}, by=by,
    )  # fmt: skip
