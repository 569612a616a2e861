"""One vertical clock of a participant: visits, doses, adverse events and results in the order of their days (ux 3.5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from crf import facts, planning
from crf.analytes import ANALYTES, PANELS
from crf.derivation import fixed_key, words_of
from crf.fields import unit_shown
from crf.models import Finding, FindingState, Query
from crf.models.queries import STANDING
from crf.naming import form_title, form_url
from crf.planning import FORMS_READ, PlannedVisit, plan
from crf.registry import form_def
from crf.schedule import visit_label
from crf.selectors.access import forms_for
from crf.selectors.findings import message_of
from crf.selectors.sheets import casebooks, only_of
from crf.selectors.timeline import VisitView
from crf.sheets import Casebook, Sheet
from participants.models import Participant
from trialsite.kernel.partial_date import PartialDate
from trialsite.web import figures

READ = (*FORMS_READ, "HCC", "LB", "AE1")
FINDINGS_SHOWN = 8
MARKERS = ("AFP", "PIVKA")
SHORT = {"OXA": "OXA", "LLV": "LLV", "FU_B": "FU", "FU_CI": "FU", "CAM": "CAM"}
SCREENING_TO_C1D1 = dt.timedelta(days=14)  # crf-book 1.3: screening is planned 14 days before C1D1
ENROLMENT_TO_C1D1 = dt.timedelta(days=2)


@cache
def _only() -> dict[str, list[str]]:
    """The columns that this page and what it calls read."""
    import crf.course_figures
    import crf.selectors.clock
    import crf.selectors.timeline

    modules = (facts, planning, crf.selectors.timeline, crf.selectors.clock, crf.course_figures)
    found = only_of(words_of(*modules))
    return {place: names for place, names in found.items() if place.split("/")[0] in READ}


def course_book(participant: Participant) -> Casebook:
    """What the page reads of the participant: a fixed number of queries."""
    book = casebooks([participant.pk], only=_only())[participant.pk]
    book.number = participant.number
    return book


# --- entries ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Entry:
    """A place on the clock: a visit with its forms, or an event."""

    kind: str  # visit, event
    day: dt.date
    order: tuple[Any, ...]
    view: VisitView | None = None
    notes: list[str] = field(default_factory=list)
    event: Event | None = None
    dated: bool = True

    @property
    def month(self) -> str:
        return figures.day(f"{self.day:%Y-%m}") if self.dated else _("No day yet")


@dataclass(frozen=True, slots=True)
class Event:
    """An adverse event on the clock."""

    number: int
    href: str
    term: str
    grade: int
    serious: bool
    span: str


def clock(views: Iterable[VisitView], book: Casebook) -> list[Entry]:
    """Visits and events in the order of their days; a visit without a day stays behind the one before it."""
    entries, last = [], dt.date.min
    for view in views:
        found = view.visit.actual_date or view.visit.target_date or view.visit.window_from or view.planned_day
        day, last = (found, max(found, last)) if found else (last, last)
        entries.append(
            Entry(
                "visit",
                day,
                (day, 1, view.visit.order),
                view,
                notes_of(view.label, book),
                dated=day > dt.date.min,
            )
        )
    entries += [entry for sheet in book.all("AE1") if (entry := _event_entry(sheet, book.number))]
    undated = [entry for entry in entries if not entry.dated]
    return sorted((e for e in entries if e.dated), key=lambda entry: entry.order) + undated


def _event_entry(sheet: Sheet, number: str) -> Entry | None:
    start = sheet.get("aestdat")
    if not isinstance(start, PartialDate):
        return None
    end = sheet.get("aeendat")
    until = _("continues") if sheet.get("aeongo") == "Y" else figures.day(str(end)) if end else ""
    span = " – ".join(part for part in (figures.day(str(start)), until) if part)
    grade = sheet.get("aetoxgr") or ""
    event = Event(
        sheet.repeat, f"/p/{number}/log/ae/{sheet.repeat}/", sheet.get("aeterm") or "",
        int(grade) if str(grade).isdigit() else 0, sheet.get("aeser") == "Y", span,
    )  # fmt: skip
    return Entry("event", start.earliest, (start.earliest, 2, sheet.repeat), event=event)


def notes_of(label: str, book: Casebook) -> list[str]:
    """What happened at a visit in a few words: doses, responses, the operation."""
    here = {key: [s for s in book.all(key) if s.visit == label] for key in ("EC", "TA", "SURG", "PREOP")}
    notes = [dose_words(sheet) for sheet in here["EC"]]
    notes += [response_words(sheet) for sheet in here["TA"]]
    notes += [_operation(sheet) for sheet in here["SURG"]]
    notes += [_decided(sheet) for sheet in here["PREOP"]]
    return [note for note in notes if note]


def dose_words(sheet: Sheet) -> str:
    """ "OXA 101% (−1) · FU 100%": the share of the planned dose, and the level when it is reduced."""
    if sheet.get("ec_given") == "N":
        return _("not given")
    said = []
    for row in sheet.lines("EC2"):
        drug = fixed_key("EC", "EC2", row.row)
        if row.get("ecoccur") != "Y" or drug is None:
            continue
        pct = row.get("ec_pct_plan")
        words = f"{SHORT[drug]} {figures.percent(pct, 0)}" if pct is not None else SHORT[drug]
        reduced = row.get("ec_lvl") in ("-1", "-2")
        said.append(f"{words} ({figures.number(row.get('ec_lvl'))})" if reduced else words)
    return " · ".join(said)


def response_words(sheet: Sheet) -> str:
    """ "RECIST SD −15.8% · mRECIST PR −41.7%"; the sums at baseline."""
    said = []
    for name, response, change, total in (
        ("RECIST", "ovresp_r_calc", "pchg_bl_r", "sum_recist"),
        ("mRECIST", "ovresp_m_calc", "pchg_bl_m", "sum_mrecist"),
    ):
        if sheet.get(response):
            percent = (
                figures.percent(sheet.get(change), 1, sign=True) if sheet.get(change) is not None else ""
            )
            said.append(f"{name} {sheet.get(response)} {percent}".strip())
        elif sheet.get(total) is not None:
            said.append(f"{name} {figures.millimetres(sheet.get(total))}")
    return " · ".join(said)


def _operation(sheet: Sheet) -> str:
    if sheet.get("surg_proccur") == "N":
        return _("no operation")
    definition = form_def("SURG").fields
    words = [
        definition[name].display(sheet.get(name)) for name in ("surg_prtrt", "surg_r") if sheet.get(name)
    ]
    return ", ".join(words)


def _decided(sheet: Sheet) -> str:
    decision = sheet.get("po_decision")
    return form_def("PREOP").fields["po_decision"].display(decision) if decision else ""


# --- windows before anything is planned -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Projection:
    """The schedule from a planned C1D1, while only screening is there."""

    c1d1: dt.date
    visits: dict[str, PlannedVisit]


def projection(book: Casebook) -> Projection | None:
    """From the consent: C1D1 14 days later. `None` once the participant is enrolled, or will not be."""
    consent, ie = book.value("ICF", "icf_dsstdat"), book.one("IE")
    if consent is None or (ie is not None and ie.get("enr_yn")) or facts.first_dose(book):
        return None
    first = consent + SCREENING_TO_C1D1
    supposed = {"enr_yn": "Y", "enr_dsstdat": first - ENROLMENT_TO_C1D1}
    visits = plan(Casebook(book.number, [Sheet("IE", values=supposed)]), set())
    return Projection(first, {visit_label(v.code, v.repeat): v for v in visits if v.expected})


def project(views: Iterable[VisitView], found: Projection | None) -> None:
    """Give visits that have no window yet the one that the planned C1D1 would give them."""
    for view in views:
        visit = found.visits.get(view.label) if found else None
        if visit and view.visit.window_from is None and visit.window_from:
            view.planned = (visit.window_from, visit.window_to or visit.window_from)
            view.planned_day = visit.target


# --- beside the clock -------------------------------------------------------------------------------------------------


def consents(book: Casebook) -> list[tuple[str, dt.date | None]]:
    """Versions of the consent that were signed, with their days."""
    sheet = book.one("ICF")
    if sheet is None or sheet.get("icf_yn") != "Y":
        return []
    first = [(str(sheet.get("icf_version") or "–"), sheet.get("icf_dsstdat"))]
    return first + [
        (str(row.get("recon_version") or "–"), row.get("recon_dsstdat")) for row in sheet.lines("ICF2")
    ]


def eligibility(book: Casebook) -> tuple[str, str]:
    """(glyph, words) of the decision on eligibility."""
    sheet = book.one("IE")
    if sheet is None or not sheet.get("ieyn"):
        return "none", _("not decided yet")
    failed = [_criterion(row.row) for row in sheet.lines("IE1") if _fails(row.row, row.get("ieorres"))]
    if sheet.get("ieyn") == "Y":
        return "comp", _("All criteria met") if not failed else _("Eligible, with %(n)s") % {
            "n": ", ".join(failed)
        }
    return "due", _("Not eligible: %(n)s") % {"n": ", ".join(failed) or figures.NOTHING}


def _criterion(row: int) -> str:
    return fixed_key("IE", "IE1", row) or ""


def _fails(row: int, answer: str | None) -> bool:
    return answer == ("N" if _criterion(row).startswith("I") else "Y")


@dataclass(frozen=True, slots=True)
class Marker:
    """A tumour marker over time."""

    code: str
    name: str
    unit: str
    points: tuple[tuple[dt.date, Any], ...]


def markers(book: Casebook) -> list[Marker]:
    """AFP and PIVKA-II in SI units; results that were not converted are left out."""
    panel, codes = PANELS.index("TM") + 1, list(ANALYTES)
    found: dict[str, list[tuple[dt.date, Any]]] = {code: [] for code in MARKERS}
    for sheet in book.all("LB"):
        day = sheet.get("lbdat")
        if sheet.repeat != panel or day is None:
            continue
        for row in sheet.lines("LB2"):
            code = codes[row.row - 1] if 0 < row.row <= len(codes) else ""
            if code in found and row.get("lbstresn") is not None:
                found[code].append((day, row.get("lbstresn")))
    return [
        Marker(code, str(ANALYTES[code].label), unit_shown(ANALYTES[code].unit), tuple(sorted(points)))
        for code, points in found.items()
        if points
    ]


@dataclass(frozen=True, slots=True)
class OpenFinding:
    href: str
    where: str
    message: str
    hard: bool


def open_findings(user: Any, participant: Participant) -> tuple[list[OpenFinding], int]:
    """The first open findings that nobody asks about, and how many there are: on locked forms no query is opened.

    Findings of single central readings are never among them.
    """
    mine = forms_for(user).filter(participant=participant, active=True)
    asked = Query.objects.filter(
        form=OuterRef("form"), path=OuterRef("path"), rule=OuterRef("rule"), state__in=STANDING
    )
    found = Finding.objects.filter(~Exists(asked), form__in=mine, state=FindingState.OPEN)
    found = found.exclude(form__form_key="CPATHF")
    total = found.count()
    shown = found.select_related("form__visit", "form__participant").order_by("severity", "form_id", "path")
    return [_open(finding) for finding in shown[:FINDINGS_SHOWN]] if total else [], total


def _open(finding: Finding) -> OpenFinding:
    form = finding.form
    label = visit_label(form.visit.code, form.visit.repeat) + " · " if form.visit else ""
    anchor = f"#f-{finding.path.replace(':', '-').replace('/', '-')}" if finding.path else ""
    message = message_of(form_def(form.form_key), finding.rule, finding.path)
    where = f"{label}{form_title(form.form_key, form.repeat)}"
    return OpenFinding(form_url(form) + anchor, where, message, finding.severity == "hard")
