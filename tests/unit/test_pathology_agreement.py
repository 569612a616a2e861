"""Agreement of readers against values that R and the literature give (`oracles/pathology/agreement.json`), and at its edges."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from pathology.agreement import (
    bland_altman,
    exact_share,
    icc_table,
    kappa,
    linear,
    quadratic,
    slope,
    spread,
    unweighted,
)
from pathology.agreement.kappa import counts

ORACLE: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[1] / "oracles" / "pathology" / "agreement.json").read_text()
)


def named(part: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in ORACLE[part]]


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("case", named("icc"))
def test_intraclass_correlation(case: dict[str, Any]) -> None:
    """Estimates and F-based intervals of psych::ICC, on the cases that every reader read."""
    found = icc_table([row for row in case["cases"] if None not in row])
    assert found.n == case["n"]
    for model in ("one", "absolute", "consistency"):
        made, expected = getattr(found, model), case[model]
        assert made.estimate == near(expected["estimate"]), model
        assert made.interval.lower == near(expected["lower"]), model
        assert made.interval.upper == near(expected["upper"]), model
    assert found.absolute.estimate == near(case["psy"]["agreement"])
    for model, value in case.get("published", {}).items():
        if model != "source":
            assert round(getattr(found, model).estimate, 2) == value


@pytest.mark.parametrize("case", named("kappa"))
@pytest.mark.parametrize("weight", [unweighted, linear, quadratic], ids=lambda weight: weight.__name__)
def test_kappa(case: dict[str, Any], weight: Any) -> None:
    found = kappa(case["table"], weight)
    expected = case[weight.__name__]
    assert found.n == case["n"]
    assert found.estimate == near(expected["estimate"])
    assert found.error == pytest.approx(expected["error"], rel=1e-8, abs=1e-7)
    assert found.estimate == near(case["psych"][weight.__name__]["estimate"])
    if found.error:
        assert found.interval is not None
        assert found.interval.lower == near(found.estimate - 1.959963984540054 * found.error)
        assert found.interval.upper <= 1
    else:
        assert found.interval is None  # full agreement, or none beyond chance: no certainty is claimed


@pytest.mark.parametrize("case", named("kappa_own_weights"))
def test_kappa_with_weights_of_the_literature(case: dict[str, Any]) -> None:
    found = kappa(case["table"], lambda i, j, k: case["agreement"][i][j])
    assert found.estimate == near(case["weighted"]["estimate"])
    assert found.error == near(case["weighted"]["error"])
    plain = kappa(case["table"], unweighted)
    assert plain.estimate is not None
    assert plain.error == near(case["unweighted"]["error"])
    if "weighted" in case["published"]:
        assert round(found.estimate or 0, 3) == case["published"]["weighted"]
        assert round(plain.estimate, 3) == case["published"]["unweighted"]


@pytest.mark.parametrize("case", [*named("kappa"), *named("kappa_own_weights")])
def test_the_error_of_kappa_is_that_of_the_delta_method(case: dict[str, Any]) -> None:
    """Derived anew: the variance of a smooth function of multinomial shares, by numeric derivatives."""
    table, k = case["table"], len(case["table"])
    own = case.get("agreement")
    weight = (lambda i, j, k: own[i][j]) if own else linear
    n = sum(map(sum, table))
    if not kappa(table, weight).error:
        return
    shares = [cell / n for row in table for cell in row]

    def value(moved: list[float]) -> float:
        made = kappa([moved[i * k : (i + 1) * k] for i in range(k)], weight).estimate
        assert made is not None
        return made

    step = 1e-6
    gradient = []
    for place in range(k * k):
        up, down = shares.copy(), shares.copy()
        up[place] += step
        down[place] -= step
        gradient.append((value(up) - value(down)) / (2 * step))
    middle = sum(p * g for p, g in zip(shares, gradient, strict=True))
    variance = (sum(p * g * g for p, g in zip(shares, gradient, strict=True)) - middle**2) / n
    assert kappa(table, weight).error == pytest.approx(math.sqrt(max(variance, 0)), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("case", named("bland_altman"))
def test_limits_of_agreement(case: dict[str, Any]) -> None:
    found = bland_altman([(one, two) for one, two in case["pairs"]])
    assert found.lower is not None
    assert found.upper is not None
    assert found.interval is not None
    assert (found.bias, found.sd) == (near(case["bias"]), near(case["sd"]))
    assert list(found.interval) == [near(value) for value in case["bias_interval"]]
    assert (found.lower.at, found.upper.at) == (near(case["lower"]), near(case["upper"]))
    assert list(found.lower.interval) == [near(value) for value in case["lower_interval"]]
    assert list(found.upper.interval) == [near(value) for value in case["upper_interval"]]
    assert found.trend is not None
    if case["trend"] is None:
        assert found.trend.slope is None
        assert found.trend.why == "few"
    else:
        assert found.trend.slope == pytest.approx(case["trend"]["slope"], rel=1e-8, abs=1e-8)
        assert found.trend.interval is not None
        assert found.trend.interval.lower == pytest.approx(case["trend"]["lower"], rel=1e-7, abs=1e-6)
    if "published" in case:
        assert round(found.bias or 0, 1) == case["published"]["bias"]
        assert round(found.sd or 0, 1) == case["published"]["sd"]
        assert [round(value, 1) for value in found.interval] == case["published"]["bias_interval"]


@pytest.mark.parametrize("case", ORACLE["shares"], ids=lambda case: f"{case['x']} of {case['n']}")
def test_exact_shares(case: dict[str, Any]) -> None:
    found = exact_share(case["x"], case["n"])
    assert found is not None
    assert list(found) == [near(case["lower"]), near(case["upper"])]


@pytest.mark.parametrize("case", ORACLE["spreads"], ids=lambda case: str(case["values"]))
def test_quartiles(case: dict[str, Any]) -> None:
    found = spread(case["values"])
    assert found is not None
    assert (found.median, found.lower, found.upper) == (case["median"], case["lower"], case["upper"])


# --- what cannot be had says why ------------------------------------------------------------------------------------


@pytest.mark.parametrize("cases", [[], [(1.0, 2.0)], [(1.0,), (2.0,)]])
def test_too_few_for_a_correlation(cases: list[tuple[float, ...]]) -> None:
    assert icc_table(cases).why == "few"
    assert icc_table(cases).absolute is None


def test_nothing_varies() -> None:
    found = icc_table([(5.0, 5.0)] * 6)
    assert (found.n, found.why, found.absolute) == (6, "constant", None)


def test_full_agreement_is_one_without_an_interval() -> None:
    found = icc_table([(5.0, 5.0), (20.0, 20.0), (0.0, 0.0)])
    assert found.absolute is not None
    assert (found.absolute.estimate, found.absolute.interval) == (1.0, None)
    assert found.consistency is not None
    assert found.consistency.estimate == 1.0


def test_a_constant_shift_costs_absolute_agreement_only() -> None:
    """Why the headline is ICC(A,1): a reader who always reads ten points more moves cases over the threshold."""
    found = icc_table([(5.0, 15.0), (10.0, 20.0), (30.0, 40.0)])
    assert found.consistency is not None
    assert found.absolute is not None
    assert found.consistency == (pytest.approx(1.0), None)
    assert found.absolute.estimate < 0.8


def test_cases_alike_and_a_shift_have_no_consistency() -> None:
    found = icc_table([(5.0, 6.0), (5.0, 6.0), (5.0, 6.0)])
    assert found.consistency is None
    assert found.one is not None
    assert found.one.estimate == -1.0


def test_one_class_only_has_no_kappa() -> None:
    """Both readers say MPR of every case: chance alone gives full agreement."""
    found = kappa([[7, 0], [0, 0]], unweighted)
    assert (found.estimate, found.why, found.agreement) == (None, "constant", 1.0)
    assert kappa([[0, 0], [0, 0]], unweighted).why == "few"


def test_counts_put_the_first_reader_down() -> None:
    assert counts([(0, 1), (0, 1), (1, 0)], 2) == [[0, 2], [1, 0]]


def test_one_pair_has_no_limits() -> None:
    assert bland_altman([(1.0, 2.0)]).why == "few"
    assert bland_altman([]).n == 0


def test_a_line_needs_three_points_that_differ() -> None:
    assert slope([(1, 1), (2, 2)]).why == "few"
    assert slope([(1, 1), (1, 2), (1, 3)]).why == "constant"
    found = slope([(0, 1), (1, 3), (2, 5)])
    assert (found.slope, found.intercept) == (pytest.approx(2), pytest.approx(1))


def test_nothing_of_nothing() -> None:
    assert exact_share(0, 0) is None
    assert spread([]) is None
