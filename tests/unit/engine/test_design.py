"""Exact characteristics of designs against sums over every outcome in whole fractions, and against published designs."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from fractions import Fraction
from math import comb
from typing import Any

import pytest

from endpoints.engine.design import Design, Targets, characteristics, extended, p_value, success
from endpoints.engine.design_current import Current, Data, Prior, above, beta_binomial, current, priors
from endpoints.engine.design_search import simon, single_stage
from endpoints.engine.operations import run_case
from endpoints.engine.proportions import exact_test

TARGETS = Targets(0.15, 0.35, 0.025, 0.9)
ONE = Design(48, 13)
TWO = Design(35, 7, 18, 2)
FEW = Design(7, 3, 3, 0)  # small enough to walk through every outcome


def outcomes(n: int) -> Iterator[tuple[int, ...]]:
    """Every course of n participants, in order of their treatment."""
    for code in range(2**n):
        yield tuple(code >> i & 1 for i in range(n))


def weight(course: tuple[int, ...], p: Fraction) -> Fraction:
    return p ** sum(course) * (1 - p) ** (len(course) - sum(course))


def walked(design: Design, p: Fraction, begun: tuple[int, ...] = ()) -> tuple[Fraction, Fraction, Fraction]:
    """P(success), P(early stop), expected number, given how the first participants ended."""
    won = stopped = expected = Fraction(0)
    n1, stop = design.n1 or 0, -1 if design.stop_up_to is None else design.stop_up_to
    for rest in outcomes(design.n - len(begun)):
        course, share = begun + rest, weight(rest, p)
        early = n1 > 0 and sum(course[:n1]) <= stop
        stopped += share * early
        won += share * (not early and sum(course) >= design.success_from)
        expected += share * (n1 if early else design.n)
    return won, stopped, expected


@pytest.mark.parametrize("design", [FEW, Design(6, 4)])
@pytest.mark.parametrize("p", [Fraction(1, 10), Fraction(7, 20), Fraction(4, 5)])
def test_characteristics_are_the_sum_over_every_outcome(design: Design, p: Fraction) -> None:
    made = characteristics(design, float(p))
    assert (made.success, made.early_stop, made.expected_n) == pytest.approx(
        tuple(map(float, walked(design, p))), rel=1e-12
    )


@pytest.mark.parametrize("design", [ONE, TWO, Design(40, 10)])
def test_certain_rates(design: Design) -> None:
    assert success(design, 0.0) == 0.0
    assert success(design, 1.0) == 1.0


# Simon 1989, table 1, p1 - p0 = 0.20: (p0, p1, alpha, beta) with the expected number at p0 of optimal and minimax.
EXPECTED = [
    (0.05, 0.25, 0.05, 0.20, 12.0, 13.8), (0.05, 0.25, 0.05, 0.10, 16.8, 20.4), (0.10, 0.30, 0.05, 0.20, 15.0, 19.5),
    (0.10, 0.30, 0.05, 0.10, 22.5, 26.2), (0.20, 0.40, 0.05, 0.20, 20.6, 22.3), (0.20, 0.40, 0.05, 0.10, 30.4, 31.2),
    (0.30, 0.50, 0.05, 0.20, 23.6, 25.7), (0.30, 0.50, 0.05, 0.10, 34.7, 36.6),
]  # fmt: skip


@pytest.mark.parametrize(("p0", "p1", "alpha", "beta", "optimal", "minimax"), EXPECTED)
def test_expected_numbers_of_published_designs(
    p0: float, p1: float, alpha: float, beta: float, optimal: float, minimax: float
) -> None:
    found = simon(Targets(p0, p1, alpha, 1 - beta))
    numbers = [round(characteristics(design, p0).expected_n, 1) for design in found if design]
    assert numbers == [optimal, minimax]


def test_the_smallest_single_stage_design() -> None:
    """No smaller number has a test with this alpha and power; checked in whole fractions."""

    def tail(n: int, k: int, p: Fraction) -> Fraction:
        return sum((comb(n, x) * p**x * (1 - p) ** (n - x) for x in range(k, n + 1)), Fraction(0))

    p0, p1 = Fraction(15, 100), Fraction(35, 100)
    for n in range(1, 49):
        k = next(k for k in range(n + 2) if tail(n, k, p0) <= Fraction(25, 1000))
        assert (tail(n, k, p1) >= Fraction(9, 10)) == (n == 48)
    assert single_stage(TARGETS) == ONE


@pytest.mark.parametrize("seed", range(4))
def test_a_search_through_everything_finds_nothing_better(seed: int) -> None:
    """The search leaves out most designs; none of them is admissible and better."""
    draw = random.Random(seed)
    p0 = draw.choice([0.05, 0.1, 0.2, 0.4])
    targets = Targets(p0, p0 + draw.choice([0.35, 0.45]), draw.choice([0.05, 0.1]), draw.choice([0.7, 0.8]))
    top = 22
    known = [
        Design(n, k, n1, stop)
        for n in range(2, top + 1) for n1 in range(1, n) for stop in range(n1) for k in range(stop + 1, n + 1)
    ]  # fmt: skip
    good = [
        one for one in known
        if success(one, targets.p0) <= targets.alpha and success(one, targets.p1) >= targets.power
    ]  # fmt: skip

    def cost(one: Design) -> float:
        return characteristics(one, targets.p0).expected_n

    optimal, minimax = simon(targets, top)
    assert optimal and minimax and good
    assert cost(optimal) == pytest.approx(min(map(cost, good)))
    least = min(one.n for one in good)
    assert minimax.n == least
    assert cost(minimax) == pytest.approx(min(cost(one) for one in good if one.n == least))


def test_nothing_within_the_search_is_an_answer() -> None:
    close = Targets(0.15, 0.16, 0.025, 0.9)
    start = time.process_time()
    assert (single_stage(close), simon(close)) == (None, (None, None))
    assert time.process_time() - start < 5


def test_a_single_stage_p_value_is_the_exact_test() -> None:
    assert p_value(ONE, 13, 48, 0.15) == pytest.approx(exact_test(13, 48, 0.15)[0], rel=1e-12)


def test_a_two_stage_p_value_counts_courses_that_passed_the_first() -> None:
    """Success has a P value of at most the type I error, and the least success has exactly that."""
    assert p_value(TWO, TWO.success_from, TWO.n, 0.1) == success(TWO, 0.1)
    assert p_value(TWO, 2, 18, 0.1) == pytest.approx(exact_test(2, 18, 0.1)[0], rel=1e-12)


def test_more_participants_than_planned_keep_alpha() -> None:
    for design in (ONE, Design(35, 7, 18, 2)):
        targets = TARGETS if design is ONE else Targets(0.1, 0.3, 0.05, 0.9)
        more = extended(design, design.n + 6, targets)
        assert success(more, targets.p0) <= targets.alpha
        fewer = Design(more.n, more.success_from - 1, more.n1, more.stop_up_to)
        assert success(fewer, targets.p0) > targets.alpha


# --- at the data so far -------------------------------------------------------------------------------------------


def test_conditional_power_is_the_sum_over_every_way_on() -> None:
    """In the first stage (1 of 2), where both rules are still to be met."""
    made = current(FEW, Targets(0.1, 0.35, 0.1, 0.7), Data(1, 2, 2))
    for found, p in (
        (made.at_p0, Fraction(1, 10)),
        (made.at_p1, Fraction(7, 20)),
        (made.at_observed, Fraction(1, 2)),
    ):
        assert found == pytest.approx(float(walked(FEW, p, (1, 0))[0]), rel=1e-12)
    assert (made.remaining, made.needed, made.settled) == (5, 2, "")


def test_before_the_first_result_it_is_alpha_and_power() -> None:
    for design in (ONE, TWO):
        made = current(design, TARGETS, Data(0, 0, 0))
        assert (made.at_p0, made.at_p1) == pytest.approx((success(design, 0.15), success(design, 0.35)))
        assert made.at_observed is made.p_value is None


def numeric(design: Design, data: Data, prior: Prior) -> float:
    """Conditional power averaged over the posterior, by a fine sum over rates."""
    steps, total, whole = 4000, 0.0, 0.0
    for i in range(steps):
        p = (i + 0.5) / steps
        density = p ** (prior.a + data.x - 1) * (1 - p) ** (prior.b + data.n - data.x - 1)
        whole += density
        fixed = Targets(p / 2, p, 0.025, 0.9)
        total += density * current(design, fixed, data).at_p1
    return total / whole


@pytest.mark.parametrize(
    ("design", "data"), [(Design(14, 5), Data(3, 8, 8)), (Design(14, 5, 6, 1), Data(1, 4, 4))]
)
def test_predictive_probability_is_conditional_power_averaged(design: Design, data: Data) -> None:
    """Also through the interim look of two stages, after which the posterior has learnt from the first."""
    made = current(design, Targets(0.2, 0.4, 0.05, 0.8), data)
    belief = made.beliefs[0]
    assert belief.predictive == pytest.approx(numeric(design, data, belief.prior), abs=2e-5)


def test_beta_binomial_sums_to_one_and_is_uniform_under_the_uniform_prior() -> None:
    assert beta_binomial(9, 1.0, 1.0) == pytest.approx([0.1] * 10)
    assert sum(beta_binomial(40, 0.3, 1.7)) == pytest.approx(1.0)


def test_the_probability_above_the_null_rate() -> None:
    """Under the uniform prior it is a binomial tail: P(rate > p | x of n) = P(X <= x | n + 1, p)."""
    assert above(0.15, Data(8, 20, 20), Prior("uniform", 1.0, 1.0)) == pytest.approx(
        exact_test(8, 21, 0.15)[1]
    )


def test_the_prior_at_the_null_rate_has_its_mean_there() -> None:
    assert [one.a / (one.a + one.b) for one in priors(0.15)] == pytest.approx([0.5, 0.5, 0.15])


@pytest.mark.parametrize(
    ("design", "data", "settled"),
    [
        (ONE, Data(13, 20, 20), "success"), (ONE, Data(12, 20, 20), ""), (ONE, Data(3, 39, 39), "failure"),
        (ONE, Data(4, 39, 39), ""), (ONE, Data(13, 48, 48), "success"), (ONE, Data(12, 48, 48), "failure"),
        (TWO, Data(2, 18, 18), "failure"), (TWO, Data(3, 18, 18), ""), (TWO, Data(0, 16, 16), "failure"),
        (TWO, Data(0, 15, 15), ""), (TWO, Data(7, 8, 8), "success"),
    ],
)  # fmt: skip
def test_what_nothing_can_change_any_more(design: Design, data: Data, settled: str) -> None:
    made: Current = current(design, TARGETS, data)
    assert made.settled == settled
    sure = {"success": 1.0, "failure": 0.0}.get(settled)
    chances = {made.at_p0, made.at_p1, made.beliefs[0].predictive}
    assert chances == {sure} if settled else all(0 < one < 1 for one in chances)


def test_more_in_the_analysis_set_than_planned() -> None:
    """50 expected of 48 planned: the rule of 50 is judged, and whoever has no result is still to come."""
    made = current(ONE, TARGETS, Data(9, 45, 50))
    assert made.design == extended(ONE, 50, TARGETS) == Design(50, 14)
    assert (made.remaining, made.needed) == (5, 5)
    assert current(ONE, TARGETS, Data(9, 52, 50)).remaining == 0


# --- the command line ---------------------------------------------------------------------------------------------

CASE: dict[str, Any] = {"id": "a", "p0": 0.15, "p1": 0.35, "alpha": 0.025, "power": 0.9, "n_max": 60}


def test_one_case_of_the_command_line() -> None:
    made = run_case(
        "design", CASE | {"design": ONE.to_json(), "rates": [0.25], "x": 8, "n": 20, "expected": 25}
    )
    assert made["single_stage"]["success_from"] == 13
    assert made["design"]["rates"][0] == characteristics(ONE, 0.25).to_json()
    assert made["current"] == current(ONE, TARGETS, Data(8, 20, 25)).to_json()
    assert made["current"]["beliefs"][0]["prior"] == "uniform"


def test_without_a_design_there_are_only_those_found() -> None:
    made = run_case("design", CASE | {"p1": 0.2})
    assert [
        made[name] for name in ("single_stage", "simon_optimal", "simon_minimax", "design", "current")
    ] == [None] * 5


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"p0": 0.4}, "p0"), ({"p0": None}, "p0"), ({"alpha": 1}, "alpha"), ({"power": "0.9"}, "power"), ({"beta": 0.1}, "beta"),
        ({"n_max": 151}, "n_max"), ({"design": {"n": 10}}, "design.success_from"),
        ({"design": {"n": 9, "success_from": 10}}, "design.success_from"),
        ({"design": {"n": 10, "success_from": 3, "n1": 4}}, "design.n1"),
        ({"design": {"n": 10, "success_from": 3, "r": 4}}, "design.r"),
        ({"design": {"n": 10, "success_from": 3, "stop_up_to": 0}}, "design.stop_up_to"),
        ({"design": {"n": 10, "success_from": 3, "n1": 10, "stop_up_to": 1}}, "design.n1"),
        ({"x": 3}, "x"), ({"n": 3, "x": 1}, "n"), ({"rates": [0.2, 1]}, "rates[1]"), ({"rates": [0.2]}, "rates"),
        ({"design": ONE.to_json(), "n": 3}, "x"), ({"design": ONE.to_json(), "n": 3, "x": 4}, "x"),
        ({"design": ONE.to_json(), "n": 3, "x": 1, "expected": 2}, "expected"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_its_place(changed: dict[str, Any], where: str) -> None:
    rates = {"design": ONE.to_json()} if where == "rates[1]" else {}
    assert run_case("design", CASE | rates | changed)["error"]["where"] == where
