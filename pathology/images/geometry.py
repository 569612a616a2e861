"""Lengths and areas of what a reader drew: exact, in decimals, with pixels that need not be square. Plain Python.

Points are pixels of the full image; `scale` is micrometres per pixel across and down. Results in mm and mm².
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

Point = tuple[Decimal, Decimal]
PI = Decimal("3.14159265358979323846264338327950288")
THOUSANDTH = Decimal("0.001")
DIGITS = Context(prec=40)


@dataclass(frozen=True, slots=True)
class Measured:
    """`width` and `area` are None for a line."""

    length: Decimal
    width: Decimal | None = None
    area: Decimal | None = None


def measure(shape: str, points: Sequence[Sequence[float]], scale: tuple[float, float]) -> Measured:
    """A line: its length. Rectangle and ellipse, drawn between two corners: their sides or axes, the longer first.

    An outline: its longest diameter, and the extent across it (between the two parallels to the diameter that enclose
    it). Of several longest diameters the one with the smaller extent across. Rounded half up to 0.001.
    """
    with localcontext(DIGITS):
        placed = [_placed(point, scale) for point in points]
        if shape == "LINE":
            return Measured(_rounded(_distance2(placed[0], placed[-1]).sqrt()))
        if shape in ("RECTANGLE", "ELLIPSE"):
            sides = sorted((abs(placed[0][axis] - placed[1][axis]) for axis in (0, 1)), reverse=True)
            area = sides[0] * sides[1] * (PI / 4 if shape == "ELLIPSE" else 1)
            return Measured(_rounded(sides[0]), _rounded(sides[1]), _rounded(area))
        length, width = _diameter(_hull(placed))
        return Measured(_rounded(length), _rounded(width), _rounded(_area(placed)))


def _placed(point: Sequence[float], scale: tuple[float, float]) -> Point:
    across, down = (
        Decimal(str(value)) * Decimal(str(one)) / 1000 for value, one in zip(point, scale, strict=True)
    )
    return across, down


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(THOUSANDTH, ROUND_HALF_UP)


def _distance2(a: Point, b: Point) -> Decimal:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


def _cross(origin: Point, a: Point, b: Point) -> Decimal:
    return (a[0] - origin[0]) * (b[1] - origin[1]) - (a[1] - origin[1]) * (b[0] - origin[0])


def _hull(points: Sequence[Point]) -> list[Point]:
    """Andrew's monotone chain: the longest diameter lies between two of its corners."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered

    def half(line: Sequence[Point]) -> list[Point]:
        found: list[Point] = []
        for point in line:
            while len(found) >= 2 and _cross(found[-2], found[-1], point) <= 0:
                found.pop()
            found.append(point)
        return found[:-1]

    return half(ordered) + half(ordered[::-1])


def _diameter(hull: Sequence[Point]) -> tuple[Decimal, Decimal]:
    if len(hull) < 2:
        return Decimal(0), Decimal(0)
    pairs = [(a, b) for number, a in enumerate(hull) for b in hull[number + 1 :]]
    longest = max(_distance2(a, b) for a, b in pairs)
    length = longest.sqrt()
    extents = []
    for a, b in pairs:
        if _distance2(a, b) == longest:
            across = [_cross(a, b, point) for point in hull]
            extents.append((max(across) - min(across)) / length)
    return length, min(extents)


def _area(points: Sequence[Point]) -> Decimal:
    """Shoelace."""
    turned = zip(points, [*points[1:], points[0]], strict=True)
    return abs(sum((a[0] * b[1] - a[1] * b[0] for a, b in turned), Decimal(0))) / 2


def crosses_itself(points: Sequence[Sequence[float]]) -> bool:
    """Whether two sides of the outline cross: such an outline has no area of its own."""
    corners = [(Decimal(str(x)), Decimal(str(y))) for x, y in points]
    sides = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    return any(
        _cut(*one, *other)
        for number, one in enumerate(sides)
        for place, other in enumerate(sides)
        if place > number + 1 and not (number == 0 and place == len(sides) - 1)
    )


def _cut(a: Point, b: Point, c: Point, d: Point) -> bool:
    return _cross(a, b, c) * _cross(a, b, d) < 0 and _cross(c, d, a) * _cross(c, d, b) < 0
