"""What the pages about participants read: the strip, the list, the way of one participant, the work to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crf.codelists import CODELISTS
from crf.models import FormInstance
from crf.schedule import visit_title
from crf.selectors.matrix import VisitFacts, rail, text_of, visits_of
from participants.models import Participant
from trialsite.db.prepared import Prepared

HEAD = (
    "demographics__sex",
    "demographics__age",
    "hcchistory__hcc_bclc",
    "visit__code",
    "visit__actual_date",
)


_head = Prepared(
    lambda participant: FormInstance.objects.filter(
        participant=participant, form_key__in=("DM", "HCC", "EC"), version__gt=0
    ).values_list("form_key", *HEAD),
    participant=1,
)


@dataclass(frozen=True, slots=True)
class StripVisit:
    label: str
    title: Any
    href: str
    state: str
    current: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """Who and where: the head line of a participant and the visits around the current one."""

    participant: Participant
    facts: list[tuple[str, str]]
    visits: list[StripVisit]


def strip_of(participant: Participant, current_visit: str = "") -> Strip:
    """For `participants/strip.html`. Two queries."""
    return Strip(participant, _facts(participant), _rail(participant, current_visit))


def _rail(participant: Participant, current: str) -> list[StripVisit]:
    shown = rail(visits_of(text_of(participant)), current)
    return [_strip_visit(participant.number, v, v.label == current) for v in shown]


def _strip_visit(number: str, v: VisitFacts, current: bool) -> StripVisit:
    state = "na" if v.state == "missed" else v.state
    return StripVisit(v.label, visit_title(v.code, v.repeat), f"/p/{number}/{v.label}/", state, current)


def _facts(participant: Participant) -> list[tuple[str, str]]:
    """Sex and age, stage, study day 1: what a person checks before typing."""
    sex = age = stage = first = None
    for key, s, a, bclc, code, day in _head(participant=participant.pk):
        if key == "DM":
            sex, age = s, a
        elif key == "HCC":
            stage = bclc
        elif code == "C1":
            first = day
    return [*_person(sex, age), *_stage(stage), *([("C1D1", first)] if first else [])]


def _person(sex: str | None, age: int | None) -> list[tuple[str, str]]:
    words = [str(CODELISTS["SEX"].codes[sex])] if sex in CODELISTS["SEX"].codes else []
    if age is not None:
        words.append(_("%(n)s y") % {"n": age})
    return [("", ", ".join(words))] if words else []


def _stage(stage: str | None) -> list[tuple[str, str]]:
    return [("BCLC", stage)] if stage else []
