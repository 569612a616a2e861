"""Enrolment by calendar month against the plan. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Protocol

Pair = tuple[Mapping[str, Any], Mapping[str, Any]]


class Plan(Protocol):
    """`trialsite.kernel.planned.AccrualPlan`: so many a month from a day on, until the target."""

    @property
    def start(self) -> date: ...
    @property
    def per_month(self) -> float: ...
    @property
    def target(self) -> int: ...


def accrual(pairs: Iterable[Pair], plan: Plan | None = None) -> dict[str, Any]:
    """{months: [{month YYYY-MM, n, total, planned}], n, target}: every month from the first enrolment, or the planned
    start, to the cut-off, the last of the participants' own: recruiting that has stopped falls behind the plan.
    `planned`: expected by the end of the month; none without a plan."""
    enrolled: Counter[str] = Counter()
    until = ""
    for summary, profile in pairs:
        until = max(until, summary.get("until", "")[:7])
        if "enrolled" in _disposition(profile):
            enrolled[profile["disposition"]["enrolled"][:7]] += 1
    total, rows = 0, []
    for month in _months(enrolled, plan, until):
        total += enrolled[month]
        rows.append({"month": month, "n": enrolled[month], "total": total, "planned": planned(plan, month)})
    return {"months": rows, "n": total, "target": plan.target if plan else None}


def _disposition(profile: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = profile.get("disposition", {})
    return found


def _months(enrolled: Mapping[str, int], plan: Plan | None, until: str) -> list[str]:
    if not enrolled:
        return []
    first, last = min(enrolled), max(*enrolled, until)
    if plan is not None:
        first = min(first, f"{plan.start:%Y-%m}")
    found, (year, month) = [], map(int, first.split("-"))
    while (text := f"{year:04d}-{month:02d}") <= last:
        found.append(text)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found


def planned(plan: Plan | None, month: str) -> float | None:
    """Expected by the end of a calendar month: the months gone since the start, the first in part, times the speed."""
    if plan is None:
        return None
    year, number = map(int, month.split("-"))
    whole = (year - plan.start.year) * 12 + number - plan.start.month + 1
    if whole <= 0:
        return 0.0
    gone = whole - (plan.start.day - 1) / _length(plan.start)
    return round(min(gone * plan.per_month, float(plan.target)), 4)


def _length(day: date) -> int:
    after = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return (after - day.replace(day=1)).days
