"""What the study file plans of the statistics: the design for the primary endpoint, null rates, accrual. Checked on loading.

A single-stage design succeeds with `success_from` or more responders of `n`. Simon's two-stage design stops with
`stop_up_to` or fewer responders of the first `n1` (published as r1/n1) and succeeds with `success_from` or more of `n`
(published as r/n with success above r: `success_from` is r + 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

SINGLE_STAGE, SIMON = "single-stage", "simon"
TARGETS = ("p0", "p1", "alpha", "power")
KEYS: dict[str, tuple[str, ...]] = {
    SINGLE_STAGE: ("kind", *TARGETS, "n", "success_from"),
    SIMON: ("kind", *TARGETS, "n1", "stop_up_to", "n", "success_from"),
}
RATE_ENDPOINTS = ("MPR", "PCR", "ORR", "DCR")  # those that a null rate can be configured for
ACCRUAL_KEYS = ("start", "per_month", "target")


class PlanError(ValueError):
    """A plan that cannot be meant; the message names the key."""


@dataclass(frozen=True, slots=True)
class PlannedDesign:
    """The design for MPR. Rates and errors are shares of 1, alpha one-sided; `n1`, `stop_up_to`: none in a single stage."""

    kind: str
    p0: float
    p1: float
    alpha: float
    power: float
    n: int
    success_from: int
    n1: int | None = None
    stop_up_to: int | None = None


@dataclass(frozen=True, slots=True)
class AccrualPlan:
    """Participants expected from `start` on: `per_month` until there are `target`."""

    start: date
    per_month: float
    target: int


@dataclass(frozen=True, slots=True)
class Planned:
    """Everything that the file plans. `null_rates`: share of 1 by endpoint."""

    design: PlannedDesign
    null_rates: dict[str, float]
    accrual: AccrualPlan


def planned(values: Mapping[str, Any]) -> Planned:
    """Read and check the three entries. Raises `PlanError`."""
    for key in ("design", "null_rates", "accrual_plan"):
        if key not in values:
            raise PlanError(f"{key} is missing")
    design = read_design(values["design"])
    rates = read_null_rates(values["null_rates"])
    accrual = read_accrual(values["accrual_plan"])
    if rates.get("MPR", design.p0) != design.p0:
        raise PlanError(f"null_rates.MPR is {rates['MPR']}, but design.p0 is {design.p0}")
    if accrual.target < design.n:
        raise PlanError(f"accrual_plan.target is {accrual.target}, fewer than design.n {design.n}")
    return Planned(design, rates, accrual)


def read_design(data: Any) -> PlannedDesign:
    """The design with its rule; whatever contradicts itself is refused."""
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind not in KEYS:
        raise PlanError(f"design.kind is one of {', '.join(KEYS)}, not {kind!r}")
    _keys("design", data, KEYS[kind])
    p0, p1, alpha, power = (_share(f"design.{key}", data[key]) for key in TARGETS)
    if p0 >= p1:
        raise PlanError(f"design.p0 ({p0}) must be less than design.p1 ({p1})")
    if alpha >= power:
        raise PlanError(f"design.alpha ({alpha}) must be less than design.power ({power})")
    n, success_from = _count("design.n", data["n"]), _count("design.success_from", data["success_from"])
    if success_from > n:
        raise PlanError(f"design.success_from ({success_from}) is more than design.n ({n})")
    if kind == SINGLE_STAGE:
        return PlannedDesign(kind, p0, p1, alpha, power, n, success_from)
    n1, stop_up_to = _count("design.n1", data["n1"]), _count("design.stop_up_to", data["stop_up_to"], least=0)
    if n1 >= n:
        raise PlanError(f"design.n1 ({n1}) must be less than design.n ({n})")
    if stop_up_to >= n1:
        raise PlanError(f"design.stop_up_to ({stop_up_to}) must be less than design.n1 ({n1})")
    if stop_up_to >= success_from:
        raise PlanError(
            f"design.stop_up_to ({stop_up_to}) must be less than design.success_from ({success_from})"
        )
    return PlannedDesign(kind, p0, p1, alpha, power, n, success_from, n1, stop_up_to)


def read_null_rates(data: Any) -> dict[str, float]:
    """Null rates by endpoint; none is allowed."""
    if not isinstance(data, dict):
        raise PlanError("null_rates is not a table of rates by endpoint")
    unknown = sorted(set(data) - set(RATE_ENDPOINTS))
    if unknown:
        raise PlanError(
            f"null_rates.{unknown[0]} is no endpoint with a rate; there are {', '.join(RATE_ENDPOINTS)}"
        )
    return {name: _share(f"null_rates.{name}", value) for name, value in data.items()}


def read_accrual(data: Any) -> AccrualPlan:
    """When enrolment starts, how fast it goes and where it ends."""
    _keys("accrual_plan", data, ACCRUAL_KEYS)
    per_month = data["per_month"]
    if isinstance(per_month, bool) or not isinstance(per_month, int | float) or not 0 < per_month < 1e6:
        raise PlanError(f"accrual_plan.per_month is a number above 0, not {per_month!r}")
    return AccrualPlan(
        _day("accrual_plan.start", data["start"]),
        float(per_month),
        _count("accrual_plan.target", data["target"]),
    )


def _keys(where: str, data: Any, wanted: tuple[str, ...]) -> None:
    """Exactly these keys: a misspelt one must never be ignored."""
    if not isinstance(data, dict):
        raise PlanError(f"{where} is not a table")
    for key in sorted(set(data) - set(wanted)):
        raise PlanError(f"{where}.{key} is not known; there are {', '.join(wanted)}")
    for key in wanted:
        if key not in data:
            raise PlanError(f"{where}.{key} is missing")


def _share(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise PlanError(f"{where} lies between 0 and 1, not {value!r}")
    return float(value)


def _count(where: str, value: Any, least: int = 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise PlanError(f"{where} is a whole number of at least {least}, not {value!r}")
    return value


def _day(where: str, value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise PlanError(f"{where} is a day written as YYYY-MM-DD, not {value!r}") from None
