"""Where one can go from a form: the other forms of its visit, the logs, the next unfinished form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from crf.models import FormInstance, FormStatus
from crf.naming import LOG_OF, form_title, form_url
from crf.registry import forms
from crf.schedule import forms_at
from trialsite.db.prepared import Prepared


@dataclass(frozen=True, slots=True)
class RailItem:
    url: str
    title: Any
    status: str
    count: int  # queries that wait for an answer
    current: bool
    lines: int = 0  # of a log


@dataclass(frozen=True, slots=True)
class Rail:
    forms: list[RailItem]
    logs: list[RailItem]


_kept = Prepared(
    lambda participant, visit: (
        FormInstance.objects.filter(
            Q(visit_id=visit) | Q(visit__isnull=True), participant_id=participant, expected=True, active=True
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
            order.index(f.form_key)
            if f.form_key in order
            else known.index(LOG_OF.get(f.form_key, f.form_key)),
            f.repeat,
        )
    )
    for other in found:
        other.participant = form.participant
    return found


def rail_of(form: FormInstance) -> Rail:
    found = _ordered(form)
    logs = [f for f in found if f.form_key in LOG_OF]
    lines = Counter(LOG_OF[f.form_key] for f in logs if f.version)
    items = [(f, _item(f, form, lines)) for f in found if f not in logs]
    return Rail([item for f, item in items if f.visit_id], [item for f, item in items if not f.visit_id])


def _item(other: FormInstance, form: FormInstance, lines: Mapping[str, int]) -> RailItem:
    title = form_title(other.form_key, other.repeat)
    status = {"EXPECTED": "none", "IN_PROGRESS": "prog", "COMPLETE": "comp"}[other.status]
    if other.locked or other.frozen:
        status = "lock" if other.locked else "frz"
    current = other.pk == form.pk or (
        form.visit_id is None and LOG_OF.get(form.form_key) == other.form_key
    )  # a line belongs to its log
    return RailItem(
        form_url(other),
        title,
        status,
        0 if other.locked else other.query_open,
        current,
        lines.get(other.form_key, 0),
    )


def next_form(form: FormInstance) -> FormInstance | None:
    """The next form of the visit that is not complete, after this one and then from the start."""
    same = [f for f in _ordered(form) if f.visit_id and f.visit_id == form.visit_id]
    at = next((i for i, f in enumerate(same) if f.pk == form.pk), 0)
    ahead = same[at + 1 :] + same[:at]
    return next((f for f in ahead if f.status != FormStatus.COMPLETE and f.required != "O"), None)
