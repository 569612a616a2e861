"""Edit checks (crf-book 3.M Disposition, follow-up, death, deviations: CK-309 to CK-337)."""

from __future__ import annotations
