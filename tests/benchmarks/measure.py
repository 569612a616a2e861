"""Requests to the WSGI application without a network, and medians of wall and processor time."""

from __future__ import annotations

import gc
import io
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.core.wsgi import get_wsgi_application
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')


@dataclass(slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    wall: float
    cpu: float


class Browser:
    """A signed-in person's requests, straight into the application: no test client, no instrumented templates."""

    def __init__(self, cookies: dict[str, str]) -> None:
        self.application = get_wsgi_application()
        self.cookies = dict(cookies)
        self.csrf = ""

    def get(self, path: str) -> Answer:
        answer = self._send("GET", path, b"")
        if found := TOKEN.search(answer.body):
            self.csrf = found[1].decode()
        return answer

    def post(self, path: str, data: dict[str, Any]) -> Answer:
        """The body is encoded before the clock starts, as it is in the browser."""
        return self._send(
            "POST", path, urlencode({"csrfmiddlewaretoken": self.csrf, **data}, doseq=True).encode()
        )

    def _send(self, method: str, path: str, body: bytes) -> Answer:
        path, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "localhost", "SERVER_PORT": "80",
            "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(), "wsgi.version": (1, 0), "SCRIPT_NAME": "",
            "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False, "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }  # fmt: skip
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            started[:] = [status, headers]

        wall, cpu = time.perf_counter(), time.process_time()
        response = self.application(environ, start_response)
        text = b"".join(response)
        response.close()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        status, headers = started
        for name, value in headers:
            if name == "Set-Cookie":
                cookie, _, rest = value.partition("=")
                self.cookies[cookie] = rest.partition(";")[0]
        return Answer(int(status.split()[0]), dict(headers), text, wall * 1000, cpu * 1000)


@dataclass(slots=True)
class Sample:
    """Times of one thing, in milliseconds."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def add(self, answer: Answer) -> None:
        self.wall.append(answer.wall)
        self.cpu.append(answer.cpu)

    @property
    def median(self) -> float:
        return statistics.median(self.wall)

    @property
    def median_cpu(self) -> float:
        return statistics.median(self.cpu)


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def alternate(
    first: Callable[[], Answer], second: Callable[[], Answer], times: int, warm: int = 2
) -> tuple[Sample, Sample]:
    """Two things in turn, so that whatever else the machine does meets both."""
    samples = Sample(), Sample()
    for round_ in range(warm + times):
        for sample, act in zip(samples, (first, second), strict=True):
            answer = act()
            if round_ >= warm:
                sample.add(answer)
    return samples


def queries(act: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as caught:
        act()
    return len(
        [
            q
            for q in caught.captured_queries
            if not q["sql"].startswith(("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"))
        ]
    )


def quiet() -> None:
    """Garbage of the set-up is not collected during a measurement."""
    gc.collect()
    gc.freeze()


def median_of(samples: Sequence[float]) -> float:
    return statistics.median(samples) if samples else float("nan")


def command(*arguments: str) -> tuple[float, float, float]:
    """A command of the site: seconds as it says itself, processor seconds of all its processes, and the peak in MB of
    the one that took most memory."""
    connections.close_all()
    order = [sys.executable, "manage.py", *arguments]
    done = subprocess.run([sys.executable, "-c", PEAK, *order], check=True, capture_output=True, text=True)
    found = re.search(r"([\d.]+) s\b.*\n([\d.]+) (\d+)\s*$", done.stdout, re.DOTALL)
    assert found is not None, done.stdout[-2000:]
    return float(found[1]), float(found[2]), int(found[3]) / 1024


# A process of its own, so that the peak is of this run alone.
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""
