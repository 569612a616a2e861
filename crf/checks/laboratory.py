"""Edit checks (crf-book 3.E Laboratory)."""

from __future__ import annotations
