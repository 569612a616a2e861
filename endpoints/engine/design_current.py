"""What the data so far say of a design: exact test, conditional and predictive probability of success, P(p > p0)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from endpoints.engine.design import Design, Targets, at_least, chances, extended, p_value, upper_tails

# Responders among the next participants: (x so far, of n so far, number to come) → P(0 … number to come).
Future = Callable[[int, int, int], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Prior:
    """A Beta(a, b) prior of the rate; a + b is the number of participants that it is worth."""

    name: str
    a: float
    b: float


@dataclass(frozen=True, slots=True)
class Data:
    """`x` responders of `n` settled participants; `expected`: how many there will be, the pending included."""

    x: int
    n: int
    expected: int


@dataclass(frozen=True, slots=True)
class Belief:
    """Under one prior: P(success at the end), and P(rate > p0) now."""

    prior: Prior
    predictive: float
    above_null: float


@dataclass(frozen=True, slots=True)
class Current:
    """A design at the data so far.

    `design`: the design that will be judged, extended when more are in it than planned. `remaining`: participants of it
    without a result. `needed`: responders among them that success still takes. `conditional`: P(success) when the rate
    of those to come is p0, p1, or that observed so far (none before the first result).
    """

    data: Data
    design: Design
    remaining: int
    needed: int
    p_value: float | None
    at_p0: float
    at_p1: float
    at_observed: float | None
    beliefs: tuple[Belief, ...]

    @property
    def settled(self) -> str:
        """`success` or `failure` once nothing that is still to come can change it; else empty."""
        n1, stop = self.design.stages
        first = max(0, n1 - self.data.n)  # to come in the first stage
        if self.data.x + first <= stop or self.needed > self.remaining:
            return "failure"
        return "success" if self.needed == 0 else ""

    def to_json(self) -> dict[str, Any]:
        return {
            "x": self.data.x, "n": self.data.n, "expected": self.data.expected, "design": self.design.to_json(),
            "remaining": self.remaining, "needed": self.needed, "p_value": self.p_value, "settled": self.settled or None,
            "conditional": {"p0": self.at_p0, "p1": self.at_p1, "observed": self.at_observed},
            "beliefs": [
                {
                    "prior": one.prior.name, "a": one.prior.a, "b": one.prior.b, "predictive": one.predictive,
                    "above_null": one.above_null,
                }
                for one in self.beliefs
            ],
        }  # fmt: skip


def priors(p0: float) -> tuple[Prior, ...]:
    """Uniform, Jeffreys', and one whose mean is p0: each is worth one or two participants."""
    return Prior("uniform", 1.0, 1.0), Prior("jeffreys", 0.5, 0.5), Prior("null", 2 * p0, 2 * (1 - p0))


def current(design: Design, targets: Targets, data: Data) -> Current:
    """Everything at the data so far. More participants than planned: the rule is extended to all of them."""
    last = max(design.n, data.expected, data.n)
    judged = design if last == design.n else extended(design, last, targets)
    rate = data.x / data.n if data.n else None
    return Current(
        data, judged, judged.n - data.n, max(0, judged.success_from - data.x),
        p_value(judged, data.x, data.n, targets.p0) if data.n else None,
        given(judged, data, binomial(targets.p0)),
        given(judged, data, binomial(targets.p1)),
        None if rate is None else given(judged, data, binomial(rate)),
        tuple(
            Belief(prior, given(judged, data, predicted(prior)), above(targets.p0, data, prior))
            for prior in priors(targets.p0)
        ),
    )  # fmt: skip


def binomial(p: float) -> Future:
    """Those to come respond with one known rate."""
    return lambda _x, _n, more: chances(more, p)


def predicted(prior: Prior) -> Future:
    """Those to come respond with a rate of which the data so far, and a prior, say what they say (beta-binomial)."""
    return lambda x, n, more: beta_binomial(more, prior.a + x, prior.b + n - x)


def beta_binomial(n: int, a: float, b: float) -> tuple[float, ...]:
    """P(0 … n responders of n) for a rate that is Beta(a, b)."""
    whole = math.lgamma(n + 1) + math.lgamma(a + b) - math.lgamma(n + a + b) - math.lgamma(a) - math.lgamma(b)
    return tuple(
        math.exp(
            whole - math.lgamma(y + 1) - math.lgamma(n - y + 1) + math.lgamma(y + a) + math.lgamma(n - y + b)
        )
        for y in range(n + 1)
    )


def given(design: Design, data: Data, future: Future) -> float:
    """P(success) at the end. In the first stage both rules are still to be met, after it the last.

    After the first stage totals alone do not say how it ended: who has more responders than stop the trial is taken to
    have passed it, since the trial went on.
    """
    n1, stop = design.stages
    if data.x >= design.success_from:  # always more than stop the first stage
        return 1.0
    if data.n >= n1:
        return 0.0 if data.x <= stop else _at_the_end(design, data.x, data.n, future)
    first = future(data.x, data.n, n1 - data.n)
    sums = (
        weight * _at_the_end(design, data.x + more, n1, future)
        for more, weight in enumerate(first)
        if data.x + more > stop
    )
    return min(1.0, math.fsum(sums))


def _at_the_end(design: Design, x: int, n: int, future: Future) -> float:
    if x >= design.success_from:
        return 1.0
    return at_least(upper_tails(future(x, n, design.n - n)), design.success_from - x)


def above(p0: float, data: Data, prior: Prior) -> float:
    """P(rate > p0) given the data."""
    from scipy.special import betaincc

    return float(betaincc(prior.a + data.x, prior.b + data.n - data.x, p0))
