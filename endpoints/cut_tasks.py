"""Past moments, in the worker. A lost message is sent again by the page that waits."""

from __future__ import annotations

from celery import shared_task


@shared_task
def moment_build(moment: int) -> None:
    """The trial as of a moment. Repeated while it runs, it finds that somebody is at it."""
    from endpoints.cuts.building import moment_build as build

    build(moment)


@shared_task
def moments_sweep() -> None:
    """Moments that nobody has looked at for a week are thrown away; cuts keep their own rows."""
    from endpoints.cuts.services import moments_forget

    moments_forget()
