"""The page of the design as lines of a file: names that a program reads, numbers at full precision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from endpoints.designing import ENDPOINT, POPULATION, DesignPage, Standing, every_rate
from endpoints.engine.design import Characteristics, Design, Targets, characteristics
from endpoints.versions import engine_version
from trialsite.kernel.study import study

Line = tuple[Any, ...]
HEAD: Line = ("part", "name", "true_rate", "prior", "value")


def lines(page: DesignPage) -> Iterator[Line]:
    """Where the numbers come from, the configured design, its characteristics, the present state, what else was asked."""
    yield HEAD
    yield from _origin(page)
    yield from _design("configured", page.design, page.targets)
    yield ("configured", "kind", "", "", page.plan.kind)
    for one in (characteristics(page.design, rate) for rate in every_rate(page.targets)):
        yield from _characteristics("configured", one)
    if page.standing is not None:
        yield from _standing(page.standing)
    for found in page.alternatives:
        if found.design is None:
            yield (found.kind, "found", "", "", 0)
            continue
        yield from _design(found.kind, found.design, page.form.targets)
        for known in (found.null, found.good):
            if known is not None:
                yield from _characteristics(found.kind, known)


def _origin(page: DesignPage) -> Iterator[Line]:
    for name, value in (
        ("study", study().id), ("settings", study().digest), ("engine", engine_version()),
        ("endpoint", ENDPOINT), ("analysis_set", POPULATION), ("reason", page.reason),
    ):  # fmt: skip
        yield ("origin", name, "", "", value)
    if page.standing is not None:
        state = page.standing.state
        yield ("origin", "data_up_to", "", "", state.as_of or "")
        yield ("origin", "computed_at", "", "", state.computed_at.isoformat() if state.computed_at else "")
        yield ("origin", "being_computed_anew", "", "", "Y" if page.standing.behind else "N")


def _design(part: str, design: Design, targets: Targets) -> Iterator[Line]:
    pairs: dict[str, Any] = {
        "p0": targets.p0, "p1": targets.p1, "alpha_one_sided": targets.alpha, "power": targets.power,
    } | design.to_json()  # fmt: skip
    for name, value in pairs.items():
        if value is not None:
            yield (part, name, "", "", value)


def _characteristics(part: str, one: Characteristics) -> Iterator[Line]:
    for name, value in one.to_json().items():
        if name != "rate":
            yield (part, name, one.rate, "", value)


def _standing(one: Standing) -> Iterator[Line]:
    found, part = one.found, "current"
    for name, value in (
        ("responders", found.data.x), ("settled", found.data.n), ("pending", one.pending), ("total", one.total),
        ("judged_n", found.design.n), ("judged_success_from", found.design.success_from),
        ("remaining", found.remaining), ("needed", found.needed), ("decided", found.settled),
        ("p_value_one_sided", found.p_value),
    ):  # fmt: skip
        yield (part, name, "", "", value)
    targets = study().planned.design
    yield (part, "conditional_power", targets.p0, "", found.at_p0)
    yield (part, "conditional_power", targets.p1, "", found.at_p1)
    if found.at_observed is not None:
        yield (part, "conditional_power", found.data.x / found.data.n, "", found.at_observed)
    for belief in found.beliefs:
        prior = f"Beta({belief.prior.a:g}, {belief.prior.b:g})"
        yield (part, "predictive_probability", "", prior, belief.predictive)
        yield (part, "probability_rate_above_p0", targets.p0, prior, belief.above_null)
