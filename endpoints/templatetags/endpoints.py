"""Numbers of results in templates: shares as per cent, limits, landmark cells."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from endpoints import dashboard, words
from trialsite.web import figures, marks

register = template.Library()


@register.filter
def per_cent(value: Any) -> str:
    """0.468 → 46.8 (without the sign)."""
    return _("NE") if value is None else figures.number(100 * value, 1)


@register.filter
def share(value: Any) -> str:
    """0.468 → 46.8%."""
    return _("NE") if value is None else figures.percent(100 * value, 1)


@register.filter
def limits(pair: Any) -> str:
    return dashboard.interval(*pair)


@register.filter
def set_name(code: str) -> str:
    return str(words.SETS[code])


@register.filter
def words_of(text: str) -> list[str]:
    return text.split()


@register.filter
def drawn_count(shown: dict[str, Any]) -> int:
    return sum(1 for one in shown.values() if one.svg)


@register.simple_tag
def rate_bar(card: dashboard.RateCard) -> SafeString:
    """The interval as a bar from 0 to 100 %."""
    if card.estimate is None or card.lower is None or card.upper is None:
        return marks.interval_bar(None, None, None)
    return marks.interval_bar(100 * card.estimate, 100 * card.lower, 100 * card.upper, key=card.primary)


@register.simple_tag
def landmark_cell(card: dashboard.CurveCard, month: int) -> str:
    """The rate at a month of the table, where it is one of the endpoint's landmarks."""
    for mark in card.landmarks:
        if mark.month == month:
            return f"{share(mark.rate)} ({mark.interval})" if mark.rate is not None else _("NE")
    return ""


@register.simple_tag
def part_of(count: int, whole: int) -> str:
    """12 (25.5)."""
    return f"{count} ({figures.number(100 * count / whole, 1)})" if whole else str(count)
