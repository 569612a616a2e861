"""The operation `design` of the command line: designs for given targets, one design's characteristics, its present state."""

from __future__ import annotations

from typing import Any

from endpoints.engine.design import Design, Targets, characteristics, design_json
from endpoints.engine.design_current import Data, current
from endpoints.engine.design_search import N_MAX, simon, single_stage
from endpoints.engine.parsing import Json, as_object, at, need, rows
from endpoints.engine.settings import Settings
from endpoints.engine.steps import EngineError, gettext_noop

BETWEEN = gettext_noop("{key} must lie between 0 and 1, not {value}.")
WHOLE = gettext_noop("{key} must be a whole number from {least} to {most}, not {value}.")
LESS = gettext_noop("{low} must be less than {high}.")
TOGETHER = gettext_noop("{key} needs {other}.")

CASE_KEYS = frozenset({"p0", "p1", "alpha", "power", "n_max", "design", "rates", "x", "n", "expected"})
DESIGN_KEYS = frozenset({"n", "success_from", "n1", "stop_up_to"})
LARGEST = 1000


def run_design(case: Json, settings: Settings) -> dict[str, Any]:
    """Exact single-stage and Simon designs, operating characteristics, conditional and predictive probability."""
    targets = targets_of(case)
    n_max = _whole(case, "n_max", "", 1, N_MAX) or N_MAX
    optimal, minimax = simon(targets, n_max)
    found = {"single_stage": single_stage(targets, n_max), "simon_optimal": optimal, "simon_minimax": minimax}
    made: dict[str, Any] = {name: one and design_json(one, targets) for name, one in found.items()}
    design = _design(case)
    made["design"] = _characteristics(case, design, targets) if design else None
    made["current"] = _current(case, design, targets)
    return made


def targets_of(case: Json) -> Targets:
    """p0 < p1, alpha < power, each between 0 and 1."""
    p0, p1, alpha, power = (_between(need(case, key, ""), key) for key in ("p0", "p1", "alpha", "power"))
    for low, high, names in ((p0, p1, ("p0", "p1")), (alpha, power, ("alpha", "power"))):
        if low >= high:
            raise EngineError(names[0], LESS, {"low": names[0], "high": names[1]})
    return Targets(p0, p1, alpha, power)


def _between(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise EngineError(where, BETWEEN, {"key": where, "value": str(value)})
    return float(value)


def _whole(data: Json, key: str, where: str, least: int, most: int) -> int | None:
    value = data.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        shown = {"key": key, "least": least, "most": most, "value": str(value)}
        raise EngineError(at(where, key), WHOLE, shown)
    return value


def _design(case: Json) -> Design | None:
    if case.get("design") is None:
        return None
    data = as_object(case["design"], DESIGN_KEYS, "design")
    for key in ("n", "success_from"):
        need(data, key, "design")
    n = _whole(data, "n", "design", 1, LARGEST) or 0
    success_from = _whole(data, "success_from", "design", 1, n) or 0
    n1 = _whole(data, "n1", "design", 1, n - 1)
    stop = _whole(data, "stop_up_to", "design", 0, min(n1 or 0, success_from) - 1)
    if (n1 is None) != (stop is None):
        key, other = ("stop_up_to", "n1") if n1 is None else ("n1", "stop_up_to")
        raise EngineError(f"design.{key}", TOGETHER, {"key": key, "other": other})
    return Design(n, success_from, n1, stop)


def _characteristics(case: Json, design: Design, targets: Targets) -> dict[str, Any]:
    rates = [_between(rate, f"rates[{i}]") for i, rate in enumerate(rows(case, "rates"))]
    return design_json(design, targets) | {"rates": [characteristics(design, p).to_json() for p in rates]}


def _current(case: Json, design: Design | None, targets: Targets) -> dict[str, Any] | None:
    n = _whole(case, "n", "", 0, LARGEST)
    given = {key for key in CASE_KEYS if case.get(key) is not None}
    for key, other in (("rates", "design"), ("n", "design"), ("x", "n"), ("expected", "n")):
        if key in given and other not in given:
            raise EngineError(key, TOGETHER, {"key": key, "other": other})
    if n is None or design is None:
        return None
    need(case, "x", "")
    x, expected = _whole(case, "x", "", 0, n), _whole(case, "expected", "", n, LARGEST)
    return current(design, targets, Data(x or 0, n, n if expected is None else expected)).to_json()
