"""`{% load trail_review %}`: moments in UTC, and whether somebody is here to inspect."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template

from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Role
from trialsite.kernel.texts import Text
from trialsite.web.figures import day

register = template.Library()


@register.filter
def utc(value: Any) -> str:
    """`20 Nov 2026 06:03:00 UTC`."""
    if not isinstance(value, dt.datetime):
        return ""
    there = value.astimezone(dt.UTC)
    return f"{day(there.date())} {there:%H:%M:%S} UTC"


@register.filter
def inspects(user: Any) -> bool:
    """Whether this person looks as an inspector and in no other role."""
    roles = {role for role, _site in grants_of(user).roles}
    return roles == {Role.INSPECTOR.value}


@register.filter
def in_language(both: Any) -> str:
    """`{"en": …, "zh": …}` in the language of the reader."""
    return str(Text(both["en"], both["zh"]))
