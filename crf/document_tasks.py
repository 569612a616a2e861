"""Building documents, in the worker. A lost message is sent again by the page that waits for the file."""

from __future__ import annotations

from celery import shared_task


@shared_task
def document_build(job: int) -> None:
    """One blank CRF, annotated CRF or casebook."""
    from crf.documents.build import build

    build(job)
