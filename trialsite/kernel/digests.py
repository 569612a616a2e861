"""SHA-256 digests of plain data, the same on every machine."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(data: Any) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces; anything unknown becomes its text."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str).encode()


def digest(data: Any) -> str:
    """64 hexadecimal digits over `canonical(data)`."""
    return hashlib.sha256(canonical(data)).hexdigest()
