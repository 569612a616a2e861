"""What the home pages read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import FieldError

from crf.selectors import work
from crf.selectors.access import participants_for
from crf.selectors.lines import FormLine, work_lines
from crf.selectors.matrix import Row, matrix_rows
from participants.lifecycle import State
from trialsite.accounts.models import Site
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.audit.models import AuditEvent
from trialsite.audit.trail import chain_name
from trialsite.kernel.texts import Text


@dataclass(frozen=True, slots=True)
class Tile:
    """A count, its oldest item, and the list behind it."""

    need: str
    count: int
    oldest: FormLine | None
    href: str


@dataclass(slots=True)
class SiteLine:
    number: str
    name: Text
    screened: int = 0
    enrolled: int = 0
    overdue: int = 0
    progress: int = 0
    confirm: int = 0
    rows: list[Row] = field(default_factory=list)


CHAIN = chain_name(0).removesuffix("0")
NOT_ENROLLED = (State.SCREENING, State.SCREEN_FAILED)


def overview(user: Any, *, enters: bool) -> dict[str, Any]:
    """Tiles, the next visit, and the sites with their figures."""
    day = work.trial_day()
    rows, _imported = matrix_rows(user, day=day)
    found: dict[str, Any] = {"day": day, "sites": _sites(rows), "participants": len(rows)}
    if enters:
        ahead = work_lines(user, "due", day)
        found["tiles"] = [_tile(user, need, day) for need in ("overdue", "progress", "confirm")] + [
            Tile("due", len(ahead), ahead[0] if ahead else None, "/participants/?view=work&need=due")
        ]
        found["ahead"] = [line for line in ahead if line.window_to][:12]
        coming = [row for row in rows if row.due and row.due.until >= day]
        found["next"] = min(coming, key=lambda row: row.due.day if row.due else day, default=None)
    return found


def _tile(user: Any, need: str, day: Any) -> Tile:
    lines = work_lines(user, need, day)
    return Tile(need, len(lines), lines[0] if lines else None, f"/participants/?view=work&need={need}")


def _sites(rows: list[Row]) -> list[SiteLine]:
    sites: dict[str, SiteLine] = {}
    for row in rows:
        line = sites.setdefault(row.site_number, SiteLine(row.site_number, Text(row.site_en, row.site_zh)))
        line.screened += 1
        line.enrolled += row.state not in NOT_ENROLLED
        line.overdue += row.overdue
        line.progress += row.progress
        line.confirm += row.confirm
    return [sites[number] for number in sorted(sites)]


def latest_changes(user: Any, limit: int = 12) -> list[tuple[AuditEvent, str]]:
    """The newest acts of people on participants that the user may see, with the participant's number."""
    events = AuditEvent.objects.filter(chain__name__startswith=CHAIN, actor__isnull=False)
    sites = grants_of(user).sites(Permission.VIEW)
    if sites is not None:
        events = events.filter(site__in=Site.objects.filter(pk__in=sites).values("number"))
    newest = list(events.select_related("chain").order_by("-pk")[:limit])
    wanted = {int(event.chain.name.removeprefix(CHAIN)) for event in newest}
    numbers = dict(participants_for(user).filter(pk__in=wanted).values_list("pk", "number"))
    named = [(event, numbers.get(int(event.chain.name.removeprefix(CHAIN)))) for event in newest]
    return [(event, number) for event, number in named if number]


def failed_results(user: Any) -> list[str] | None:
    """Participants whose results could not be computed; `None` when nothing here computes results."""
    try:
        failed = participants_for(user).filter(endpoint_state__status__in=("ERROR", "PARKED"))
    except FieldError:
        return None
    return list(failed.values_list("number", flat=True)[:50])
