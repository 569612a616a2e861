"""The study file's plan of the statistics: read, checked with clear words, covered by the digest."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from endpoints.engine.figures import RATES
from trialsite.kernel.planned import RATE_ENDPOINTS, AccrualPlan, PlanError, PlannedDesign, planned
from trialsite.kernel.study import FILE, StudyError, read, study

SINGLE = {
    "kind": "single-stage", "p0": 0.15, "p1": 0.35, "alpha": 0.025, "power": 0.9, "n": 48, "success_from": 13
}  # fmt: skip
SIMON = {
    "kind": "simon", "p0": 0.1, "p1": 0.3, "alpha": 0.05, "power": 0.9, "n1": 18, "stop_up_to": 2, "n": 35, "success_from": 7
}  # fmt: skip
ACCRUAL = {"start": "2024-01-01", "per_month": 2.0, "target": 48}


def whole(**changed: Any) -> dict[str, Any]:
    return {"design": SINGLE, "null_rates": {"MPR": 0.15}, "accrual_plan": ACCRUAL} | changed


def test_the_file_of_the_study() -> None:
    """What is assumed says so: the registry record names none of it."""
    found = study()
    assert found.planned == planned(found.values)
    assert found.planned.design.kind in ("single-stage", "simon")
    for key in ("design", "null_rates", "accrual_plan"):
        assert found.reasons[key].startswith("The registry record names no ")
        assert "assumed, to be replaced by the signed protocol" in found.reasons[key]


def test_both_kinds_of_design_are_read() -> None:
    assert planned(whole()).design == PlannedDesign("single-stage", 0.15, 0.35, 0.025, 0.9, 48, 13)
    two = planned(whole(design=SIMON, null_rates={})).design
    assert two == PlannedDesign("simon", 0.1, 0.3, 0.05, 0.9, 35, 7, 18, 2)
    assert planned(whole()).accrual == AccrualPlan(date(2024, 1, 1), 2.0, 48)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"design": SINGLE | {"p0": 0.35}}, "design.p0 (0.35) must be less than design.p1 (0.35)"),
        ({"design": SINGLE | {"p1": 1.2}}, "design.p1 lies between 0 and 1, not 1.2"),
        ({"design": SINGLE | {"alpha": 0}}, "design.alpha lies between 0 and 1, not 0"),
        ({"design": SINGLE | {"alpha": 0.95}}, "design.alpha (0.95) must be less than design.power (0.9)"),
        ({"design": SINGLE | {"n": 12}}, "design.success_from (13) is more than design.n (12)"),
        ({"design": SINGLE | {"n": 48.0}}, "design.n is a whole number of at least 1, not 48.0"),
        ({"design": SINGLE | {"n": True}}, "design.n is a whole number of at least 1, not True"),
        ({"design": SINGLE | {"n1": 10}}, "design.n1 is not known"),
        ({"design": SINGLE | {"kind": "three-stage"}}, "design.kind is one of single-stage, simon"),
        ({"design": {key: SINGLE[key] for key in SINGLE if key != "power"}}, "design.power is missing"),
        ({"design": "48"}, "design.kind is one of"),
        ({"design": SIMON | {"n1": 35}}, "design.n1 (35) must be less than design.n (35)"),
        ({"design": SIMON | {"stop_up_to": 18}}, "design.stop_up_to (18) must be less than design.n1 (18)"),
        ({"design": SIMON | {"stop_up_to": 7}}, "design.stop_up_to (7) must be less than design.success_from (7)"),
        ({"design": SIMON | {"stop_up_to": -1}}, "design.stop_up_to is a whole number of at least 0, not -1"),
        ({"null_rates": {"MPRR": 0.15}}, "null_rates.MPRR is no endpoint with a rate"),
        ({"null_rates": {"MPR": 15}}, "null_rates.MPR lies between 0 and 1, not 15"),
        ({"null_rates": {"MPR": 0.2}}, "null_rates.MPR is 0.2, but design.p0 is 0.15"),
        ({"null_rates": [0.15]}, "null_rates is not a table"),
        ({"accrual_plan": ACCRUAL | {"start": "2024-13-01"}}, "accrual_plan.start is a day written as YYYY-MM-DD"),
        ({"accrual_plan": ACCRUAL | {"start": 2024}}, "accrual_plan.start is a day written as YYYY-MM-DD"),
        ({"accrual_plan": ACCRUAL | {"per_month": 0}}, "accrual_plan.per_month is a number above 0, not 0"),
        ({"accrual_plan": ACCRUAL | {"per_week": 1}}, "accrual_plan.per_week is not known"),
        ({"accrual_plan": ACCRUAL | {"target": 47}}, "accrual_plan.target is 47, fewer than design.n 48"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError) as refused:
        planned(whole(**changed))
    assert words in str(refused.value)


def test_a_part_that_is_missing_is_named() -> None:
    with pytest.raises(PlanError, match="design is missing"):
        planned({"null_rates": {}, "accrual_plan": ACCRUAL})


def written(tmp_path: Path, old: str, new: str) -> Path:
    text = FILE.read_text()
    assert old in text
    path = tmp_path / "study.toml"
    path.write_text(text.replace(old, new, 1))
    return path


def test_the_message_names_file_and_key(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"study\.toml: statistics\.design\.p0 \(0\.5\) must be less"):
        read(written(tmp_path, "p0 = 0.15", "p0 = 0.5"))
    with pytest.raises(StudyError, match=r"study\.toml: statistics\.design is missing"):
        read(written(tmp_path, "[statistics.", "[planned."))


def test_a_file_without_the_part(tmp_path: Path) -> None:
    text = FILE.read_text()
    start, end = text.index("[statistics.design]"), text.index("# Settings of the endpoint engine")
    path = tmp_path / "study.toml"
    path.write_text(text[:start] + text[end:])
    with pytest.raises(StudyError, match="the part statistics is missing"):
        read(path)


def test_the_digest_covers_the_plan(tmp_path: Path) -> None:
    """Another speed of enrolment is another set of settings."""
    assert read(FILE).digest == study().digest
    assert read(written(tmp_path, "per_month = 2.0", "per_month = 2.5")).digest != study().digest


def test_null_rates_are_of_endpoints_that_exist() -> None:
    assert set(RATE_ENDPOINTS) <= {name for name, *_rest in RATES}
