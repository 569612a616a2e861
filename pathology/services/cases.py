"""A case is opened for a specimen, and closed when there is none; its state follows from what stands in it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from crf import facts
from crf.models import FormInstance, FormStatus
from crf.models.central_pathology import CentralResult
from crf.selectors.sheets import casebook
from participants.models import Participant, Visit
from pathology.blinding import VISIT, new_code
from pathology.lifecycle import state_of
from pathology.models import CaseState, PathologyCase, Reading, Slot
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry

REPEATS = {Slot.FIRST: 1, Slot.SECOND: 2, Slot.ADJUDICATOR: 3}
RESULT = "CPATHF"


@transaction.atomic
def case_open(*, by: User | None, participant: Participant) -> PathologyCase:
    """A case for the participant's specimen, with two places to read. Twice is harmless; a closed case opens again."""
    chain = trail.participant_chain(participant)
    case = PathologyCase.objects.filter(participant=participant, reread_of__isnull=True).first()
    if case is not None and case.closed_at is None:
        return case
    entries = []
    if case is None:
        case = case_made(participant)
        entries += [*place_made(case, Slot.FIRST), *place_made(case, Slot.SECOND)]
        entries += form_expected(participant, RESULT, 1)[1]
    else:
        PathologyCase.objects.filter(pk=case.pk).update(closed_at=None)
        case.closed_at = None
        case_settle(case)
    opened = Entry(Action.CASE_OPENED, case.address, "@code", "", case.code, system=True)
    trail.append_all(chain, [opened, *entries], by=by, site=participant.site)
    return case


def case_made(participant: Participant, reread_of: PathologyCase | None = None) -> PathologyCase:
    """A case under a new code, within the transaction of the caller."""
    while True:
        code = new_code()
        if not PathologyCase.objects.filter(code=code).exists():
            return PathologyCase.objects.create(
                participant=participant, code=code, opened_at=timezone.now(), reread_of=reread_of
            )


def place_made(case: PathologyCase, slot: Slot) -> list[Entry]:
    """A place to read, with the form that will hold the reading."""
    form, entries = form_expected(case.participant, "CPATH", REPEATS[slot])
    Reading.objects.create(case=case, slot=slot, form=form)
    return entries


def form_expected(participant: Participant, key: str, repeat: int) -> tuple[FormInstance, list[Entry]]:
    visit = Visit.objects.get(participant=participant, code=VISIT)
    form, made = FormInstance.objects.get_or_create(
        participant=participant, visit=visit, form_key=key, repeat=repeat, defaults={"required": "C"}
    )
    entry = Entry(Action.FORM_EXPECTED, form.address, "@expected", "", key, system=True)
    return form, [entry] if made else []


@transaction.atomic
def case_close(*, by: User | None, participant: Participant, reason: str) -> None:
    """The specimen that the case stood for does not exist: a corrected operation. What was read stays."""
    chain = trail.participant_chain(participant)
    entries = []
    for case in PathologyCase.objects.filter(participant=participant, closed_at__isnull=True):
        PathologyCase.objects.filter(pk=case.pk).update(closed_at=timezone.now(), state=CaseState.CLOSED)
        entries.append(Entry(Action.CASE_OPENED, case.address, "@code", case.code, "", reason, system=True))
    trail.append_all(chain, entries, by=by, site=participant.site)


def case_settle(case: PathologyCase) -> CaseState:
    """Keep how far the case is, from what stands in the tables. Within the transaction of the caller."""
    case.refresh_from_db(fields=["closed_at", "state"])
    result = CentralResult.objects.filter(form__participant=case.participant_id, form__form_key=RESULT)
    status, need = result.values_list("form__status", "cpf_adj_need").first() or ("", "")
    state = state_of(
        case, list(case.readings.all()), released=status == FormStatus.COMPLETE, received=case.items.exists(),
        needed=need == "Y",
    )  # fmt: skip
    if state != case.state:
        PathologyCase.objects.filter(pk=case.pk).update(state=state)
        case.state = state
    return state


def has_specimen(participant: Participant) -> bool:
    return facts.resected(casebook(participant.pk, ["SURG"]))
