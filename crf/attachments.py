"""Files that may come with a message: what they are is read from their content, never from their name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from trialsite.kernel.decisions import refused

LARGEST = 5 * 1024 * 1024
KINDS: Mapping[bytes, tuple[str, str]] = {
    b"%PDF-": ("application/pdf", ".pdf"),
    b"\x89PNG\r\n\x1a\n": ("image/png", ".png"),
    b"\xff\xd8\xff": ("image/jpeg", ".jpg"),
}
ENDINGS = {"application/pdf": (".pdf",), "image/png": (".png",), "image/jpeg": (".jpg", ".jpeg")}


def read(upload: Any) -> tuple[str, str, bytes] | None:
    """(name, media type, bytes) of an uploaded file, nothing when none was chosen. Refused when it is none of the kinds."""
    if upload is None:
        return None
    if upload.size > LARGEST:
        refused(
            _("The file “%(name)s” is larger than 5 MB.") % {"name": _plain(upload.name)}, "file"
        ).require()
    content = upload.read(LARGEST + 1)
    kind = next((kind for start, kind in KINDS.items() if content.startswith(start)), None)
    if kind is None:
        said = _("The file “%(name)s” is no PDF, PNG or JPEG. Choose another one.")
        refused(said % {"name": _plain(upload.name)}, "file").require()
    assert kind is not None
    return _named(upload.name, *kind), kind[0], content


def _plain(name: str) -> str:
    """A name without folders, control characters and what a header or a page could take for its own."""
    base = re.split(r"[\\/]", name or "")[-1]
    return re.sub(r'[\x00-\x1f\x7f"<>|:*?;\u202a-\u202e\u2066-\u2069]', "", base).strip(". ") or "file"


def _named(name: str, media_type: str, ending: str) -> str:
    """The name with the ending of what the file is."""
    plain = _plain(name)[:110]
    return plain if plain.lower().endswith(ENDINGS[media_type]) else f"{plain}{ending}"
