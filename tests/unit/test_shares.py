"""Shares in per cent are rounded half away from zero from the share itself, not from its binary multiple (G-4)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from endpoints.board import grid, safety, sensitivity
from endpoints.board.cards import companion, limits
from endpoints.cuts import moved
from endpoints.plotting import forest_rows, share
from endpoints.reports import cells
from endpoints.templatetags import endpoints as tags
from trialsite.web.figures import NOTHING, number, points_between, share_text


def rate(x: int, n: int) -> dict[str, Any]:
    both = {"lower": x / n, "upper": x / n}
    one = {"x": x, "n": n, "estimate": x / n, "exact": both, "wilson": both}
    return {"all": one, "settled": one, "pending": 0}


def test_every_place_prints_the_same_share() -> None:
    one = rate(23, 80)["all"]
    said = {
        share_text(one["estimate"]), grid.pct(one["estimate"]), share(one["estimate"]), tags.per_cent(one["estimate"]),
        cells.share(one["estimate"]).rstrip("%"), tags.share(one["estimate"]).rstrip("%"), limits(one["exact"]).split("–")[0],
        cells.limits(one["exact"]).split("–")[1], moved.rate_text(rate(23, 80)).split("(")[1].rstrip("%)"),
        companion(23, 1, one).split(" = ")[1].split("%")[0], safety._of(23, 80).split("(")[1].rstrip(")"),
        cells.part_of(23, 80).split("(")[1].rstrip(")"),
    }  # fmt: skip
    assert said == {"28.8"}  # 28.75 %
    (row,) = forest_rows({"rates": {"MPR": {"FAS": rate(23, 80)}}})
    assert number(row["estimate"], 1) == number(row["upper"], 1) == "28.8"


@pytest.mark.parametrize("n", (40, 80, 160, 200, 400, 499))
def test_a_share_is_rounded_as_its_fraction(n: int) -> None:
    for x in range(n + 1):
        exact = Decimal(100 * x * 16 // n) / 16 if 1600 * x % n == 0 else Decimal(100 * x) / n
        assert (
            share_text(x / n)
            == share_text(Fraction(x, n))
            == str(exact.quantize(Decimal("0.1"), ROUND_HALF_UP))
        ), x


def test_differences_are_those_of_the_fractions() -> None:
    assert points_between((3, 16), (3, 10)) == "−11.3"  # −11.25
    assert points_between((3, 10), (3, 16)) == "+11.3"
    assert points_between((1, 2), (2, 4)) == "0.0"
    assert points_between((1, 2), (0, 0)) == NOTHING
    results = {"rates": {"MPR": {"FAS": rate(3, 10)}, "MPR_30": {"FAS": rate(3, 16)}}, "curves": {}}
    choice: Any = SimpleNamespace(results=results, population="FAS")
    assert [row.difference for row in sensitivity.rows(choice)] == ["", "−11.3"]
    (one,) = moved.figures_of(results)
    assert one.delta == "0.0"
    there = {"rates": {"MPR": {"FAS": rate(3, 16)}}}
    assert next(iter(moved.compared(results, there))).delta == "−11.3"


def test_a_null_rate_has_no_digits_of_its_binary_form() -> None:
    assert share_text(0.07, None) == "7" and number(100 * 0.07) != "7"
    assert share_text(None) == NOTHING
    assert number(Fraction(-1, 8), 2) == "−0.13" and number(Fraction(1, 8)) == "0.125"
