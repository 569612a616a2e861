"""The sentences of digital slides: why a file cannot be one, and what was taken out of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

WORDS: dict[str, Any] = {
    "empty": gettext_lazy("The file is empty."),
    "too_large": gettext_lazy("The file is larger than %(limit)s, the largest that is taken."),
    "unknown": gettext_lazy("The content of the file is no image that can be read here, whatever its name says."),
    "other_kind": gettext_lazy("By its content this is a file of the kind %(kind)s, not an image of a slide."),
    "several_files": gettext_lazy(
        "%(kind)s keeps a slide in several files, which are not taken. Export it as one file: SVS or tiled TIFF."
    ),
    "truncated": gettext_lazy("The file ends too early: part of it is missing. Copy it from the scanner again."),
    "truncated_tile": gettext_lazy(
        "The file ends too early: level %(level)s is missing from column %(column)s, row %(row)s on. "
        "Copy it from the scanner again."
    ),
    "missing_tiles": gettext_lazy("Level %(level)s lacks %(tiles)s tiles. Export the slide again."),
    "damaged": gettext_lazy("The file is damaged: its structure contradicts itself."),
    "damaged_tile": gettext_lazy("The file is damaged at level %(level)s, column %(column)s, row %(row)s."),
    "unreadable": gettext_lazy("Level %(level)s cannot be read near column %(column)s, row %(row)s."),
    "unreadable_picture": gettext_lazy("The image cannot be read: it is damaged or of a kind that is not known."),
    "truncated_picture": gettext_lazy("The image ends too early: its lower part is missing. Copy it again."),
    "too_many_pixels": gettext_lazy("The image would be %(width)s × %(height)s pixels when opened: too many."),
    "no_levels": gettext_lazy("The slide has no smaller levels that could be shown. Export it as a pyramid."),
    "unclean": gettext_lazy("What identifies somebody could not be removed from this file. Export it without it."),
    "crashed": gettext_lazy("Reading the file broke off. It is damaged, or needs more memory than there is."),
    "slow": gettext_lazy("Preparing the file took too long."),
    "no_room": gettext_lazy("There is no room left on the disk. Nothing was kept; tell the administrator."),
    "lost": gettext_lazy("The uploaded file is no longer there. Upload it again."),
}  # fmt: skip

REMOVED: dict[str, Any] = {
    "label": gettext_lazy("picture of the label"),
    "macro": gettext_lazy("overview picture of the whole slide"),
    "thumbnail": gettext_lazy("preview picture"),
    "description": gettext_lazy("description"),
    "date": gettext_lazy("date of the scan"),
    "person": gettext_lazy("name of a person"),
    "scanner": gettext_lazy("scanner and its serial number"),
    "file name": gettext_lazy("name of the file"),
    "identifier": gettext_lazy("number of the participant or name of the hospital"),
    "xmp": gettext_lazy("XMP block"),
    "exif": gettext_lazy("EXIF block"),
    "gps": gettext_lazy("place (GPS)"),
    "iptc": gettext_lazy("IPTC block"),
    "icc": gettext_lazy("colour profile"),
    "comment": gettext_lazy("comment"),
    "other": gettext_lazy("other entries"),
}


def sentence(code: str, params: Mapping[str, Any]) -> str:
    """The sentence in the language of the page."""
    try:
        return str(WORDS[code]) % params
    except (KeyError, TypeError, ValueError):
        return str(WORDS["unreadable_picture"])


def kept(code: str, params: Mapping[str, Any]) -> str:
    """How a problem is stored: as code and numbers, so that it is told in the language of who reads."""
    return json.dumps({"code": code, **params}, separators=(",", ":"))[:300]


def told(problem: str) -> str:
    """What is stored as a problem, in words: a code with its numbers, or what a person wrote."""
    try:
        found = json.loads(problem)
        return sentence(found.pop("code"), found)
    except (ValueError, AttributeError, KeyError, TypeError):
        return problem


def removed_words(kinds: Iterable[str]) -> str:
    return _(", ").join(str(REMOVED.get(kind, REMOVED["other"])) for kind in kinds)
