"""The states of a form and the moves between them, as a table. Freeze and lock are facts of their own beside them."""

from __future__ import annotations

from trialsite.kernel.transitions import Transitions

EXPECTED, IN_PROGRESS, COMPLETE = "EXPECTED", "IN_PROGRESS", "COMPLETE"

# A complete form stays complete: later changes carry a reason each and are re-checked as a complete form.
FORM = Transitions(
    "form",
    {
        (EXPECTED, "save"): IN_PROGRESS,
        (EXPECTED, "complete"): COMPLETE,
        (IN_PROGRESS, "save"): IN_PROGRESS,
        (IN_PROGRESS, "complete"): COMPLETE,
        (COMPLETE, "save"): COMPLETE,
        (COMPLETE, "complete"): COMPLETE,
        # A submitted central reading that two persons open again, and the result that rested on it.
        (COMPLETE, "withdraw"): IN_PROGRESS,
        (IN_PROGRESS, "withdraw"): IN_PROGRESS,
    },
    EXPECTED,
)
