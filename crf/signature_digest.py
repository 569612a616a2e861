"""What the digest of a signature is over: what was read, by whom, when, and every form with its digests (11.70)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trialsite.kernel.digests import digest

from .models import Signature

# A form of a signature: its number, version, digest of its values, version of its definition.
Bound = tuple[int, int, str, str]


def signature_digest(number: str, signature: Signature, forms: Iterable[Bound]) -> str:
    """SHA-256 over the row and its forms. `number`: the participant's. The same before it is stored and ever after."""
    content: dict[str, Any] = {
        "participant": number, "username": signature.username, "name": signature.printed_name, "role": signature.role,
        "meaning": signature.meaning, "statement": [signature.statement_en, signature.statement_zh],
        "at": signature.at.isoformat(), "zone": signature.zone, "components": signature.components,
        "first": signature.first_in_session, "queries": signature.open_queries, "changed": signature.changed,
        "forms": sorted([*form] for form in forms),
    }  # fmt: skip
    return digest(content)
