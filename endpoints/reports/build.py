"""Building a report in a worker: gather, draw, lay out. Twice is harmless; a lost worker is replaced."""

from __future__ import annotations

import datetime as dt
import json

from endpoints.models_reports import ReportJob
from endpoints.reports.content import capture
from endpoints.reports.document import document_of
from trialsite.kernel.digests import canonical
from trialsite.web.jobs import LEASE, claim, run
from trialsite.web.pdf import Pdf, pdf_of


def build(pk: int) -> bool:
    """One job, if nobody else is at it. True when it is ready."""
    return run(ReportJob, pk, _make)


def _claim(pk: int) -> bool:
    return claim(ReportJob, pk)


def _make(job: ReportJob) -> Pdf:
    """The content is kept before anything is drawn, so that a second attempt makes the same file."""
    if job.inputs is None:
        content = json.loads(canonical(capture(job.sites)))
        job.hold(content, as_of=content["as_of"], trial_version=content["version"])

    def progress(done: int, whole: int, stage: str) -> None:
        job.tell(10 + int(50 * done / max(whole, 1)), stage)

    document = document_of(job.content, job.language, job.sections, progress)
    job.tell(65, "layout")
    at = dt.datetime.fromisoformat(job.content["computed_at"])
    return pdf_of(document.html, css=document.css, at=at, identifier=document.identifier)


__all__ = ["LEASE", "build"]
