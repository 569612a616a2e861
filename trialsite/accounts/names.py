"""User names are compared as people mean them: no stray spaces, no full-width letters, no case."""

from __future__ import annotations

import unicodedata
from typing import Any


def normal_name(typed: str) -> str:
    return unicodedata.normalize("NFKC", typed).strip().lower()


def name_for_axes(request: Any, credentials: dict[str, Any] | None = None) -> str:
    """The name that failures are counted under, so that "LIN" and "lin" share one count."""
    typed = (credentials or {}).get("username") or (request.POST.get("login", "") if request else "")
    return normal_name(str(typed))


def same_answer(request: Any, response: Any, credentials: Any = None) -> Any:
    """While locked, the page is the one that a wrong password gets."""
    return response
