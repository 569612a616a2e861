"""Lengths of what a reader draws: exact, with pixels that need not be square."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathology.images.geometry import crosses_itself, measure

D = Decimal
MM = (1000.0, 1000.0)  # a pixel is a millimetre


def test_a_line() -> None:
    assert measure("LINE", [(0, 0), (3, 4)], MM).length == D("5.000")


def test_a_line_under_the_microscope() -> None:
    """0.25 µm a pixel: 400 pixels are 0.1 mm."""
    assert measure("LINE", [(100, 50), (500, 50)], (0.25, 0.25)).length == D("0.100")


def test_pixels_that_are_not_square() -> None:
    assert measure("LINE", [(0, 0), (3, 2)], (1000.0, 2000.0)).length == D("5.000")


@pytest.mark.parametrize("shape, area", [("RECTANGLE", D("2502.240")), ("ELLIPSE", D("1965.255"))])
def test_sides_and_axes_longer_first(shape: str, area: Decimal) -> None:
    """62.4 × 40.1 mm, drawn upright from any corner; the area of the ellipse is π/4 of the rectangle's."""
    found = measure(shape, [(40.1, 62.4), (0, 0)], MM)
    assert (found.length, found.width, found.area) == (D("62.400"), D("40.100"), area)


def test_an_outline_longest_diameter_and_the_extent_across_it() -> None:
    """A rhombus with diagonals of 60 and 40."""
    found = measure("POLYGON", [(0, 20), (30, 0), (60, 20), (30, 40)], MM)
    assert (found.length, found.width, found.area) == (D("60.000"), D("40.000"), D("1200.000"))


def test_across_is_not_the_bounding_box() -> None:
    """The same rhombus turned by 45°: its box is 50√2 … wide, its diameters stay."""
    turned = [
        ((x - y) / math.sqrt(2), (x + y) / math.sqrt(2)) for x, y in [(0, 20), (30, 0), (60, 20), (30, 40)]
    ]
    found = measure("POLYGON", turned, MM)
    assert (found.length, found.width) == (D("60.000"), D("40.000"))


def test_corners_on_one_side_of_the_diameter() -> None:
    """A triangle of 3, 4 and 5: across its longest side the height is 2.4."""
    found = measure("POLYGON", [(0, 0), (4, 0), (0, 3)], MM)
    assert (found.length, found.width, found.area) == (D("5.000"), D("2.400"), D("6.000"))


def test_a_square_has_two_diameters_and_one_extent() -> None:
    found = measure("POLYGON", [(0, 0), (8, 0), (8, 8), (0, 8)], MM)
    assert (found.length, found.width, found.area) == (D("11.314"), D("11.314"), D("64.000"))


def test_a_kite() -> None:
    """A kite: across its longest diameter of 12 it extends over 9."""
    found = measure("POLYGON", [(0, 0), (8, 6), (8, -6), (9, 0)], MM)
    assert found.length == D("12.000")
    assert found.width == D("9.000")


def test_what_lies_on_both_sides_of_the_diameter_is_added() -> None:
    """A square with a corner cut: across the diagonal that is left from the corner at 0/8 to the cut."""
    found = measure("POLYGON", [(0, 0), (5, 0), (8, 3), (8, 8), (0, 8)], MM)
    whole = measure("POLYGON", [(0, 0), (8, 0), (8, 8), (0, 8)], MM)
    assert whole.length == found.length == D("11.314")
    assert found.width == D("9.192")  # 13 / √2


def test_half_a_thousandth_is_rounded_up() -> None:
    assert measure("LINE", [(0, 0), (1.0005, 0)], MM).length == D("1.001")


def test_an_outline_that_crosses_itself() -> None:
    assert crosses_itself([(0, 0), (10, 10), (10, 0), (0, 10)])
    assert not crosses_itself([(0, 0), (10, 0), (10, 10), (0, 10)])
    assert not crosses_itself([(0, 0), (10, 0), (5, 8)])


coordinates = st.integers(0, 5000)


@given(st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=12, unique=True))
def test_the_hull_changes_nothing(points: list[tuple[int, int]]) -> None:
    """The longest diameter is the largest of all distances, and no rounding of doubles is in it."""
    found = measure("POLYGON", points, MM)
    longest = max(math.isqrt(((a - c) ** 2 + (b - d) ** 2) * 10**8) for a, b in points for c, d in points)
    assert abs(found.length - D(longest) / 10**4) <= D("0.0006")
    assert found.width is not None
    assert found.width <= found.length
