"""A real web server and a real worker on the scratch database, on loopback; ended by their own process ids."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connections

from trialsite.management.processes import answers, children, wait_until

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running(*names: str) -> Iterator[int]:
    """`web`, `worker`, `beat`: those of `manage.py up`, with the settings of the benchmarks. Gives the port."""
    connections.close_all()
    port = free_port()
    family = [c for c in children("127.0.0.1", port, settings.VAR_DIR / "log", 2) if c.name in names]
    env = os.environ | {"PYTHONPATH": str(ROOT), "LOG_LEVEL": "ERROR"}
    try:
        for child in family:
            child.start(env)
        ready = wait_until(
            lambda: answers("127.0.0.1", port, "/health/live/"), lambda: all(c.alive for c in family), 60
        )
        heart = settings.VAR_DIR / "worker.alive"
        if ready and "worker" in names:
            ready = wait_until(heart.exists, lambda: all(c.alive for c in family), 60)
        if not ready:
            raise RuntimeError("\n".join(f"{c.name}:\n{c.last_lines()}" for c in family))
        yield port
    finally:
        for child in family:
            child.ask_to_stop()
        for child in family:
            child.end(15)
