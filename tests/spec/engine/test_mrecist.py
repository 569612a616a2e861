"""Section 3: mRECIST works on viable diameters; no published data set covers it.

Both criteria look at the same scan. What counts differs: the whole lesion by RECIST 1.1, the arterially
enhancing part by mRECIST; the thresholds are the same, and the 5 mm floor is ours (Q-3) and can be switched
off.
"""

from __future__ import annotations

from typing import Any

import pytest

from endpoints.engine.settings import Settings
from endpoints.engine.timepoint import series_from_json

from .build import MRECIST, RECIST, lesion, liver


def responses(criteria: str, baseline: str, *sums: str, **settings: Any) -> list[str | None]:
    """Target responses of one liver lesion over the time points."""
    points = [
        {"name": f"TA{i}", "date": f"2026-0{i + 1}-05", "new_lesions": "no", "target": [lesion("T01", mm)]}
        for i, mm in enumerate(sums, 1)
    ]
    base = {"date": "2026-01-05", "target": [liver("T01", baseline)]}
    case = {"id": "x", "criteria": criteria, "baseline": base, "timepoints": points}
    return [point.target for point in series_from_json(case, Settings.from_json(settings)).timepoints]


# criteria, baseline, diameters, settings -> target responses
TABLE: list[Any] = [
    pytest.param(RECIST, "62.0", ["58.0"], {}, ["SD"], id="the mass hardly shrinks: SD by RECIST 1.1"),
    pytest.param(MRECIST, "60.0", ["20.0"], {}, ["PR"], id="but two thirds stopped enhancing: PR by mRECIST"),
    pytest.param(MRECIST, "60.0", ["0"], {}, ["CR"], id="no enhancement left, lesion still visible: CR"),
    pytest.param(MRECIST, "50", ["35"], {}, ["PR"], id="exactly -30 %"),
    pytest.param(MRECIST, "50", ["35.1"], {}, ["SD"], id="just short of -30 %"),
    pytest.param(MRECIST, "60", ["25", "30"], {}, ["PR", "PD"], id="exactly +20 % and +5 mm over the nadir"),
    pytest.param(MRECIST, "60", ["8", "10"], {}, ["PR", "PR"], id="8 to 10 mm is noise: the floor of 5 mm"),
    pytest.param(
        MRECIST,
        "60",
        ["8", "10"],
        {"mrecist_progression_increase_mm": 0},
        ["PR", "PD"],
        id="floor off: 25 % is PD",
    ),
    pytest.param(
        RECIST,
        "60",
        ["8", "10"],
        {"mrecist_progression_increase_mm": 0},
        ["PR", "PR"],
        id="RECIST keeps its floor",
    ),
    pytest.param(
        MRECIST,
        "60",
        ["60"],
        {"mrecist_progression_increase_mm": 0},
        ["SD"],
        id="floor off: the sum must have grown",
    ),
    pytest.param(MRECIST, "14", ["9.8"], {}, ["PR"], id="exactly -30 % where binary fractions fail"),
    pytest.param(MRECIST, "27", ["32.4"], {}, ["PD"], id="exactly +20 % where binary fractions fail"),
    pytest.param(MRECIST, "20", ["0", "4.9"], {}, ["CR", "PD"], id="any enhancement after CR is PD (R-66)"),
]


@pytest.mark.parametrize(("criteria", "baseline", "sums", "settings", "expected"), TABLE)
def test_target_response(
    criteria: str, baseline: str, sums: list[str], settings: dict[str, Any], expected: list[str]
) -> None:
    assert responses(criteria, baseline, *sums, **settings) == expected


def test_growth_from_a_nadir_of_zero() -> None:
    """R-38: without a complete response overall (a non-target persists) 4 mm is no progression, 5 mm is."""
    points = [
        {"name": f"TA{i}", "date": f"2026-0{i + 1}-05", "new_lesions": "no", "target": [lesion("T01", mm)]}
        | {"nontarget": [{"id": "NT01", "state": "present"}]}
        for i, mm in enumerate(("0", "4", "5"), 1)
    ]
    base = {"date": "2026-01-05", "target": [liver("T01", "30")], "nontarget": [{"id": "NT01"}]}
    case = {"id": "x", "criteria": MRECIST, "baseline": base, "timepoints": points}
    made = series_from_json(case, Settings()).timepoints
    assert [point.target for point in made] == ["CR", "PR", "PD"]
    assert made[2].change_from_nadir_pct is None
