"""Heads of the chains, for reports and exports; the last verification, for pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.utils import timezone

from trialsite.kernel.digests import digest

from .models import STUDY, AuditChain, TrailVerification


class Head(NamedTuple):
    """A chain, how many events it has, and the digest of the last one, which stands for all of them."""

    name: str
    length: int
    head: str


def heads(names: Iterable[str] | None = None) -> list[Head]:
    """Of these chains, or of all, in the order of their names."""
    chains = AuditChain.objects.filter(length__gt=0).order_by("name")
    if names is not None:
        chains = chains.filter(name__in=list(names))
    return [Head(*row) for row in chains.values_list("name", "length", "head")]


def heads_digest(found: Sequence[Head]) -> str:
    """One digest over heads: any later event of any of these chains changes it."""
    return digest([list(head) for head in sorted(found)])


def of_participants(found: Iterable[Head]) -> list[Head]:
    return [head for head in found if head.name != STUDY]


# --- verification ---------------------------------------------------------------------------------------------------


def latest_verification() -> TrailVerification | None:
    """The last run that came to its end."""
    return TrailVerification.objects.filter(finished_at__isnull=False).order_by("-finished_at").first()


def running_verification() -> TrailVerification | None:
    """The run that is under way or waits; one whose worker fell silent is not."""
    return next(
        (run for run in TrailVerification.objects.filter(finished_at__isnull=True) if not abandoned(run)),
        None,
    )


def abandoned(run: TrailVerification, now: dt.datetime | None = None) -> bool:
    """Nobody works on it: its worker fell silent, or its message was lost long ago."""
    since = run.lease or run.asked_at + TrailVerification.LEASE
    return run.pending and since < (now or timezone.now())
