"""Edit checks (crf-book 3.J Local and central pathology)."""

from __future__ import annotations
