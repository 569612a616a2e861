"""What a result was computed with: the engine (its version and the digest of its sources) and the study settings."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from endpoints.engine import VERSION
from trialsite.kernel.study import study

HERE = Path(__file__).parent
SOURCES = (
    *sorted((HERE / "engine").glob("*.py")),
    HERE / "mapping.py",
    *sorted(HERE.glob("profile*.py")),
    HERE.parent / "crf" / "derivation.py",
    HERE.parent / "crf" / "derivation_imaging.py",
    HERE.parent / "crf" / "facts.py",
)


@cache
def engine_version() -> str:
    """`1.0+3fa9c1d2`: a changed line of the engine, or of the way from forms to it, makes every result stale."""
    made = hashlib.sha256()
    for path in SOURCES:
        made.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"{VERSION}+{made.hexdigest()[:8]}"


def basis() -> str:
    """Engine and settings in one word, as an `EndpointState` keeps it."""
    return f"{engine_version()}/{study().digest}"
