"""Edit checks (crf-book 3.F ECG)."""

from __future__ import annotations
