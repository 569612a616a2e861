"""What a form asks of somebody: overdue, unfinished, queries, signature, due. One definition for every page."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q

from crf.models import FormStatus, Signed
from crf.schedule import VISITS
from participants.lifecycle import State
from participants.models import VisitStatus
from trialsite.accounts.models import Site

# Required and conditional forms count from the start, optional and event-driven ones once they are started.
REQUIRED = ("R", "C")
BEGUN = (FormStatus.IN_PROGRESS, FormStatus.COMPLETE)
OPEN_VISITS = (VisitStatus.PLANNED, VisitStatus.DONE)
OPTIONAL = tuple(code for code, line in VISITS.items() if line.kind == "optional")
AHEAD = dt.timedelta(days=14)  # how far "due" looks ahead


def trial_day() -> dt.date:
    """The calendar day of the trial: in the time zone that sites have unless they say otherwise."""
    return Site().today()


def counted(form: str = "") -> Q:
    """Forms that make up a visit's n/N; a line that was taken out of its log is none of them.

    Single central readings are never among them: they are blinded. The final central result is kept by the system,
    so it counts when it is there and waits for nobody at the site.
    """
    required, begun = {f"{form}required__in": REQUIRED}, {f"{form}status__in": BEGUN}
    central = Q(**{f"{form}form_key": "CPATH"}) | Q(**{f"{form}form_key": "CPATHF", f"{form}version": 0})
    return Q(**{f"{form}expected": True, f"{form}active": True}) & ~central & (Q(**required) | Q(**begun))


def complete(form: str = "") -> Q:
    return counted(form) & Q(**{f"{form}status": FormStatus.COMPLETE})


def progress(form: str = "") -> Q:
    """Started and not complete."""
    return counted(form) & Q(**{f"{form}status": FormStatus.IN_PROGRESS})


def queries(form: str = "") -> Q:
    """Has queries that wait for an answer, and can still be answered."""
    return counted(form) & Q(**{f"{form}query_open__gt": 0, f"{form}locked": False})


def unsigned(form: str = "") -> Q:
    """Complete, nothing asked, and no signature that stands."""
    ready = {"status": FormStatus.COMPLETE, "query_open": 0, "query_answered": 0, "locked": False}
    central = Q(**{f"{form}form_key": "CPATHF"})
    signed = Q(**{f"{form}signed": Signed.SIGNED})
    return counted(form) & Q(**{f"{form}{name}": value for name, value in ready.items()}) & ~central & ~signed


def waiting(form: str = "", visit: str = "visit__") -> Q:
    """Not started, at a visit that is neither closed nor missed."""
    return counted(form) & Q(**{f"{form}status": FormStatus.EXPECTED, f"{visit}status__in": OPEN_VISITS})


def passed(day: dt.date, visit: str = "visit__") -> Q:
    """The window of the visit is over. Optional visits (adjuvant cycles) that nobody kept are not overdue."""
    return Q(**{f"{visit}window_to__lt": day}) & ~Q(**{f"{visit}code__in": OPTIONAL})


def overdue(day: dt.date, form: str = "", visit: str = "visit__") -> Q:
    """Not started although the window of its visit has passed."""
    return waiting(form, visit) & passed(day, visit)


def ahead(day: dt.date, form: str = "", visit: str = "visit__") -> Q:
    """Not started, and overdue or still possible in time."""
    return waiting(form, visit) & (Q(**{f"{visit}window_to__gte": day}) | passed(day, visit))


def due(day: dt.date, until: dt.date) -> Q:
    """Not started, its window open on a day or opening until another; screening forms from the first day."""
    window = Q(visit__window_from__lte=until, visit__window_to__gte=day)
    screening = Q(visit__code="SCR", visit__window_to__isnull=True, participant__state=State.SCREENING)
    return waiting() & (window | screening)


def need(name: str, day: dt.date, form: str = "", visit: str = "visit__") -> Q:
    """`overdue`, `progress`, `queries`, `sign`; anything else: all that needs a person of the site."""
    if name == "overdue":
        return overdue(day, form, visit)
    if name == "progress":
        return progress(form)
    if name == "queries":
        return queries(form)
    if name == "sign":
        return unsigned(form)
    return overdue(day, form, visit) | progress(form) | queries(form)
