"""Log lines as JSON, without any participant data.

A path, a query and the text of an exception can name a participant or repeat a value, so none of them is written: a
line has the route, the kind of the exception and its frames. Messages of the trial's own code are constants.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from typing import Any

import structlog

Event = dict[str, Any]
_DETAIL = re.compile(r": | \(|'")


def without_path(logger: Any, name: str, event: Event) -> Event:
    """Django's "Not Found: /participants/01-003/" becomes "Not Found"."""
    record: logging.LogRecord | None = event.get("_record")
    if record is not None and record.name.startswith("django.") and "%" in str(record.msg):
        event["event"] = _DETAIL.split(event["event"], maxsplit=1)[0]
    return event


def frames_only(logger: Any, name: str, event: Event) -> Event:
    """Where it happened and what kind it was; PostgreSQL's messages quote the row."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error"] = f"{type(error).__module__}.{type(error).__qualname__}"
        event["frames"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
    return event


def configure(level: str, with_text: bool) -> dict[str, Any]:
    """Set structlog up and return Django's LOGGING. `with_text` shows exceptions in full (development only)."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [*shared, without_path],
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info if with_text else frames_only,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {"lines": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "json"}},
        "root": {"handlers": ["lines"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level},
            # `RequestLog` says the rest, with the route instead of the path.
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": ["lines"], "level": "WARNING", "propagate": False},
            # The sweep runs every five seconds.
            "celery.beat": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            # A broker of files has no host: kombu says so at each connection.
            "kombu.connection": {"level": "ERROR"},
            "fontTools": {"level": "WARNING"},
            "weasyprint": {"level": "ERROR"},
        },
    }
