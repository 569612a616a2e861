"""Edit checks (crf-book 3.A Consent, demographics, generic dates: CK-001 to CK-021)."""

from __future__ import annotations
