"""What the trail says of a form or a field, in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q

from crf.fields import MISS, CrfField, missing_label
from crf.judging import MARKED, REFUSED, unmarked
from crf.models import FormInstance, FormStatus
from crf.naming import label_of
from crf.registry import FormDef, form_def
from crf.signing_words import trail_words
from trialsite.accounts.roles import Role
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event for a reader: labels, not codes only (E6 4.2.2(c)); the codes stay available."""

    at: dt.datetime
    who: str
    role: str
    site: str
    action: str
    label: str
    path: str
    old: str
    new: str
    reason: str
    number: int
    digest: str


def history_of(form: FormInstance, path: str = "") -> list[HistoryLine]:
    """Events of a field (value, missing reason, confirmations), or of the whole form, newest first."""
    events = AuditEvent.objects.filter(target=form.address).select_related("actor")
    if path:
        row = path.rpartition("/")[0]
        wanted = Q(path__in=[path, path + MISS]) | Q(path__startswith=path + "@")
        events = events.filter(wanted | Q(path=f"{row}/@active") if row else wanted)
    definition = form_def(form.form_key)
    return [line_of(definition, event) for event in events.order_by("-number")]


TYPED = (Action.ENTER, Action.CHANGE, Action.CLEAR, Action.ROW_ADD, Action.ROW_REMOVE)
SAVED = (*TYPED, Action.CONFIRM, Action.FORM_STATUS)  # each of them belongs to a save
NOT_TYPED = (Action.DERIVE, Action.FINDING, Action.VALUE_REFUSED)


def saved_since(form: FormInstance, version: int) -> list[HistoryLine]:
    """What other saves changed since a page showed `version`, in words."""
    definition = form_def(form.form_key)
    return [line_of(definition, event) for event in _events_since(form, version)]


def changed_since(form: FormInstance, version: int) -> dict[str, str]:
    """The text that stood at each path before those saves; rows that were not there have the empty `@active`."""
    found: dict[str, str] = {}
    for event in _events_since(form, version):
        found.setdefault(event.path, event.old)
    return found


def _events_since(form: FormInstance, version: int) -> list[AuditEvent]:
    """The newest batches, one per save at most: rather one too many than one too few."""
    behind = max(form.version - version, 1)
    moments = (
        AuditEvent.objects.filter(target=form.address, action__in=SAVED)
        .order_by("-at").values_list("at", flat=True).distinct()[:behind]
    )  # fmt: skip
    oldest = min(moments, default=None)
    if oldest is None:
        return []
    events = AuditEvent.objects.filter(target=form.address, at__gte=oldest).exclude(action__in=NOT_TYPED)
    return list(events.select_related("actor").order_by("number"))


def line_of(definition: FormDef, event: AuditEvent) -> HistoryLine:
    """One event in words."""
    path = unmarked(event.path)
    crf_field = field_at(definition, path)
    return HistoryLine(
        at=event.at, who=str(event.actor) if event.actor else event.who, role=_role(event.role), site=event.site,
        action=str(Action(event.action).label), label=label_of(definition, path) if not path.startswith("@") else "",
        path=path, old=in_words(crf_field, event.path, event.old), new=in_words(crf_field, event.path, event.new),
        reason=trail_words(definition, path, event.new, event.reason), number=event.number, digest=event.digest,
    )  # fmt: skip


def _role(role: str) -> str:
    return str(Role(role).label) if role in Role.values else role


def has_path(definition: FormDef, path: str) -> bool:
    """Whether a form can have a datum at this path; the form itself has the empty one."""
    head = path.rpartition("/")[0]
    return len(path) <= 80 and (not head or head.partition(":")[0] in {s.id for s in definition.row_sections})


def field_at(definition: FormDef, path: str) -> CrfField | None:
    """The field that a path names; `None` for the form itself."""
    head, _sep, name = path.removesuffix(MISS).rpartition("/")
    if not head:
        return definition.fields.get(name)
    section = definition.section(head.partition(":")[0])
    return next((field for field in section.fields if field.name == name), None)


def in_words(crf_field: CrfField | None, path: str, text: str) -> str:
    """A text of the trail as a reader understands it; the code stays in the trail."""
    if path == "@status":
        return str(FormStatus(text).label) if text in FormStatus.values else text
    if path == "@signature":  # the act and its reason say it
        return ""
    if path.endswith(("@active", "@expected")):
        return "" if text in ("0", "1") else text
    if MARKED.search(path) and not path.endswith(REFUSED):
        return _state(text)
    if path.endswith(MISS):
        return missing_label(text)
    if crf_field is None or not text:
        return text
    return crf_field.display(crf_field.from_text(text))


def _state(text: str) -> str:
    from crf.models import FindingState

    return str(FindingState(text).label) if text in FindingState.values else text
