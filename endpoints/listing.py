"""The participants behind an endpoint, as far as the reader may see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from crf.selectors.access import participants_for
from endpoints import words
from endpoints.models import Status
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


def lines_of(user: Any, name: str) -> list[Line]:
    """Everybody with a result at the reader's sites, by number: one query."""
    shown = participants_for(user, Permission.RESULTS).filter(endpoint_state__isnull=False, imported=False)
    rows = shown.order_by("number").values_list(
        "number", "site__number", "endpoint_state__summary", "endpoint_state__status", "endpoint_state__error",
        F("data_version") - F("endpoint_state__data_version"),
    )  # fmt: skip
    return [_line(name, *row) for row in rows]


def _line(
    name: str, participant: str, site: str, summary: dict[str, Any], status: str, error: str, behind: int
) -> Line:
    found = summary.get("values", {}).get(name, {})
    if status != Status.OK:
        return Line(
            participant, site, _("Data error"), "ERROR", "", "–", bool(behind), words.refusal(summary, error)
        )
    change = summary.get("best_change", {}).get("mRECIST")
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
