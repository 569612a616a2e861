"""References that a person typed or chose must name somebody, or some form, that is there for this participant."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from crf.fields import MISS, CrfField
from crf.models import FormInstance, Laboratory
from crf.registry import FormDef
from crf.schedule import LINES_OF, visit_of
from crf.selectors.history import field_at
from participants.models import Participant, Visit
from trialsite.accounts.models import RoleHeld

from .writing import Change


def strangers(definition: FormDef, diff: list[Change], participant: Participant) -> dict[str, str]:
    """Path → message for every changed reference that leads to nobody, or to another participant's form."""
    errors = {}
    for change in diff:
        if change.derived or not change.new or change.action or change.path.endswith(MISS):
            continue
        crf_field = field_at(definition, change.path)
        if (
            crf_field is not None
            and crf_field.kind == "ref"
            and not _known(crf_field, change.new, participant)
        ):
            errors[change.path] = _stranger(crf_field, change.new)
    return errors


def _stranger(crf_field: CrfField, address: str) -> str:
    if getattr(crf_field, "logs", ()):
        return _("There is no line %(line)s in the log.") % {"line": address.replace(":", " #")}
    return _("“%(value)s” is not a code of this list.") % {"value": address}


def _known(crf_field: CrfField, address: str, participant: Participant) -> bool:
    to = getattr(crf_field, "to", "")
    kind, _sep, number = address.partition(":")
    if kind == "user":
        held = RoleHeld.objects.filter(user_id=number, user__is_active=True)
        return held.filter(Q(site=participant.site_id) | Q(site=None)).exists()
    if kind == "form":
        forms = FormInstance.objects.filter(pk=number, participant=participant, version__gt=0)
        return forms.filter(form_key__in=to.split(" or ")).exists()
    if kind == "lab":
        return Laboratory.objects.filter(pk=number, site=participant.site_id, active=True).exists()
    if kind in LINES_OF:
        lines = FormInstance.objects.filter(participant=participant, visit=None, form_key=LINES_OF[kind])
        return lines.filter(repeat=number, active=True, version__gt=0).exists()
    place = visit_of(address)
    return (
        place is not None
        and Visit.objects.filter(participant=participant, code=place[0], repeat=place[1]).exists()
    )
