"""The code words of the engine's input and output."""

from __future__ import annotations

from typing import Final

RECIST: Final = "RECIST 1.1"
MRECIST: Final = "mRECIST"
CRITERIA: Final = frozenset({RECIST, MRECIST})

CR: Final = "CR"
PR: Final = "PR"
SD: Final = "SD"
NON: Final = "NON-CR/NON-PD"
PD: Final = "PD"
NE: Final = "NE"
MISSING: Final = "MISSING"
OVERALL: Final = frozenset({CR, PR, SD, NON, PD, NE})
TARGET_RESPONSES: Final = frozenset({CR, PR, SD, PD, NE})
NONTARGET_RESPONSES: Final = frozenset({CR, NON, PD, NE})
RESPONDING: Final = frozenset({CR, PR})

YES: Final = "yes"
NO: Final = "no"
UNKNOWN: Final = "unknown"
NEW_ANSWERS: Final = frozenset({YES, NO, UNKNOWN})

MEASURED: Final = "measured"
ABSENT: Final = "absent"
TOO_SMALL: Final = "too_small"
NOT_EVALUABLE: Final = "not_evaluable"
MERGED: Final = "merged"
TARGET_STATES: Final = frozenset({MEASURED, ABSENT, TOO_SMALL, NOT_EVALUABLE, MERGED})
PRESENT: Final = "present"
UNEQUIVOCAL_PROGRESSION: Final = "unequivocal_progression"
NONTARGET_STATES: Final = frozenset({PRESENT, ABSENT, UNEQUIVOCAL_PROGRESSION, NOT_EVALUABLE})
EQUIVOCAL: Final = "equivocal"
UNEQUIVOCAL: Final = "unequivocal"
NEW_STATES: Final = frozenset({EQUIVOCAL, UNEQUIVOCAL})
LIVER: Final = "LIVER"

R0: Final = "R0"
R1: Final = "R1"
R2: Final = "R2"
MARGINS: Final = frozenset({R0, R1, R2, "RX"})
ADEQUATE: Final = "ADEQUATE"
INADEQUATE: Final = "INADEQUATE"
ADEQUACIES: Final = frozenset({ADEQUATE, "LIMITED", INADEQUATE})
RECURRENCES: Final = frozenset({YES, NO, NOT_EVALUABLE})
KINDS: Final = frozenset({"local", "distant"})

Y: Final = "Y"
N: Final = "N"
PENDING: Final = "PENDING"

PROGRESSION: Final = "Progression"
RECURRENCE: Final = "Recurrence"
DEATH: Final = "Death"
NO_BASELINE: Final = "No baseline assessment"
NO_POST_BASELINE: Final = "No post-baseline assessment"
NEW_THERAPY: Final = "New anticancer therapy"
MISSED: Final = "Two or more missed assessments"
LAST_ADEQUATE: Final = "Last adequate assessment"
LAST_ALIVE: Final = "Last known alive"
SURGERY: Final = "Surgery"
