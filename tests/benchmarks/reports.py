"""The endpoint report of 60 and of 500 participants as PDF: seconds, pages, memory."""

from __future__ import annotations

import resource
from typing import Any

from endpoints.reports.build import build
from endpoints.reports.services import report_request
from participants.models import Participant
from trialsite.accounts.models import User

from .endpoints import GENERATED, figures_anew, generated, grown, moves_anew, recomputed, timed

SMALL = 60


def reports(scale: float) -> dict[str, Any]:
    """The endpoint report of a small trial and of a large one, every section, as the worker builds it.

    The peaks are of the largest so far: of the child that lays out, and of this process, which gathers and draws.
    """
    cast = generated(max(5, int(SMALL * scale)))
    found = {"small": _report(cast["st"])}
    generated(max(8, int(GENERATED * scale)))
    grown()
    return found | {"large": _report(cast["st"])}


def _report(by: User) -> dict[str, Any]:
    recomputed()
    figures_anew()
    moves_anew()
    job = report_request(by=by, language="en")
    cpu = _used()
    seconds = timed(lambda: build(job.pk))
    cpu = _used() - cpu
    job.refresh_from_db()
    if not job.pages:
        raise RuntimeError(f"{job}: {job.error}")
    return {
        "participants": Participant.objects.count(), "pages": job.pages, "s": seconds, "cpu": cpu, "kb": job.size / 1024,
        "child_mb": _peak(resource.RUSAGE_CHILDREN), "own_mb": _peak(resource.RUSAGE_SELF),
    }  # fmt: skip


def _peak(who: int) -> float:
    return resource.getrusage(who).ru_maxrss / 1024


def _used() -> float:
    mine, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return mine.ru_utime + mine.ru_stime + children.ru_utime + children.ru_stime
