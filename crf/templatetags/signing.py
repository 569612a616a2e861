"""Words of signatures: times with their zone, statements, what proved a person."""

from __future__ import annotations

import datetime as dt
import zoneinfo

from django import template
from django.utils.translation import get_language

from crf.models import Signature
from crf.signing_words import components_words, role_words

register = template.Library()
register.filter("role_words", role_words)
register.filter("components_words", components_words)


@register.filter
def utc(at: dt.datetime | None) -> str:
    """`2026-11-24 08:20:07`, in UTC."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}" if at else ""


@register.filter
def at_zone(at: dt.datetime | None, zone: str) -> str:
    """`2026-11-24 16:20:07 Asia/Shanghai (UTC+08:00)`: the clock on the wall where it was."""
    if at is None:
        return ""
    local = at.astimezone(zoneinfo.ZoneInfo(zone))
    offset = f"{local:%z}"
    return f"{local:%Y-%m-%d %H:%M:%S} {zone} (UTC{offset[:3]}:{offset[3:]})"


@register.filter
def statement(signature: Signature) -> str:
    """What was read, in the reader's language; both are kept."""
    chinese = (get_language() or "").startswith("zh")
    return signature.statement_zh if chinese else signature.statement_en
