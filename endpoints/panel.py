"""The results of one participant, and what the last save changed in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from endpoints import words
from endpoints.models import EndpointRun, EndpointState, Status
from endpoints.trace import Places
from endpoints.versions import basis
from participants.models import Participant

NEWS = dt.timedelta(minutes=15)  # how long a change is marked as new


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    label: str
    title: str
    value: str
    detail: str
    was: str  # the value of the run before, when the last save changed it
    slug: str


@dataclass(frozen=True, slots=True)
class Panel:
    """What the side panel of a form and the page of results show."""

    rows: list[Row]
    others: list[Row]
    stale: bool
    computed_at: dt.datetime | None
    changed_at: dt.datetime | None
    error: str
    error_href: str
    parked: bool


def panel_of(participant: Participant) -> Panel:
    """Three queries, whatever the participant."""
    state = EndpointState.objects.select_related("run").filter(participant=participant).first()
    if state is None:
        return Panel([], [], True, None, None, "", "", False)
    stale = state.data_version != participant.data_version or state.basis != basis()
    before, changed_at = _before(state)
    values: Mapping[str, Any] = state.summary.get("values", {})
    parked = state.status == Status.PARKED
    return Panel(
        rows=[_row(name, values[name], before) for name in words.HEADLINE if name in values],
        others=[_row(name, values[name], before) for name in words.NAMES if name in values and name not in words.HEADLINE],
        stale=stale and not parked, computed_at=state.computed_at, changed_at=changed_at,
        error=words.refusal(state.summary, state.error) if state.status != Status.OK else "",
        error_href=address_href(state.error_address), parked=parked,
    )  # fmt: skip


def _before(state: EndpointState) -> tuple[dict[str, Any], dt.datetime | None]:
    """The values of the run before the last one, while the last one is news."""
    if state.run is None or state.run.created_at < timezone.now() - NEWS:
        return {}, None
    earlier = (
        EndpointRun.objects.filter(participant_id=state.participant_id, pk__lt=state.run.pk)
        .order_by("-pk")
        .first()
    )
    return (earlier.content.get("endpoints", {}) if earlier else {}), state.run.created_at


def _row(name: str, found: Mapping[str, Any], before: Mapping[str, Any]) -> Row:
    value, detail = words.outcome(name, found), words.detail(name, found)
    was = ""
    if name in before:
        old = words.whole(name, before[name])
        if (words.outcome(name, old), words.detail(name, old)) != (value, detail):
            was = words.outcome(name, old)
            if was == value:
                was = words.detail(name, old) or was
    return Row(name, words.short(name), str(words.NAMES[name].long), value, detail, was, name.lower())


def address_href(address: str, places: Places | None = None) -> str:
    """The page of the field that an error names; nothing when it may not be opened."""
    if not address.startswith("form:"):
        return ""
    source = (places or Places([address])).source(address)
    return source.href if source else ""
