"""What of the trail is not shown while it would unblind: a planned re-read, and that it is one."""

from __future__ import annotations

from .models import CaseState, PathologyCase, Reading


def targets_withheld() -> list[str]:
    """Addresses of re-reads that are not handed in, and of their cases, which name both codes of the specimen.

    Readings of the trial are withheld at their forms (`crf.selectors.trail`), until the result is released.
    """
    over = (CaseState.RELEASED, CaseState.CLOSED)
    waiting = PathologyCase.objects.filter(reread_of__isnull=False).exclude(state__in=over)
    cases = [f"case:{pk}" for pk in waiting.values_list("pk", flat=True)]
    readings = Reading.objects.filter(case__in=waiting)
    return cases + [f"reading:{pk}" for pk in readings.values_list("pk", flat=True)]
