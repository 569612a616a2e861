"""The code words of the engine's input and output."""

from __future__ import annotations

from typing import Final

from endpoints.engine.steps import gettext_noop

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

PROGRESSION: Final = gettext_noop("Progression")
RECURRENCE: Final = gettext_noop("Recurrence")
DEATH: Final = gettext_noop("Death")
NO_BASELINE: Final = gettext_noop("No baseline assessment")
NO_POST_BASELINE: Final = gettext_noop("No post-baseline assessment")
NEW_THERAPY: Final = gettext_noop("New anticancer therapy")
MISSED: Final = gettext_noop("Two or more missed assessments")
LAST_ADEQUATE: Final = gettext_noop("Last adequate assessment")
LAST_ALIVE: Final = gettext_noop("Last known alive")
SURGERY: Final = gettext_noop("Surgery")

FIRST_DOSE: Final = gettext_noop("First dose")
LAST_DOSE: Final = gettext_noop("Last dose")
ENROLMENT: Final = gettext_noop("Enrolment")
DIAGNOSIS: Final = gettext_noop("Diagnosis")
RESECTION: Final = gettext_noop("Resection")
SCAN: Final = gettext_noop("Scan")
TIME_POINT: Final = gettext_noop("Time point")
FOLLOW_UP: Final = gettext_noop("Follow-up")
THERAPY: Final = gettext_noop("Therapy")
CONTACT: Final = gettext_noop("Contact")
END_OF_STUDY: Final = gettext_noop("End of study")
CUT_OFF: Final = gettext_noop("Data cut-off")
