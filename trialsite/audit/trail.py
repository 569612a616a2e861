"""Appending to the trail. The only door by which an `AuditEvent` is made."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from .actions import Action
from .models import STUDY, AuditChain, AuditEvent

if TYPE_CHECKING:
    from trialsite.accounts.models import Site, User


@dataclass(slots=True)
class Entry:
    """One change before it is numbered and chained."""

    action: str
    target: str
    path: str = ""
    old: str = ""
    new: str = ""
    reason: str = ""
    system: bool = False  # made by the system in the course of a person's act (a derived value)


def chain_name(participant_id: int) -> str:
    return f"participant:{participant_id}"


def locked(name: str) -> AuditChain:
    """The chain, locked until the transaction ends. Holding it serialises every writer of that participant."""
    chain = AuditChain.objects.select_for_update().filter(name=name).first()
    if chain is None:
        AuditChain.objects.bulk_create([AuditChain(name=name)], ignore_conflicts=True)
        chain = AuditChain.objects.select_for_update().get(name=name)
    return chain


def study_chain() -> AuditChain:
    return locked(STUDY)


def participant_chain(participant: Any) -> AuditChain:
    return locked(chain_name(participant if isinstance(participant, int) else participant.pk))


def digest_of(chain: str, event: AuditEvent) -> str:
    """SHA-256 over every column of the event and the digest before it."""
    at = event.at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    content = [
        chain, event.number, at, event.actor_name, event.role, event.site, event.action, event.target, event.path,
        event.old, event.new, event.reason, event.previous,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def append_all(
    chain: AuditChain, entries: Iterable[Entry], *, by: User | None, site: Site | None = None, role: str = ""
) -> list[AuditEvent]:
    """Number, chain and store entries in order, in the caller's transaction.

    `chain` must come from `locked`, `study_chain` or `participant_chain` in the same transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("The trail is written in the transaction of the change that it records.")
    now = timezone.now()
    person = by if by is not None and by.pk else None
    name = person.username if person else ""
    held = role or (person.role_at(site) if person else "")
    number, previous, events = chain.length, chain.head, []
    for entry in entries:
        number += 1
        event = AuditEvent(
            chain=chain, number=number, at=now, actor=None if entry.system else person,
            actor_name="system" if entry.system or not person else name, role="" if entry.system else held,
            site=site.number if site else "", action=str(entry.action), target=entry.target, path=entry.path,
            old=entry.old, new=entry.new, reason=entry.reason, previous=previous,
        )  # fmt: skip
        previous = event.digest = digest_of(chain.name, event)
        events.append(event)
    if events:
        AuditEvent.objects.bulk_create(events, batch_size=500)
        chain.length, chain.head = number, previous
        AuditChain.objects.filter(pk=chain.pk).update(length=number, head=previous)
    return events


def append(
    chain: AuditChain, *, by: User | None, action: Action | str, subject: str, old: Any = "", new: Any = "",
    reason: str = "", site: Site | None = None, role: str = "",
) -> AuditEvent:  # fmt: skip
    """One event. `subject` is an address: `user:12/role:5`, `form:412/TA2:3/tl_diam`."""
    target, _, path = subject.partition("/")
    entry = Entry(action, target, path, str(old or ""), str(new or ""), reason)
    return append_all(chain, [entry], by=by, site=site, role=role)[0]


def study_event(*, by: User | None, action: Action | str, subject: str, **rest: Any) -> AuditEvent:
    """One event of the study's chain, in a transaction of its own when there is none."""
    with transaction.atomic():
        return append(study_chain(), by=by, action=action, subject=subject, **rest)
