"""States of a query, of an unlock request and of a proposed deviation, and the moves between them, as tables."""

from __future__ import annotations

from trialsite.kernel.transitions import Transitions

OPEN, ANSWERED, REOPENED, CLOSED, CANCELLED = "OPEN", "ANSWERED", "REOPENED", "CLOSED", "CANCELLED"

# `return` is the monitor's "not answered yet"; `cure` and `recur` are the system's: the data satisfy the rule, or not.
QUERY = Transitions(
    "query",
    {
        (OPEN, "comment"): OPEN,
        (OPEN, "answer"): ANSWERED,
        (OPEN, "cancel"): CANCELLED,
        (OPEN, "cure"): CLOSED,
        (REOPENED, "comment"): REOPENED,
        (REOPENED, "answer"): ANSWERED,
        (REOPENED, "cancel"): CANCELLED,
        (REOPENED, "cure"): CLOSED,
        (ANSWERED, "comment"): ANSWERED,
        (ANSWERED, "return"): REOPENED,
        (ANSWERED, "close"): CLOSED,
        (ANSWERED, "cure"): CLOSED,
        (ANSWERED, "recur"): REOPENED,
        (CLOSED, "reopen"): REOPENED,
        (CLOSED, "recur"): REOPENED,
        (CANCELLED, "recur"): REOPENED,
    },
    OPEN,
)

PENDING, APPROVED, DECLINED, EXPIRED = "PENDING", "APPROVED", "DECLINED", "EXPIRED"

UNLOCK = Transitions(
    "unlock request",
    {
        (PENDING, "approve"): APPROVED,
        (PENDING, "decline"): DECLINED,
        (PENDING, "expire"): EXPIRED,
    },
    PENDING,
)

PROPOSED, ACCEPTED, REJECTED, WITHDRAWN = "PROPOSED", "ACCEPTED", "REJECTED", "WITHDRAWN"

# A proposal whose ground has gone is withdrawn by the system; what a person decided stays decided.
DEVIATION = Transitions(
    "proposed deviation",
    {
        (PROPOSED, "accept"): ACCEPTED,
        (PROPOSED, "reject"): REJECTED,
        (PROPOSED, "withdraw"): WITHDRAWN,
        (WITHDRAWN, "recur"): PROPOSED,
    },
    PROPOSED,
)
