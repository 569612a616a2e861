"""From a participant's actual dates to the visits that are expected, with their windows. Pure functions.

Rules of crf-book 1.3.2; each rule that closes a visit says so in `reason`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_noop

from trialsite.kernel.study import study

from . import facts
from .analytes import panel_number
from .schedule import CYCLES, NEOADJUVANT_TA, VISITS, FormAt, visit_label, visit_order
from .sheets import Casebook, Sheet

Day = dt.date | None


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One visit that should exist: its window, and whether it is still expected."""

    code: str
    repeat: int = 1
    target: Day = None
    window_from: Day = None
    window_to: Day = None
    expected: bool = True
    reason: str = ""

    @property
    def label(self) -> str:
        return visit_label(self.code, self.repeat)

    @property
    def order(self) -> int:
        return visit_order(self.code, self.repeat)


NOT_OPERATED = ("NO_SURGERY", "WATCH")

# What the planning reads.
FORMS_READ = (
    "ICF", "DM", "IE", "HEP", "EC", "TA", "PREOP", "SURG", "EOT", "SS", "DTH", "SACT", "EOS",
)  # fmt: skip


@dataclass
class Way:
    """The dates of one participant's way through the trial; planned where nothing happened yet.

    Each is worked out once: a plan asks for them for every visit.
    """

    book: Casebook

    def cycle(self, code: str) -> Day:
        """Actual day 1 of a cycle."""
        sheet = self.at(code, "EC")
        return sheet.get("ec_d1dat") if sheet and sheet.get("ec_given") != "N" else None

    def at(self, label: str, key: str) -> Sheet | None:
        return next((sheet for sheet in self.book.all(key) if sheet.visit == label), None)

    @cached_property
    def enrolled(self) -> Day:
        ie = self.book.one("IE")
        return ie.get("enr_dsstdat") if ie and ie.get("enr_yn") == "Y" else None

    @cached_property
    def screen_failed(self) -> bool:
        return self.book.value("IE", "enr_yn") == "N"

    @cached_property
    def c1d1(self) -> Day:
        return facts.first_dose(self.book)

    def planned_cycle(self, number: int) -> Day:
        """Day 1 of neoadjuvant cycle `number`: actual, else planned from the cycle before."""
        actual = self.cycle(f"C{number}")
        if actual:
            return actual
        if number == 1:
            return self.enrolled + dt.timedelta(days=2) if self.enrolled else None
        before = self.planned_cycle(number - 1)
        return before + dt.timedelta(days=study()["cycle_length_days"]) if before else None

    @cached_property
    def decision(self) -> str:
        """What the MDT decided last (1.3.2, rule 2); nothing before it met."""
        made = [sheet for sheet in self.book.all("PREOP") if sheet.get("po_decision")]
        last = max(made, key=lambda s: (s.get("po_dat") or dt.date.min, s.visit_order), default=None)
        return last.get("po_decision") if last else ""

    @cached_property
    def more_cycles(self) -> bool:
        """Cycles beyond the planned ones were decided, and nothing else since."""
        return self.decision == "MORE_CYCLES"

    @cached_property
    def last_planned_cycle(self) -> int:
        given = [n for n in range(1, 7) if self.cycle(f"C{n}")]
        decided = [study()["max_neo_cycles"]] if self.more_cycles else []
        return max([study()["planned_neo_cycles"], *decided, *given])

    def ended(self, phase: str) -> Sheet | None:
        return next((s for s in self.book.all("EOT") if s.get("eot_phase") == phase), None)

    @cached_property
    def last_iv(self) -> Day:
        """End of the last neoadjuvant infusion; planned day 1 of the last cycle while treatment goes on."""
        actual = facts.last_neoadjuvant_iv(self.book)
        return (
            actual
            if self.ended("NEO") or self.cycle(f"C{self.last_planned_cycle}")
            else self.planned_cycle(self.last_planned_cycle)
        )

    @cached_property
    def surgery(self) -> Day:
        """The operation; planned 28 days after the last infusion until it is recorded."""
        actual = facts.surgery_day(self.book)
        if actual or self.no_surgery:
            return actual
        return self.last_iv + dt.timedelta(days=28) if self.last_iv else None

    @cached_property
    def no_surgery(self) -> bool:
        """Surgery recorded as not done, decided against, or treatment ended with a reason other than surgery."""
        if any(s.get("surg_proccur") == "N" for s in self.book.all("SURG")):
            return True
        if self.decision in NOT_OPERATED:
            return True
        end = self.ended("NEO")
        return end is not None and end.get("eot_dsdecod") not in (None, "SURGERY", "COMPLETED")

    @cached_property
    def explored(self) -> bool:
        return facts.surgery_day(self.book) is not None and not facts.resected(self.book)

    @cached_property
    def progressed(self) -> Day:
        """First progression before surgery by RECIST 1.1, as derived."""
        operation = facts.surgery_day(self.book)
        days = [
            s.get("ta_lastdat") or s.get("tudat")
            for s in self.book.all("TA")
            if s.get("ovresp_r_calc") == "PD"
        ]
        return min((day for day in days if day and (operation is None or day <= operation)), default=None)

    @cached_property
    def recurred(self) -> Day:
        return min(
            (s.get("ss_event_dat") for s in self.book.all("SS") if s.get("ss_event_dat")), default=None
        )

    @cached_property
    def died(self) -> Day:
        death = facts.death_day(self.book)
        return death.latest if death else None

    @cached_property
    def withdrawal(self) -> str:
        return self.book.value("ICF", "wd_scope") or "" if self.book.value("ICF", "wd_yn") == "Y" else ""

    @cached_property
    def ended_study(self) -> Day:
        return self.book.value("EOS", "eos_dsstdat")

    @cached_property
    def treatment_end(self) -> Day:
        """The last disposition that leads to follow-up; a neoadjuvant phase that ends in surgery goes on."""
        ends = [s for s in self.book.all("EOT") if s.get("eot_dsstdat")]
        last = [s for s in ends if not (s.get("eot_phase") == "NEO" and s.get("eot_dsdecod") == "SURGERY")]
        return max((s.get("eot_dsstdat") for s in last), default=None)

    @cached_property
    def last_contact(self) -> Day:
        """As the end of the study gives it, which has read every form; before that, of what the planning reads."""
        if not (self.died or self.book.one("EOS")):
            return None
        return self.book.value("EOS", "eos_lastcontact") or facts.last_contact(self.book)

    def contacted(self, visit: PlannedVisit) -> bool:
        """Another visit already answered survival inside this window."""
        if visit.window_from is None or visit.window_to is None:
            return False
        others = [s.get("ss_dat") for s in self.book.all("SS") if s.visit != visit.label]
        return any(day and visit.window_from <= day <= visit.window_to for day in others)

    @cached_property
    def treatment_over(self) -> bool:
        return bool(self.book.all("EOT")) or self.died is not None


def plan(book: Casebook, opened: set[str]) -> list[PlannedVisit]:
    """Every visit that should exist, in schedule order. `opened` holds labels that a person opened by hand."""
    way = Way(book)
    visits: list[PlannedVisit] = []
    for code in VISITS:
        visits += _LINES.get(code, _one)(way, code, opened)
    return [_closed(way, visit, opened) for visit in visits]


def _window(code: str, anchor: Day, repeat: int = 1) -> PlannedVisit:
    line = VISITS[code]
    if anchor is None or line.target in ("-", ""):
        return PlannedVisit(code, repeat)
    days = [_days(text, repeat) for text in (line.target, line.window_from, line.window_to)]
    target, start, end = (anchor + dt.timedelta(days=n) for n in days)
    return PlannedVisit(code, repeat, target, start, end)


def _days(text: str, repeat: int) -> int:
    """`-28`, `84 x n`, `84n-14`."""
    if "n" not in text:
        return int(text)
    head, _, tail = text.replace(" x ", "").partition("n")
    return int(head) * repeat + int(tail or 0)


def _anchor(way: Way, code: str) -> Day:
    anchor = VISITS[code].anchor
    planned_first = way.c1d1 or way.planned_cycle(1)
    if anchor.startswith("SURGERY"):
        return way.surgery
    table: dict[str, Callable[[], Any]] = {
        "C1D1": lambda: planned_first,
        "ENROL": lambda: way.enrolled,
        "C2D1": lambda: way.planned_cycle(2),
        "C4D1": lambda: way.planned_cycle(4),
        "C6D1": lambda: way.planned_cycle(6),
        "last neoadjuvant IV dose": lambda: way.last_iv,
        "last study dose": lambda: facts.last_dose(way.book) if way.treatment_over else None,
        "last camrelizumab": lambda: facts.last_camrelizumab(way.book) if way.treatment_over else None,
        "last contact": lambda: way.last_contact,
    }
    return table[anchor]() if anchor in table else None


def _one(way: Way, code: str, opened: set[str]) -> list[PlannedVisit]:
    return [_window(code, _anchor(way, code))]


def _cycle(way: Way, code: str, opened: set[str]) -> list[PlannedVisit]:
    number = int(code[1:])
    planned = number <= study()["planned_neo_cycles"]
    decided = way.more_cycles and number <= study()["max_neo_cycles"]
    if not (planned or decided or code in opened or way.cycle(code)):
        return []
    return [_window(code, way.enrolled if number == 1 else way.planned_cycle(number - 1))]


def _late_assessment(way: Way, code: str, opened: set[str]) -> list[PlannedVisit]:
    decided = way.more_cycles and study()["max_neo_cycles"] >= 6
    if not (decided or code in opened or way.cycle("C6") or way.at(code, "TA")):
        return []
    return [_window(code, way.planned_cycle(6))]


def _adjuvant(way: Way, code: str, opened: set[str]) -> list[PlannedVisit]:
    if not study()["adjuvant_enabled"] or not facts.resected(way.book):
        return []
    first = [_window("ADJ1", facts.surgery_day(way.book))]
    if code == "ADJ1":
        return first
    visits, before = [], way.cycle("ADJ1") or first[0].target
    for number in range(2, study()["adj_cycles"] + 1):
        visit = _window("ADJ2", before, number)
        visits.append(visit)
        before = way.cycle(f"ADJ{number}") or visit.target
    return visits


def _continued(way: Way, code: str, opened: set[str]) -> list[PlannedVisit]:
    """Not resected: the same regimen until progression (rule 2, 3; A-10). One cycle ahead of the last one given."""
    given = [n for n in range(1, 41) if way.cycle(f"CONT{n}")]
    wanted = {int(label[4:]) for label in opened if label.startswith("CONT")}
    upto = max([*given, *wanted, 0]) + (1 if given else 0)
    opens = way.explored or (way.decision in NOT_OPERATED and not way.progressed)
    if opens and study()["cont_enabled"] and not way.ended("CONT"):
        upto = max(upto, 1)
    before = way.cycle("C6") or way.cycle("C5") or way.planned_cycle(4)
    visits = []
    for number in range(1, min(upto, study()["cont_max_cycles"]) + 1):
        visit = _window("CONT", before, number)
        visits.append(visit)
        before = way.cycle(f"CONT{number}") or visit.target
    return visits


def _follow_up_imaging(way: Way, code: str, opened: set[str]) -> list[PlannedVisit]:
    """Every 12 weeks from surgery; every 8 weeks from C1D1 when not resected."""
    operation = facts.surgery_day(way.book) if facts.resected(way.book) else None
    if operation is None and not (way.no_surgery or way.explored):
        return []
    anchor, step = (
        (operation, study()["fuimg_weeks"] * 7)
        if operation
        else (way.c1d1, study()["fuimg_weeks_not_resected"] * 7)
    )
    if anchor is None:
        return []
    visits = []
    for n in range(1, 9):
        day = anchor + dt.timedelta(days=step * n)
        margin = dt.timedelta(days=14)
        visits.append(PlannedVisit("FUIMG", n, day, day - margin, day + margin))
    return visits


def _survival(way: Way, code: str, opened: set[str]) -> list[PlannedVisit]:
    """Only after the end of treatment, and only contacts that lie after it."""
    end = way.treatment_end
    kept = {n for n in range(1, 9) if way.at(f"SURV{n}", "SS")}
    visits = [_window("SURV", way.c1d1, n) for n in range(1, 9)]
    return [v for v in visits if v.repeat in kept or (end and v.window_to and v.window_to >= end)]


def _unscheduled(way: Way, code: str, opened: set[str]) -> list[PlannedVisit]:
    return [PlannedVisit("UNS", int(label[3:])) for label in sorted(opened) if label.startswith("UNS")]


_LINES: dict[str, Callable[[Way, str, set[str]], list[PlannedVisit]]] = {
    **dict.fromkeys(CYCLES, _cycle),
    "TA3": _late_assessment,
    "ADJ1": _adjuvant,
    "ADJ2": _adjuvant,
    "CONT": _continued,
    "FUIMG": _follow_up_imaging,
    "SURV": _survival,
    "UNS": _unscheduled,
}

AFTER_SCREENING = {code for code, line in VISITS.items() if line.period not in ("SCREENING", "ANY")}
SURGICAL = {"PREOP", "SURG", "POD1", "POD3", "POD5", "POD7", "LPATH", "POD30", "CPATH", "POD90"}
SPECIMEN = {"LPATH", "CPATH"}
TREATMENT = {*CYCLES, "C1D8", "ADJ1", "ADJ2", "CONT"}

Rule = tuple[str, Callable[[Way, PlannedVisit], bool], str]

# First match closes the visit. A visit that a person opened by hand stays open: the rules are soft.
CLOSING: list[Rule] = [
    (
        "screen failure",
        lambda way, v: way.screen_failed and v.code in AFTER_SCREENING and v.code != "EOS",
        gettext_noop("Not enrolled: screen failure."),
    ),
    (
        "death",
        lambda way, v: (
            way.died is not None
            and v.code != "EOS"
            and v.window_from is not None
            and v.window_from > way.died
        ),
        gettext_noop("After the death of the participant."),
    ),
    (
        "withdrawal of everything",
        lambda way, v: way.withdrawal == "ALL" and v.code != "EOS",
        gettext_noop("Consent withdrawn."),
    ),
    (
        "withdrawal of treatment and visits",
        lambda way, v: (
            way.withdrawal == "TREAT_VISITS"
            and v.code not in ("EOT", "SURV", "SURVEND", "EOS", "CPATH", "LPATH")
        ),
        gettext_noop("Treatment and visits withdrawn; survival from records only."),
    ),
    (
        "withdrawal of treatment",
        lambda way, v: way.withdrawal == "TREATMENT" and v.code in TREATMENT,
        gettext_noop("Treatment withdrawn."),
    ),
    (
        "exploration only",
        lambda way, v: way.explored and v.code in SPECIMEN,
        gettext_noop("Exploration only: no specimen."),
    ),
    (
        "not operated",
        lambda way, v: (
            way.no_surgery
            and not facts.surgery_day(way.book)
            and v.code in SURGICAL
            and not (v.code == "SURG" and _asked(way))
        ),
        gettext_noop("Not operated."),
    ),
    (
        "end of study",
        lambda way, v: way.ended_study is not None and v.code not in ("EOS", "CPATH", "LPATH"),
        gettext_noop("The participant has ended the study."),
    ),
    (
        "other contact",
        lambda way, v: v.code == "SURV" and way.contacted(v),
        gettext_noop("Survival was answered at another visit."),
    ),
    (
        "neoadjuvant treatment ended",
        lambda way, v: (
            way.ended("NEO") is not None
            and ((v.code in CYCLES and not way.cycle(v.code)) or (v.code == "C1D8" and _never_came(way, v)))
        ),
        gettext_noop("Neoadjuvant treatment has ended."),
    ),
    (
        "progression before surgery",
        lambda way, v: (
            way.progressed is not None and v.code in (*CYCLES, *NEOADJUVANT_TA) and _after(v, way.progressed)
        ),
        gettext_noop("Progression before surgery closes the remaining cycles."),
    ),
    (
        "recurrence",
        lambda way, v: v.code == "FUIMG" and _after(v, way.recurred or way.progressed),
        gettext_noop("After recurrence or progression."),
    ),
    (
        "end of follow-up",
        lambda way, v: (
            v.code == "FUIMG"
            and way.c1d1 is not None
            and _after(v, way.c1d1 + dt.timedelta(days=study()["fu_days"]))
        ),
        gettext_noop("After 24 months."),
    ),
]


def _asked(way: Way) -> bool:
    """The surgery form itself said "not operated": it stays, it holds the reason."""
    return bool(way.book.all("SURG"))


def _never_came(way: Way, visit: PlannedVisit) -> bool:
    """The day of a visit between cycles lies after the end of the phase, or no first dose gave it a day."""
    end = way.ended("NEO")
    return way.c1d1 is None or (end is not None and _after(visit, end.get("eot_dsstdat")))


def _after(visit: PlannedVisit, day: Day) -> bool:
    return day is not None and visit.window_from is not None and visit.window_from > day


def _closed(way: Way, visit: PlannedVisit, opened: set[str]) -> PlannedVisit:
    if visit.label in opened:
        return visit
    for _name, applies, reason in CLOSING:
        if applies(way, visit):
            return PlannedVisit(
                visit.code, visit.repeat, visit.target, visit.window_from, visit.window_to, False, reason
            )
    return visit


# --- forms that are expected or not -----------------------------------------------------------------------------------

CONDITIONAL = {"LB", "LPATH", "PREOP"}
VIROLOGY, PREGNANCY = panel_number("VIR"), panel_number("PREG")


def conditional(key: str, repeat: int) -> bool:
    """Whether more than its visit decides if a form is expected."""
    return key in CONDITIONAL and (key != "LB" or repeat in (VIROLOGY, PREGNANCY))


def form_expected(book: Casebook, visit: str, at: FormAt) -> bool:
    """Whether a form of an expected visit is expected of this participant (1.3.1, C: see form).

    Pregnancy tests of women of childbearing potential, viral load by serology, local pathology after a resection,
    an MDT form where no other one has decided. What is not known yet is not expected yet.
    """
    if at.key == "LB" and at.repeat == PREGNANCY:
        return bool(book.value("DM", "wocbp") == "Y")
    if at.key == "LB" and at.repeat == VIROLOGY:
        return "POS" in [book.value("HEP", name) for name in ("hbsag", "hbcab", "hcvab")]
    if at.key == "LPATH":
        return facts.resected(book)
    if at.key == "PREOP":
        decided = [s for s in book.all("PREOP") if s.get("po_decision") not in (None, "MORE_CYCLES")]
        return not decided or any(sheet.visit == visit for sheet in decided)
    return True
