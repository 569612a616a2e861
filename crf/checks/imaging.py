"""Edit checks (crf-book 3.H Tumour assessment)."""

from __future__ import annotations
