"""`manage.py up` from an empty folder: it migrates, starts web, worker and beat, says where, and stops cleanly."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from trialsite.management.processes import answers

ROOT = Path(__file__).parent.parent.parent

pytestmark = [
    pytest.mark.processes,
    # Only on the embedded default: what it is about is the same on PostgreSQL.
    pytest.mark.skipif("os.environ.get('DATABASE_URL')"),
]


class Site:
    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TRIAL_TEST")},
            "DJANGO_SETTINGS_MODULE": "trialsite.settings",
            "VAR_DIR": str(folder),
            "DEMO": "1",
            "PORT": str(self.port),
        }
        self.process = self.start()

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "manage.py", "up", "--participants", "1"]
        return subprocess.Popen(
            command, cwd=ROOT, env=self.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def read_until(self, word: str, seconds: float = 180) -> str:
        """What it prints up to `word`; killed when that does not come in time."""
        assert self.process.stdout
        clock = threading.Timer(seconds, self.process.kill)
        clock.start()
        said = ""
        for line in self.process.stdout:
            said += line
            if word in line:
                break
        clock.cancel()
        return said


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    if site.process.poll() is None:
        site.process.kill()
    site.process.wait()
    assert site.process.stdout
    site.process.stdout.close()


def test_it_comes_up_and_goes_down(site: Site) -> None:
    said = site.read_until("Address")
    assert f"http://localhost:{site.port}/" in said
    assert "demo-lin-2026" in said
    assert answers("127.0.0.1", site.port)

    second = subprocess.run(
        site.process.args, cwd=ROOT, env=site.env, text=True, capture_output=True, check=False
    )
    assert second.returncode == 1
    assert "already running" in second.stderr

    family = psutil.Process(site.process.pid).children(recursive=True)
    assert len(family) >= 5  # web and its worker; worker and its two children; beat
    site.process.send_signal(signal.SIGTERM)
    assert "Stopped." in site.read_until("Stopped.", 40)
    assert site.process.wait(10) == 0
    _, left = psutil.wait_procs(family, timeout=5)
    assert not left
