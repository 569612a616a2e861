"""S-2: exact operating characteristics of a single-stage or a two-stage (Simon 1989) design for one proportion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from endpoints.engine.proportions import probability


@dataclass(frozen=True, slots=True)
class Design:
    """Success with `success_from` or more responders of `n`.

    Two stages: stop with `stop_up_to` or fewer responders of the first `n1`. A design that is published as r1/n1, r/n
    (success above r) has `stop_up_to` = r1 and `success_from` = r + 1. `success_from` = n + 1: success is impossible.
    """

    n: int
    success_from: int
    n1: int | None = None
    stop_up_to: int | None = None

    @property
    def stages(self) -> tuple[int, int]:
        """Size of the first stage and its highest number of responders that stops the trial; (0, -1): one stage."""
        return self.n1 or 0, -1 if self.stop_up_to is None else self.stop_up_to

    def to_json(self) -> dict[str, int | None]:
        return {
            "n": self.n, "success_from": self.success_from, "n1": self.n1, "stop_up_to": self.stop_up_to
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Targets:
    """What a design is made for: rates and errors as shares of 1, `alpha` one-sided, power at `p1`."""

    p0: float
    p1: float
    alpha: float
    power: float


@dataclass(frozen=True, slots=True)
class Characteristics:
    """What a design does at one true rate: P(success), P(stop after the first stage), expected number treated."""

    rate: float
    success: float
    early_stop: float
    expected_n: float

    @property
    def failure(self) -> float:
        """P(no success): early or at the end."""
        return 1 - self.success

    def to_json(self) -> dict[str, float]:
        return {
            "rate": self.rate, "success": self.success, "early_stop": self.early_stop, "expected_n": self.expected_n
        }  # fmt: skip


@lru_cache(maxsize=1024)
def chances(n: int, p: float) -> tuple[float, ...]:
    """P(X = 0 … n) for X binomial."""
    return tuple(probability(x, n, p) for x in range(n + 1))


@lru_cache(maxsize=1024)
def tails(n: int, p: float) -> tuple[float, ...]:
    """P(X >= 0 … n + 1), summed from the far end so that small tails keep their digits."""
    return upper_tails(chances(n, p))


def upper_tails(each: Sequence[float]) -> tuple[float, ...]:
    """P(X >= k) for k = 0 … len(each), from P(X = k)."""
    found, total = [0.0], 0.0
    for one in reversed(each):
        total += one
        found.append(min(1.0, total))
    return tuple(reversed(found))


def at_least(found: Sequence[float], k: int) -> float:
    """P(X >= k) for any whole k, from the tails."""
    return found[min(max(k, 0), len(found) - 1)]


def success(design: Design, p: float) -> float:
    """P(success) at the true rate `p`: the type I error at p0, the power at p1."""
    n1, stop = design.stages
    return success_of(n1, stop, design.n, design.success_from, p)


def success_of(n1: int, stop: int, n: int, success_from: int, p: float) -> float:
    """P(more than `stop` of n1, and `success_from` or more of n). n1 = 0 with stop = -1: one stage."""
    if n1 == 0:
        return at_least(tails(n, p), success_from)
    first, rest = chances(n1, p), tails(n - n1, p)
    sums = (first[x] * at_least(rest, success_from - x) for x in range(stop + 1, n1 + 1))
    return min(1.0, math.fsum(sums))


def characteristics(design: Design, p: float) -> Characteristics:
    """Everything at one true rate."""
    n1, stop = design.stages
    early = 0.0 if n1 == 0 else math.fsum(chances(n1, p)[: stop + 1])
    return Characteristics(p, success(design, p), early, design.n - early * (design.n - n1))


def extended(design: Design, n: int, targets: Targets) -> Design:
    """The same first stage, and for another final number the fewest responders that keep the type I error."""
    n1, stop = design.stages
    least = next(
        k for k in range(n + 2) if k == n + 1 or success_of(n1, stop, n, k, targets.p0) <= targets.alpha
    )
    return Design(n, least, design.n1, design.stop_up_to)


def p_value(design: Design, x: int, n: int, p0: float) -> float:
    """P(a result at least as extreme as x of n) at p0, under the rule of the design (S-2; Koyama & Chen 2008).

    In the second stage only trials count that passed the first; before it, and in a single stage, this is the exact
    one-sided binomial test.
    """
    n1, stop = design.stages
    return success_of(0, -1, n, x, p0) if n <= n1 else success_of(n1, stop, n, x, p0)


def design_json(design: Design, targets: Targets) -> dict[str, Any]:
    """A design with its errors and what it costs under either hypothesis."""
    null, good = characteristics(design, targets.p0), characteristics(design, targets.p1)
    return design.to_json() | {
        "type_1_error": null.success, "power": good.success, "early_stop_p0": null.early_stop,
        "early_stop_p1": good.early_stop, "expected_n_p0": null.expected_n, "expected_n_p1": good.expected_n,
    }  # fmt: skip
