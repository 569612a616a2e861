"""Where one can go from a form: the other forms of its visit, the logs, the next unfinished form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from crf.models import FormInstance, FormStatus
from crf.naming import form_url
from crf.registry import form_def, forms
from crf.schedule import forms_at
from trialsite.db.prepared import Prepared


@dataclass(frozen=True, slots=True)
class RailItem:
    url: str
    title: Any
    status: str
    count: int  # open soft findings
    current: bool


@dataclass(frozen=True, slots=True)
class Rail:
    forms: list[RailItem]
    logs: list[RailItem]


_kept = Prepared(
    lambda participant, visit: (
        FormInstance.objects.filter(
            Q(visit_id=visit) | Q(visit__isnull=True), participant_id=participant, expected=True
        )
        .exclude(form_key__in=("CPATH", "CPATHF"))
        .select_related("visit")
    ),
    participant=1,
    visit=1,
)


def _ordered(form: FormInstance) -> list[FormInstance]:
    """Forms of the same visit and the logs, in the order in which a site fills them in. One query."""
    found = _kept(participant=form.participant_id, visit=form.visit_id or 0)
    order = [at.key for at in forms_at(form.visit.code)] if form.visit else []
    known = list(forms())
    found.sort(
        key=lambda f: (
            f.visit_id is None,
            order.index(f.form_key) if f.form_key in order else known.index(f.form_key),
            f.repeat,
        )
    )
    for other in found:
        other.participant = form.participant
    return found


def rail_of(form: FormInstance) -> Rail:
    items = [(f, _item(f, form)) for f in _ordered(form)]
    return Rail([item for f, item in items if f.visit_id], [item for f, item in items if not f.visit_id])


def _item(other: FormInstance, form: FormInstance) -> RailItem:
    title = form_def(other.form_key).title
    status = {"EXPECTED": "none", "IN_PROGRESS": "prog", "COMPLETE": "comp"}[other.status]
    if other.locked or other.frozen:
        status = "lock" if other.locked else "frz"
    return RailItem(form_url(other), title, status, other.finding_count, other.pk == form.pk)


def next_form(form: FormInstance) -> FormInstance | None:
    """The next form of the visit that is not complete, after this one and then from the start."""
    same = [f for f in _ordered(form) if f.visit_id and f.visit_id == form.visit_id]
    at = next((i for i, f in enumerate(same) if f.pk == form.pk), 0)
    ahead = same[at + 1 :] + same[:at]
    return next((f for f in ahead if f.status != FormStatus.COMPLETE and f.required != "O"), None)
