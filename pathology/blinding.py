"""What keeps a reader blind: codes drawn by lot, an order of one's own, and forms that know no participant.

A page for a reader is built from a form whose participant, site and visit are stand-ins: what was never loaded
cannot leak, whatever a template prints.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from crf.models import FormInstance, FormStatus
from crf.schedule import visit_order
from participants.models import Participant, Visit
from trialsite.accounts.models import Site

from .models import PathologyCase, Reading, Slot

LETTERS = "23456789BCDFGHJKMNPQRSTVWXZ"  # no vowels (no words), nothing that reads as something else
LENGTH = 4
VISIT = "CPATH"

# Kept by the system, or what it would tell: who reads first, thresholds, classes (they invite anchoring).
SYSTEM_FIELDS = frozenset({"cp_caseid", "cp_reader", "cp_user", "cp_sign"})
# Limits that compare with the date of surgery: a reader sees neither the limit nor the finding.
UNBLINDING = frozenset({"cp_recdat", "cp_midat"})
# Checks that compare with the local report or another reading: findings for who manages, never a refusal that tells a
# reader which nodules others have seen.
UNTOLD = frozenset({"CK-244"})


def new_code() -> str:
    """`P-7Q2M`."""
    return "P-" + "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def place_in_line(user: Any, code: str) -> str:
    """A key that sorts cases differently for each reader, and always alike for one: order carries no information."""
    return hashlib.sha256(f"{user.pk}/{code}".encode()).hexdigest()


def pair(reading: Reading) -> list[Reading]:
    """The two readings of an adjudicator's case as X and Y. The order is drawn for the two of them, and stays.

    It depends on the moment when the case was opened, which nobody who reads can know.
    """
    moment = PathologyCase.objects.values_list("opened_at", flat=True).get(pk=reading.case_id)
    seed = f"{moment.isoformat()}/{reading.case_id}/{reading.reader_id}"

    def drawn(one: Reading) -> str:
        return hashlib.sha256(f"{seed}/{one.slot}".encode()).hexdigest()

    two = Reading.objects.filter(case=reading.case_id, slot__in=(Slot.FIRST, Slot.SECOND))
    return sorted(two, key=drawn)


def blind_form(reading: Reading, code: str) -> FormInstance:
    """The form of a reading, with stand-ins for participant, site and visit: only its own columns are read.

    A re-read has none: its stand-in looks the same.
    """
    if reading.form_id is None:
        locked = reading.submitted_at is not None
        status = (
            FormStatus.COMPLETE
            if locked
            else FormStatus.IN_PROGRESS
            if reading.version
            else FormStatus.EXPECTED
        )
        form = FormInstance(
            form_key="CPATH", version=reading.version, status=status, locked=locked, saved_at=reading.seen_at
        )
        form.participant = Participant(number=code, site=Site())
    else:
        form = FormInstance.objects.get(pk=reading.form_id)
        form.participant = Participant(pk=form.participant_id, number=code, site=Site())
    form.visit = Visit(pk=form.visit_id, code=VISIT, order=visit_order(VISIT, 1))
    return form
