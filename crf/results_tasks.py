"""Laboratory files in the worker. A lost message is sent again by the page that waits."""

from __future__ import annotations

from importlib import import_module

from celery import shared_task


@shared_task
def results_file(job: int) -> None:
    """One file, looked at or stored. Found by name: what asks for it sends this message."""
    import_module("crf.imports.laboratory_job").run(job)


@shared_task
def results_files_forget() -> None:
    """Files that were handed in and never stored."""
    import_module("crf.imports.laboratory_job").forget()
