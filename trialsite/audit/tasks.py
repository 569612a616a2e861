"""Beat's small tasks of the trail. Each may be lost or doubled without harm."""

from __future__ import annotations

from celery import shared_task

from . import guarding
from . import seals as sealing


@shared_task
def guards() -> None:
    """Whether the triggers stand; what is missing is told in the trail and put back."""
    guarding.guards_watch()


@shared_task
def seals() -> None:
    """A seal for every chain that grew."""
    sealing.seal_growth()
