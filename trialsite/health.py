"""`/health/`: database and worker. `/health/live/`: only what the web server itself needs, for restarting it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time

from django.conf import settings
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable
from health_check.views import HealthCheckView

from .celery import heartbeat_file


@dataclasses.dataclass
class Worker(HealthCheck):
    """A worker touches a file every two seconds. With a broker on the network the worker answers a ping instead."""

    timeout: dt.timedelta = dataclasses.field(default=dt.timedelta(seconds=15), repr=False)

    def run(self) -> None:  # type: ignore[override]
        path = heartbeat_file()
        if not path.exists() or time.time() - path.stat().st_mtime > self.timeout.total_seconds():
            raise ServiceUnavailable("No worker is alive: endpoints are not recomputed")


class HealthView(HealthCheckView):
    checks = [
        "health_check.checks.Database",
        "health_check.contrib.celery.Ping" if settings.REDIS_URL else Worker,
    ]


class LiveView(HealthCheckView):
    checks = ["health_check.checks.Database"]
