"""Edit checks (crf-book 3.K Adverse events: CK-255 to CK-292)."""

from __future__ import annotations
