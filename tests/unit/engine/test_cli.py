"""The contract of `python -m endpoints.engine`: statuses, refusals, order, an engine that stands alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from endpoints.engine.operations import OPERATIONS, run_case

ROOT = Path(__file__).parents[3]


def run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "endpoints.engine", *arguments]
    return subprocess.run(command, input=given, capture_output=True, text=True, cwd=ROOT, check=False)


GOOD = {"id": "a", "value": "2026-03", "impute": "first", "highest": "D"}


def test_results_come_in_the_order_of_the_cases() -> None:
    made = run("partial-date", given=json.dumps([GOOD | {"id": "b"}, GOOD]))
    assert made.returncode == 0
    assert json.loads(made.stdout) == [
        {"id": "b", "date": "2026-03-01", "flag": "D"},
        {"id": "a", "date": "2026-03-01", "flag": "D"},
    ]


def test_a_refused_case_leaves_the_others() -> None:
    made = run("partial-date", given=json.dumps([GOOD | {"not_bfore": None}, GOOD]))
    assert made.returncode == 1
    refused, good = json.loads(made.stdout)
    assert refused == {"id": "a", "error": {"where": "not_bfore", "message": "Unknown key not_bfore."}}
    assert good["date"] == "2026-03-01"


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        (["partial-date"], '{"id": "a"}'),
        (["partial-date"], "not JSON"),
        (["partial-date"], ""),
        (["nonsense"], "[]"),
        ([], "[]"),
        (["partial-date", "survival"], "[]"),
    ],
)
def test_a_call_that_makes_no_sense(arguments: list[str], given: str) -> None:
    made = run(*arguments, given=given)
    assert (made.returncode, made.stdout) == (2, "")
    assert made.stderr.count("\n") == 1


def test_help_lists_the_operations() -> None:
    made = run("--help")
    assert made.returncode == 0
    assert all(name in made.stdout for name in OPERATIONS)


def test_no_cases_no_results() -> None:
    made = run("course", given="[]")
    assert (made.returncode, json.loads(made.stdout)) == (0, [])


def test_the_engine_stands_alone() -> None:
    """Neither Django, Celery nor pandas is loaded, and SciPy only for a proportion."""
    code = (
        "import sys, endpoints.engine.__main__;"
        "print([name for name in ('django', 'celery', 'pandas', 'scipy', 'numpy') if name in sys.modules])"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert made.stdout.strip() == "[]"


# operation, case -> where
REFUSED: list[Any] = [
    ("course", {"data_cutoff": "2026-01-01"}, "id"),
    ("course", [], ""),
    (
        "course",
        {"id": "a", "data_cutoff": "2026-01-01", "settings": {"min_sd_day": 3}},
        "settings.min_sd_day",
    ),
    (
        "course",
        {"id": "a", "data_cutoff": "2026-01-01", "settings": {"min_sd_days": "3"}},
        "settings.min_sd_days",
    ),
    (
        "course",
        {"id": "a", "data_cutoff": "2026-01-01", "settings": {"conf_type": "log log"}},
        "settings.conf_type",
    ),
    ("course", {"id": "a", "data_cutoff": "2026-01-01", "settings": []}, "settings"),
    ("timepoints", {"id": "a", "criteria": "RECIST 1.1"}, "baseline"),
    ("timepoints", {"id": "a", "criteria": "WHO", "baseline": {}}, "criteria"),
    (
        "timepoints",
        {"id": "a", "criteria": "mRECIST", "baseline": {"date": "2026-01-01", "mm": 3}},
        "baseline.mm",
    ),
    ("overall-response", {"id": "a", "criteria": "mRECIST", "target": "CR"}, "new"),
    ("overall-response", {"id": "a", "criteria": "mRECIST", "target": "XX", "new": "no"}, "target"),
    ("best-response", {"id": "a", "assessments": [{"date": "2026-01-01"}]}, "assessments[0].response"),
    (
        "best-response",
        {"id": "a", "assessments": [{"date": "2026-01-01", "response": "CR"}] * 2},
        "assessments[1].date",
    ),
    ("time-to-event", {"id": "a"}, "start"),
    (
        "time-to-event",
        {"id": "a", "start": "2026-01-02", "events": [{"date": "2026-01-01"}]},
        "events[0].date",
    ),
    ("partial-date", {"id": "a", "impute": "first", "highest": "D"}, "value"),
    ("partial-date", GOOD | {"value": "2026-3"}, "value"),
    ("partial-date", GOOD | {"impute": "middle"}, "impute"),
    ("survival", {"id": "a", "time": [1, 2], "event": [1]}, "event"),
    ("survival", {"id": "a", "time": [-1], "event": [1]}, "time[0]"),
    ("survival", {"id": "a", "time": [1], "event": [2]}, "event[0]"),
    ("survival", {"id": "a", "time": [1], "event": [1], "conf_type": "arcsin"}, "conf_type"),
    ("survival", {"id": "a", "time": [1], "event": [1], "conf_level": 1}, "conf_level"),
    ("proportion", {"id": "a", "x": 3, "n": 2}, "x"),
    ("proportion", {"id": "a", "x": 1.0, "n": 2}, "x"),
    ("proportion", {"id": "a", "x": 1, "n": 2, "p0": 1.5}, "p0"),
]


@pytest.mark.parametrize(("operation", "case", "where"), REFUSED)
def test_refused(operation: str, case: Any, where: str) -> None:
    assert run_case(operation, case)["error"]["where"] == where


def test_absent_is_null_is_empty() -> None:
    """A key that is absent is the same as null, or an empty array."""
    bare = {"id": "a", "data_cutoff": "2026-12-31", "enrolled": "2026-01-01", "first_dose": "2026-01-02"}
    nothing = dict.fromkeys(
        ("surgery", "pathology", "death", "end_of_study", "end_of_treatment", "settings", "final")
    )
    empty: dict[str, Any] = {key: [] for key in ("imaging", "follow_up", "therapies", "alive_on")}
    expected = run_case("course", bare)
    assert "error" not in expected
    assert run_case("course", bare | nothing | empty) == expected
    assert run_case("course", bare | dict.fromkeys(empty)) == expected
