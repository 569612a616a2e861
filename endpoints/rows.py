"""Participants as lines of figures, lists and listings, from their summaries. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from endpoints.engine.codes import PENDING, Y
from endpoints.words import DAYS_PER_MONTH

Line = tuple[str, Mapping[str, Any]]  # a participant's number (or what stands for it), and its summary


def category(summary: Mapping[str, Any]) -> str:
    """The group by central pathology, as figures and listings colour it."""
    values = summary["values"]
    if values["PCR"].get("value") == Y:
        return "PCR"
    mpr = values["MPR"].get("value")
    if mpr == Y:
        return "MPR"
    if mpr == PENDING:
        return "PENDING"
    return "NO_MPR" if "RES" in summary["sets"] else "NOT_RESECTED"


def treated(lines: Iterable[Line]) -> list[Line]:
    return [(label, summary) for label, summary in lines if "FAS" in summary["sets"]]


def inside(summary: Mapping[str, Any], profile: Mapping[str, Any], population: str) -> bool:
    """Whether somebody is in an analysis set; safety and per-protocol set are known from the profile."""
    return population in summary.get("sets", ()) or bool((profile.get("sets") or {}).get(population))


def unnamed(name: str, found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the figure `name` for those who may not know everybody: the label is the place in the order of what is drawn.

    Ties are broken by the row's other values. The number of a participant has no part in it: a place in the order of
    numbers tells the site, and often the person, and one label in two figures would join what they show.
    """
    ordered = sorted(({**row, "label": ""} for row in found), key=ORDERS[name])
    return [row | {"label": str(place)} for place, row in enumerate(ordered, 1)]


def _by_change(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return -row["change"], row["group"], row["event"]


def _by_length(row: Mapping[str, Any]) -> tuple[Any, ...]:
    last = float("inf")
    resection, progression = (last if row[key] is None else row[key] for key in ("resection", "progression"))
    return -row["end"], resection, progression, row["dead"], row["after"]


def _by_last_change(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """The last point of the line, in per cent, then the whole line."""
    return -row["points"][-1][1], row["points"], row["group"]


ORDERS: Mapping[str, Callable[[Mapping[str, Any]], tuple[Any, ...]]] = {
    "waterfall": _by_change,
    "swimmer": _by_length,
    "spider": _by_last_change,
}


def waterfall_rows(lines: Iterable[Line], criteria: str) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "change": summary["best_change"][criteria],
            "group": category(summary),
            "event": bool(summary["values"]["PFS"].get("event")),
        }
        for label, summary in treated(lines)
        if summary["best_change"].get(criteria) is not None
    ]


def swimmer_rows(lines: Iterable[Line], most: int) -> list[dict[str, Any]]:
    """The longest followed first, at most `most` of them."""
    rows = [_lane(label, summary) for label, summary in treated(lines) if summary["values"]["OS"].get("days")]
    return sorted(rows, key=lambda row: (*_by_length(row), row["label"]))[:most]


def _lane(label: str, summary: Mapping[str, Any]) -> dict[str, Any]:
    whole, pfs = summary["values"]["OS"], summary["values"]["PFS"]
    start = dt.date.fromisoformat(whole["start"])
    cut = summary.get("resection")
    progressed = pfs.get("event") and pfs.get("name") != "Death"
    group = category(summary)
    return {
        "label": label,
        "end": max(whole["days"] / DAYS_PER_MONTH, 0.1),
        "resection": _months(start, cut) if cut else None,
        "progression": _months(start, pfs["end"]) if progressed else None,
        "dead": bool(whole.get("event")),
        "after": {"PCR": "MPR", "MPR": "MPR", "PENDING": "PENDING"}.get(group, "NO_MPR"),
    }


def _months(start: dt.date, day: str) -> float:
    return max((dt.date.fromisoformat(day) - start).days / DAYS_PER_MONTH, 0.0)


def spider_row(
    label: str, summary: Mapping[str, Any], points: Iterable[Mapping[str, Any]]
) -> dict[str, Any] | None:
    """The change from baseline at each time point of a criterion, in months from the first dose."""
    start = summary["values"]["PFS"].get("start")
    if "FAS" not in summary["sets"] or not start:
        return None
    found = [(0.0, 0.0)]
    for point in points:
        base, now = point.get("baseline_sum"), point.get("sum")
        if base and now is not None and float(base):
            found.append(
                (
                    _months(dt.date.fromisoformat(start), point["date"]),
                    100 * (float(now) - float(base)) / float(base),
                )
            )
    return {"label": label, "group": category(summary), "points": found} if len(found) > 1 else None
