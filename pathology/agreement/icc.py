"""Intraclass correlation of single readings: Shrout & Fleiss 1979, intervals and names of McGraw & Wong 1996.

Targets are cases, judges are readers. Three models:

- ICC(1,1), one-way: each case may have been read by other readers; differences between readers are error.
- ICC(2,1) = ICC(A,1), two-way, absolute agreement: the same readers read all cases; a reader who reads higher counts
  against agreement. The headline of a pair: a threshold (MPR at 10 %) is absolute, so a shift between readers matters.
- ICC(3,1) = ICC(C,1), two-way, consistency: a constant shift between the readers is forgiven.

Negative estimates are kept: they say that readers differ more within a case than cases differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .plain import Interval, f_quantile, mean, same


class Icc(NamedTuple):
    """`interval`: none where an F quotient has no finite value (the readings of every case are equal)."""

    estimate: float
    interval: Interval | None


class IccTable(NamedTuple):
    """`why`: "" or the reason for which there is none: `few` (fewer than two cases), `constant` (nothing varies)."""

    n: int
    readers: int
    one: Icc | None = None
    absolute: Icc | None = None
    consistency: Icc | None = None
    why: str = ""


class _Squares(NamedTuple):
    """Mean squares: between rows (cases), within rows, between columns (readers), error."""

    n: int
    k: int
    rows: float
    within: float
    columns: float
    error: float


def icc_table(cases: Sequence[Sequence[float]]) -> IccTable:
    """One row for each case with the same number of readings in the order of the readers; none may be missing."""
    n, k = len(cases), len(cases[0]) if cases else 0
    if n < 2 or k < 2:
        return IccTable(n, k, why="few")
    if same([value for case in cases for value in case]):
        return IccTable(n, k, why="constant")
    squares = _squares(cases)
    return IccTable(n, k, _one(squares), _absolute(squares), _consistency(squares))


def _squares(cases: Sequence[Sequence[float]]) -> _Squares:
    n, k = len(cases), len(cases[0])
    grand = mean([value for case in cases for value in case])
    rows = k * sum((mean(case) - grand) ** 2 for case in cases)
    columns = n * sum((mean([case[j] for case in cases]) - grand) ** 2 for j in range(k))
    whole = sum((value - grand) ** 2 for case in cases for value in case)
    within = sum((value - mean(case)) ** 2 for case in cases for value in case)
    error = max(whole - rows - columns, 0.0)
    if error < 1e-12 * whole:  # rounding: readers that differ by a constant
        error = 0.0
    if within < 1e-12 * whole:
        within = 0.0
    return _Squares(
        n, k, rows / (n - 1), within / (n * (k - 1)), columns / (k - 1), error / ((n - 1) * (k - 1))
    )


def _one(s: _Squares) -> Icc:
    estimate = (s.rows - s.within) / (s.rows + (s.k - 1) * s.within)
    if s.within == 0:
        return Icc(estimate, None)
    return Icc(estimate, _of_quotient(s.rows / s.within, s.n - 1, s.n * (s.k - 1), s.k))


def _consistency(s: _Squares) -> Icc | None:
    if s.rows == 0 and s.error == 0:
        return None  # the cases do not differ, and the readers by a constant
    estimate = (s.rows - s.error) / (s.rows + (s.k - 1) * s.error)
    if s.error == 0:
        return Icc(estimate, None)
    return Icc(estimate, _of_quotient(s.rows / s.error, s.n - 1, (s.n - 1) * (s.k - 1), s.k))


def _of_quotient(f: float, above: int, below: int, k: int) -> Interval:
    """Shrout & Fleiss 1979, p. 424: limits of F carried over to the correlation."""
    low, high = f / f_quantile(above, below), f * f_quantile(below, above)
    return Interval((low - 1) / (low + k - 1), (high - 1) / (high + k - 1))


def _absolute(s: _Squares) -> Icc:
    """McGraw & Wong 1996, table 7, case 2A: degrees of freedom after Satterthwaite."""
    n, k = s.n, s.k
    estimate = (s.rows - s.error) / (s.rows + (k - 1) * s.error + k * (s.columns - s.error) / n)
    a = k * estimate / (n * (1 - estimate)) if estimate != 1 else 0.0
    b = 1 + k * estimate * (n - 1) / (n * (1 - estimate)) if estimate != 1 else 0.0
    parts = (a * s.columns) ** 2 / (k - 1) + (b * s.error) ** 2 / ((n - 1) * (k - 1))
    if parts == 0 or s.error == 0:
        return Icc(estimate, None)
    degrees = (a * s.columns + b * s.error) ** 2 / parts
    first, second = f_quantile(n - 1, degrees), f_quantile(degrees, n - 1)
    rest = k * s.columns + (k * n - k - n) * s.error
    lower = n * (s.rows - first * s.error) / (first * rest + n * s.rows)
    upper = n * (second * s.rows - s.error) / (rest + n * second * s.rows)
    return Icc(estimate, Interval(lower, upper))
