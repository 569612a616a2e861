"""Walks chains: numbers without a gap, times that never go back, each digest over its own row and the one before, the
names of those who acted, the sealed heads, and the head as the chain says.

Rows come as tuples, page by page in the order of the chains: a million of them in one walk, no more than a page in
memory, no transaction kept open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from .models import AuditChain, AuditEvent, AuditSeal
from .trail import digest_of_row, locked

PAGE = 5_000
FEW = 100
AHEAD = dt.timedelta(minutes=5)  # clocks of servers may differ by so much
SYSTEM = "system"


class Problem(NamedTuple):
    """Something that is not as it was written. `where` names the row in its table."""

    where: str
    message: str


class Row(NamedTuple):
    """An event as the walk reads it."""

    id: int
    chain: int
    number: int
    at: dt.datetime
    actor: int | None
    actor_name: str
    role: str
    site: str
    action: str
    target: str
    path: str
    old: str
    new: str
    reason: str
    previous: str
    digest: str

    @property
    def subject(self) -> str:
        return f"{self.target}/{self.path}" if self.path else self.target


NAMES = (
    "id", "chain_id", "number", "at", "actor_id", "actor_name", "role", "site", "action", "target", "path", "old", "new",
    "reason", "previous", "digest",
)  # fmt: skip


class Sealed(NamedTuple):
    """What a seal says of an event."""

    digest: str
    at: dt.datetime
    place: int


@dataclass(slots=True)
class Read:
    """A chain and how far it has been read; `sound` as long as nothing was wrong."""

    chain: AuditChain
    seals: dict[int, Sealed] = field(default_factory=dict)
    number: int = 0
    digest: str = ""
    at: dt.datetime | None = None
    sealed: int = 0  # the last sealed number that fitted
    unsealed: bool = False  # a seal did not fit: said once
    sound: bool = True


def readings(chains: Iterable[AuditChain]) -> dict[int, Read]:
    """A beginning for each chain, with the seals that it must fit."""
    made = {chain.pk: Read(chain) for chain in chains}
    seals = AuditSeal.objects.filter(chain__in=list(made)) if len(made) < FEW else AuditSeal.objects.all()
    names = ("chain_id", "number", "digest", "at", "place")
    for pk, number, digest, at, place in seals.values_list(*names).iterator():
        if pk in made:
            made[pk].seals[number] = Sealed(digest, at, place)
    return made


def people() -> dict[int | None, str]:
    """Who acted, by key; nobody is the system."""
    names: dict[int | None, str] = dict(get_user_model()._default_manager.values_list("pk", "username"))
    return names | {None: SYSTEM}


# --- the walk -------------------------------------------------------------------------------------------------------


def chain_problems(chain: AuditChain) -> Iterator[Problem]:
    """Every row of a chain that does not fit, in the order of the chain."""
    read = readings([chain])[chain.pk]
    found = list(_chain_problems(read, people()))
    if found and read.number != read.chain.length:
        found = _again(read)  # somebody wrote meanwhile, perhaps
    yield from found


def _again(read: Read) -> list[Problem]:
    """Once more with the chain's lock held: nobody writes to it now."""
    with transaction.atomic():
        fresh = readings([locked(read.chain.name)])[read.chain.pk]
        found = list(_chain_problems(fresh, people()))
    for name in ("chain", "number", "digest", "at", "sealed", "sound"):
        setattr(read, name, getattr(fresh, name))
    return found


def _chain_problems(read: Read, names: Mapping[int | None, str]) -> Iterator[Problem]:
    latest = timezone.now() + AHEAD
    for row in rows({"chain": read.chain}):
        yield from step(read, row, names, latest)
    yield from ending(read)


def rows(where: Mapping[str, Any], after: tuple[int, int] = (0, 0)) -> Iterator[Row]:
    """Events in the order of their chains, a page at a time."""
    events = AuditEvent.objects.filter(**where).order_by("chain_id", "number").values_list(*NAMES)
    chain, number = after
    while True:
        # First what follows in this chain, then the chains after it: two ranges of one index.
        page = list(events.filter(chain_id=chain, number__gt=number)[:PAGE]) if chain else []
        if len(page) < PAGE:
            page += events.filter(chain_id__gt=chain)[: PAGE - len(page)]
        for one in page:
            yield Row._make(one)
        if len(page) < PAGE:
            return
        chain, number = page[-1][1], page[-1][2]


def step(read: Read, row: Row, names: Mapping[int | None, str], latest: dt.datetime) -> list[Problem]:
    """What is wrong with the next row of a chain. An honest row costs one digest and a few comparisons."""
    seal = read.seals.get(row.number)
    if (
        row.number == read.number + 1
        and row.previous == read.digest
        and (read.at is None or row.at >= read.at)
        and row.at <= latest
        and names.get(row.actor) == row.actor_name
        and (seal is None or seal.digest == row.digest)
        and digest_of_row(read.chain.name, row[2:4], row[5:15]) == row.digest
    ):
        found = []
    else:
        found = [Problem(_where(read, row), message) for message in _wrong(read, row, names, latest)]
        read.sound = False
    if seal is not None and seal.digest == row.digest:
        read.sealed = row.number
    read.number, read.digest = row.number, row.digest
    read.at = row.at if read.at is None else max(read.at, row.at)
    return found


def _where(read: Read, row: Row) -> str:
    return f"audit_auditevent id={row.id} ({read.chain.name} #{row.number} {row.subject})"


def _wrong(read: Read, row: Row, names: Mapping[int | None, str], latest: dt.datetime) -> Iterator[str]:
    expected = read.number + 1
    if row.number > expected:
        gap = f"#{expected}" if row.number == expected + 1 else f"#{expected} to #{row.number - 1}"
        yield f"{gap} before it is missing"
    elif row.number < expected:
        yield "its number is out of order"
    if row.previous != read.digest:
        yield "it does not continue the event before it"
    if read.at is not None and row.at < read.at:
        yield f"its time {row.at.isoformat()} is before that of an earlier event ({read.at.isoformat()})"
    if row.at > latest:
        yield f"its time {row.at.isoformat()} has not come yet"
    if names.get(row.actor) != row.actor_name:
        who = "nobody" if row.actor is None else f"user:{row.actor} ({names.get(row.actor, 'unknown')})"
        yield f"its actor is {who}, but the name written is {row.actor_name}"
    if digest_of_row(read.chain.name, row[2:4], row[5:15]) != row.digest:
        yield "it is not what was written: its content does not give its digest"
    seal = read.seals.get(row.number)
    if seal is not None and seal.digest != row.digest and not read.unsealed:
        read.unsealed = True
        yield (
            f"it is not the event that was sealed on {seal.at.isoformat()} (seal {seal.place}): the chain was written anew "
            f"after #{read.sealed}"
        )


def ending(read: Read) -> Iterator[Problem]:
    """What the chain itself says, and the seals beyond its end."""
    chain = read.chain
    where = f"audit_auditchain id={chain.pk} ({chain.name})"
    if (chain.length, chain.head) != (read.number, read.digest):
        read.sound = False
        yield Problem(
            where,
            f"the chain says {chain.length} events ending in {chain.head[:12]}; there are {read.number} ending in "
            f"{read.digest[:12]}",
        )
    beyond = [number for number in read.seals if number > read.number]
    if beyond:
        read.sound = False
        yield Problem(where, f"#{max(beyond)} was sealed, but the chain ends at #{read.number}")


# --- all chains -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Walk:
    """All chains, or some of them, in one pass. `read` holds where each one ended; `events` counts rows."""

    chains: list[AuditChain] = field(default_factory=list)
    whole: bool = True
    read: dict[int, Read] = field(default_factory=dict)
    events: int = 0

    def problems(self) -> Iterator[Problem | None]:
        """What is wrong; `None` for each chain that was read to its end."""
        self.read, names, latest = readings(self.chains), people(), timezone.now() + AHEAD
        where: dict[str, Any] = {} if self.whole else {"chain__in": list(self.read)}
        found: list[Problem] = []
        current: Read | None = None
        for row in rows(where):
            if current is None or row.chain != current.chain.pk:
                if current is not None:
                    yield from self._close(current, found)
                current, found = self._open(row), []
            self.events += 1
            found += step(current, row, names, latest)
        if current is not None:
            yield from self._close(current, found)
        for read in self.read.values():
            if read.number == 0:
                yield from self._close(read, [])

    def _open(self, row: Row) -> Read:
        """A chain that began after the walk did is read as well."""
        if row.chain not in self.read:
            self.read[row.chain] = readings(AuditChain.objects.filter(pk=row.chain))[row.chain]
        return self.read[row.chain]

    def _close(self, read: Read, found: list[Problem]) -> Iterator[Problem | None]:
        found += ending(read)
        if found:
            found = _again(read)
        yield from found
        yield None

    @property
    def sound(self) -> list[Read]:
        return [read for read in self.read.values() if read.sound and read.number]
