"""The only doors to participants, visits and forms. What a user may not see does not exist for that user (404)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from crf.models import FormInstance
from crf.policies import BLINDED_FORMS
from crf.schedule import LINES_OF, visit_of
from participants.models import Participant, Visit
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.db.prepared import Prepared


def participants_for(user: Any, permission: Permission = Permission.VIEW) -> QuerySet[Participant]:
    """Participants of the sites where the user holds the permission."""
    return grants_of(user).limit(Participant.objects.all(), permission)


def participant_for(user: Any, number: str, permission: Permission = Permission.VIEW) -> Participant:
    """One participant by number, or 404: another site's participant does not exist."""
    participant = participants_for(user, permission).select_related("site").filter(number=number).first()
    if participant is None:
        raise Http404
    return participant


def visit_for(user: Any, number: str, label: str, permission: Permission = Permission.VIEW) -> Visit:
    """One visit by participant number and label (`TA1`), or 404."""
    place = visit_of(label)
    visit = (
        Visit.objects.select_related("participant__site")
        .filter(participant__number=number, code=place[0], repeat=place[1])
        .first()
        if place
        else None
    )
    if visit is None or not grants_of(user).may(permission, visit.participant.site_id):
        raise Http404
    return visit


def forms_for(user: Any, permission: Permission = Permission.VIEW) -> QuerySet[FormInstance]:
    """Forms of the sites where the user holds the permission. Single central readings are never among them."""
    forms = FormInstance.objects.exclude(form_key="CPATH")
    return grants_of(user).limit(forms, permission, "participant__site")


def form_for(user: Any, pk: int, permission: Permission = Permission.VIEW) -> FormInstance:
    """One form by primary key, with participant, site and visit at hand; or 404."""
    form = FormInstance.objects.select_related("participant__site", "visit").filter(pk=pk).first()
    if (
        form is None
        or form.form_key == "CPATH"
        or not grants_of(user).may(permission, form.participant.site_id)
    ):
        raise Http404
    return form


PARTS_OF_LOGS = frozenset(LINES_OF.values())
_with_all = FormInstance.objects.select_related("participant__site", "visit")
_log_forms = Prepared(
    lambda number, key: _with_all.filter(participant__number=number, form_key=key, visit__isnull=True),
    number="", key="",
)  # fmt: skip
_visit_forms = Prepared(
    lambda number, key, code, at: _with_all.filter(
        participant__number=number, form_key=key, visit__code=code, visit__repeat=at
    ),
    number="", key="", code="", at=1,
)  # fmt: skip


def form_at(
    user: Any,
    number: str,
    label: str,
    key: str,
    repeat: int | None = None,
    permission: Permission = Permission.VIEW,
) -> FormInstance:
    """One form by its public address, or 404: `/p/01-003/TA1/ta/`, `/p/01-003/log/ae/`, `/p/01-003/log/ae/3/`.

    `label` is `log` for forms kept outside visits; with a number it is that line of the log.
    """
    key = key.upper()
    if label == "log" and repeat is not None:
        key = LINES_OF.get(key, key)
    elif key in PARTS_OF_LOGS:
        raise Http404  # a line is addressed by its log
    if key in BLINDED_FORMS and key != "CPATHF":
        raise Http404
    place = visit_of(label)
    where: dict[str, Any] = {"number": number, "key": key}
    if label == "log":
        found = _log_forms(**where)
    elif place:
        found = _visit_forms(code=place[0], at=place[1], **where)
    else:
        raise Http404
    form = next((form for form in found if form.repeat == (repeat or 1)), None)
    if form is None or not grants_of(user).may(permission, form.participant.site_id):
        raise Http404
    return form
