"""The states of a pair of participants who may be one person, and the moves between them, as a table."""

from __future__ import annotations

from trialsite.kernel.transitions import Transitions

OPEN, DIFFERENT, SAME, GONE = "OPEN", "DIFFERENT", "SAME", "GONE"

# `part` and `meet` are the system's: birth dates or sexes were corrected. What a person decided stays until a person
# decides again.
DUPLICATE = Transitions(
    "possible duplicate",
    {
        (OPEN, "different"): DIFFERENT,
        (OPEN, "same"): SAME,
        (OPEN, "part"): GONE,
        (GONE, "meet"): OPEN,
        (DIFFERENT, "same"): SAME,
        (SAME, "different"): DIFFERENT,
    },
    OPEN,
)
