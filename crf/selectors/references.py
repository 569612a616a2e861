"""What a reference may name: a line of a log, an assessment, a laboratory, a visit, a person; each with its name."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from crf.fields import CrfField
from crf.models import FormInstance, Laboratory
from crf.naming import LOG_OF, form_title
from crf.registry import form_def
from crf.schedule import LINES_OF, visit_label, visit_title
from crf.selectors.sheets import casebook
from participants.models import Visit
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.db.prepared import Prepared

Choices = list[tuple[str, str]]

# The words by which people know a line of a log.
NAMED_BY = {"AE": "aeterm", "MH": "mhterm", "CM": "cmtrt", "PR": "prtrt", "DV": "dvterm"}

_investigators = Prepared(
    lambda site: (
        User.objects.filter(
            Q(roles_held__site_id=site) | Q(roles_held__site=None),
            roles_held__role=Role.INVESTIGATOR,
            is_active=True,
        )
        .distinct()
        .order_by("full_name")
    ),
    site=1,
)


def reference_choices(form: FormInstance, field: CrfField) -> Choices:
    """(address, name) of everything that this field of this form may name."""
    to: str = getattr(field, "to", "")
    if logs := getattr(field, "logs", ()):
        return [choice for log in logs for choice in _lines(form, log, bare=len(logs) == 1)]
    if to == "USER":
        people = _investigators(site=form.participant.site_id)
        return [(f"user:{person.pk}", str(person)) for person in people]
    if to == "LAB":
        return [
            (lab.address, f"{lab.code} · {lab.name}") for lab in _laboratories(site=form.participant.site_id)
        ]
    if to == "VISIT":
        return _visits(form)
    return _forms(form, to.split(" or ")) if to and to != "ESIGN" else []


_laboratories = Prepared(
    lambda site: Laboratory.objects.filter(site_id=site, active=True).order_by("code"), site=1
)


def _lines(form: FormInstance, log: str, bare: bool) -> Choices:
    """Lines that are in the log now, by number and name. `bare`: the number alone is what the field keeps on the page."""
    return [
        (
            str(number) if bare else f"{log}:{number}",
            f"{'' if bare else log + ' '}#{number} {term or ''}".strip(),
        )
        for number, term in log_lines(form.participant_id, log)
        if not (form.form_key == LINES_OF[log] and form.repeat == number)
    ]


def log_lines(participant: int, log: str) -> list[tuple[int, str | None]]:
    """(number, term) of the saved lines of a log. One query."""
    model: Any = form_def(LINES_OF[log]).model
    found = model.objects.filter(form__participant_id=participant, form__active=True)
    return list(found.order_by("form__repeat").values_list("form__repeat", NAMED_BY[log]))


def _visits(form: FormInstance) -> Choices:
    found = Visit.objects.filter(participant_id=form.participant_id).order_by("order")
    return [
        (visit_label(v.code, v.repeat), f"{visit_label(v.code, v.repeat)} · {visit_title(v.code, v.repeat)}")
        for v in found
    ]


def _forms(form: FormInstance, keys: list[str]) -> Choices:
    found = FormInstance.objects.filter(
        participant_id=form.participant_id, form_key__in=keys, version__gt=0, visit__isnull=False
    )
    found = found.exclude(pk=form.pk).select_related("visit").order_by("visit__order")
    return [
        (f.address, f"{form_title(f.form_key, f.repeat)} · {visit_label(f.visit.code, f.visit.repeat)}")
        for f in found
        if f.visit
    ]


def named_by(form: FormInstance) -> list[str]:
    """Forms that name this line of a log, as people know them: what stays behind when the line is taken out."""
    log = LOG_OF.get(form.form_key, "")
    address = f"{log}:{form.repeat}"
    found = []
    for sheet in casebook(form.participant_id):
        for section in form_def(sheet.key).sections:
            fields = [field.name for field in section.fields if log in getattr(field, "logs", ())]
            holders = sheet.lines(section.id) if section.repeating else [sheet]
            if fields and any(holder.get(name) == address for holder in holders for name in fields):
                title = str(form_title(sheet.key, sheet.repeat))
                found.append(f"{title} · {sheet.visit}" if sheet.visit else title)
    return list(dict.fromkeys(found))
