"""Drawing and building, in the worker. A lost message is sent again by the page that waits for its result."""

from __future__ import annotations

from typing import Any

from celery import shared_task


@shared_task
def figures_draw(asked: dict[str, Any]) -> None:
    """The figures that an endpoint page misses (`drawing.message`)."""
    from endpoints.drawing import draw_missing, view_named

    view = view_named(asked)
    if view is not None:
        draw_missing(asked["language"], asked["named"], view)


@shared_task
def state_count() -> None:
    """The state of the live data, for the strip of the endpoint page."""
    from endpoints.board.state import refresh

    refresh()


@shared_task
def report_build(job: int) -> None:
    """One endpoint report."""
    from endpoints.reports.build import build

    build(job)


@shared_task
def sheet_build(job: int) -> None:
    """The approval page of a report that was signed."""
    from endpoints.reports.sheet import sheet_make

    sheet_make(job)
