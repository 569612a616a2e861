"""Edit checks (crf-book 3.B Eligibility, HCC history and staging: CK-022 to CK-055)."""

from __future__ import annotations
