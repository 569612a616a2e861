"""The only doors to participants, visits and forms. What a user may not see does not exist for that user (404)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from crf.models import FormInstance
from crf.policies import BLINDED_FORMS
from crf.schedule import visit_of
from participants.models import Participant, Visit
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission


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


def form_at(
    user: Any, number: str, label: str, key: str, repeat: int = 1, permission: Permission = Permission.VIEW
) -> FormInstance:
    """One form by its public address `/p/01-003/TA1/ta/`; `label` is `log` for forms kept once; or 404."""
    key = key.upper()
    if key in BLINDED_FORMS and key != "CPATHF":
        raise Http404
    place = visit_of(label)
    where: dict[str, Any] = {"participant__number": number, "form_key": key, "repeat": repeat}
    if label == "log":
        where["visit__isnull"] = True
    elif place:
        where |= {"visit__code": place[0], "visit__repeat": place[1]}
    else:
        raise Http404
    form = FormInstance.objects.select_related("participant__site", "visit").filter(**where).first()
    if form is None or not grants_of(user).may(permission, form.participant.site_id):
        raise Http404
    return form
