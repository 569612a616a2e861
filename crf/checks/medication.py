"""Edit checks (crf-book 3.L Medication, procedures, subsequent therapy: CK-293 to CK-308)."""

from __future__ import annotations
