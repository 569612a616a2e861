"""Pairs of participants who may be one person, for who decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from crf.models import Demographics, DuplicateState, PossibleDuplicate
from crf.policies import may_reconcile
from participants.models import Participant


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two, with what the decision rests on."""

    participant: Participant
    born: str
    sex: str


@dataclass(frozen=True, slots=True)
class PairLine:
    pair: PossibleDuplicate
    sides: tuple[Side, Side]


def duplicates_for(user: Any) -> QuerySet[PossibleDuplicate]:
    """All pairs for who reconciles participants of all sites; for everybody else there are none."""
    pairs = PossibleDuplicate.objects.all() if may_reconcile(user) else PossibleDuplicate.objects.none()
    return pairs.select_related("one__site", "other__site", "decided_by")


def duplicate_for(user: Any, pk: int) -> PossibleDuplicate:
    """One pair, or 404."""
    pair = duplicates_for(user).filter(pk=pk).first()
    if pair is None:
        raise Http404
    return pair


def duplicates_open(user: Any) -> int:
    """How many pairs wait for a decision."""
    return duplicates_for(user).filter(state=DuplicateState.OPEN).count()


def pair_lines(pairs: list[PossibleDuplicate]) -> list[PairLine]:
    """With birth date and sex of both: two queries."""
    people = {pk for pair in pairs for pk in (pair.one_id, pair.other_id)}
    found = Demographics.objects.filter(form__participant__in=people).select_related("form")
    known = {sheet.form.participant_id: sheet for sheet in found}

    def side(participant: Participant) -> Side:
        sheet = known.get(participant.pk)
        fields = {f.name: f for f in Demographics.crf_fields()}
        born, sex = (
            fields[name].display(getattr(sheet, name)) if sheet else "" for name in ("brthdat", "sex")
        )
        return Side(participant, born, sex)

    return [PairLine(pair, (side(pair.one), side(pair.other))) for pair in pairs]
