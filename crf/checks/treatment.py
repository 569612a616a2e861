"""Edit checks (crf-book 3.G Study treatment)."""

from __future__ import annotations
