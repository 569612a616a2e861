"""What waits for a person, as counts: the menu, the home page and the daily mail read them here.

A tile is shown only to who can act on it. Layers above add their own (`provide`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crf.models import Draft, Query, QueryState
from crf.models.queries import STANDING, WITH_SITE
from crf.naming import form_title, label_of
from crf.registry import form_def
from crf.schedule import visit_label
from crf.selectors import work
from crf.selectors.deviations import deviation_tiles
from crf.selectors.duplicates import duplicates_open
from crf.selectors.findings import message_of
from crf.selectors.holds import lock_tiles
from crf.selectors.lines import FormLine, work_lines
from crf.selectors.queries import query_tiles
from crf.selectors.sdv import sdv_tiles
from crf.selectors.signing import SignTile, sign_tiles
from crf.selectors.trail_review import review_tiles
from participants.models import Participant
from trialsite.accounts.permissions import Grants, grants_of
from trialsite.accounts.roles import Permission
from trialsite.audit.selectors import latest_verification
from trialsite.web import figures

P = Permission


@dataclass(frozen=True, slots=True)
class Tile:
    """A count, what stands longest, and the list behind it. `key` names it for tests and keys."""

    key: str
    label: str
    glyph: str
    count: int
    said: str
    href: str


Provider = Callable[[Any, Grants], list[Tile]]
_providers: list[Provider] = []


def provide(provider: Provider) -> None:
    """A layer above has work to show as well."""
    if provider not in _providers:
        _providers.append(provider)


def tiles(user: Any, day: dt.date | None = None) -> list[Tile]:
    """Every tile of a person, whatever its count: a fixed number of queries for each role."""
    grants, today = grants_of(user), day or work.trial_day()
    found: list[Tile] = []
    if grants.may(P.ENTER):
        found += _entering(user, today)
    found += [
        Tile(tile.need, tile.label, "query", tile.count, _since(tile.oldest), tile.href)
        for tile in query_tiles(user)
        if tile.need != "answer" or grants.may(P.QUERY_ANSWER)
    ]
    if (signing := sign_tiles(user)) is not None:
        found.append(_signing(signing))
    if grants.may(P.VERIFY):
        found += _verifying(user)
    if grants.may(P.ENTER):
        found += [_drafts(user), _proposals(user)]
    if grants.may(P.LOCK):
        found += _locking(user)
    if grants.may(P.RECONCILE):
        count = duplicates_open(user)
        found.append(Tile("duplicates", _("Possible duplicates"), "users", count, "", "/duplicates/"))
    if (waiting := review_tiles(user)) is not None:
        found.append(
            Tile(
                "review",
                _("Trail to review"),
                "trace",
                waiting["count"],
                _since(waiting["oldest"]),
                waiting["href"],
            )
        )
    for provider in _providers:
        found += provider(user, grants)
    return found


def _since(moment: dt.datetime | None) -> str:
    if moment is None:
        return ""
    days = (timezone.now() - moment).days
    return ngettext("oldest: %(n)s day", "oldest: %(n)s days", days) % {"n": days}


# --- the site -------------------------------------------------------------------------------------------------------


def _entering(user: Any, day: dt.date) -> list[Tile]:
    made = []
    for need, label, glyph in (
        ("overdue", _("Overdue forms"), "due"),
        ("progress", _("Unfinished forms"), "prog"),
        ("due", _("Due in 14 days"), "calendar"),
    ):
        lines = work_lines(user, need, day)
        said = _form_words(lines[0], need, day) if lines else ""
        made.append(Tile(need, label, glyph, len(lines), said, f"/participants/?view=work&need={need}"))
    return made


def _form_words(line: FormLine, need: str, day: dt.date) -> str:
    late = f" · {_('overdue %(n)s d') % {'n': line.days_late(day)}}" if need == "overdue" else ""
    return f"{line.number} {line.label} · {line.title}{late}"


def _drafts(user: Any) -> Tile:
    mine = Draft.objects.filter(user=user).aggregate(n=Count("pk"), oldest=Min("saved_at"))
    href = "/participants/?view=work&need=drafts"
    return Tile("drafts", _("My drafts"), "edit", mine["n"], _since(mine["oldest"]), href)


def _proposals(user: Any) -> Tile:
    found = deviation_tiles(user)
    label = _("Proposed deviations")
    return Tile("deviations", label, "info", found["count"], _since(found["oldest"]), found["href"])


def _signing(found: SignTile) -> Tile:
    n = found.changed
    said = (
        ngettext("%(n)s changed since you signed", "%(n)s changed since you signed", n) % {"n": n}
        if n
        else ""
    )
    return Tile("sign", _("To sign"), "sign", found.count, said or _since(found.oldest), found.href)


# --- the monitor and the data manager -------------------------------------------------------------------------------


def _verifying(user: Any) -> list[Tile]:
    found = sdv_tiles(user)
    return [
        Tile("verify", _("Forms to verify"), "sdv", found.to_verify, "", found.verify_href),
        Tile(
            "changed", _("Changed since verified"), "sdvhalf", found.changed, _since(found.changed_since),
            found.changed_href,
        ),
    ]  # fmt: skip


def _locking(user: Any) -> list[Tile]:
    found = lock_tiles(user)
    said = _since(found["oldest"])
    made = [
        Tile("lock", _("Participants ready to lock"), "lock", found["ready"], "", found["href"]),
        Tile(
            "unlock", _("Unlock requests to decide"), "unlock", found["unlocks"], said, found["unlocks_href"]
        ),
    ]
    last = latest_verification()
    if last is not None and last.finished_at is not None and not last.ok:
        label, href = _("The trail is not as it was written"), "/audit/verification/"
        made.insert(0, Tile("trail", label, "due", last.problem_count, _since(last.finished_at), href))
    return made


# --- one participant ------------------------------------------------------------------------------------------------

SHOWN = 6


@dataclass(frozen=True, slots=True)
class ShownQuery:
    """A standing query beside the participant's course."""

    code: str
    where: str
    said: str
    answered: bool


def queries_of(participant: Participant) -> list[ShownQuery]:
    """The oldest standing queries of a participant. One query."""
    standing = Query.objects.filter(participant=participant, state__in=STANDING).select_related("form__visit")
    found = []
    for query in standing.order_by("raised_at", "pk")[:SHOWN]:
        query.participant = participant
        found.append(ShownQuery(query.code, _where(query), _asked(query), query.state == QueryState.ANSWERED))
    return found


def _where(query: Query) -> str:
    if query.form is None:
        return _("the participant")
    visit = query.form.visit
    place = f"{visit_label(visit.code, visit.repeat)} " if visit else ""
    label = f" · {label_of(form_def(query.form_key), query.path)}" if query.path else ""
    return f"{place}{form_title(query.form_key, query.form.repeat)}{label}"


def _asked(query: Query) -> str:
    return query.question or message_of(form_def(query.form_key), query.rule, query.path)


# --- the menu -------------------------------------------------------------------------------------------------------


def queries_waiting(grants: Grants) -> tuple[int, bool]:
    """How many queries wait for this person, and whether they are answers to be closed. One query."""
    readable = Query.objects.exclude(form_key="CPATH")  # single readings are for their readers
    if grants.may(P.QUERY_ANSWER):
        return grants.limit(readable.filter(state__in=WITH_SITE), P.QUERY_ANSWER).count(), False
    return grants.limit(readable.filter(state=QueryState.ANSWERED), P.QUERY_RAISE).count(), True


def said_of(tile: Tile) -> str:
    """One line of the daily mail: numbers only, no participant."""
    return f"{figures.number(tile.count)} · {tile.label}"
