"""Files that are built in a worker: what a job knows, and how it is claimed, reported and kept.

A job survives the page that asked for it, the worker that builds it and the message that announces it: whoever claims
it first works on it, and a worker that falls silent loses it when its lease ends. The file is named by its digest.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.kernel.digests import canonical

from .pdf import Pdf, PdfError

log = structlog.get_logger(__name__)

LEASE = dt.timedelta(minutes=9)
PATIENCE = 4  # seconds until a page that waits sends the message of a queued job again


class JobState(models.TextChoices):
    QUEUED = "QUEUED", _("Waiting")
    RUNNING = "RUNNING", _("Being built")
    READY = "READY", _("Ready")
    FAILED = "FAILED", _("Failed")


class BuildJob(models.Model):
    """What was asked, how far it is, and the file that came out.

    `key` names everything that goes into the file; a second request with the same key gets the same file. `inputs` is
    the content that the file is made from, kept so that it can be rebuilt byte by byte. `lease` is when a worker that
    fell silent is given up.
    """

    FOLDER = "files"  # below VAR_DIR
    ADDRESS = "job"

    key = models.CharField(max_length=64)
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=8, choices=JobState.choices, default=JobState.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)
    stage = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    lease = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    inputs = models.BinaryField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)
    pages = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True
        ordering = ["-requested_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.ADDRESS} {self.pk} {self.state}"

    @property
    def address(self) -> str:
        return f"{self.ADDRESS}:{self.pk}"

    @property
    def pending(self) -> bool:
        return self.state in (JobState.QUEUED, JobState.RUNNING)

    @property
    def there(self) -> bool:
        """The file can be taken."""
        return self.state == JobState.READY and self.path.exists()

    def abandoned(self, now: dt.datetime) -> bool:
        """Nobody works on it: its message was lost, or its worker."""
        return self.pending and (self.lease is None or self.lease < now)

    def waits_for_nobody(self) -> bool:
        """Its message should be sent again: nobody took it for some seconds, or its worker fell silent."""
        now = timezone.now()
        if self.state == JobState.QUEUED and (now - self.requested_at).total_seconds() <= PATIENCE:
            return False
        return self.abandoned(now)

    @property
    def path(self) -> Path:
        return settings.VAR_DIR / self.FOLDER / self.sha256[:2] / f"{self.sha256}.pdf"

    @property
    def content(self) -> dict[str, Any]:
        return json.loads(zlib.decompress(self.inputs)) if self.inputs else {}

    def note(self, **values: Any) -> None:
        """Write a few columns at once; others may be writing beside."""
        type(self)._default_manager.filter(pk=self.pk).update(**values)
        for name, value in values.items():
            setattr(self, name, value)

    def hold(self, content: Any, **values: Any) -> None:
        """Keep what the file is made from, before it is made, so that a second attempt makes the same file."""
        self.note(inputs=zlib.compress(canonical(content)), **values)

    def tell(self, progress: int, stage: str) -> None:
        """How far it is; the worker is alive."""
        self.note(progress=progress, stage=stage, lease=timezone.now() + LEASE)


def claim(model: type[models.Model], pk: int) -> bool:
    """True for the one worker that may build the job now: anything with the columns of a `BuildJob` that say how far it is."""
    now = timezone.now()
    free = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, lease__lt=now)
    mine = {"state": JobState.RUNNING, "lease": now + LEASE, "progress": 3, "stage": "gather", "error": ""}
    return bool(model._default_manager.filter(free, pk=pk).update(**mine))


def run(model: type[BuildJob], pk: int, make: Callable[[Any], Pdf]) -> bool:
    """One job, if nobody else is at it. True when it is ready; a failure is kept with its reason."""
    if not claim(model, pk):
        return False
    job = model._default_manager.get(pk=pk)
    try:
        keep(job, make(job))
    except Exception as failure:
        log.exception("job_failed", job=job.address)
        reason = str(failure) if isinstance(failure, PdfError) else f"{type(failure).__name__}: {failure}"
        job.note(state=JobState.FAILED, error=reason[:500], finished_at=timezone.now(), stage="")
        return False
    return True


def keep(job: BuildJob, made: Pdf) -> None:
    """The file is named by its digest: the same content is one file."""
    job.sha256 = made.sha256
    job.path.parent.mkdir(parents=True, exist_ok=True)
    if not job.path.exists():
        handle, part = tempfile.mkstemp(dir=job.path.parent, suffix=".part")
        with os.fdopen(handle, "wb") as stream:
            stream.write(made.content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, job.path)
    job.note(
        state=JobState.READY, progress=100, stage="", sha256=made.sha256, size=len(made.content), pages=made.pages,
        finished_at=timezone.now(), error="",
    )  # fmt: skip


def again(job: BuildJob) -> bool:
    """Put a failed job back into the queue; False when it has not failed."""
    fresh = {
        "state": JobState.QUEUED,
        "error": "",
        "progress": 0,
        "lease": None,
        "requested_at": timezone.now(),
    }
    return bool(type(job)._default_manager.filter(pk=job.pk, state=JobState.FAILED).update(**fresh))


def same(model: type[BuildJob], key: str) -> Any:
    """A job with the same content that is under way, or whose file is there."""
    found = model._default_manager.filter(key=key).exclude(state=JobState.FAILED).defer("inputs")
    return next((job for job in found if job.pending or job.there), None)
