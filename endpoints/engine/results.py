"""What comes out: endpoints and responses, each with its steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date as Day
from decimal import Decimal
from typing import Any, NamedTuple

from endpoints.engine.settings import DEFAULTS, Settings
from endpoints.engine.steps import Read, Steps, plain, steps_json


@dataclass(frozen=True, slots=True)
class TimePoint:
    """The response at one time point, recomputed or used as it is (G-37)."""

    name: str | None
    date: Day
    sum: Decimal | None
    nadir: Decimal | None
    baseline_sum: Decimal | None
    target: str | None
    nontarget: str | None
    new: str | None
    overall: str
    as_given: bool
    path: str
    date_read: Read
    reads: tuple[Read, ...]
    steps: Steps

    @property
    def change_from_baseline_pct(self) -> float | None:
        """Percent of the baseline sum; none when a sum is incomplete."""
        return self._change(self.baseline_sum)

    @property
    def change_from_nadir_pct(self) -> float | None:
        """Percent of the smallest earlier sum; none when that is 0."""
        return self._change(self.nadir)

    def _change(self, base: Decimal | None) -> float | None:
        return None if self.sum is None or not base else float(100 * (self.sum - base) / base)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "date": self.date.isoformat(),
            "sum": plain(self.sum),
            "nadir": plain(self.nadir),
            "change_from_baseline_pct": self.change_from_baseline_pct,
            "change_from_nadir_pct": self.change_from_nadir_pct,
            "target": self.target,
            "nontarget": self.nontarget,
            "new": self.new,
            "overall": self.overall,
            "steps": steps_json(self.steps),
        }


@dataclass(frozen=True, slots=True)
class Series:
    """The time points of one evaluator by one criterion, in date order."""

    criteria: str
    baseline_sum: Decimal | None
    timepoints: tuple[TimePoint, ...]

    def to_json(self) -> dict[str, Any]:
        points = [point.to_json() for point in self.timepoints]
        return {"baseline_sum": plain(self.baseline_sum), "timepoints": points}


@dataclass(frozen=True, slots=True)
class Answer:
    """A yes/no endpoint: Y, N, PENDING, or none outside its population."""

    value: str | None
    steps: Steps

    def to_json(self) -> dict[str, Any]:
        return {"value": self.value, "steps": steps_json(self.steps)}


@dataclass(frozen=True, slots=True)
class Responder:
    """An objective response: by the unconfirmed and by the confirmed reading."""

    value: str | None
    confirmed: str | None
    steps: Steps

    def to_json(self) -> dict[str, Any]:
        return {"value": self.value, "confirmed": self.confirmed, "steps": steps_json(self.steps)}


@dataclass(frozen=True, slots=True)
class Regression:
    """A pathologic response with the residual viable tumour it rests on."""

    value: str | None
    rvt_pct: Decimal | None
    steps: Steps

    def to_json(self) -> dict[str, Any]:
        rvt = None if self.rvt_pct is None else float(self.rvt_pct)
        return {"value": self.value, "rvt_pct": rvt, "steps": steps_json(self.steps)}


@dataclass(frozen=True, slots=True)
class BestOverall:
    """Best overall response, unconfirmed and confirmed."""

    value: str | None
    date: Day | None
    confirmed: str | None
    confirmed_date: Day | None
    steps: Steps

    def to_json(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "date": plain(self.date),
            "confirmed": self.confirmed,
            "confirmed_date": plain(self.confirmed_date),
            "steps": steps_json(self.steps),
        }


@dataclass(frozen=True, slots=True)
class Duration:
    """A time to event: start and end, event or censored, and the name of what ended it."""

    start: Day | None
    end: Day | None
    event: bool | None
    name: str | None
    steps: Steps
    entry: Day | None = None

    @property
    def days(self) -> int | None:
        """G-2: end - start + 1."""
        return None if self.start is None or self.end is None else (self.end - self.start).days + 1

    def to_json(self) -> dict[str, Any]:
        result = {
            "start": plain(self.start),
            "end": plain(self.end),
            "days": self.days,
            "event": self.event,
            "name": self.name,
        }
        if self.entry is not None:
            result["entry"] = plain(self.entry)
        return result | {"steps": steps_json(self.steps)}


Endpoint = Answer | Responder | Regression | BestOverall | Duration


class Unread(NamedTuple):
    """G-23, G-25: yes/no endpoints of a participant of whom an evaluator has read nothing.

    `response`: objective response and disease control; `pathologic`: none when the specimen decides.
    """

    response: str
    pathologic: str | None


@dataclass(frozen=True, slots=True)
class CourseResult:
    """All endpoints of one participant and the responses they rest on.

    `unread`: what the yes/no endpoints would be without any image (G-23); none outside the full analysis set.
    """

    id: str
    endpoints: dict[str, Endpoint]
    responses: dict[str, tuple[TimePoint, ...]]
    settings: Settings = field(default=DEFAULTS)
    unread: Unread | None = None

    def to_json(self) -> dict[str, Any]:
        """Exactly the output of the operation `course`."""
        return {
            "id": self.id,
            "endpoints": {name: endpoint.to_json() for name, endpoint in self.endpoints.items()},
            "responses": {
                criteria: [point.to_json() for point in points] for criteria, points in self.responses.items()
            },
        }
