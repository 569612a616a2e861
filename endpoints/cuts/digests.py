"""What the digest of a data cut covers: anybody who has its rows can compute it again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from trialsite.kernel.digests import digest


def line_of(row: Any) -> list[str]:
    """What the digest of a cut covers of one participant."""
    return [row.number, row.status, row.input_digest, row.result_digest, digest(row.profile)]


def digest_of(
    lines: Sequence[Sequence[str]], cutoff: dt.date | None, final: bool, basis: str, settings: dict[str, Any]
) -> str:
    """One digest over every participant's input and result, the cut-off, the engine and its settings."""
    return digest([sorted(list(line) for line in lines), str(cutoff), final, basis, settings])
