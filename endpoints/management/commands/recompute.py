"""Recomputing by hand: who is behind, or everybody."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from endpoints import services, standing_figures
from participants.models import Participant


class Command(BaseCommand):
    help = "Recompute the endpoints of participants who are behind (or of everybody), then the figures of the trial."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("numbers", nargs="*", help="participant numbers; none: all")
        parser.add_argument("--all", action="store_true", help="also those that are up to date")
        parser.add_argument("--processes", type=int, default=min(4, os.cpu_count() or 1))

    def handle(self, *, numbers: list[str], processes: int, **options: Any) -> None:
        started = time.monotonic()
        anew = options["all"]
        wanted = Participant.objects.all() if anew else services.stale()
        if numbers:
            wanted = wanted.filter(number__in=numbers)
        total, done, fresh = wanted.count(), 0, 0
        pks = wanted.order_by("pk").values_list("pk", flat=True)
        work = [(batch, anew) for batch in services.batches(pks)]
        for size, new in run(work, processes):
            done, fresh = done + size, fresh + new
            self.progress(done, total)
        services.trial_recompute()
        standing_figures.figures_refresh()
        seconds = time.monotonic() - started
        self.stdout.write(f"{done} participants, {fresh} new results, {seconds:.1f} s")

    def progress(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            filled = 40 * done // max(total, 1)
            end = "\n" if done >= total else ""
            self.stderr.write(f"\r[{'#' * filled}{'.' * (40 - filled)}] {done}/{total}{end}", ending="")


def run(work: list[tuple[list[int], bool]], processes: int) -> Iterator[tuple[int, int]]:
    """Each batch, in this process or in several. A batch is small, so memory does not grow with their number."""
    if processes < 2 or len(work) < 2:
        yield from map(one_batch, work)
        return
    connection.close()  # a child must not share it
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield from pool.imap_unordered(one_batch, work)


def one_batch(job: tuple[list[int], bool]) -> tuple[int, int]:
    """How many were in the batch, and how many got a new result."""
    batch, anew = job
    return len(batch), services.endpoints_recompute_many(batch, anew=anew)
