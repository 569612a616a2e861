"""The block "Verify this document" of a title page, and how codes and digests are shown."""

from __future__ import annotations

from django import template

from endpoints.reports import codes

register = template.Library()


@register.filter
def spaced_code(code: str) -> str:
    """`9F2C-41D7-E41B-8A06`."""
    return codes.spaced(code)


@register.simple_tag
def qr_code(code: str, site: str = "") -> str:
    """A picture as data: the address of the page that answers for the code."""
    return codes.qr_of(code, site)


@register.simple_tag
def check_place(site: str = "") -> str:
    return codes.check_place(site)


@register.filter
def blocks(digest: str) -> list[str]:
    """A digest in two lines of four blocks, to be compared by eye."""
    parts = [digest[at : at + 8] for at in range(0, len(digest), 8)]
    return [" ".join(parts[:4]), " ".join(parts[4:])]
