"""What the statistics are made from: released readings as plain values."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import NamedTuple

CLASSES = 5
WIDE = 30.0  # P-10: up to 30 % viable
HALF = 50.0  # P-10: less than 50 % viable


class Value(NamedTuple):
    """One opinion of a case (D-23, D-24). `rvt` in percent, none without adequate slides; `mpr`, `pcr`: Y, N or NE."""

    adequacy: str
    rvt: float | None
    mpr: str
    pcr: str

    @property
    def grade(self) -> int | None:
        """Ordered classes: 0 pCR, 1 MPR without pCR, 2 up to 30 %, 3 less than 50 %, 4 the rest; none without a value."""
        if self.rvt is None:
            return None
        if self.pcr == "Y":
            return 0
        if self.mpr == "Y":
            return 1
        return 2 if self.rvt <= WIDE else 3 if self.rvt < HALF else 4

    @property
    def response(self) -> int | None:
        """Three classes: 0 pCR, 1 MPR without pCR, 2 no MPR."""
        return None if self.grade is None else min(self.grade, 2)


@dataclass(frozen=True, slots=True)
class Read:
    """One submitted reading. `nodules`: percent of viable tumour by nodule; `opinion`: of the adjudicator, before."""

    pk: int
    slot: str
    reader: int
    value: Value
    confidence: str
    seconds: int
    at: dt.datetime
    nodules: dict[int, float] = field(default_factory=dict)
    opinion: Value | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One released case: its readings by place, the final result, the local report where there is one."""

    pk: int
    code: str
    participant: str
    site: int
    reads: dict[str, Read]
    needed: bool
    reasons: tuple[str, ...]
    final: Value
    local: Value | None = None
    local_nodules: dict[int, float] = field(default_factory=dict)

    @property
    def pair(self) -> tuple[Read, Read] | None:
        one, two = self.reads.get("R1"), self.reads.get("R2")
        return (one, two) if one and two else None

    @property
    def final_nodules(self) -> dict[int, float]:
        """By nodule what stands: the adjudicator's value, or the mean of the two readers (P-9)."""
        if self.needed:
            third = self.reads.get("ADJ")
            return third.nodules if third else {}
        if self.pair is None:
            return {}
        one, two = (read.nodules for read in self.pair)
        return {number: (one[number] + two[number]) / 2 for number in sorted(one.keys() & two.keys())}


@dataclass(frozen=True, slots=True)
class Again:
    """A planned re-read that was handed in, beside the first reading of the same reader."""

    code: str
    first_code: str
    participant: str
    site: int
    first: Read
    again: Read


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that is released. `names`: of the readers by their key."""

    cases: list[Case]
    again: list[Again]
    names: dict[int, str]
