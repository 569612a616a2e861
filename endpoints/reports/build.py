"""Building a report in a worker: claim, gather, draw, lay out, keep. Twice is harmless; a lost worker is replaced."""

from __future__ import annotations

import datetime as dt
import json
import os
import tempfile
import zlib
from typing import Any

import structlog
from django.db.models import Q
from django.utils import timezone

from endpoints.models_reports import JobState, ReportJob
from endpoints.reports.content import capture
from endpoints.reports.document import document_of
from trialsite.kernel.digests import canonical
from trialsite.web.pdf import Pdf, PdfError, pdf_of

log = structlog.get_logger(__name__)

LEASE = dt.timedelta(minutes=9)


def build(pk: int) -> bool:
    """One job, if nobody else is at it. True when it is ready."""
    if not _claim(pk):
        return False
    job = ReportJob.objects.get(pk=pk)
    try:
        made = _make(job)
        _keep(job, made)
    except Exception as failure:
        log.exception("report_failed", job=pk)
        reason = str(failure) if isinstance(failure, PdfError) else f"{type(failure).__name__}: {failure}"
        _note(job, state=JobState.FAILED, error=reason[:500], finished_at=timezone.now(), stage="")
        return False
    return True


def _claim(pk: int) -> bool:
    now = timezone.now()
    free = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, lease__lt=now)
    mine = {"state": JobState.RUNNING, "lease": now + LEASE, "progress": 3, "stage": "gather", "error": ""}
    return bool(ReportJob.objects.filter(free, pk=pk).update(**mine))


def _note(job: ReportJob, **values: Any) -> None:
    ReportJob.objects.filter(pk=job.pk).update(**values)
    for name, value in values.items():
        setattr(job, name, value)


def _make(job: ReportJob) -> Pdf:
    """The content is kept before anything is drawn, so that a second attempt makes the same file."""
    if job.inputs is None:
        content = json.loads(canonical(capture(job.sites)))
        _note(
            job,
            inputs=zlib.compress(canonical(content)),
            as_of=content["as_of"],
            trial_version=content["version"],
        )

    def progress(done: int, whole: int, stage: str) -> None:
        _note(job, progress=10 + int(50 * done / max(whole, 1)), stage=stage, lease=timezone.now() + LEASE)

    document = document_of(job.content, job.language, job.sections, progress)
    _note(job, progress=65, stage="layout", lease=timezone.now() + LEASE)
    at = dt.datetime.fromisoformat(job.content["computed_at"])
    return pdf_of(document.html, css=document.css, at=at, identifier=document.identifier)


def _keep(job: ReportJob, made: Pdf) -> None:
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
    _note(
        job, state=JobState.READY, progress=100, stage="", sha256=made.sha256, size=len(made.content), pages=made.pages,
        finished_at=timezone.now(), error="",
    )  # fmt: skip
