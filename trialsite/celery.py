"""The Celery application. Loaded by `trialsite.apps`, so that `import trialsite` stays light."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import structlog
from celery import Celery
from celery.contrib.django.task import DjangoTask
from celery.signals import heartbeat_sent, setup_logging, worker_ready
from django.db import transaction
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trialsite.settings")
TRANSPORT_ALIASES["files"] = "trialsite.broker:Transport"

log = structlog.get_logger(__name__)

# After a broker failed, do not try again for this long: a frozen one costs every save its two seconds of waiting.
PAUSE = 5.0
_quiet_until = 0.0


def resume() -> None:
    """Forget that the broker failed."""
    global _quiet_until
    _quiet_until = 0.0


class HintTask(DjangoTask):
    """A task whose message may be lost: the sweep finds the work. A broker that is down never fails a save."""

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:
        transaction.on_commit(lambda: self.hint(*args, **kwargs))

    def hint(self, *args: Any, **kwargs: Any) -> bool:
        """Send the message if the broker takes it now; say whether it did."""
        global _quiet_until
        if time.monotonic() < _quiet_until:
            return False
        try:
            self.delay(*args, **kwargs)
        except Exception as error:
            _quiet_until = time.monotonic() + PAUSE
            log.warning("broker_unreachable", task=self.name, error=type(error).__name__)
            return False
        return True


app = Celery("trialsite", task_cls=HintTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**kwargs: Any) -> None:
    """Django has set logging up already; Celery must not replace it."""


def heartbeat_file() -> Path:
    from django.conf import settings

    return settings.VAR_DIR / "worker.alive"


@worker_ready.connect
@heartbeat_sent.connect
def note_heartbeat(**kwargs: Any) -> None:
    """The health page and `manage.py up` read when a worker was last alive."""
    heartbeat_file().touch()
