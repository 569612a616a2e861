"""The participants behind an endpoint, as far as the reader may see them, from any standpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from crf.selectors.access import participants_for
from endpoints import rows, words
from endpoints.drawing import View
from endpoints.engine.evaluators import seen_by
from endpoints.models import Status
from endpoints.standpoint import HEADLINE, Kept
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.web.figures import number, percent

PAGE = 200


@dataclass(frozen=True, slots=True)
class Line:
    number: str
    site: str
    value: str
    raw: str
    detail: str
    change: str
    stale: bool
    error: str


def lines_of(user: Any, name: str, view: View) -> list[Line]:
    """Everybody of the analysis set with a result at the reader's sites, by number: one query. In the full analysis set,
    which is the headline, everybody is listed, and those outside say so."""
    found = _kept(user, view) if isinstance(view.standpoint, Kept) else _live(user)
    return [_line(name, view, *row) for row in found if _inside(view, *row)]


Row = tuple[str, str, dict[str, Any], dict[str, Any], str, str, int]


def _live(user: Any) -> Iterator[Row]:
    shown = participants_for(user, Permission.RESULTS).filter(endpoint_state__isnull=False, imported=False)
    yield from shown.order_by("number").values_list(
        "number", "site__number", "endpoint_state__summary", "endpoint_state__profile__sets", "endpoint_state__status",
        "endpoint_state__error", F("data_version") - F("endpoint_state__data_version"),
    )  # fmt: skip


def _kept(user: Any, view: View) -> Iterator[Row]:
    """At a moment or in a cut nothing is behind."""
    assert isinstance(view.standpoint, Kept)
    people = grants_of(user).limit(view.standpoint.people(), Permission.RESULTS)
    found = people.order_by("number").values_list(
        "number", "site__number", "summary", "profile__sets", "status", "error"
    )
    for row in found:
        yield (*row, 0)


def _inside(
    view: View, _number: str, _site: str, summary: dict[str, Any], sets: Any, status: str, *_rest: Any
) -> bool:
    if view.population == HEADLINE or status != Status.OK:
        return True
    return rows.inside(summary, {"sets": sets or {}}, view.population)


def _line(
    name: str, view: View, participant: str, site: str, summary: dict[str, Any], _sets: Any, status: str, error: str,
    behind: int,
) -> Line:  # fmt: skip
    if status != Status.OK:
        why = words.refusal(summary, error)
        return Line(participant, site, _("Data error"), "ERROR", "", "–", bool(behind), why)
    seen = seen_by(summary, view.evaluator) if view.evaluator else summary
    if seen is None:
        refused = _("The assessments of this evaluator are refused.")
        return Line(participant, site, _("Data error"), "ERROR", "", "–", bool(behind), refused)
    found = seen.get("values", {}).get(name, {})
    change = seen.get("best_change", {}).get(view.criteria)
    shown = percent(change, 1, sign=True) if change is not None else "–"
    return Line(
        participant,
        site,
        words.outcome(name, found),
        _raw(name, found),
        words.detail(name, found),
        shown,
        bool(behind),
        "",
    )


def _raw(name: str, found: dict[str, Any]) -> str:
    """The word by which the list is filtered."""
    if words.NAMES[name].kind == "time":
        return "NONE" if found.get("days") is None else "EVENT" if found.get("event") else "CENSORED"
    return found.get("value") or "NONE"


def filters_of(name: str, lines: list[Line]) -> list[tuple[str, str, int]]:
    """Value, its name and how many have it, in the order in which a reader expects them."""
    counts: dict[str, int] = {}
    for line in lines:
        counts[line.raw] = counts.get(line.raw, 0) + 1
    names = {
        "Y": words.short(name), "N": _("Not reached"), "PENDING": _("Pending"), "EVENT": _("Event"), "CENSORED": _("Censored"),
        "ERROR": _("Data error"), "NONE": _("Not in the population"),
    }  # fmt: skip
    known = [*names, *sorted(set(counts) - set(names))]
    return [(raw, names.get(raw, raw), counts[raw]) for raw in known if raw in counts]


def share_of(count: int, whole: int) -> str:
    return f"{count} ({number(100 * count / whole, 1)}%)" if whole else str(count)
