"""What the trial's figures need of a participant beyond the course: baseline, disposition, safety, exposure."""

from __future__ import annotations

import datetime as dt
from typing import Any

from crf.sheets import Casebook

# Forms that are read beside those of the course.
FIELDS: dict[str, tuple[str, ...]] = {}


def profile_of(book: Casebook, cutoff: dt.date) -> dict[str, Any]:
    """The profile of one casebook, of everything dated up to the cut-off."""
    return {}
