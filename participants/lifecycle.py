"""The states of a participant and the moves between them, as a table.

The state follows from source forms (`crf.services.lifecycle`); a corrected form may lead back, which the trail shows
as the move `correct`.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.kernel.transitions import Transitions


class State(models.TextChoices):
    SCREENING = "SCREENING", _("Screening")
    SCREEN_FAILED = "SCREEN_FAILED", _("Screen failure")
    ENROLLED = "ENROLLED", _("Enrolled")
    NEOADJUVANT = "NEOADJUVANT", _("Neoadjuvant treatment")
    SURGERY = "SURGERY", _("Surgery")
    FOLLOW_UP = "FOLLOW_UP", _("Follow-up")
    OFF_STUDY = "OFF_STUDY", _("Off study")
    DIED = "DIED", _("Died")


S = State
ORDER = [S.SCREENING, S.SCREEN_FAILED, S.ENROLLED, S.NEOADJUVANT, S.SURGERY, S.FOLLOW_UP, S.OFF_STUDY, S.DIED]

_FORWARD = {
    (S.SCREENING, "fail"): S.SCREEN_FAILED,
    (S.SCREENING, "enrol"): S.ENROLLED,
    (S.ENROLLED, "dose"): S.NEOADJUVANT,
    (S.NEOADJUVANT, "operate"): S.SURGERY,
    (S.NEOADJUVANT, "follow"): S.FOLLOW_UP,
    (S.ENROLLED, "follow"): S.FOLLOW_UP,
    (S.SURGERY, "follow"): S.FOLLOW_UP,
    **{
        (state, "end"): S.OFF_STUDY
        for state in (S.SCREENING, S.ENROLLED, S.NEOADJUVANT, S.SURGERY, S.FOLLOW_UP)
    },
    **{(state, "die"): S.DIED for state in ORDER if state != S.DIED},
}

PARTICIPANT = Transitions(
    "participant", {(str(a), act): str(b) for (a, act), b in _FORWARD.items()}, str(S.SCREENING)
)


def act_between(state: str, target: str) -> str:
    """The name of the move: a forward act of the table, `advance` over several of them, or `correct` backwards."""
    for (source, act), to in PARTICIPANT.moves.items():
        if source == state and to == target:
            return act
    return "advance" if ORDER.index(S(target)) > ORDER.index(S(state)) else "correct"
