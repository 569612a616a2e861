"""Building a certified copy in the worker: streamed to disk, kept by its digest. Twice is harmless; a lost worker is replaced."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import structlog
from django.conf import settings
from django.utils import timezone

from crf.models import CopyJob
from crf.services.copies import copy_certified
from crf.services.database_lock import database_seals
from trialsite.web.jobs import JobState, claim

from .archive import Archived, Certifier, archive_write

log = structlog.get_logger(__name__)
MOST = (1 << 31) - 1  # the column that all files share ends here; `bytes` does not


def build(pk: int) -> bool:
    """One job, if nobody else is at it. True when it is ready; a failure is kept with its reason."""
    if not claim(CopyJob, pk):
        return False
    job = CopyJob.objects.select_related("site", "requested_by").get(pk=pk)
    try:
        made = _write(job)
        copy_certified(
            by=job.requested_by, subject=job.address, site=job.site, sha256=made.sha256,
            said=f"{made.manifest['events']} events, {len(made.manifest['files'])} files, heads {made.manifest['heads_digest']}",
        )  # fmt: skip
        _keep(job, made)
        database_seals(jobs=[job])
    except Exception as failure:
        log.exception("copy_failed", job=job.address)
        reason = f"{type(failure).__name__}: {failure}"
        job.note(state=JobState.FAILED, error=reason[:500], finished_at=timezone.now(), stage="")
        return False
    return True


def _folder() -> Path:
    folder = settings.VAR_DIR / CopyJob.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(job: CopyJob) -> Archived:
    job.note(at=timezone.now().replace(microsecond=0))
    handle, part = tempfile.mkstemp(dir=_folder(), suffix=".part")
    os.close(handle)

    def tell(done: int, whole: int) -> None:
        job.tell(5 + int(90 * done / max(whole, 1)), f"participant {done + 1}/{whole}")

    by = Certifier(job.requested_by.username, job.printed_name, job.role)
    assert job.at is not None
    return archive_write(Path(part), by=by, at=job.at, language=job.language, site=job.site, tell=tell)


def _keep(job: CopyJob, made: Archived) -> None:
    """The file is named by its digest."""
    job.sha256 = made.sha256
    job.path.parent.mkdir(parents=True, exist_ok=True)
    os.replace(made.path, job.path)
    job.note(
        state=JobState.READY, progress=100, stage="", sha256=made.sha256, bytes=made.size, size=min(made.size, MOST),
        pages=0, summary=made.summary, finished_at=timezone.now(), error="",
    )  # fmt: skip
