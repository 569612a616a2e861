"""Compile the translations: *.po to *.mo with gettext's msgfmt."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

LOCALE = Path(__file__).resolve().parent.parent.parent / "locale"


def compile_catalogues() -> None:
    """Where the source is newer. The result appears in one step, so a reader never sees half of it."""
    for po in LOCALE.glob("*/LC_MESSAGES/*.po"):
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime:
            made = mo.with_suffix(f".mo.{os.getpid()}")
            subprocess.run(["msgfmt", "--check-format", "-o", made, po], check=True)
            made.replace(mo)
