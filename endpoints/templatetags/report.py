"""Numbering of sections, tables and figures of a report; what is numbered stands in the contents."""

from __future__ import annotations

import re
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()


def _number(context: Any, kind: str, title: str) -> tuple[int, str]:
    entries = context["entries"]
    place = 1 + sum(1 for entry in entries if entry["kind"] == kind)
    ident = f"{kind}-{place}"
    # The contents give a title, the page the whole caption.
    entries.append(
        {
            "kind": kind,
            "number": place,
            "title": re.split("[;；]", title)[0] if kind != "section" else title,
            "id": ident,
        }
    )
    return place, ident


@register.simple_tag(takes_context=True)
def section(context: Any, title: str) -> SafeString:
    place, ident = _number(context, "section", title)
    return format_html('<h1 id="{}"><span class="no">{}</span> {}</h1>', ident, place, title)


@register.simple_tag(takes_context=True)
def listing(context: Any, title: str) -> SafeString:
    place, ident = _number(context, "listing", title)
    return format_html('<h1 id="{}"><span class="no">{} {}</span> {}</h1>', ident, _("Listing"), place, title)


@register.simple_tag(takes_context=True)
def table(context: Any, title: str, tag: str = "caption") -> SafeString:
    place, ident = _number(context, "table", title)
    return format_html(
        '<{} class="cap" id="{}"><b>{} {}.</b> {}</{}>',
        SafeString(tag),
        ident,
        _("Table"),
        place,
        title,
        SafeString(tag),
    )


@register.simple_tag(takes_context=True)
def figure(context: Any, title: str) -> SafeString:
    place, ident = _number(context, "figure", title)
    return format_html('<figcaption id="{}"><b>{} {}.</b> {}</figcaption>', ident, _("Figure"), place, title)
