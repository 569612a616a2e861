"""An answer that the browser of the person may keep for a while: a tile of a digital slide, which names nobody."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

SECONDS = 3600


class Kept(HttpResponse):
    """Kept for this session only (`Vary: Cookie`), never by a proxy; `fixed`: its address names one version of it."""

    def __init__(self, *args: Any, etag: str, fixed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self["ETag"] = f'"{etag}"'
        self["Cache-Control"] = f"private, max-age={SECONDS}, immutable" if fixed else "private, no-cache"
        self["Vary"] = "Cookie"
