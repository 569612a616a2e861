"""One measurement in a process of its own: `python -m tests.benchmarks.scenario NAME SCALE FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import django


def main() -> None:
    name, scale, file = sys.argv[1:]
    django.setup()
    from . import (
        book,
        bulk,
        central,
        endpoints,
        estimators,
        many_users,
        one_user,
        reports,
        signing,
        site,
        slides,
        trail,
    )

    if name == "migrate":
        site.migrate()
        return
    act = {
        "open": lambda s: one_user.run("open", s), "save": lambda s: one_user.run("save", s), "eight": many_users.eight,
        "matrix": bulk.matrix, "fresh": many_users.fresh, "scratch": bulk.scratch, "writers": many_users.writers,
        "rows": book.rows, "checks": book.checks, "casebook": book.casebook, "sign": signing.sign, "trail": trail.trail,
        "slides": slides.slides, "central": central.central,
        "estimators": estimators.estimators, "board": endpoints.board, "changed": endpoints.changed, "reports": reports.reports,
    }[name]  # fmt: skip
    Path(file).write_text(json.dumps(act(float(scale))))


if __name__ == "__main__":
    main()
