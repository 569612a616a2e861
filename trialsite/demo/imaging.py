"""Lesions that shrink and grow: responses are decided first, diameters are made to fit them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from .story import Lesion, NewLesion, Response, Scan

TENTH = Decimal("0.1")
SEGMENTS = ("S2", "S3", "S4", "S5", "S6", "S7", "S8")

# Share of the baseline sum for each response, kept away from the limits; progression is against the smallest sum.
SHARES = {"CR": (0.0, 0.0), "PR": (0.32, 0.66), "SD": (0.76, 0.97), "PD": (1.28, 1.6)}
NONTARGET = {"CR": "CR", "PD": "NONCRNONPD", "PR": "NONCRNONPD", "SD": "NONCRNONPD"}


def tenth(number: float | Decimal) -> Decimal:
    return Decimal(str(number)).quantize(TENTH)


@dataclass
class Burden:
    """The lesions of one participant and the smallest sums so far."""

    rng: Random
    sizes: list[Decimal]  # whole diameters at baseline, largest first
    viable: list[Decimal] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    nontarget: bool = False
    nadir: dict[str, Decimal] = field(default_factory=dict)
    share: dict[str, float] = field(default_factory=lambda: {"r": 1.0, "m": 1.0})

    @classmethod
    def drawn(cls, rng: Random) -> Burden:
        """Beyond Milan: one tumour over 50 mm, or up to three of which the largest is over 30 mm."""
        count = rng.choice((1, 1, 2, 2, 3))
        sizes = [tenth(rng.uniform(52, 128) if count == 1 else rng.uniform(34, 96))]
        sizes += [tenth(rng.uniform(12, min(float(sizes[0]) - 2, 45))) for _ in range(count - 1)]
        sizes.sort(reverse=True)
        made = cls(rng, sizes[:2], nontarget=count == 3)
        made.viable = [tenth(float(size) * rng.uniform(0.88, 1.0)) for size in made.sizes]
        made.segments = rng.sample(SEGMENTS, len(made.sizes) + 1)
        made.nadir = {"r": sum(made.sizes, Decimal(0)), "m": sum(made.viable, Decimal(0))}
        return made

    @property
    def count(self) -> int:
        return len(self.sizes) + self.nontarget

    def baseline(self, day: dt.date) -> Scan:
        lesions = tuple(
            Lesion(f"T{n:02}", segment, mm, viable)
            for n, (segment, mm, viable) in enumerate(
                zip(self.segments, self.sizes, self.viable, strict=False), 1
            )
        )
        status = "PRESENT" if self.nontarget else ""
        return Scan("SCR", day, day, lesions, status, status)

    def resected(self, visit: str, first: dt.date, new: NewLesion | None) -> Scan:
        """After the operation: recurrence yes or no, no arithmetic."""
        lesions = tuple(
            Lesion(f"T{n:02}", segment, None, None, "RESECTED")
            for n, segment in enumerate(self.segments[: len(self.sizes)], 1)
        )
        return Scan(visit, first, first, lesions, new=new, resected=True)

    def scan(
        self, visit: str, first: dt.date, last: dt.date, r: str, m: str, new: NewLesion | None = None
    ) -> Scan:
        """An assessment with these target responses. A new lesion makes it a progression by both criteria."""
        whole, viable = self._sums("r", r, self.sizes), self._sums("m", m, self.viable)
        viable = [min(part, mm) for part, mm in zip(viable, whole, strict=True)]
        gone = r == "CR"
        lesions = tuple(
            Lesion(f"T{n:02}", segment, mm, part, "DISAPPEARED" if gone else "MEASURED")
            for n, (segment, mm, part) in enumerate(zip(self.segments, whole, viable, strict=False), 1)
        )
        found = self._target(sum(whole, Decimal(0)), "r"), self._target(sum(viable, Decimal(0)), "m")
        self.nadir["r"] = min(self.nadir["r"], sum(whole, Decimal(0)))
        self.nadir["m"] = min(self.nadir["m"], sum(viable, Decimal(0)))
        status_r, status_m = self._nontarget(found[0]), self._nontarget(found[1])
        return Scan(
            visit, first, last, lesions, status_r, status_m,
            self._response(found[0], status_r, new), self._response(found[1], status_m, new), new,
        )  # fmt: skip

    def _sums(self, key: str, response: str, base: list[Decimal]) -> list[Decimal]:
        """Diameters whose sum has this response against baseline and the smallest sum before."""
        total = sum(base, Decimal(0))
        low, high = SHARES[response]
        if response == "PD":
            share = float(self.nadir[key] / total) * self.rng.uniform(low, high) + float(8 / total)
        elif response == "SD":  # no rise that would be a progression
            share = min(self.rng.uniform(low, high), float(self.nadir[key] / total) * 1.1)
            share = max(share, 0.76)
        else:
            share = min(self.rng.uniform(low, high), float(self.nadir[key] / total) * 1.1)
        self.share[key] = share
        return [tenth(float(size) * share) for size in base]

    def _target(self, total: Decimal, key: str) -> str:
        base = sum(self.sizes if key == "r" else self.viable, Decimal(0))
        nadir = self.nadir[key]
        if total == 0:
            return "CR"
        if total - nadir >= 5 and (total - nadir) * 100 >= 20 * nadir:
            return "PD"
        return "PR" if (base - total) * 100 >= 30 * base else "SD"

    def _nontarget(self, target: str) -> str:
        if not self.nontarget:
            return ""
        return "ABSENT" if target == "CR" else "PRESENT"

    @staticmethod
    def _response(target: str, status: str, new: NewLesion | None) -> Response:
        nontarget = {"": "NA", "ABSENT": "CR", "PRESENT": "NONCRNONPD"}[status]
        return Response(target, nontarget, "PD" if new or target == "PD" else target)
