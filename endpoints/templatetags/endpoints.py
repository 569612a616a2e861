"""Numbers of results in templates: shares as per cent, limits, landmark cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from endpoints.board.cards import Card
from endpoints.charts.risk_table import AtMark, marks_for, risk_table
from trialsite.web import figures, marks

register = template.Library()


@register.filter
def per_cent(value: Any) -> str:
    """0.468 → 46.8 (without the sign)."""
    return _("NE") if value is None else figures.share_text(value)


@register.filter
def share(value: Any) -> str:
    """0.468 → 46.8%."""
    return _("NE") if value is None else f"{figures.share_text(value)}%"


@register.simple_tag
def card_bar(card: Card) -> SafeString:
    """The interval as a bar from 0 to 100 %, the null rate as a red line."""
    if card.bar is None:
        return marks.interval_bar(None, None, None)
    estimate, low, high, null = card.bar
    return marks.interval_bar(estimate, low, high, null, key=card.primary)


@register.simple_tag
def risk_rows(curve: Mapping[str, Any]) -> list[AtMark]:
    """At risk, censored and with an event at each mark (S-12)."""
    return risk_table(curve, marks_for(max(curve["time"], default=0)))
