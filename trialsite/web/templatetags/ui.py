"""`{% load ui %}`: icons, status glyphs, numbers and dates. See docs/ui.md."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from trialsite.web import figures, marks

register = template.Library()

register.simple_tag(marks.status, name="status")
register.simple_tag(marks.badge, name="badge")
register.simple_tag(marks.bubble, name="bubble")
register.simple_tag(marks.marks, name="marks")
register.simple_tag(marks.interval_bar, name="interval_bar")
register.simple_tag(marks.composition_bar, name="composition_bar")

register.filter("day", figures.day)
register.filter("moment", figures.moment)
register.filter("zone", figures.zone)
register.filter("mm", figures.millimetres)


@register.simple_tag
def icon(name: str, label: Any = "", classes: str = "") -> SafeString:
    """`{% icon "history" %}`; `{% icon "lock" _("Locked") %}` when the icon stands alone."""
    return marks.icon(str(name), str(label), classes)


@register.filter
def num(value: Any, places: int | None = None) -> str:
    return figures.number(value, places)


@register.filter
def pct(value: Any, places: int = 1) -> str:
    """`{{ rate|pct }}` → 46.8%. The value is in per cent already."""
    return figures.percent(value, places)


@register.filter
def change(value: Any, places: int = 1) -> str:
    """A percentage with its sign: −32.6%, +4.0%."""
    return figures.percent(value, places, sign=True)


@register.filter
def ago(value: Any) -> str | SafeString:
    """Time since, kept current by `app.js`; the exact moment is the tooltip."""
    if not isinstance(value, dt.date):
        return figures.NOTHING
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}</time>',
        value.isoformat(),
        figures.moment(value),
        figures.age(value),
    )


@register.filter
def getitem(mapping: Any, key: Any) -> Any:
    """`{{ mapping|getitem:key }}`, nothing when absent."""
    try:
        return mapping[key]
    except (KeyError, IndexError, TypeError):
        return ""
