"""Rows may come in any order: the result is the same."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from endpoints.engine.operations import run_case

from .courses import Json, courses, published


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same input with every array in another order."""
    if isinstance(value, dict):
        return {key: shuffled(one, chance) for key, one in value.items()}
    if isinstance(value, list):
        rows = [shuffled(one, chance) for one in value]
        chance.shuffle(rows)
        return rows
    return value


def values(made: Any) -> Any:
    """The result without its steps; of an error only that it is one (its place names another row)."""
    if isinstance(made, dict):
        if "error" in made:
            return "refused"
        return {key: values(one) for key, one in made.items() if key != "steps"}
    return [values(one) for one in made] if isinstance(made, list) else made


@pytest.mark.parametrize("data", published(), ids=lambda data: data["id"])
def test_vectors_in_another_order(data: Json) -> None:
    expected = values(run_case("course", data))
    for seed in range(3):
        assert values(run_case("course", shuffled(data, random.Random(seed)))) == expected


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(courses(), st.randoms(use_true_random=False))
def test_random_courses_in_another_order(data: Json, chance: random.Random) -> None:
    assert values(run_case("course", shuffled(data, chance))) == values(run_case("course", data))


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(courses())
def test_the_result_depends_on_nothing_else(data: Json) -> None:
    """No clock and no memory: the same input gives the same output, steps and all."""
    assert run_case("course", data) == run_case("course", data)
