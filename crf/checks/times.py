"""Comparisons of dates that may be partial, as the checks mean them: certainly, or not at all."""

from __future__ import annotations

import datetime as dt
from typing import Any

from crf.limits import interval

DAY = dt.timedelta(days=1)


def certainly_before(a: Any, b: Any) -> bool:
    """The latest day that `a` can mean lies before the earliest of `b`; false when either is not known."""
    one, other = interval(a), interval(b)
    return one is not None and other is not None and one[1] < other[0]


def certainly_after(a: Any, b: Any) -> bool:
    return certainly_before(b, a)


def days(a: Any, b: Any) -> int | None:
    """days(a, b) = b − a of complete dates; none when either is not complete."""
    one, other = interval(a), interval(b)
    if one is None or other is None or one[0] != one[1] or other[0] != other[1]:
        return None
    return (other[0] - one[0]).days


def overlapping(start: Any, end: Any, ongoing: bool, day: Any, margin: int = 0) -> bool:
    """Whether an interval may contain any day of `day` ± `margin`: what is not known may lie anywhere."""
    around = interval(day)
    if around is None:
        return False
    first, last = around[0] - margin * DAY, around[1] + margin * DAY
    began, ended = interval(start), interval(end)
    if began is not None and began[0] > last:
        return False
    return ongoing or ended is None or ended[1] >= first


def both_overlap(a: tuple[Any, Any], b: tuple[Any, Any]) -> bool:
    """Whether two intervals certainly share a day: an open end goes on."""
    (one_start, one_end), (two_start, two_end) = a, b
    starts = interval(one_start), interval(two_start)
    if None in starts:
        return False
    (_, one_from), (_, two_from) = starts  # type: ignore[misc]
    one_to, two_to = interval(one_end), interval(two_end)
    return (two_to is None or one_from <= two_to[0]) and (one_to is None or two_from <= one_to[0])
