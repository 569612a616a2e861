"""Kappa of two readers: Cohen 1960, weighted Cohen 1968, standard error of Fleiss, Cohen & Everitt 1969."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .plain import Interval, normal_quantile

# The agreement of two of `k` ordered classes: 1 for the same, 0 for the furthest (or for another one).
Weight = Callable[[int, int, int], float]


class Kappa(NamedTuple):
    """`agreement`: the observed (weighted) share. `why`: `few` (no pair), `constant` (one class only: chance is all)."""

    n: int
    estimate: float | None = None
    error: float | None = None
    interval: Interval | None = None
    agreement: float | None = None
    why: str = ""


def unweighted(i: int, j: int, k: int) -> float:
    return 1.0 if i == j else 0.0


def linear(i: int, j: int, k: int) -> float:
    """Cicchetti & Allison 1971: each step apart costs the same."""
    return 1 - abs(i - j) / (k - 1)


def quadratic(i: int, j: int, k: int) -> float:
    """Fleiss & Cohen 1973: squared steps; close to an intraclass correlation of the classes."""
    return 1 - (i - j) ** 2 / (k - 1) ** 2


def counts(pairs: Sequence[tuple[int, int]], k: int) -> list[list[int]]:
    """The k × k table: classes of the first reader down, of the second across."""
    found = [[0] * k for _ in range(k)]
    for i, j in pairs:
        found[i][j] += 1
    return found


def kappa(table: Sequence[Sequence[float]], weight: Weight) -> Kappa:
    """From the square table of counts. The interval is estimate ± 1.96 SE, the upper limit at most 1.

    There is no interval where the large-sample error is 0 (full agreement): it would claim to be certain.
    """
    k, n = len(table), sum(map(sum, table))
    if n == 0:
        return Kappa(0, why="few")
    shares = [[cell / n for cell in row] for row in table]
    rows = [sum(row) for row in shares]
    columns = [sum(row[j] for row in shares) for j in range(k)]
    w = [[weight(i, j, k) for j in range(k)] for i in range(k)]
    cells = [(i, j) for i in range(k) for j in range(k)]
    observed = math.fsum(w[i][j] * shares[i][j] for i, j in cells)
    chance = math.fsum(w[i][j] * rows[i] * columns[j] for i, j in cells)
    if 1 - chance < 1e-12:
        return Kappa(int(n), agreement=observed, why="constant")
    estimate = (observed - chance) / (1 - chance)
    across = [math.fsum(w[i][j] * columns[j] for j in range(k)) for i in range(k)]
    down = [math.fsum(w[i][j] * rows[i] for i in range(k)) for j in range(k)]
    miss = 1 - estimate
    square = math.fsum(shares[i][j] * (w[i][j] - (across[i] + down[j]) * miss) ** 2 for i, j in cells)
    variance = max(square - (estimate - chance * miss) ** 2, 0.0) / (n * (1 - chance) ** 2)
    error = math.sqrt(variance)
    if error < 1e-7:
        return Kappa(int(n), estimate, 0.0, None, observed)
    reach = normal_quantile() * error
    return Kappa(int(n), estimate, error, Interval(estimate - reach, min(estimate + reach, 1.0)), observed)
