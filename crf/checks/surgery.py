"""Edit checks (crf-book 3.I Pre-operative assessment and surgery)."""

from __future__ import annotations
