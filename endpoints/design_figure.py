"""The chance of success against the true rate, as a small picture that needs neither script nor style."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from endpoints.engine.design import Characteristics, Targets

WIDTH, HEIGHT = 620, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 42, 44
TICKS = range(0, 101, 20)


def _x(rate: float) -> float:
    return LEFT + rate * (WIDTH - LEFT - RIGHT)


def _y(chance: float) -> float:
    return TOP + (1 - chance) * (HEIGHT - TOP - BOTTOM)


def power_curve(points: Sequence[Characteristics], targets: Targets, two_stages: bool) -> SafeString:
    """`points` from rate 0 to 1. A second, broken line where a trial can stop early."""
    said = _("Probability of success against the true rate; the numbers are in the table.")
    parts = [
        f'<svg class="power" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(said)}">',
        *(_tick(percent) for percent in TICKS),
        f'<text class="t" x="{_x(0.5):.0f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(_("True rate (%)"))}</text>',
        f'<text class="t" x="4" y="13">{escape(_("Probability (%)"))}</text>',
        _mark(targets.p0, "p₀", "end"), _mark(targets.p1, "p₁", "start"),
        _line([(one.rate, one.success) for one in points], "success"),
        f'<text class="n" x="{WIDTH - RIGHT - 6}" y="{_y(1) + 16:.1f}" text-anchor="end">{escape(_("Success"))}</text>',
    ]  # fmt: skip
    if two_stages:
        parts.append(_line([(one.rate, one.early_stop) for one in points], "early"))
        words = escape(_("Stop after the first stage"))
        parts.append(
            f'<text class="n" x="{WIDTH - RIGHT - 6}" y="{_y(0) - 8:.1f}" text-anchor="end">{words}</text>'
        )
    return mark_safe("".join([*parts, "</svg>"]))  # noqa: S308  (numbers of ours, words escaped)


def _tick(percent: int) -> str:
    at = percent / 100
    return (
        f'<line class="g" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(at):.1f}" y2="{_y(at):.1f}"/>'
        f'<text class="t" x="{LEFT - 6}" y="{_y(at) + 4:.1f}" text-anchor="end">{percent}</text>'
        f'<text class="t" x="{_x(at):.1f}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{percent}</text>'
    )


def _mark(rate: float, name: str, side: str) -> str:
    """A hypothesis: a broken line with its name above it."""
    shift = -4 if side == "end" else 4
    return (
        f'<line class="h" x1="{_x(rate):.1f}" x2="{_x(rate):.1f}" y1="{TOP - 8}" y2="{_y(0):.1f}"/>'
        f'<text class="n" x="{_x(rate) + shift:.1f}" y="{TOP - 8}" text-anchor="{side}">{name} {100 * rate:g}%</text>'
    )


def _line(points: Sequence[tuple[float, float]], name: str) -> str:
    where = " ".join(f"{_x(rate):.1f},{_y(chance):.1f}" for rate, chance in points)
    return f'<polyline class="{name}" points="{where}"/>'
