"""What happens to one invented participant, as plain values: the forms and the expected results are made from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Protocol, TypeVar

Values = dict[str, Any]
DAY = dt.timedelta(days=1)


class Dated(Protocol):
    @property
    def day(self) -> dt.date: ...


D = TypeVar("D", bound=Dated)


@dataclass(frozen=True, slots=True)
class Lesion:
    """A target lesion at one assessment; no sizes when it was taken out."""

    name: str
    segment: str
    mm: Decimal | None
    viable: Decimal | None
    state: str = "MEASURED"


@dataclass(frozen=True, slots=True)
class NewLesion:
    organ: str
    where: str
    mm: Decimal
    seen: dt.date


@dataclass(frozen=True, slots=True)
class Response:
    """Target, non-target and overall response by one criterion, in the codes of the book."""

    target: str
    nontarget: str
    overall: str


@dataclass(frozen=True, slots=True)
class Scan:
    """One tumour assessment. `resected`: it looks for recurrence only."""

    visit: str
    first: dt.date
    last: dt.date
    lesions: tuple[Lesion, ...]
    nontarget: str = ""  # status of the one non-target lesion, RECIST; empty: there is none
    nontarget_m: str = ""
    recist: Response | None = None
    mrecist: Response | None = None
    new: NewLesion | None = None
    resected: bool = False

    @property
    def day(self) -> dt.date:
        return self.last

    def dated(self, response: Response) -> dt.date:
        """The date of the time point: a new lesion is dated at its first appearance, else the last scan (G-8)."""
        return self.new.seen if self.new and response.overall == "PD" else self.last


@dataclass(frozen=True, slots=True)
class Cycle:
    visit: str
    phase: str
    number: int
    day: dt.date
    delay: str = ""  # reason, when late
    level: str = "0"  # of oxaliplatin
    reduced: bool = False  # in this cycle

    @property
    def last(self) -> dt.date:
        """Fluorouracil runs over 46 hours."""
        return self.day + 2 * DAY if self.phase == "NEO" else self.day


@dataclass(frozen=True, slots=True)
class Period:
    """Apatinib from a day to a day (none: still taken)."""

    phase: str
    start: dt.date
    end: dt.date | None
    dose: int
    schedule: str
    reason: str = ""

    @property
    def day(self) -> dt.date:
        return self.start


@dataclass(frozen=True, slots=True)
class Complication:
    term: str
    start: dt.date
    end: dt.date
    grade: str
    treatment: str = ""


@dataclass(frozen=True, slots=True)
class Toxicity:
    """A severe adverse event. `related`: a letter for each drug (Definite, Probable, poSsible, Unrelated)."""

    term: str
    grade: int
    start: dt.date
    end: dt.date
    related: str
    serious: bool = False

    @property
    def day(self) -> dt.date:
        """It is written down when it is over."""
        return self.end

    @property
    def caused(self) -> bool:
        """By any study drug, at least possibly."""
        return set(self.related) != {"U"}


@dataclass(frozen=True, slots=True)
class Operation:
    """`kind`: R0, R1, EXPLORE or NONE (not operated, with `reason`)."""

    day: dt.date
    kind: str
    reason: str = ""
    values: Values = field(default_factory=dict)
    discharge: dt.date | None = None
    complications: tuple[Complication, ...] = ()

    @property
    def performed(self) -> bool:
        return self.kind != "NONE"

    @property
    def resected(self) -> bool:
        return self.kind in ("R0", "R1")


@dataclass(frozen=True, slots=True)
class Nodule:
    length: Decimal
    width: Decimal
    height: Decimal
    viable: int
    necrosis: int
    stroma: int

    @property
    def area(self) -> Decimal:
        return self.length * self.width


@dataclass(frozen=True, slots=True)
class Read:
    """A central reading by one person (user name)."""

    reader: str
    received: dt.date
    day: dt.date
    nodules: tuple[Nodule, ...]
    mvi: str = "M0"
    adequacy: str = "ADEQUATE"

    @property
    def viable(self) -> Decimal:
        whole = sum((nodule.area for nodule in self.nodules), Decimal(0))
        return sum((nodule.area * nodule.viable for nodule in self.nodules), Decimal(0)) / whole

    @property
    def mpr(self) -> bool:
        return self.viable <= 10

    @property
    def pcr(self) -> bool:
        return self.mvi == "M0" and all(nodule.viable == 0 for nodule in self.nodules)


@dataclass(frozen=True, slots=True)
class EndOfPhase:
    phase: str
    day: dt.date
    reason: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A survival contact. `event`: the day of a recurrence or progression that it reports."""

    visit: str
    day: dt.date
    source: str = "CLINIC"
    status: str = "ALIVE"
    alive: dt.date | None = None
    disease: str = "NED"
    event: dt.date | None = None
    site: str = ""
    new_therapy: bool = False


@dataclass(frozen=True, slots=True)
class Therapy:
    """Anticancer therapy outside the protocol; `start` as it is known (2025-03 or 2025-03-04)."""

    day: dt.date
    start: str
    kind: str
    words: str
    reason: str


@dataclass(frozen=True, slots=True)
class Death:
    day: dt.date
    text: str  # as it is known: day or month
    cause: str
    words: str


@dataclass(frozen=True, slots=True)
class EndOfStudy:
    day: dt.date
    reason: str


@dataclass(frozen=True, slots=True)
class Story:
    """A whole course, from consent to the end. `until` cuts it at a day."""

    number: str
    site: str
    consent: dt.date
    person: Values
    disease: Values
    nodules: tuple[Values, ...]
    baseline: Scan | None = None
    decided: dt.date | None = None  # eligibility
    failure: str = ""
    enrolled: dt.date | None = None
    size: Values = field(default_factory=dict)  # height, weight, surface
    cycles: tuple[Cycle, ...] = ()
    toxicities: tuple[Toxicity, ...] = ()
    apatinib: tuple[Period, ...] = ()
    scans: tuple[Scan, ...] = ()
    operation: Operation | None = None
    reads: tuple[Read, ...] = ()
    released: dt.date | None = None
    central: str = ""  # how far central reading has come, where it is not as the days say (`central.py`)
    ends: tuple[EndOfPhase, ...] = ()
    contacts: tuple[Contact, ...] = ()
    therapies: tuple[Therapy, ...] = ()
    no_therapy: dt.date | None = None  # the day on which the log says that there was none
    death: Death | None = None
    withdrawn: dt.date | None = None
    end: EndOfStudy | None = None

    @property
    def first_dose(self) -> dt.date | None:
        return self.cycles[0].day if self.cycles else None

    @property
    def resection(self) -> dt.date | None:
        return self.operation.day if self.operation and self.operation.resected else None

    def until(self, last: dt.date) -> Story:
        """What had happened by a day."""
        return replace(
            self,
            baseline=_kept(self.baseline, last),
            decided=_day(self.decided, last),
            failure=self.failure if self.decided and self.decided <= last else "",
            enrolled=_day(self.enrolled, last),
            cycles=_upto(self.cycles, last, lambda cycle: cycle.last),
            toxicities=_upto(self.toxicities, last),
            apatinib=tuple(_period(period, last) for period in self.apatinib if period.start <= last),
            scans=_upto(self.scans, last),
            operation=_operation(self.operation, last),
            reads=_upto(self.reads, last),
            released=_day(self.released, last),
            ends=_upto(self.ends, last),
            contacts=_upto(self.contacts, last),
            therapies=_upto(self.therapies, last),
            no_therapy=_day(self.no_therapy, last),
            death=_kept(self.death, last),
            withdrawn=_day(self.withdrawn, last),
            end=_kept(self.end, last),
        )

    def days(self) -> Iterator[dt.date]:
        """Every day on which something was recorded, for finding the latest."""
        yield self.consent
        parts: tuple[Iterable[Any], ...] = (self.cycles, self.scans, self.ends, self.contacts, self.therapies)
        for part in parts:
            yield from (item.day for item in part)


def _upto(items: tuple[D, ...], last: dt.date, day: Any = None) -> tuple[D, ...]:
    return tuple(item for item in items if (day(item) if day else item.day) <= last)


def _kept(item: Any, last: dt.date) -> Any:
    return item if item is not None and item.day <= last else None


def _day(day: dt.date | None, last: dt.date) -> dt.date | None:
    return day if day is not None and day <= last else None


def _period(period: Period, last: dt.date) -> Period:
    return replace(period, end=None) if period.end and period.end > last else period


def _operation(operation: Operation | None, last: dt.date) -> Operation | None:
    if operation is None or operation.day > last:
        return None
    kept = tuple(c for c in operation.complications if c.start <= last)
    home = _day(operation.discharge, last)
    return replace(operation, discharge=home, complications=kept)
