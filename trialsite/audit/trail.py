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

from trialsite.db.prepared import Prepared
from trialsite.db.rows import insert, update

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


_locked = Prepared(lambda name: AuditChain.objects.select_for_update().filter(name=name), name="")


def locked(name: str) -> AuditChain:
    """The chain, locked until the transaction ends. Holding it serialises every writer of that participant."""
    _require_transaction()
    found = _locked(name=name)
    if not found:
        AuditChain.objects.bulk_create([AuditChain(name=name)], ignore_conflicts=True)
        found = _locked(name=name)
    return found[0]


def _require_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("The trail is written in the transaction of the change that it records.")


def study_chain() -> AuditChain:
    return locked(STUDY)


def participant_chain(participant: Any) -> AuditChain:
    return locked(chain_name(participant if isinstance(participant, int) else participant.pk))


def digest_of(chain: str, event: AuditEvent) -> str:
    """SHA-256 over every column of the event and the digest before it."""
    return _digest(
        chain, event.number, _moment(event.at), event.actor_name, event.role, event.site, event.action, event.target,
        event.path, event.old, event.new, event.reason, event.previous,
    )  # fmt: skip


def digest_of_row(chain: str, place: tuple[Any, ...], content: tuple[Any, ...]) -> str:
    """The same of a row read as a tuple: number and time, then the columns from the actor's name to `previous`."""
    return _digest(chain, place[0], _moment(place[1]), *content)


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _digest(*content: Any) -> str:
    return hashlib.sha256(_encode(content).encode()).hexdigest()


def _moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


COLUMNS = (
    "chain_id", "number", "at", "actor_id", "actor_name", "role", "site", "action", "target", "path", "old", "new",
    "reason", "previous", "digest",
)  # fmt: skip


def append_all(
    chain: AuditChain, entries: Iterable[Entry], *, by: User | None, site: Site | None = None, role: str = ""
) -> None:
    """Number, chain and store entries in order, in the caller's transaction.

    `chain` must come from `locked`, `study_chain` or `participant_chain` in the same transaction.
    """
    _require_transaction()
    now = max(timezone.now(), chain.at) if chain.at else timezone.now()
    person = by if by is not None and by.pk else None
    held = role or (person.role_at(site) if person else "")
    actor = (person.pk, person.username, held) if person else (None, "system", held)
    where, moment = site.number if site else "", _moment(now)
    number, previous, rows = chain.length, chain.head, []
    for entry in entries:
        number += 1
        who, name, acting = (None, "system", "") if entry.system else actor
        content = (
            acting, where, str(entry.action), entry.target, entry.path, entry.old, entry.new, entry.reason, previous,
        )  # fmt: skip
        previous = _digest(chain.name, number, moment, name, *content)
        rows.append((chain.pk, number, now, who, name, *content, previous))
    if rows:
        insert(AuditEvent, COLUMNS, rows)
        chain.length, chain.head, chain.at = number, previous, now
        update(AuditChain, {"length": number, "head": previous, "at": now}, id=chain.pk)


def append(
    chain: AuditChain, *, by: User | None, action: Action | str, subject: str, old: Any = "", new: Any = "",
    reason: str = "", site: Site | None = None, role: str = "",
) -> None:  # fmt: skip
    """One event. `subject` is an address: `user:12/role:5`, `form:412/TA2:3/tl_diam`."""
    target, _, path = subject.partition("/")
    entry = Entry(action, target, path, str(old or ""), str(new or ""), reason)
    append_all(chain, [entry], by=by, site=site, role=role)


def study_event(*, by: User | None, action: Action | str, subject: str, **rest: Any) -> None:
    """One event of the study's chain, in a transaction of its own when there is none."""
    with transaction.atomic():
        append(study_chain(), by=by, action=action, subject=subject, **rest)
