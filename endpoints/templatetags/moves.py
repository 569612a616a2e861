"""Bounds in templates."""

from __future__ import annotations

from django import template

from endpoints.engine.bounds import Share
from endpoints.moves import share

register = template.Library()


@register.filter
def exact_share(found: Share) -> str:
    """22 of 47 → "46.8% (22/47)"."""
    return f"{share(found)} ({found.x}/{found.n})" if found.n else share(found)
