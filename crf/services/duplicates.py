"""Participants who may be one person are found by the worker, across sites, and decided by a data manager (S36).

Only the study's chain tells of it: the trail of a participant is read, and copied, at the site.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.duplicate_states import DUPLICATE
from crf.models import Demographics, DuplicateState, PossibleDuplicate
from crf.policies import may_reconcile
from crf.reasons import reason_given
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import refused

LONGEST = 300
ACTS = {"different": DuplicateState.DIFFERENT, "same": DuplicateState.SAME}
PERSON = ("form__participant_id", "sex", "brthdat_earliest", "brthdat_latest")


class Person(NamedTuple):
    """What identifies a person here: no name and no initials are collected (crf-book F02)."""

    participant: int
    sex: str
    earliest: object
    latest: object


def duplicates_seek(participants: Collection[int]) -> int:
    """Pairs of these participants with others of any site: new ones are raised, those that parted are ended.

    Two people are alike when the sex is the same and the birth dates can be: a month without a day meets every day of
    it. Repeated, it changes nothing. Gives how many pairs moved.
    """
    known = Demographics.objects.filter(
        form__participant__imported=False, brthdat_earliest__isnull=False, sex__isnull=False
    )
    wanted = [Person(*row) for row in known.filter(form__participant__in=participants).values_list(*PERSON)]
    pairs = {_pair(one.participant, other) for one in wanted for other in _alike(known, one)}
    stored = PossibleDuplicate.objects.filter(Q(one__in=participants) | Q(other__in=participants))
    standing = {(pair.one_id, pair.other_id): pair for pair in stored}
    moves = [(pair, standing.get(pair), "meet") for pair in sorted(pairs)]
    moves += [(pair, held, "part") for pair, held in standing.items() if pair not in pairs]
    return _moved([move for move in moves if _moves(move[1], move[2])])


def _alike(known: object, one: Person) -> Iterable[int]:
    same = known.filter(  # type: ignore[attr-defined]
        sex=one.sex, brthdat_earliest__lte=one.latest, brthdat_latest__gte=one.earliest
    )
    return same.exclude(form__participant=one.participant).values_list("form__participant_id", flat=True)


def _pair(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def _moves(held: PossibleDuplicate | None, act: str) -> bool:
    return act == "meet" if held is None else (held.state, act) in DUPLICATE.moves


def _moved(moves: list[tuple[tuple[int, int], PossibleDuplicate | None, str]]) -> int:
    if not moves:
        return 0
    with transaction.atomic():
        chain = trail.study_chain()
        entries = []
        for (one, other), held, act in moves:
            old = held.state if held else ""
            if held is None:
                held, made = PossibleDuplicate.objects.get_or_create(
                    one_id=one, other_id=other, defaults={"raised_at": timezone.now()}
                )
                if not made:  # another worker was quicker
                    continue
            else:
                held.state = DUPLICATE.after(held.state, act)
                held.save(update_fields=["state"])
            pair = f"participant:{one} participant:{other}"
            entries.append(
                Entry(Action.DUPLICATE, held.address, "@state", old, held.state, pair, system=True)
            )
        trail.append_all(chain, entries, by=None)
    return len(entries)


@transaction.atomic
def duplicate_decide(*, by: User, pair: PossibleDuplicate, act: str, reason: str) -> PossibleDuplicate:
    """Say whether two participants are `different` people or the `same`, and why. Nothing else changes by it."""
    may_reconcile(by).require()
    if act not in ACTS:
        refused(_("Choose whether they are different people or the same person."), "outcome").require()
    kept = reason_given(reason, _("Say how you know."), LONGEST)
    chain = trail.study_chain()
    pair = PossibleDuplicate.objects.select_for_update().get(pk=pair.pk)
    old = pair.state
    if old == ACTS[act]:
        refused(_("This has been decided already."), "state").require()
    DUPLICATE.may(old, act, _("These two are no longer alike.")).require()
    pair.state = DUPLICATE.after(old, act)
    pair.decided_at, pair.decided_by, pair.reason = timezone.now(), by, kept
    pair.save(update_fields=["state", "decided_at", "decided_by", "reason"])
    trail.append_all(chain, [Entry(Action.DUPLICATE, pair.address, "@state", old, pair.state, kept)], by=by)
    return pair
