"""Blocks and slides: what arrived, where it went, what a reader asks to have cut anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.services.refusals import noted
from pathology.models import (
    CustodyEvent,
    ItemKind,
    ItemState,
    PathologyCase,
    Reading,
    RecutRequest,
    SpecimenItem,
)
from pathology.policies import may_ask_recut, may_keep_material
from pathology.specimen_rules import require_blind, require_custody, require_items, require_no_name
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import refused

from .cases import case_settle

LONGEST = 300  # characters of a reason or an answer


@dataclass(frozen=True, slots=True)
class Arrived:
    """A block or slide as it is received. `recut_of`: the number of the slide that it stands for."""

    kind: str
    label: str
    block: str = ""
    nodule: int | None = None
    stain: str = ""
    bed: bool = True
    recut_of: int | None = None


@dataclass(frozen=True, slots=True)
class Passing:
    """A link of the chain of custody as it is written down. `at` is aware."""

    kind: str
    at: dt.datetime
    origin: str = ""
    destination: str = ""
    condition: str = ""
    note: str = ""


def items_receive(
    *, by: User, case: PathologyCase, arrived: Sequence[Arrived], passing: Passing
) -> list[SpecimenItem]:
    """Receive blocks and slides, all or none. Raises `Refused` with the label that cannot stand and why."""
    with (
        noted(by=by, act="receive", address=case.address, participant=case.participant),
        transaction.atomic(),
    ):
        chain = trail.participant_chain(case.participant)
        case = (
            PathologyCase.objects.select_for_update(of=("self",))
            .select_related("participant__site")
            .get(pk=case.pk)
        )
        may_keep_material(by, case).require()
        require_custody(passing)
        there = list(case.items.all())
        require_items(case, arrived, there)
        numbers = {item.number: item for item in there}
        following = max(numbers, default=0)
        made = [
            SpecimenItem(
                case=case, number=following + n, kind=one.kind, label=one.label.strip(), block=one.block.strip(),
                nodule=one.nodule, stain=one.stain.strip() or ("HE" if one.kind == ItemKind.SLIDE else ""), bed=one.bed,
                recut_of=numbers.get(one.recut_of) if one.recut_of else None,
            )
            for n, one in enumerate(arrived, start=1)
        ]  # fmt: skip
        SpecimenItem.objects.bulk_create(made)
        made = list(case.items.filter(number__gt=following))
        entries = [_item_entry(case, item) for item in made]
        entries += _passed(by, case, passing, made)[1]
        trail.append_all(chain, entries, by=by, site=case.participant.site)
        case_settle(case)
    return made


def _item_entry(case: PathologyCase, item: SpecimenItem) -> Entry:
    return Entry(
        Action.MATERIAL,
        case.address,
        f"@item:{item.number}",
        "",
        f"{item.kind} {item.label} {item.stain}".strip(),
    )


def _passed(
    by: User, case: PathologyCase, passing: Passing, items: Sequence[SpecimenItem]
) -> tuple[CustodyEvent, list[Entry]]:
    event = CustodyEvent.objects.create(
        case=case, kind=passing.kind, at=passing.at, origin=passing.origin.strip(), noted_at=timezone.now(),
        destination=passing.destination.strip(), condition=passing.condition, note=passing.note.strip(), by=by,
    )  # fmt: skip
    event.items.set(items)
    said = f"{passing.at.astimezone(dt.UTC):%Y-%m-%dT%H:%MZ} {passing.origin} → {passing.destination} {passing.condition}"
    labels = ", ".join(item.label for item in items)
    text = f"{passing.kind} {said}: {labels}"[:2000]
    return event, [
        Entry(Action.MATERIAL, case.address, f"@custody:{event.pk}", "", text, passing.note.strip())
    ]


# What an event makes of the material that it names.
BECOMES = {"RETURNED": ItemState.RETURNED, "DISCARDED": ItemState.DISCARDED}


def custody_note(
    *, by: User, case: PathologyCase, passing: Passing, items: Sequence[SpecimenItem], rejected: bool = False
) -> CustodyEvent:
    """Note where material of the case went. `rejected`: it cannot be used. Raises `Refused`."""
    with (
        noted(by=by, act="custody", address=case.address, participant=case.participant),
        transaction.atomic(),
    ):
        chain = trail.participant_chain(case.participant)
        case = (
            PathologyCase.objects.select_for_update(of=("self",))
            .select_related("participant__site")
            .get(pk=case.pk)
        )
        may_keep_material(by, case).require()
        require_custody(passing)
        if not items or any(item.case_id != case.pk for item in items):
            refused(_("Choose the blocks or slides that this is about."), "text").require()
        event, entries = _passed(by, case, passing, items)
        state = ItemState.REJECTED if rejected else BECOMES.get(passing.kind)
        if state:
            entries += [
                Entry(Action.MATERIAL, case.address, f"@item:{i.number}/state", i.state, state) for i in items
            ]
            SpecimenItem.objects.filter(pk__in=[item.pk for item in items]).update(state=state)
        trail.append_all(chain, entries, by=by, site=case.participant.site)
    return event


def recut_ask(*, by: User, reading: Reading, item: SpecimenItem | None, reason: str) -> RecutRequest:
    """A reader cannot read a slide, or misses one. It goes to the data manager without the reader's name."""
    participant = reading.case.participant
    with (
        noted(by=by, act="recut", address=reading.address, participant=participant),
        transaction.atomic(),
    ):
        chain = trail.participant_chain(participant)
        may_ask_recut(by, reading).require()
        if not reason.strip():
            refused(_("Say what cannot be read, and why."), "text").require()
        require_no_name(reason)
        if len(reason) > LONGEST:
            refused(_("At most %(most)s characters.") % {"most": LONGEST}, "text").require()
        if item is not None and item.case_id != reading.case.specimen_id:
            refused(_("This slide does not belong to the case."), "item").require()
        asked = RecutRequest.objects.create(
            case_id=reading.case.specimen_id,
            reading=reading,
            item=item,
            reason=reason.strip(),
            asked_at=timezone.now(),
        )
        entry = Entry(
            Action.RECUT_ASKED, reading.address, f"@recut:{asked.pk}", "", item.label if item else "", reason
        )
        trail.append_all(chain, [entry], by=by, site=participant.site)
    return asked


def recut_answer(*, by: User, recut: RecutRequest, done: bool, answer: str) -> RecutRequest:
    """The data manager says what came of it; a new slide is received as any other, naming the one that it stands for."""
    case = recut.case
    with (
        noted(by=by, act="recut", address=case.address, participant=case.participant),
        transaction.atomic(),
    ):
        chain = trail.participant_chain(case.participant)
        recut = RecutRequest.objects.select_for_update(of=("self",)).get(pk=recut.pk)
        may_keep_material(by, case).require()
        if recut.state != RecutRequest.State.OPEN:
            refused(_("This request has been answered."), "twice").require()
        if not answer.strip():
            refused(_("Say what came of it."), "text").require()
        if len(answer) > LONGEST:
            refused(_("At most %(most)s characters.") % {"most": LONGEST}, "text").require()
        require_blind(case, answer)
        recut.state = RecutRequest.State.DONE if done else RecutRequest.State.DECLINED
        recut.answer, recut.answered_by, recut.answered_at = answer.strip(), by, timezone.now()
        recut.save()
        entry = Entry(Action.RECUT_ANSWERED, case.address, f"@recut:{recut.pk}", "OPEN", recut.state, answer)
        trail.append_all(chain, [entry], by=by, site=case.participant.site)
    return recut
