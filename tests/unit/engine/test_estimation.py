"""S-1 to S-12, P-11, G-25: what the vectors of R do not ask."""

from __future__ import annotations

import pytest

from endpoints.engine.pathology import mvi_grade
from endpoints.engine.proportions import proportion, rate
from endpoints.engine.survival import n_at_risk, observed_range, survival


def test_an_empty_group_has_no_estimate() -> None:
    """S-11: NE everywhere, no curve."""
    made = survival([], [], landmarks=[365.25]).to_json()
    assert (made["n"], made["events"], made["time"]) == (0, 0, [])
    assert made["median"] == made["median_follow_up"] == {"estimate": None, "lower": None, "upper": None}
    assert made["landmarks"] == [
        {"time": 365.25, "survival": None, "lower": None, "upper": None, "n_risk": 0}
    ]


def test_nobody_of_nobody_is_not_estimable() -> None:
    """S-1: n = 0."""
    made = proportion(0, 0, p0=0.5).to_json()
    assert made["estimate"] is None
    assert made["exact"] == made["wilson"] == {"lower": None, "upper": None}
    assert made["p_two_sided"] is None


def test_the_open_side_keeps_half_alpha() -> None:
    """S-1: 0 of 10 gives 0 to 0.3085."""
    assert proportion(0, 10).exact.upper == pytest.approx(0.3085, abs=5e-5)


@pytest.mark.parametrize(("p0", "greater", "less"), [(0.0, 0.0, 1.0), (1.0, 1.0, 0.0)])
def test_certain_hypotheses(p0: float, greater: float, less: float) -> None:
    made = proportion(5, 10, p0=p0)
    assert (made.p_greater, made.p_less) == (greater, less)


def test_times_within_float_noise_are_tied() -> None:
    """S-3: 0.1 + 0.2 is 0.3."""
    made = survival([0.3, 0.1 + 0.2, 1.0], [True, True, False])
    assert made.curve.time == (0.3, 1.0)
    assert made.curve.n_event == (2, 0)


def test_events_precede_censorings_on_one_day() -> None:
    assert survival([5, 5], [True, False]).curve.survival == (0.5,)


def test_one_half_is_one_half_in_spite_of_float_products() -> None:
    """S-7: products that miss 0.5 by an ulp are still 0.5; the median is the middle of the flat part."""
    times = list(range(1, 11))
    assert survival(times, [True] * 10).median.estimate == 5.5


def test_beyond_the_last_time_only_zero_is_known() -> None:
    """S-9."""
    ended = survival([1, 2], [True, True], landmarks=[3]).landmarks[0]
    open_end = survival([1, 2], [True, False], landmarks=[2, 3]).landmarks
    assert (ended.survival, ended.n_risk) == (0.0, 0)
    assert [landmark.survival for landmark in open_end] == [0.5, None]


def test_beside_every_curve() -> None:
    """S-12: at risk at the marks, shortest and longest time with "+" for censored."""
    assert n_at_risk([10, 100, 200], [0, 91.3125, 182.625]) == (3, 2, 1)
    assert observed_range([10, 100, 100], [False, True, False]) == ("10+", "100+")
    assert observed_range([10, 100], [True, True]) == ("10", "100")
    assert observed_range([], []) is None


def test_pending_counts_as_not_reached() -> None:
    """G-25, P-8: x / n over the analysis set, and beside it x / (n - pending)."""
    made = rate(["Y", "N", "PENDING", "PENDING", None])
    assert (made.all.x, made.all.n, made.pending) == (1, 4, 2)
    assert (made.settled.x, made.settled.n) == (1, 2)


@pytest.mark.parametrize(
    ("count", "far", "blocks", "grade"),
    [
        (0, False, 7, "M0"),
        (0, False, 6, "NE"),
        (1, False, 7, "M1"),
        (5, False, 3, "M1"),
        (6, False, 7, "M2"),
        (1, True, 7, "M2"),
    ],
)
def test_microvascular_invasion(count: int, far: bool, blocks: int, grade: str) -> None:
    """P-11, P-12: at most five, all within 1 cm, is M1; M0 needs seven blocks, any finding grades."""
    assert mvi_grade(count, far, blocks) == grade
