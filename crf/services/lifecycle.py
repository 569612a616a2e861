"""The participant's state follows from source forms."""

from __future__ import annotations

from crf import facts
from crf.sheets import Casebook
from participants.lifecycle import State
from participants.models import Participant
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry


def state_of(book: Casebook) -> State:
    """First match wins, from the end of the way backwards."""
    ie, eos, dth = book.one("IE"), book.one("EOS"), book.one("DTH")
    if dth is not None and dth.get("dthdat"):
        return State.DIED
    if ie is not None and ie.get("enr_yn") == "N":
        return State.SCREEN_FAILED
    if (eos is not None and eos.get("eos_dsstdat")) or (book.value("ICF", "wd_scope") == "ALL"):
        return State.OFF_STUDY
    if any(s.get("ss_status") for s in book.all("SS")) or any(_ends(s, book) for s in book.all("EOT")):
        return State.FOLLOW_UP
    if facts.surgery_day(book) is not None:
        return State.SURGERY
    if facts.first_dose(book) is not None:
        return State.NEOADJUVANT
    if ie is not None and ie.get("enr_yn") == "Y":
        return State.ENROLLED
    return State.SCREENING


def _ends(eot: object, book: Casebook) -> bool:
    """The end of treatment that leads to follow-up: not the neoadjuvant one that leads to surgery."""
    get = eot.get  # type: ignore[attr-defined]
    return get("eot_phase") in ("ADJ", "CONT") or (
        get("eot_phase") == "NEO" and get("eot_dsdecod") not in (None, "SURGERY", "COMPLETED")
    )


def participant_advance(participant: Participant, book: Casebook) -> list[Entry]:
    """Store the state that the forms say; gives the trail entry when it moved. The caller holds the lock."""
    stored = Participant.objects.filter(pk=participant.pk)  # another save may have moved it since it was read
    old, new = stored.values_list("state", flat=True).get(), str(state_of(book))
    participant.state = old
    if old == new:
        return []
    participant.state = new
    stored.update(state=new)
    return [Entry(Action.PARTICIPANT_STATE, f"participant:{participant.pk}", "@state", old, new, system=True)]
