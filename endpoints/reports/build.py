"""Building a report in a worker: gather, draw, lay out, seal. Twice is harmless; a lost worker is replaced."""

from __future__ import annotations

import datetime as dt
import json

from django.utils.translation import gettext as _
from django.utils.translation import override

from endpoints.models_reports import ReportJob
from endpoints.reports import codes
from endpoints.reports.attachments import DATA, FIGURES, attachments_of
from endpoints.reports.content import content_of, definition
from endpoints.reports.document import document_of
from endpoints.reports.sealing import sealed
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
        content = json.loads(canonical(content_of(job) | {codes.ADDRESS: codes.site_address()}))
        job.hold(content, as_of=content["as_of"], trial_version=content["version"])
    content = job.content
    job.note(code=codes.code_of(content, job.language, job.sections, definition()))

    def progress(done: int, whole: int, stage: str) -> None:
        job.tell(10 + int(50 * done / max(whole, 1)), stage)

    document = document_of(content | {"code": job.code}, job.language, job.sections, progress)
    job.tell(65, "layout")
    made = pdf_of(
        document.html, css=document.css, at=dt.datetime.fromisoformat(content["computed_at"]),
        identifier=document.identifier, accessible=True, seal=seal_reason(job.language),
        attachments=attachments_of(content), about=about(job.language),
    )  # fmt: skip
    job.tell(95, "seal")
    return sealed(made)


def about(language: str) -> dict[str, str]:
    """What is attached, as the list of attachments of a reader of PDF says it."""
    with override(language):
        return {
            FIGURES: _("Every figure of this report, machine-readable"),
            DATA: _("The data that the figures are computed from, as the endpoint engine takes them"),
        }


def seal_reason(language: str) -> str:
    """What readers of PDF show beside the seal."""
    with override(language):
        return _("Sealed by the system that made this document; any change breaks the seal.")


__all__ = ["LEASE", "build"]
