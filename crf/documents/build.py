"""Building a document in a worker: capture, write, lay out, join. Twice is harmless; a lost worker is replaced."""

from __future__ import annotations

import datetime as dt
import json

from crf.models import DocumentJob, DocumentKind
from trialsite.kernel.digests import canonical
from trialsite.web.jobs import run
from trialsite.web.pdf import Pdf, pdf_of

from .book import EDITION, book
from .capture import capture
from .casebook import casebook_document
from .frame import Document

SECONDS = 900  # a casebook of many hundred pages; the lease is renewed with every part


def build(pk: int) -> bool:
    """One job, if nobody else is at it. True when it is ready."""
    return run(DocumentJob, pk, _make)


def _make(job: DocumentJob) -> Pdf:
    document, at = _document(job)

    def progress(done: int, whole: int) -> None:
        job.tell(20 + int(75 * done / whole), f"part {done}/{whole}")

    job.tell(20, "layout")
    return pdf_of(
        document.parts, css=document.css, frame=document.frame, total=document.total,
        outline=[entry.plain() for entry in document.outline],
        at=at, identifier=document.identifier, seconds=SECONDS, progress=progress,
    )  # fmt: skip


def _document(job: DocumentJob) -> tuple[Document, dt.datetime]:
    """What is to be laid out, and the moment that the file names: never the clock."""
    if job.participant is None:
        kind = "annotated" if job.kind == DocumentKind.ANNOTATED else "blank"
        return book(kind, job.language), EDITION
    if job.inputs is None:  # kept before anything is made, so that a second attempt makes the same file
        job.hold(json.loads(canonical(capture(job.participant, job.language))))
    content = job.content
    return casebook_document(content, job.language), dt.datetime.fromisoformat(content["at"])
