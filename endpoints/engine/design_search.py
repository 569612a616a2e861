"""The smallest exact single-stage design, and Simon's optimal and minimax two-stage designs (Simon 1989)."""

from __future__ import annotations

from collections.abc import Iterator

from endpoints.engine.design import Design, Targets, chances, characteristics, success_of, tails

N_MAX = 150  # a search ends here: nothing found is an answer


def single_stage(targets: Targets, n_max: int = N_MAX) -> Design | None:
    """The fewest participants whose exact one-sided test keeps alpha and has the power.

    Exact power is no steady function of n: a few more participants may have less of it.
    """
    for n in range(1, n_max + 1):
        under = tails(n, targets.p0)
        least = next(k for k in range(n + 2) if under[k] <= targets.alpha)
        if tails(n, targets.p1)[least] >= targets.power:
            return Design(n, least)
    return None


def simon(targets: Targets, n_max: int = N_MAX) -> tuple[Design | None, Design | None]:
    """(optimal, minimax): least expected number at p0; least number, and of those the least expected number at p0."""
    optimal = minimax = None
    least = float("inf")
    for n in range(2, n_max + 1):
        for design in _better(n, targets, least):
            expected = characteristics(design, targets.p0).expected_n
            if expected >= least:
                continue
            optimal, least = design, expected
            # Numbers are tried in rising order: the first that has a design is the smallest.
            minimax = design if minimax is None or n == minimax.n else minimax
    return optimal, minimax


def _better(n: int, targets: Targets, least: float) -> Iterator[Design]:
    """Designs of `n` participants that may expect fewer than `least` at p0: the best of each size of the first stage."""
    good = tails(n, targets.p1)
    most = max(k for k in range(n + 2) if k == 0 or good[k] >= targets.power)
    for n1 in range(1, n):
        if n1 >= least:  # the first stage alone costs more
            return
        found = _best(n1, n, most, targets, least)
        if found is not None:
            yield found


def _best(n1: int, n: int, most: int, targets: Targets, least: float) -> Design | None:
    """The highest stop that keeps alpha and power has the least expected number: stops are tried from above.

    `most`: the highest `success_from` that a single stage of n could have. A lower stop makes success likelier, so what
    keeps alpha never falls on the way; both facts leave few sums to make.
    """
    passed = tails(n1, targets.p1)
    stops = [stop for stop in range(n1) if passed[stop + 1] >= targets.power]
    if not stops or success_of(n1, stops[-1], n, most, targets.p0) > targets.alpha:
        return None
    null, success_from = chances(n1, targets.p0), stops[-1] + 1
    for stop in reversed(stops):
        if n - sum(null[: stop + 1]) * (n - n1) >= least:
            return None
        while success_from <= most and success_of(n1, stop, n, success_from, targets.p0) > targets.alpha:
            success_from += 1
        if success_from > most:
            return None
        if success_of(n1, stop, n, success_from, targets.p1) >= targets.power:
            return Design(n, success_from, n1, stop)
    return None
