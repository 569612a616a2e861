"""Looking through the trail by rules, incrementally, and signing off what they found (EMA 2023, 6.2.2).

A look reads what was written since the last one, chain by chain; a cursor says how far. Found again, an item is the same
one; with new events a reviewed item is open again, and the earlier review stays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.models import (
    Conclusion,
    FormInstance,
    TrailCursor,
    TrailItem,
    TrailLook,
    TrailReview,
)
from crf.policies_review import may_review_trail
from crf.reasons import reason_given
from crf.trail_rules import DAYS, SYSTEM, Context, Found, Seen, looked, person_of
from participants.models import Participant
from trialsite.accounts.models import Site, User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditChain, AuditEvent
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import refused

from .refusals import noted

log = structlog.get_logger(__name__)

READING = "CPATH"
NIGHT = 3  # o'clock at the sites
PREFIX = trail.chain_name(0).removesuffix("0")
LONGEST = 600
NAMES = ("number", "at", "actor_name", "action", "target", "path", "old", "new", "reason")


# --- signing off ----------------------------------------------------------------------------------------------------


def trail_item_review(*, by: User, item: TrailItem, conclusion: str, note: str) -> TrailReview:
    """Sign an item off: what came of it, and a note. Refused when somebody did so already, or events were added since.

    `item` comes from the door, as the person saw it.
    """
    with noted(by=by, act="review", address=item.address, participant=item.participant), transaction.atomic():
        may_review_trail(by, item.site_id).require()
        if conclusion not in Conclusion.values:
            refused(_("Choose what came of it."), "outcome").require()
        note = reason_given(note, _("Write what you looked at and found."), LONGEST)
        chain = trail.participant_chain(item.participant)
        fresh = TrailItem.objects.get(pk=item.pk)
        if fresh.reviewed_at is not None:
            refused(_("Somebody has reviewed this already."), "state").require()
        if fresh.last != item.last:
            refused(
                _("Events were added while you were reading. Look at them, then review."), "stale"
            ).require()
        review = TrailReview.objects.create(
            item=fresh, at=timezone.now(), by=by, printed_name=by.full_name or by.username,
            role=by.role_at(item.site), conclusion=conclusion, note=note, first=fresh.first, last=fresh.last,
        )  # fmt: skip
        TrailItem.objects.filter(pk=item.pk).update(
            reviewed_at=review.at, reviewed_by=by, conclusion=conclusion, note=note
        )
        entry = Entry(Action.TRAIL_REVIEWED, item.address, "@review", "", conclusion, note)
        trail.append_all(chain, [entry], by=by, site=item.site)
        return review


@transaction.atomic
def trail_report_taken(*, by: User, kind: str, reviews: int) -> None:
    """The report of the review leaves: it stands in the trail."""
    trail.study_event(by=by, action=Action.EXPORTED, subject=f"trail-review/{kind}", new=f"{reviews} reviews")


# --- looking --------------------------------------------------------------------------------------------------------


@transaction.atomic
def trail_look_ask(*, by: User | None) -> TrailLook:
    """A new run, or the one that is under way. Nobody: the night."""
    if by is not None:
        may_review_trail(by).require()
    chain = trail.study_chain()  # the lock: two people at once ask for one run
    waiting = TrailLook.objects.filter(finished_at__isnull=True)
    if running := next((look for look in waiting if not look.abandoned), None):
        return running
    look = TrailLook.objects.create(asked_at=timezone.now(), asked_by=by)
    trail.append(chain, by=by, action=Action.TRAIL_LOOKED, subject=f"{look.address}/@asked")
    _send(look)
    return look


def _send(look: TrailLook) -> None:
    from crf.trail_review_tasks import trail_look_run

    trail_look_run.delay_on_commit(look.pk)


def hurry(look: TrailLook) -> None:
    """Whoever looks at a run that nobody took sends its message again."""
    if look.finished_at is None and look.started_at is None:
        from crf.trail_review_tasks import trail_look_run

        if timezone.now() - look.asked_at > dt.timedelta(seconds=4):
            trail_look_run.hint(look.pk)


def look_due(now: dt.datetime | None = None) -> bool:
    """Whether nobody asked since the last night."""
    local = (now or timezone.now()).astimezone(Site().zone)
    night = local.replace(hour=NIGHT, minute=0, second=0, microsecond=0)
    night = night if night <= local else night - dt.timedelta(days=1)
    return not TrailLook.objects.filter(asked_at__gte=night).exists()


def waiting_look() -> TrailLook | None:
    """A run whose message or worker was lost."""
    young = timezone.now() - dt.timedelta(days=1)
    found = TrailLook.objects.filter(finished_at__isnull=True, asked_at__gt=young)
    return next((look for look in found if look.started_at is None or look.abandoned), None)


@dataclass(slots=True)
class Tally:
    """What a run did."""

    chains: int = 0
    events: int = 0
    found: int = 0
    reopened: int = 0
    first_at: dt.datetime | None = None
    last_at: dt.datetime | None = None
    persons: dict[str, str] = field(default_factory=dict)

    def saw(self, events: Sequence[Seen]) -> None:
        self.chains += 1
        self.events += len(events)
        first, last = min(e.at for e in events), max(e.at for e in events)
        self.first_at = min(self.first_at or first, first)
        self.last_at = max(self.last_at or last, last)


def trail_look(pk: int) -> Tally | None:
    """One run, if nobody else is at it. What was done stays done when it breaks off: the cursors say how far."""
    now = timezone.now()
    free = Q(started_at__isnull=True) | Q(lease__lt=now)
    if not TrailLook.objects.filter(free, pk=pk, finished_at__isnull=True).update(
        started_at=now, lease=now + TrailLook.LEASE
    ):
        return None
    tally = Tally(persons=_persons())
    try:
        for participant in _grown():
            _look_through(participant, tally)
            TrailLook.objects.filter(pk=pk).update(
                lease=timezone.now() + TrailLook.LEASE, events=tally.events
            )
    except Exception as failure:
        log.exception("trail_look_failed", look=pk)
        _finish(pk, tally, f"{type(failure).__name__}: {failure}"[:200])
        raise
    _finish(pk, tally)
    return tally


def _persons() -> dict[str, str]:
    """User names of one printed name are one person to the rules."""
    return {name: person_of(name, full) for name, full in User.objects.values_list("username", "full_name")}


def _grown() -> Iterable[Participant]:
    """Participants whose chain has events after the cursor. Imported data were typed by nobody here."""
    chains = AuditChain.objects.filter(name__startswith=PREFIX, length__gt=0).filter(
        Q(review_cursor__isnull=True) | Q(review_cursor__number__lt=F("length"))
    )
    keys = [int(name.removeprefix(PREFIX)) for name in chains.order_by("pk").values_list("name", flat=True)]
    for key in keys:
        participant = Participant.objects.select_related("site").filter(pk=key).first()
        if participant is not None:
            yield participant


@transaction.atomic
def _look_through(participant: Participant, tally: Tally) -> None:
    """One chain from its cursor to where it ends now: items and cursor in one transaction."""
    chain = trail.participant_chain(participant)
    cursor, _made = TrailCursor.objects.get_or_create(chain=chain)
    since = cursor.number
    fresh = _read(AuditEvent.objects.filter(chain=chain, number__gt=since))
    if not fresh:
        return
    tally.saw(fresh)
    cursor.number = fresh[-1].number
    cursor.save(update_fields=["number"])
    if participant.imported or not any(e.who != SYSTEM and e.target.startswith("form:") for e in fresh):
        return
    forms = {
        f"form:{pk}": key
        for pk, key in FormInstance.objects.filter(participant=participant).values_list("pk", "form_key")
    }
    # A single central reading is for nobody who reviews the trail: what is found would tell its values.
    events = [event for event in _around(chain, fresh) if forms.get(event.target) != READING]
    found = looked(events, Context(participant.site.zone, forms, tally.persons), since)
    made, opened = _keep(participant, found)
    tally.found += made
    tally.reopened += len(opened)
    if opened:
        entries = [
            Entry(
                Action.TRAIL_REVIEWED, item.address, "@review", item.conclusion, "", "new events", system=True
            )
            for item in opened
        ]
        trail.append_all(chain, entries, by=None, site=participant.site)


def _read(events: Any) -> list[Seen]:
    return [Seen(*row) for row in events.order_by("number").values_list(*NAMES)]


def _around(chain: AuditChain, fresh: Sequence[Seen]) -> list[Seen]:
    """New events with all events of the same forms, and those of the two days before the first of them."""
    touched = {event.target for event in fresh if event.target.startswith("form:")}
    near = Q(at__gte=fresh[0].at - DAYS)
    before = AuditEvent.objects.filter(chain=chain, number__lt=fresh[0].number)
    older = _read(before.filter(near | Q(target__in=sorted(touched))))
    return [*older, *fresh]


def _keep(participant: Participant, found: Sequence[Found]) -> tuple[int, list[TrailItem]]:
    """Store what was found; gives how many are new, and the reviewed items that are open again (as they were)."""
    known = {
        (item.signal, item.key): item
        for item in TrailItem.objects.filter(
            participant=participant, signal__in={one.signal for one in found}
        )
    }
    now, made, opened = timezone.now(), [], []
    for one in found:
        item = known.get((one.signal, one.key))
        if item is None:
            made.append(
                TrailItem(
                    participant=participant, site_id=participant.site_id, signal=one.signal, key=one.key, rank=one.rank,
                    first=one.first, last=one.last, detail=one.detail, found_at=now,
                )
            )  # fmt: skip
            continue
        changes: dict[str, Any] = {
            "rank": one.rank, "first": min(item.first, one.first), "last": one.last, "detail": one.detail,
        }  # fmt: skip
        if item.reviewed_at is not None and one.last > item.last:
            opened.append(item)
            changes |= {
                "reviewed_at": None,
                "reviewed_by": None,
                "conclusion": "",
                "note": "",
                "found_at": now,
            }
        TrailItem.objects.filter(pk=item.pk).update(**changes)
    TrailItem.objects.bulk_create(made, batch_size=500)
    return len(made), opened


@transaction.atomic
def _finish(pk: int, tally: Tally, error: str = "") -> None:
    TrailLook.objects.filter(pk=pk).update(
        finished_at=timezone.now(), lease=None, chains=tally.chains, events=tally.events, found=tally.found,
        reopened=tally.reopened, first_at=tally.first_at, last_at=tally.last_at, error=error,
    )  # fmt: skip
    said = f"{tally.events} events, {tally.chains} chains, {tally.found} found, {tally.reopened} open again"
    trail.study_event(by=None, action=Action.TRAIL_LOOKED, subject=f"look:{pk}/@done", new=said, reason=error)
