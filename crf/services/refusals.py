"""What was tried and refused is kept in the trail (S07): who, at what, why. After the act was taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from crf.models import FormInstance
from crf.policies import held
from crf.policies_review import held_above
from participants.models import Participant
from trialsite.accounts.models import Site, User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import Decision, Refused

# Not an attempt at anything: something is missing in what was typed, and the page asks for it.
ASKED = frozenset({"reason", "identity", "text", "outcome", "file"})


@contextmanager
def noted(
    *, by: User | None, act: str, address: str, participant: Participant | None = None, site: Site | None = None
) -> Iterator[None]:  # fmt: skip
    """Around the transaction of an act on `address` (`form:12`): a refusal leaves an event and goes on.

    Inside a transaction of a caller the caller's own `noted` has to do it: what is written here would go with it.
    """
    try:
        yield
    except Refused as no:
        if by is not None and no.code not in ASKED:
            refusal_note(by=by, act=act, address=address, no=no, participant=participant, site=site)
        raise


def require_open(participant: Participant, log: str) -> None:
    """Refused where a hold stands on the participant, its site or the study, or on the head of the log: no more lines."""
    held_above(participant=participant).require()
    head = FormInstance.objects.filter(participant=participant, form_key=log, visit=None).first()
    if head is not None:
        held(head).require()


def require_open_site(site: Site) -> None:
    """Refused where a hold stands on the site or the study. The site's row is held until the end of the transaction:
    none is put meanwhile."""
    Site.objects.select_for_update().get(pk=site.pk)
    held_above(site=site).require()


@transaction.atomic
def attempt_note(*, by: User, form: FormInstance, act: str, decision: Decision) -> None:
    """A road in that asks before it begins (a draft, a file of results) was told no."""
    no = Refused(decision.reason, decision.code)
    refusal_note(by=by, act=act, address=form.address, no=no, participant=form.participant)


@transaction.atomic
def refusal_note(
    *, by: User, act: str, address: str, no: Refused, participant: Participant | None = None, site: Site | None = None
) -> None:  # fmt: skip
    """One event: the act that was refused, and the sentence that the person read."""
    if participant is not None:
        chain, site = trail.participant_chain(participant), participant.site
    else:
        chain = trail.study_chain()
    entry = Entry(Action.REFUSED, address, f"@{act}", "", no.code, str(no.reason)[:1000])
    trail.append_all(chain, [entry], by=by, site=site)
