"""Real workers on the test's own database and broker folder, and waiting without fixed sleeps."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).parent.parent.parent
DEADLINE = 30.0


def until(true: Callable[[], Any], what: str, seconds: float = DEADLINE) -> Any:
    """Wait for something to become true; say what did not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


def database_url() -> str:
    """The database that this test uses, for another process."""
    held = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{held['NAME']}"
    given = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(given._replace(path=f"/{held['NAME']}"))


def environment(**more: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("REDIS_URL", "DJANGO_SETTINGS_MODULE")
    }
    return kept | {
        "DATABASE_URL": database_url(), "VAR_DIR": str(settings.VAR_DIR), "SECRET_KEY": settings.SECRET_KEY,
        "DEMO": "1", "LOG_LEVEL": "ERROR", "DJANGO_SETTINGS_MODULE": "trialsite.settings",
    } | more  # fmt: skip


def queue() -> Path:
    return Path(settings.BROKER_DIR) / "trial"


def waiting() -> list[Path]:
    """Messages that no worker has taken yet."""
    return sorted(queue().glob("[!.]*.json")) if queue().is_dir() else []


def lose_messages() -> None:
    shutil.rmtree(settings.BROKER_DIR, ignore_errors=True)


class Worker:
    """One worker in one process. It is killed by its process id, as a failing machine would."""

    def __init__(self, *, beat: bool = False) -> None:
        started = time.time()
        alive = Path(settings.VAR_DIR) / "worker.alive"
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "trialsite.celery",
            "worker",
            "--pool",
            "solo",
            "-l",
            "ERROR",
        ]
        command += ["--without-gossip", "--without-mingle", "-n", f"test{time.time_ns()}@localhost"]
        with (Path(settings.VAR_DIR) / "worker.log").open("ab") as log:
            self.process = subprocess.Popen(
                command + (["-B"] if beat else []), cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until(lambda: alive.exists() and alive.stat().st_mtime >= started - 1, "a worker that is ready")

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # its own group: itself and its beat
        self.process.wait()


@contextlib.contextmanager
def worker(**options: Any) -> Iterator[Worker]:
    made = Worker(**options)
    try:
        yield made
    finally:
        made.kill()
