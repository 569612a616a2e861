"""Every published vector agrees: other people's software, other people's tables."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import pytest

from endpoints.engine.operations import OPERATIONS, run_case

VECTORS = Path(__file__).parents[2] / "oracles"
FILES = sorted(VECTORS.glob("*.json"))


def differences(expected: Any, actual: Any, where: str = "") -> list[str]:
    """All places where `expected` (a part of the result) is not what came out."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        keys = expected.items()
        return [line for key, value in keys for line in differences(value, actual.get(key), f"{where}.{key}")]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        pairs = enumerate(zip(expected, actual, strict=True))
        return [line for i, (one, two) in pairs for line in differences(one, two, f"{where}[{i}]")]
    if is_number(expected) and is_number(actual):
        close = math.isclose(expected, actual, rel_tol=1e-9, abs_tol=1e-12)
        return [] if close else [f"{where}: {expected} is not {actual}"]
    return [] if expected == actual else [f"{where}: {expected} is not {actual}"]


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def vectors(operation: str) -> list[Any]:
    """The cases of one file, each under its own name."""
    content = json.loads((VECTORS / f"{operation}.json").read_text())
    return [pytest.param(row, id=str(row["case"]["id"])) for row in content["cases"]]


def agree(operation: str, row: dict[str, Any]) -> None:
    """A vector's expected part equals the result; a refusal is expected where the vector has one."""
    made = run_case(operation, row["case"])
    assert ("error" in made) == ("error" in row["expected"]), made.get("error")
    assert not differences({key: value for key, value in row["expected"].items() if key != "error"}, made)


@pytest.mark.parametrize("row", vectors("timepoints"))
def test_timepoints(row: dict[str, Any]) -> None:
    agree("timepoints", row)


@pytest.mark.parametrize("row", vectors("overall-response"))
def test_overall_response(row: dict[str, Any]) -> None:
    agree("overall-response", row)


@pytest.mark.parametrize("row", vectors("best-response"))
def test_best_response(row: dict[str, Any]) -> None:
    agree("best-response", row)


@pytest.mark.parametrize("row", vectors("time-to-event"))
def test_time_to_event(row: dict[str, Any]) -> None:
    agree("time-to-event", row)


@pytest.mark.parametrize("row", vectors("partial-date"))
def test_partial_date(row: dict[str, Any]) -> None:
    agree("partial-date", row)


@pytest.mark.parametrize("row", vectors("survival"))
def test_survival(row: dict[str, Any]) -> None:
    agree("survival", row)


@pytest.mark.parametrize("row", vectors("proportion"))
def test_proportion(row: dict[str, Any]) -> None:
    agree("proportion", row)


@pytest.mark.parametrize("row", vectors("design"))
def test_design(row: dict[str, Any]) -> None:
    agree("design", row)


@pytest.mark.parametrize("row", vectors("course"))
def test_course(row: dict[str, Any]) -> None:
    agree("course", row)


@pytest.mark.parametrize("row", vectors("trial"))
def test_trial(row: dict[str, Any]) -> None:
    agree("trial", copy.deepcopy(row))  # the operation takes its input to pieces


def test_every_file_is_run() -> None:
    assert {file.stem for file in FILES} == set(OPERATIONS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_names_its_source(file: Path) -> None:
    content = json.loads(file.read_text())
    assert content["source"] and content["about"] and content["operation"] == file.stem
