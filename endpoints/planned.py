"""What was planned when figures were computed: null rates, accrual, design, as plain JSON that a cut keeps.

    {null_rates: {MPR: 0.1, …}, accrual_plan: {start YYYY-MM-DD, per_month, target} or none, design: as in the study file,
     settings: [[key, value, reason]], as a report lists them}

The study file may plan something else later; the figures of a moment or a cut stay those of its own plan.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from endpoints.models_cuts import DataCut, Moment
from trialsite.kernel.planned import AccrualPlan
from trialsite.kernel.study import study

Planned = dict[str, Any]
KEPT = "planned"  # where it stands in the facts of a moment or a cut


def planned_now() -> Planned:
    """As the study file says today."""
    found = study().planned
    return {
        "null_rates": dict(found.null_rates),
        "accrual_plan": plain_plan(found.accrual),
        "design": dict(study().values["design"]),
        "settings": settings_now(),
    }


def settings_now() -> list[list[str]]:
    """Every setting of the study and of the engine: key, value, reason."""
    whole = study()
    values = {**whole.values, **whole.engine}
    return [[key, _short(values[key]), whole.reasons[key]] for key in whole.reasons if key in values]


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_short(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(_short(one) for one in value)
    return str(value)


def planned_of(record: Moment | DataCut) -> Planned:
    """As a moment or a cut keeps it. Of one that was made before plans were kept: what its figures say."""
    kept: Planned | None = record.facts.get(KEPT)
    if kept:
        return kept
    settings = [[key, str(value), ""] for key, value in sorted(_engine_settings(record).items())]
    rates = null_rates_of(record.results)
    return {"null_rates": rates, "accrual_plan": None, "design": None, "settings": settings}


def _engine_settings(record: Moment | DataCut) -> dict[str, Any]:
    return record.engine_settings if isinstance(record, DataCut) else {}


def null_rates_of(results: Mapping[str, Any]) -> dict[str, float]:
    """The null rates that figures were tested against."""
    found = {}
    for name, by_set in results.get("rates", {}).items():
        for one in by_set.values():
            if "p0" in one["all"]:
                found[name] = one["all"]["p0"]
    return found


def plain_plan(plan: AccrualPlan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    return {"start": plan.start.isoformat(), "per_month": plan.per_month, "target": plan.target}


def accrual_plan(planned: Mapping[str, Any]) -> AccrualPlan | None:
    """The plan that enrolment is compared with."""
    plan = planned["accrual_plan"]
    if plan is None:
        return None
    return AccrualPlan(dt.date.fromisoformat(plan["start"]), float(plan["per_month"]), plan["target"])
