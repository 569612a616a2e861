"""Certified copies are built in the worker. A lost message is sent again by the page that waits for the file."""

from __future__ import annotations

from importlib import import_module

from celery import shared_task


@shared_task
def copy_build(job: int) -> None:
    """One certified copy. Found by name: services send this message, and what it builds imports services."""
    import_module("crf.copies.build").build(job)
