"""What the home pages read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import FieldError
from django.db.models import Count, Min, Q
from django.utils import timezone

from crf.models import Verified
from crf.models.queries import WITH_SITE
from crf.selectors import work
from crf.selectors.access import forms_for, participants_for
from crf.selectors.lines import work_lines
from crf.selectors.matrix import Row, matrix_rows, nothing_to_verify
from crf.selectors.trail import withheld_targets
from crf.selectors.worklists import tiles
from participants.lifecycle import State
from trialsite.accounts.models import Site
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.audit.models import AuditEvent
from trialsite.audit.trail import chain_name
from trialsite.kernel.texts import Text
from trialsite.web import figures


@dataclass(slots=True)
class SiteLine:
    number: str
    name: Text
    screened: int = 0
    enrolled: int = 0
    overdue: int = 0
    progress: int = 0
    queries: int = 0
    oldest: int | None = None  # days that the oldest unanswered query waits
    verified: str = ""  # share of the forms to be verified that are
    rows: list[Row] = field(default_factory=list)


CHAIN = chain_name(0).removesuffix("0")
NOT_ENROLLED = (State.SCREENING, State.SCREEN_FAILED)


def overview(user: Any, *, enters: bool) -> dict[str, Any]:
    """Tiles, the next visit, and the sites with their figures."""
    day = work.trial_day()
    rows, _imported = matrix_rows(user, day=day)
    found: dict[str, Any] = {"day": day, "sites": _sites(rows), "participants": len(rows)}
    found["tiles"] = tiles(user, day)
    if enters:
        ahead = work_lines(user, "due", day)
        found["ahead"] = [line for line in ahead if line.window_to][:12]
        coming = [row for row in rows if row.due and row.due.until >= day]
        found["next"] = min(coming, key=lambda row: row.due.day if row.due else day, default=None)
    else:
        _reviewed(user, found["sites"])
    return found


def _reviewed(user: Any, sites: list[SiteLine]) -> None:
    """How old the oldest query of each site is, and how much of its data is verified: two queries."""
    asked = participants_for(user).values("site__number").order_by()
    since = dict(
        asked.annotate(since=Min("queries__moved_at", filter=Q(queries__state__in=WITH_SITE))).values_list(
            "site__number", "since"
        )
    )
    entered = (
        forms_for(user)
        .filter(participant__imported=False, version__gt=0, active=True)
        .exclude(form_key__in=nothing_to_verify())
    )
    shares = {
        number: (done, total)
        for number, done, total in entered.order_by()
        .values("participant__site__number")
        .annotate(done=Count("pk", filter=Q(verified=Verified.FULLY)), total=Count("pk"))
        .values_list("participant__site__number", "done", "total")
    }
    for site in sites:
        if moment := since.get(site.number):
            site.oldest = (timezone.now() - moment).days
        done, total = shares.get(site.number, (0, 0))
        site.verified = figures.percent(100 * done / total, 0) if total else figures.NOTHING


def _sites(rows: list[Row]) -> list[SiteLine]:
    sites: dict[str, SiteLine] = {}
    for row in rows:
        line = sites.setdefault(row.site_number, SiteLine(row.site_number, Text(row.site_en, row.site_zh)))
        line.screened += 1
        line.enrolled += row.state not in NOT_ENROLLED
        line.overdue += row.overdue
        line.progress += row.progress
        line.queries += row.queries
    return [sites[number] for number in sorted(sites)]


def latest_changes(user: Any, limit: int = 12) -> list[tuple[AuditEvent, str]]:
    """The newest acts of people on participants that the user may see, with the participant's number."""
    events = AuditEvent.objects.filter(chain__name__startswith=CHAIN, actor__isnull=False)
    events = events.exclude(target__in=withheld_targets())  # single central readings before their release
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
