"""The processes of a site on one machine: web server, worker and beat as children of `manage.py up`."""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

BIN = Path(sys.executable).parent
_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One process, its log file, and how often it had to be started again."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    notes: tuple[str, ...] = ()  # what it wrote for its next start, as globs: half-written after a power cut

    def forget(self) -> None:
        """It ended by itself: it starts again without its notes, in case it was they."""
        for pattern in self.notes:
            for path in Path(pattern).parent.glob(Path(pattern).name):
                path.unlink(missing_ok=True)

    def start(self, env: dict[str, str]) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C reaches only the parent, which stops the children in order.
            self.process = subprocess.Popen(
                self.command,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        if self.process is not None and self.alive:
            self.process.terminate()

    def end(self, patience: float) -> None:
        """Wait for it to end; a process that does not is killed with its children."""
        if self.process is None:
            return
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self._kill_group()

    def _kill_group(self) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def last_lines(self, count: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


def _die_with_parent() -> None:
    """A child is told to stop when its parent is killed outright, so that no worker is left behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def children(host: str, port: int, logs: Path, concurrency: int) -> list[Child]:
    granian = [
        str(BIN / "granian"), "--interface", "wsgi", "--host", host, "--port", str(port), "--http", "1", "--no-ws",
        "--workers", "1", "--blocking-threads", "8", "--respawn-failed-workers", "--workers-kill-timeout", "10",
        "--log-level", "warning", "trialsite.wsgi:application",
    ]  # fmt: skip
    celery = [sys.executable, "-m", "celery", "-A", "trialsite.celery"]
    worker = [
        *celery, "worker", "--loglevel", "INFO", "--concurrency", str(concurrency),
        "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    return [
        Child("web", granian, logs / "web.log"),
        Child("worker", worker, logs / "worker.log"),
        Child(
            "beat", [*celery, "beat", "--loglevel", "WARNING", "--pidfile="], logs / "beat.log",
            notes=(f"{settings.CELERY_BEAT_SCHEDULE_FILENAME}*",),
        ),
    ]  # fmt: skip


def answers(host: str, port: int, path: str = "/health/?format=json") -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def wait_until(ready: Callable[[], bool], alive: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until and alive():
        if ready():
            return True
        time.sleep(0.1)
    return False
