"""Reference ranges of a site changed: results are graded again by the limits that hold now (D-13, D-15)."""

from __future__ import annotations

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

GRADED = ("LB", "SURG")  # the operation reads limits of normal as well (D-25)


@transaction.atomic
def laboratory_regrade(*, by: User | None, participant: Participant) -> int:
    """Derive the laboratory of a participant anew; gives how many values changed. Repeated, it changes nothing."""
    chain = trail.participant_chain(participant)
    book = casebook(participant.pk)
    book.number = participant.number
    around = Surroundings(book, participant.site.today())
    entries: list[Entry] = []
    for key in GRADED:
        for sheet in book.all(key):
            entries += _rederive(form_def(key), sheet, around)
    if entries:
        trail.append_all(chain, entries, by=by, site=participant.site)
        Participant.objects.filter(pk=participant.pk).update(data_version=F("data_version") + 1)
    return len(entries)
