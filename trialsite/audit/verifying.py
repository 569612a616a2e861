"""Walks a chain: numbers without a gap, each digest over its own row and the one before, the head as the chain says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .models import AuditChain, AuditEvent
from .trail import digest_of


class Problem(NamedTuple):
    """Something that is not as it was written. `where` names the row in its table."""

    where: str
    message: str


def chain_problems(chain: AuditChain) -> Iterator[Problem]:
    """Every row of a chain that does not fit, in the order of the chain."""
    number, previous = 0, ""
    for event in AuditEvent.objects.filter(chain=chain).order_by("number").iterator(chunk_size=1000):
        yield from _event_problems(chain, event, number + 1, previous)
        number, previous = event.number, event.digest
    if (chain.length, chain.head) != (number, previous):
        yield Problem(
            f"audit_auditchain id={chain.pk} ({chain.name})",
            f"the chain says {chain.length} events ending in {chain.head[:12]}; there are {number} ending in {previous[:12]}",
        )


def _event_problems(chain: AuditChain, event: AuditEvent, expected: int, previous: str) -> Iterator[Problem]:
    where = f"audit_auditevent id={event.pk} ({chain.name} #{event.number} {event.subject})"
    if event.number != expected:
        gap = f"#{expected}" if event.number == expected + 1 else f"#{expected} to #{event.number - 1}"
        yield Problem(
            where, f"{gap} before it is missing" if event.number > expected else "its number is out of order"
        )
    if event.previous != previous:
        yield Problem(where, "it does not continue the event before it")
    if digest_of(chain.name, event) != event.digest:
        yield Problem(where, "it is not what was written: its content does not give its digest")
