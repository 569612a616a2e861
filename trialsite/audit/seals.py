"""Seals: heads of chains under a code whose key is not in the database (docs/adr/0013).

Whoever owns the database can write a whole chain anew so that every digest fits. The sealed head does not fit it, and a
seal for the new one cannot be made without the SECRET_KEY.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Iterable, Iterator, Mapping

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from trialsite.kernel.digests import canonical

from .actions import Action
from .models import STUDY, AuditChain, AuditEvent, AuditSeal
from .trail import append, study_chain
from .verifying import AHEAD, Problem, Read, people, rows, step

log = structlog.get_logger(__name__)

SALT = "trialsite.audit.seal"
SUBJECT = "trail/@seal"


def code_of(
    secret: str, place: int, chain: str, number: int, digest: str, at: dt.datetime, previous: str
) -> str:
    """HMAC-SHA256 over all that the seal says and the seal before it."""
    moment = at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    content = canonical([place, chain, number, digest, moment, previous]).decode()
    return salted_hmac(SALT, content, secret=secret, algorithm="sha256").hexdigest()


@transaction.atomic
def seal(read: Iterable[Read]) -> int:
    """Seal the heads of chains that were just verified and have grown since they were sealed last. Returns how many.

    The lock of the study's chain comes first: one writer of seals at a time. The event names the last seal, so that
    taking seals away breaks the study's chain too.
    """
    chain = study_chain()
    last = AuditSeal.objects.order_by("-place").first()
    place, mac = (last.place, last.mac) if last else (0, "")
    now, done, made = timezone.now(), _done(), []
    for one in sorted(read, key=lambda one: one.chain.pk):
        if one.sound and _grew(one, done.get(one.chain.pk, 0)):
            place, previous = place + 1, mac
            mac = code_of(settings.SECRET_KEY, place, one.chain.name, one.number, one.digest, now, previous)
            made.append(
                AuditSeal(
                    place=place, chain=one.chain, number=one.number, digest=one.digest, at=now, previous=previous, mac=mac
                )
            )  # fmt: skip
    if made:
        AuditSeal.objects.bulk_create(made, batch_size=500)
        append(chain, by=None, action=Action.TRAIL_SEALED, subject=SUBJECT, new=f"{place} {mac}")
        log.info("trail_sealed", seals=len(made), place=place, mac=mac)
    return len(made)


def _done() -> dict[int, int]:
    """The last sealed number of each chain."""
    return dict(AuditSeal.objects.order_by().values_list("chain").annotate(Max("number")))


def _grew(one: Read, done: int) -> bool:
    """The study's chain grows by each sealing: that alone is not sealed again."""
    if one.number <= done:
        return False
    if one.chain.name != STUDY:
        return True
    since = AuditEvent.objects.filter(chain=one.chain, number__gt=done, number__lte=one.number)
    return since.exclude(action=Action.TRAIL_SEALED).exists()


def seal_growth() -> int:
    """What was written since the last seals, verified and sealed: a chain written anew has not a night's time."""
    grown = AuditChain.objects.annotate(done=Max("seals__number")).filter(
        Q(done__isnull=True, length__gt=0) | Q(done__lt=F("length"))
    )
    names, latest = people(), timezone.now() + AHEAD
    found = [_grown(chain, chain.done or 0, names, latest) for chain in grown]
    return seal(found)


def _grown(chain: AuditChain, done: int, names: Mapping[int | None, str], latest: dt.datetime) -> Read:
    """The events after a seal, as far as the chain's row says: what is written meanwhile waits for the next time."""
    sealed = AuditSeal.objects.filter(chain=chain, number=done).first()
    read = Read(chain, number=done, digest=sealed.digest if sealed else "")
    for row in rows({"chain": chain}, after=(chain.pk, done)):
        if row.number > chain.length:
            break
        step(read, row, names, latest)
    if (read.number, read.digest) != (chain.length, chain.head):
        read.sound = False
    if not read.sound:
        log.error("trail_not_sealed", chain=chain.name)  # the nightly verification says what is wrong
    return read


# --- verifying ------------------------------------------------------------------------------------------------------


def seal_problems() -> Iterator[Problem]:
    """Seals whose code fits no key, that are missing, and those that the study's chain names and nobody has.

    Whether the events fit the seals is asked in the walk over the chains.
    """
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    expected, previous = 1, ""
    seals = AuditSeal.objects.order_by("place").values_list(
        "id", "place", "chain__name", "number", "digest", "at", "previous", "mac"
    )
    for pk, place, chain, number, digest, at, before, mac in seals.iterator(chunk_size=2000):
        where = f"audit_auditseal id={pk} ({chain} #{number})"
        if place != expected:
            yield Problem(where, f"seal {expected} before it is missing")
        elif before != previous:
            yield Problem(where, "it does not continue the seal before it")
        if not any(
            hmac.compare_digest(mac, code_of(secret, place, chain, number, digest, at, before))
            for secret in secrets
        ):
            yield Problem(
                where, "its code fits no key: the seal was altered, or SECRET_KEY without its fallback"
            )
        expected, previous = place + 1, mac
    yield from _named(expected - 1)


def _named(last: int) -> Iterator[Problem]:
    """The last seal that the study's chain names must be there."""
    told = (
        AuditEvent.objects.filter(chain__name=STUDY, action=Action.TRAIL_SEALED).order_by("-number").first()
    )
    if told is None:
        return
    place, _, mac = told.new.partition(" ")
    kept = AuditSeal.objects.filter(place=int(place) if place.isdigit() else 0, mac=mac).exists()
    if not kept:
        where = f"audit_auditevent id={told.pk} ({STUDY} #{told.number} {told.subject})"
        yield Problem(where, f"it names seal {place}, which is not there; the last one is {last}")
