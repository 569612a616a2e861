"""Drawing and building, in the worker. A lost message is sent again by the page that waits for its result."""

from __future__ import annotations

from celery import shared_task


@shared_task
def figures_draw(language: str, named: bool) -> None:
    """The figures that the endpoint page misses."""
    from endpoints.drawing import draw_missing

    draw_missing(language, named)


@shared_task
def report_build(job: int) -> None:
    """One endpoint report."""
    from endpoints.reports.build import build

    build(job)
