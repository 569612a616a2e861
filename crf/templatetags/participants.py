"""`{% load participants %}`: words about a form in a list."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crf.fields import unit_shown
from crf.models import FormStatus
from crf.selectors import work
from crf.selectors.lines import FormLine
from crf.selectors.timeline import span

register = template.Library()
register.filter("unit", unit_shown)


@register.simple_tag
def form_state(line: FormLine) -> Any:
    """The state in a word."""
    if line.locked:
        return _("Locked")
    if line.glyph == "due":
        return _("Overdue")
    return _("Not expected") if line.glyph == "na" else FormStatus(line.status).label


@register.simple_tag
def window(start: dt.date | None, end: dt.date | None) -> str:
    return span(start, end) or "–"


def _left(line: FormLine) -> list[str]:
    said = []
    day = work.trial_day()
    if line.late(day):
        said.append(_late(line, day))
    if line.status == FormStatus.IN_PROGRESS and line.missing:
        n = line.missing
        said.append(ngettext("%(n)s required field left", "%(n)s required fields left", n) % {"n": n})
    if line.queries:
        n = line.queries
        said.append(ngettext("%(n)s open query", "%(n)s open queries", n) % {"n": n})
    if line.status == FormStatus.IN_PROGRESS and not said:
        said.append(_("to be completed"))
    return said


def _late(line: FormLine, day: dt.date) -> str:
    return _("overdue %(n)s d") % {"n": line.days_late(day)}


@register.simple_tag
def late_words(line: FormLine, day: dt.date) -> str:
    return _late(line, day)


@register.simple_tag
def left(line: FormLine) -> str:
    """What is left to do at a form."""
    return ", ".join(_left(line)) or "–"


@register.simple_tag
def left_small(line: FormLine) -> str | SafeString:
    words = ", ".join(_left(line))
    return format_html("<small>{}</small>", words) if words else ""
