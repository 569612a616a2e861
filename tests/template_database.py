"""A migrated SQLite file, kept until a migration changes: a run need not migrate again (13 s for each worker)."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings

KEPT = settings.BASE_DIR / "var" / "test-template"


def template() -> Path:
    state = hashlib.sha256(django.__version__.encode())
    for config in sorted(apps.get_app_configs(), key=lambda config: config.label):
        for path in sorted(Path(config.path).glob("migrations/*.py")):
            state.update(path.name.encode() + path.read_bytes())
    for path in (settings.BASE_DIR / "trialsite/audit/guard.py", settings.BASE_DIR / "requirements/dev.txt"):
        state.update(path.read_bytes())
    return KEPT / f"{state.hexdigest()[:16]}.sqlite3"


def copy_to(name: str) -> bool:
    found = template().exists()
    if found:
        shutil.copy(template(), name)
    return found


def keep(name: str) -> None:
    """Only the newest stays. A copy through SQLite takes in what still lies in the write-ahead log."""
    KEPT.mkdir(parents=True, exist_ok=True)
    made = KEPT / f".{os.getpid()}"
    source, target = sqlite3.connect(name), sqlite3.connect(made)
    source.backup(target)
    target.close()
    source.close()
    for old in KEPT.glob("*.sqlite3"):
        if old != template():
            old.unlink(missing_ok=True)
    made.replace(template())
