"""The way of one participant: visits with windows and forms, key facts, visits that can be opened."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crf import facts
from crf.codelists import CODELISTS
from crf.naming import LOG_OF
from crf.schedule import PERIODS, REPEATING, VISITS, visit_label, visit_title
from crf.selectors import work
from crf.selectors.lines import FormLine, by_visit, lines_of
from crf.sheets import Casebook
from participants.models import Participant, Visit, VisitStatus
from trialsite.web import figures

OPENED = "opened:"  # heads the reason of a visit that a person opened (crf.services.schedule)


@dataclass(slots=True)
class VisitView:
    """One visit with its forms and what its window says today."""

    visit: Visit
    number: str
    day: dt.date
    forms: list[FormLine] = field(default_factory=list)
    planned: tuple[dt.date, dt.date] | None = None  # the window that a planned C1D1 would give it
    planned_day: dt.date | None = None

    @property
    def label(self) -> str:
        return visit_label(self.visit.code, self.visit.repeat)

    @property
    def title(self) -> Any:
        return visit_title(self.visit.code, self.visit.repeat)

    @property
    def href(self) -> str:
        return f"/p/{self.number}/{self.label}/"

    @property
    def period(self) -> Any:
        return PERIODS[VISITS[self.visit.code].period]

    @property
    def closed(self) -> bool:
        return self.visit.status == VisitStatus.CLOSED

    @property
    def missed(self) -> bool:
        return self.visit.status == VisitStatus.MISSED

    @property
    def counted(self) -> list[FormLine]:
        return [f for f in self.forms if f.started or (f.expected and f.required in work.REQUIRED)]

    @property
    def done(self) -> int:
        return sum(f.status == "COMPLETE" for f in self.counted)

    @property
    def state(self) -> str:
        """The glyph of the visit, as in the matrix."""
        counted = self.counted
        if counted and self.done == len(counted):
            return "lock" if all(f.locked for f in counted) else "comp"
        if any(f.started for f in counted):
            return "prog"
        if self.closed or self.missed:
            return "na"
        if any(f.late(self.day) for f in counted):
            return "due"
        opens = self.visit.window_from
        return "none" if counted and (self.visit.code == "SCR" or (opens and opens <= self.day)) else "plan"

    @property
    def why(self) -> str:
        """Why it is closed, missed, or was opened by a person."""
        reason = self.visit.reason
        return reason.removeprefix(OPENED) if reason.startswith(OPENED) else _(reason) if reason else ""

    @property
    def opened(self) -> bool:
        return self.visit.reason.startswith(OPENED)

    @property
    def window(self) -> str:
        return span(self.visit.window_from, self.visit.window_to)

    @property
    def planned_window(self) -> str:
        return span(*self.planned) if self.planned else ""

    @property
    def check(self) -> tuple[str, str]:
        """(glyph, words): in the window or not; else how far away it is."""
        v = self.visit
        if self.closed or self.missed or v.window_from is None or v.window_to is None:
            return "", ""
        if v.actual_date:
            return _kept(v.actual_date, v.window_from, v.window_to)
        return self._ahead(v.window_from, v.window_to)

    def _ahead(self, start: dt.date, end: dt.date) -> tuple[str, str]:
        if end < self.day:
            late = bool(self.counted) and self.state == "due"
            return (
                ("due", _("overdue %(n)s d") % {"n": (self.day - end).days})
                if late
                else ("", _("window has passed"))
            )
        if start <= self.day:
            return "none", _("open until %(day)s") % {"day": figures.day(end)}
        return "plan", _("opens in %(n)s d") % {"n": (start - self.day).days}

    @property
    def may_miss(self) -> bool:
        return self.visit.status == VisitStatus.PLANNED and not any(f.started for f in self.forms)


def _kept(day: dt.date, start: dt.date, end: dt.date) -> tuple[str, str]:
    if day < start:
        n = (start - day).days
        return "due", ngettext("%(n)s day before the window", "%(n)s days before the window", n) % {"n": n}
    if day > end:
        n = (day - end).days
        return "due", ngettext("%(n)s day after the window", "%(n)s days after the window", n) % {"n": n}
    return "comp", _("in window")


def span(start: dt.date | None, end: dt.date | None) -> str:
    """ "10 – 18 Nov 2026"; the year and month are said once where they are the same."""
    if start is None or end is None:
        return ""
    if start == end:
        return figures.day(start)
    first = figures.day(start)
    if not figures.chinese() and start.year == end.year:
        first = f"{start.day}" if start.month == end.month else first.rsplit(" ", 1)[0]
        return f"{first} – {figures.day(end)}"
    second = figures.day(end)
    if figures.chinese() and start.year == end.year:
        second = second.split("年")[1]
    return f"{first} – {second}"


def timeline(user: Any, participant: Participant) -> list[VisitView]:
    """Every visit in the order of the schedule, with its forms: two queries."""
    return way_of(user, participant)[0]


def way_of(user: Any, participant: Participant) -> tuple[list[VisitView], list[FormLine]]:
    """Every visit in the order of the schedule with its forms, and every form: two queries."""
    lines = lines_of(user, participant.number)
    forms = by_visit(lines)
    day = work.trial_day()
    visits = Visit.objects.filter(participant=participant).order_by("order")
    views = [VisitView(visit, participant.number, day) for visit in visits]
    for view in views:
        view.forms = forms.get(view.label, [])
    return views, lines


@dataclass(frozen=True, slots=True)
class LogView:
    """The head of a log and how many lines it has."""

    line: FormLine
    lines: int


def logs_of(forms: list[FormLine]) -> list[LogView]:
    kept = by_visit(forms).get("log", [])
    counted = Counter(LOG_OF[form.key] for form in kept if form.key in LOG_OF)
    return [LogView(form, counted[form.key]) for form in kept if form.key not in LOG_OF]


@dataclass(frozen=True, slots=True)
class Fact:
    label: Any
    value: str
    href: str = ""


def key_facts(participant: Participant, book: Casebook) -> list[Fact]:
    """What everybody asks first, with the form where it stands."""
    at = f"/p/{participant.number}"
    operation, death = facts.surgery_day(book), facts.death_day(book)
    ie, hcc = book.one("IE"), book.one("HCC")
    stage = (ie.get("ie_bclc_inv") if ie else None) or (hcc.get("hcc_bclc") if hcc else None)
    milan = (ie.get("ie_milan_inv") if ie else None) or (hcc.get("hcc_milan_calc") if hcc else None)
    found = [
        Fact(_("Consent"), figures.day(book.value("ICF", "icf_dsstdat")), f"{at}/SCR/icf/"),
        Fact(_("Enrolled"), _enrolled(book), f"{at}/SCR/ie/"),
        Fact(_("BCLC stage"), _code("BCLC", stage), f"{at}/SCR/hcc/"),
        Fact(_("Milan criteria"), _code("MILAN", milan), f"{at}/SCR/hcc/"),
        Fact(_("First dose (C1D1)"), figures.day(facts.first_dose(book)), f"{at}/C1/ec/"),
        Fact(_("Last dose"), figures.day(facts.last_dose(book))),
        Fact(_("Surgery"), _surgery(book, operation), f"{at}/SURG/surg/"),
    ]
    return found + ([Fact(_("Died"), figures.day(str(death)), f"{at}/log/dth/")] if death else [])


def _enrolled(book: Any) -> str:
    if book.value("IE", "enr_yn") == "N":
        return _("no: %(why)s") % {"why": _code("SFREASON", book.value("IE", "sf_reason"))}
    return figures.day(book.value("IE", "enr_dsstdat"))


def _surgery(book: Any, operation: dt.date | None) -> str:
    if operation:
        kind = "" if facts.resected(book) else f" · {_('exploration only')}"
        return figures.day(operation) + kind
    return _("not done") if any(s.get("surg_proccur") == "N" for s in book.all("SURG")) else figures.NOTHING


def _code(name: str, value: Any) -> str:
    return str(CODELISTS[name].codes.get(value, value)) if value else figures.NOTHING


def openable(views: list[VisitView]) -> list[tuple[str, str]]:
    """(label, words) of visits that a person may open: closed ones, event-driven ones, the next unscheduled one."""
    here = {view.label: view for view in views}
    found: list[tuple[str, str]] = []
    for code, line in VISITS.items():
        if code in REPEATING:
            found += _openable_repeats(code, here)
        elif (code in here and here[code].closed) or (code not in here and line.kind == "event"):
            found.append((code, f"{code} · {line.label}"))
    unscheduled = [item for item in found if item[0].startswith("UNS")]
    return unscheduled + [item for item in found if item not in unscheduled]


def _openable_repeats(code: str, here: dict[str, VisitView]) -> list[tuple[str, str]]:
    known = [n for n in REPEATING[code] if visit_label(code, n) in here]
    closed = [n for n in known if here[visit_label(code, n)].closed]
    following = [max(known, default=0) + 1] if code in ("UNS", "CONT") else []
    following = [n for n in following if n in REPEATING[code]]
    return [
        (visit_label(code, n), f"{visit_label(code, n)} · {visit_title(code, n)}") for n in closed + following
    ]
