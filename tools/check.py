"""`make check`: every check runs, also after one failed, so that one run names everything."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent

CHECKS: list[tuple[str, list[str]]] = [
    ("style", [f"{BIN}/ruff", "check", "."]),
    ("format", [f"{BIN}/ruff", "format", "--check", "."]),
    ("types", [f"{BIN}/mypy"]),
    ("layers", [f"{BIN}/lint-imports"]),
    ("templates", [f"{BIN}/djlint", "templates", "--lint", "--quiet"]),
    ("system", [sys.executable, "manage.py", "check", "--fail-level", "WARNING"]),
    ("migrations", [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"]),
    ("translations", [sys.executable, "tools/translations.py", "check"]),
]


def main() -> int:
    wanted = sys.argv[1:]
    env = os.environ | {"PYTHONWARNINGS": "ignore"}
    failed = []
    for name, command in CHECKS:
        if wanted and name not in wanted:
            continue
        started = time.monotonic()
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        print(
            f"{name:<13} {'ok' if done.returncode == 0 else 'FAILED'}  {time.monotonic() - started:.0f} s",
            flush=True,
        )
        if done.returncode:
            failed.append(name)
            print((done.stdout + done.stderr).rstrip() + "\n", flush=True)
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
