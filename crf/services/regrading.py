"""Reference ranges of a site changed: results are graded again by the limits that hold now (D-13, D-15)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F

from crf.lookups import Surroundings
from crf.registry import form_def
from crf.selectors.sheets import casebook
from participants.models import Participant
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.trail import Entry

from .entry import _rederive
from .following import Followers

GRADED = ("LB", "SURG")  # the operation reads limits of normal as well (D-25)


@transaction.atomic
def laboratory_regrade(*, by: User | None, participant: Participant) -> int:
    """Derive the laboratory of a participant anew; gives how many values changed. Repeated, it changes nothing."""
    chain = trail.participant_chain(participant)
    entries = _derived_anew(participant, GRADED, held_too=False)
    if entries:
        trail.append_all(chain, entries, by=by, site=participant.site)
        Participant.objects.filter(pk=participant.pk).update(data_version=F("data_version") + 1)
    return len(entries)


def _derived_anew(participant: Participant, keys: Iterable[str], *, held_too: bool = True) -> list[Entry]:
    """Calculated values of the forms with these keys, from what is stored now. The caller holds the chain.

    Frozen and locked forms keep what they say: they are passed over (`held_too` false), or refuse the act.
    """
    followers = Followers(participant.pk, None)
    book = casebook(participant.pk)
    book.number = participant.number
    around = Surroundings(book, participant.site.today())
    return [
        entry
        for key in keys
        for sheet in book.all(key)
        for entry in _rederive(form_def(key), sheet, around, followers, held_too=held_too)
    ]
