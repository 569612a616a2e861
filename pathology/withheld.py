"""What of the trail is not shown while it would unblind: a planned re-read, and that it is one."""

from __future__ import annotations

from .models import CaseState, Reading


def targets_withheld() -> list[str]:
    """Addresses of re-reads that are not handed in, and of their cases, which name both codes of the specimen.

    Readings of the trial are withheld at their forms (`crf.selectors.trail`), until the result is released.
    """
    over = (CaseState.RELEASED, CaseState.CLOSED)
    waiting = Reading.objects.filter(case__reread_of__isnull=False).exclude(case__state__in=over)
    found = list(waiting.values_list("case_id", "pk"))  # one query: a re-read has its reading from the start
    return sorted({f"case:{case}" for case, _pk in found}) + [f"reading:{pk}" for _case, pk in found]
