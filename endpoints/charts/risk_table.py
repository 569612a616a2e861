"""S-12: at risk, censored and with an event at each mark; the three add up to all participants at every mark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

MARKS = (0, 3, 6, 9, 12, 18, 24)
DAYS_PER_MONTH = 30.4375


class AtMark(NamedTuple):
    month: int
    at_risk: int
    censored: int
    events: int


def risk_table(
    curve: Mapping[str, Any], marks: Sequence[int] = MARKS, days_per_month: float = DAYS_PER_MONTH
) -> list[AtMark]:
    """A time on the mark is still at risk there (time ≥ mark), as in the landmark estimate (S-9)."""
    rows = list(zip(curve["time"], curve["n_event"], curve["n_censor"], strict=True))
    found = []
    for month in marks:
        day = month * days_per_month
        events = sum(event for time, event, _ in rows if time < day)
        censored = sum(censor for time, _, censor in rows if time < day)
        found.append(AtMark(month, curve["n"] - events - censored, censored, events))
    return found


def marks_for(longest_days: float, days_per_month: float = DAYS_PER_MONTH) -> tuple[int, ...]:
    """The marks of the protocol; half-years beyond them while anyone is followed longer."""
    marks = list(MARKS)
    while marks[-1] * days_per_month < longest_days and marks[-1] < 120:
        marks.append(marks[-1] + 6)
    return tuple(marks)
