"""The code that a report carries on its title page, by which it is found again from the paper."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import segno
from django.conf import settings
from django.urls import reverse

from trialsite.kernel.digests import digest

DIGITS = 16  # of a digest in hexadecimal: nobody finds one by trying
ADDRESS = "site_address"  # in the content of a report: where people found the site when it was asked for
SHA256 = re.compile(r"[0-9a-f]{64}")
CODE = re.compile(rf"[0-9a-f]{{{DIGITS}}}")


def code_of(content: Mapping[str, Any], language: str, sections: Sequence[str], definition: str) -> str:
    """The same inputs and the same report definition give the same code: it names what the file says, not who asked."""
    return digest([content, language, list(sections), definition])[:DIGITS]


def spaced(code: str) -> str:
    """`9F2C-41D7-E41B-8A06`: as people read and type it."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4)).upper()


def typed(text: str) -> str:
    """What somebody typed, as it is kept: without spaces and dashes of any kind, in small letters; full width is read."""
    plain = text.translate({0xFF01 + step: 0x21 + step for step in range(94)})
    return re.sub(r"[\s\-‐-―−_.:]", "", plain).lower()


def check_address(code: str, site: str) -> str:
    """The page that answers for the code; without the address of the site its path."""
    path = reverse("check_code", args=[code])
    return f"{site.rstrip('/')}{path}" if site else path


def check_place(site: str) -> str:
    """Where the code can be typed, as it is printed: without `https://`."""
    path = reverse("check")
    parts = urlsplit(site)
    return f"{parts.netloc}{parts.path.rstrip('/')}{path}" if parts.netloc else path


def qr_of(code: str, site: str) -> str:
    """The address as a QR code, an SVG as data; the code itself while nobody has said where the site is found."""
    text = check_address(code, site) if site else spaced(code)
    return segno.make(text, error="m", micro=False).svg_data_uri(
        border=0, scale=4, dark="#14202e", encode_minimal=True
    )


def site_address() -> str:
    return str(settings.SITE_URL)
