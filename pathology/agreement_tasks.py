"""Drawing figures and building reports of agreement, in the worker. A page that waits sends a lost message again."""

from __future__ import annotations

from celery import shared_task


@shared_task
def agreement_draw(language: str) -> None:
    """The figures that the page of agreement misses."""
    from pathology.drawing import draw_missing

    draw_missing(language)


@shared_task
def agreement_build(job: int) -> None:
    """One report "Reader agreement"."""
    from pathology.agreement_report import build

    build(job)
