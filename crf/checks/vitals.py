"""Edit checks (crf-book 3.D Vital signs and ECOG: CK-064 to CK-077)."""

from __future__ import annotations
