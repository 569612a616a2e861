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


PLAN = {"start": "2026-01-01", "per_month": 2, "target": 5}

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
    (
        "course",
        {"id": "a", "data_cutoff": "2026-01-01", "enrolled": "9999-12-01", "first_dose": "9999-12-01"},
        "enrolled",
    ),
    ("course", {"id": "a", "data_cutoff": "9999-12-31"}, "data_cutoff"),
    ("trial", {"id": "a", "null_rates": {"MPRR": 0.1}}, "null_rates.MPRR"),
    ("trial", {"id": "a", "null_rates": {"MPR": float("nan")}}, "null_rates.MPR"),
    *(
        ("trial", {"id": "a", "accrual_plan": PLAN | {"per_month": value}}, "accrual_plan.per_month")
        for value in (float("nan"), float("inf"), 0)
    ),
    ("trial", {"id": "a", "accrual_plan": PLAN | {"target": 4.5}}, "accrual_plan.target"),
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


TREATED = {"id": "01", "data_cutoff": "2026-05-01", "enrolled": "2026-01-30", "first_dose": "2026-02-01"}
SAFETY: dict[str, Any] = {"disposition": {}, "sets": {"SAF": True}}

# profile -> where, below the participant
MALFORMED: list[Any] = [
    ({"sets": {"SAF": True}}, "disposition"),
    ({"disposition": "x"}, "disposition"),
    ({"disposition": {"enrolled": "spring"}}, "disposition.enrolled"),
    ({"disposition": {"off": ["2026-03-01"]}}, "disposition.off"),
    ({"disposition": {"ends": {"NEO": ["2026-03-01", []]}}}, "disposition.ends.NEO[1]"),
    ({"disposition": {"surgery": {"margin": {}}}}, "disposition.surgery.margin"),
    ({"disposition": {}, "sets": {"SAF": "yes"}}, "sets.SAF"),
    ({"disposition": {}, "baseline": {"age": "61"}}, "baseline.age"),
    (SAFETY | {"safety": [{"grade": 3}, {"grade": "5", "related": "Y"}]}, "safety[1].grade"),
    (SAFETY | {"safety": {}}, "safety"),
    (SAFETY | {"exposure": {"cycles": {}}}, "exposure.delayed"),
    (SAFETY | {"exposure": {"cycles": {}, "delayed": 0, "OXA": {"doses": 1}}}, "exposure.OXA.phases"),
    (SAFETY | {"pathology": {"readings": [{}]}}, "pathology.readings[0].reader"),
    (SAFETY | {"pathology": {"local": {"rvt": float("inf")}}}, "pathology.local.rvt"),
    ({"disposition": {}, "safty": []}, "safty"),
]


@pytest.mark.parametrize(("profile", "where"), MALFORMED)
def test_a_malformed_profile_is_the_error_of_its_participant(profile: Any, where: str) -> None:
    good = {"course": TREATED | {"id": "02"}, "profile": SAFETY}
    made = run_case("trial", {"id": "a", "participants": [{"course": TREATED, "profile": profile}, good]})
    assert [(one["id"], one["where"]) for one in made["errors"]] == [
        ("01", f"participants[0].profile.{where}")
    ]
    assert [one["id"] for one in made["values"]] == ["02"]
    assert made["tables"]["ALL"]["safety"]["n"] == 1


def test_a_refused_course_with_a_malformed_profile() -> None:
    one = {"course": {"id": "01"}, "profile": {"sets": {}}}
    made = run_case("trial", {"id": "a", "participants": [one]})
    assert [error["where"] for error in made["errors"]] == ["participants[0].course.data_cutoff"]


def test_a_participant_of_the_year_9999_leaves_the_others() -> None:
    late = TREATED | {"id": "03", "first_dose": "9999-12-01", "data_cutoff": "9000-12-31"}
    made = run_case("trial", {"id": "a", "participants": [{"course": late}, {"course": TREATED}]})
    assert [error["where"] for error in made["errors"]] == ["participants[0].course.first_dose"]
    assert [one["id"] for one in made["values"]] == ["01"]


def test_what_no_check_foresaw_is_the_error_of_its_case(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_case: Any, _settings: Any) -> dict[str, Any]:
        raise KeyError("safety")

    monkeypatch.setitem(OPERATIONS, "survival", (broken, frozenset()))
    error = run_case("survival", {"id": "a"})["error"]
    assert error == {"where": "", "message": "The engine cannot compute this: KeyError, 'safety'."}


def test_the_command_line_goes_on_after_a_malformed_trial() -> None:
    bad = {"id": "a", "participants": [{"course": TREATED, "profile": {"sets": {"SAF": True}}}]}
    made = run("trial", given=json.dumps([bad, {"id": "b"}]))
    assert (made.returncode, made.stderr) == (1, "")
    first, second = json.loads(made.stdout)
    assert (first["errors"][0]["id"], second["participants"]) == ("01", 0)
