"""What goes in: one participant's records as frozen values. `path` is the place of a record in the input."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Day
from decimal import Decimal
from typing import Any

from trialsite.kernel.partial_date import PartialDate


@dataclass(frozen=True, slots=True)
class Lesion:
    """A target or non-target lesion at one time point, as the reader gave it."""

    path: str
    id: str
    organ: str | None
    node: bool | None
    mm: Decimal | None
    state: str | None


@dataclass(frozen=True, slots=True)
class NewLesion:
    """A lesion that was not there at baseline, as one time point shows it."""

    path: str
    id: str
    state: str
    date: Day | None
    organ: str | None
    mm: Decimal | None
    typical: bool | None


@dataclass(frozen=True, slots=True)
class Imaging:
    """One time point of one evaluator by one criterion (G-8)."""

    path: str
    evaluator: str
    criteria: str
    name: str | None
    baseline: bool
    date: Day
    last_scan: Day
    last_scan_path: str
    target: tuple[Lesion, ...]
    nontarget: tuple[Lesion, ...]
    new: tuple[NewLesion, ...]
    new_lesions: str | None
    overall: str | None


@dataclass(frozen=True, slots=True)
class EndOfTreatment:
    """End of the neoadjuvant treatment."""

    date: Day
    surgery_planned: bool | None


@dataclass(frozen=True, slots=True)
class Surgery:
    """The operation: done or not, a resection or an exploration."""

    date: Day | None
    performed: bool
    resected: bool
    margin: str | None
    tumour_left: bool | None


@dataclass(frozen=True, slots=True)
class Nodule:
    """One tumour bed in the specimen, as one reader gave it."""

    path: str
    id: str | None
    length_mm: Decimal | None
    width_mm: Decimal | None
    height_mm: Decimal | None
    viable_pct: Decimal | None
    in_situ_only: bool | None


@dataclass(frozen=True, slots=True)
class CentralRead:
    """One central reading of the specimen (P-9)."""

    path: str
    reader: str
    final: bool
    date: Day | None
    adequacy: str | None
    nodules: tuple[Nodule, ...]
    viable_elsewhere: bool | None


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One follow-up with its answer on recurrence (G-21)."""

    path: str
    date: PartialDate
    recurrence: str
    kind: str | None


@dataclass(frozen=True, slots=True)
class Therapy:
    """An anticancer treatment outside the neoadjuvant protocol treatment."""

    path: str
    date: PartialDate
    name: str | None
    protocol: bool


@dataclass(frozen=True, slots=True)
class Course:
    """One participant's whole course."""

    id: str
    data_cutoff: Day
    final: bool
    enrolled: Day | None
    diagnosed: PartialDate | None
    first_dose: Day | None
    last_study_dose: Day | None
    imaging: tuple[Imaging, ...]
    end_of_treatment: EndOfTreatment | None
    surgery: Surgery | None
    reads: tuple[CentralRead, ...]
    adjudication: CentralRead | None
    follow_up: tuple[FollowUp, ...]
    therapies: tuple[Therapy, ...]
    alive_on: tuple[Day, ...]
    death: PartialDate | None
    end_of_study: Day | None

    @classmethod
    def from_json(cls, data: Any) -> Course:
        """Read the input of the operation `course`; what does not fit is an `EngineError`."""
        from endpoints.engine.course_input import course_from_json

        return course_from_json(data)
