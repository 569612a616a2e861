"""The benchmarks measure what they say: the estimator beside the others, and the page that is made of the figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import estimators, report_endpoints


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny samples; nothing else is installed."""
    monkeypatch.setattr(estimators, "SIZES", {50: 2})
    monkeypatch.setattr(estimators, "peer_python", lambda: None)
    monkeypatch.setattr("shutil.which", lambda _name: None)


def test_what_is_not_installed_is_said(small: None) -> None:
    found = estimators.estimators(1)
    assert [(row["kind"], row["n"]) for row in found["rows"]] == [("days", 50), ("real", 50)]
    assert all(row["ours"] > 0 and "lifelines" not in row for row in found["rows"])
    assert "lifelines not measured: could not be installed" in report_endpoints.peers(found)
    assert [row[-1] for row in report_endpoints.rows("SQLite", {"estimators": found})] == ["", ""]


@pytest.mark.parametrize(("ours", "said"), [(0.002, "met"), (0.02, "**missed**")])
def test_a_ratio_names_both_and_the_verdict(ours: float, said: str) -> None:
    one = {"kind": "days", "n": 1_000_000, "distinct": 3000, "ours": ours, "lifelines": 0.01}
    found: dict[str, Any] = {"rows": [one], "peers": {"lifelines": {"version": "0.30.3"}}}
    [row] = report_endpoints.rows("SQLite", {"estimators": found})
    assert row[0] == "Survival curve, 1,000,000 participants, whole days"
    assert f"lifelines 10 ms ({ours / 0.01:.2f} ×)" in row[3] and row[4] == said


def test_other_results_are_not_compared(small: None) -> None:
    with pytest.raises(RuntimeError, match="median"):
        estimators._same_medians([{"median": 100.0}], [{"median": 200.0}])


def test_the_lock_of_the_others_has_digests_and_no_address() -> None:
    lines = (Path(estimators.ROOT) / "requirements" / "peers.txt").read_text().splitlines()
    assert any(line.startswith("lifelines==") for line in lines)
    assert not [line for line in lines if "://" in line or line.startswith("-")]
