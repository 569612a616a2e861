"""G-29, R-60, R-61, M-13, R-73: what makes a lesion new, and that it is new from its first appearance on.

A lesion that later turns out unequivocal was progression when it was first seen, so earlier time points
change. For a liver nodule mRECIST looks at size and pattern, RECIST 1.1 at what the reader calls it.
"""

from __future__ import annotations

from typing import Any

import pytest

from endpoints.engine.settings import Settings
from endpoints.engine.timepoint import series_from_json

from .build import MRECIST, RECIST, lesion, liver

Rows = list[dict[str, Any]]
SCANS = ("2026-02-05", "2026-03-05", "2026-04-05")


def new(state: str, **more: Any) -> dict[str, Any]:
    return {"id": "N01", "state": state, **more}


def nodule(state: str, mm: str, **more: Any) -> dict[str, Any]:
    return new(state, organ="LIVER", mm=mm, **more)


def overall(criteria: str, *points: Rows | str | None) -> list[tuple[str, str]]:
    """Overall response and date for stable targets; each point gives rows of new lesions or the answer."""
    made = []
    for i, point in enumerate(points):
        row: dict[str, Any] = {"name": f"TA{i + 1}", "date": SCANS[i], "target": [lesion("T01", "50")]}
        made.append(row | ({"new": point} if isinstance(point, list) else {"new_lesions": point}))
    base = {"date": "2026-01-05", "target": [liver("T01", "50")]}
    case = {"id": "x", "criteria": criteria, "baseline": base, "timepoints": made}
    return [(one.overall, one.date.isoformat()) for one in series_from_json(case, Settings()).timepoints]


EQUIVOCAL, UNEQUIVOCAL = "equivocal", "unequivocal"
SD = [("SD", day) for day in SCANS]

TABLE: list[Any] = [
    pytest.param(RECIST, ["no", "no"], SD[:2], id="none"),
    pytest.param(
        RECIST, [[new(EQUIVOCAL)], "no"], SD[:2], id="equivocal does not change the response (R-61)"
    ),
    pytest.param(
        RECIST,
        ["no", [new(EQUIVOCAL)], [new(UNEQUIVOCAL)]],
        [SD[0], ("PD", SCANS[1]), ("PD", SCANS[2])],
        id="equivocal, later unequivocal: PD from the first appearance (R-61)",
    ),
    pytest.param(
        RECIST,
        ["no", [new(UNEQUIVOCAL, date="2026-02-20")]],
        [SD[0], ("PD", "2026-02-20")],
        id="first seen between two visits: dated there (G-32)",
    ),
    pytest.param(
        RECIST,
        ["no", [new(UNEQUIVOCAL, date="2026-02-05")]],
        [("PD", SCANS[0]), ("PD", SCANS[1])],
        id="in hindsight already on the scan before: that time point is PD",
    ),
    pytest.param(
        RECIST,
        [[new(UNEQUIVOCAL)], "no"],
        [("PD", SCANS[0]), ("PD", SCANS[1])],
        id="later time points that no longer list it stay PD",
    ),
    pytest.param(
        RECIST, ["yes", "no"], [("PD", SCANS[0]), SD[1]], id="the answer yes without a row holds only there"
    ),
    pytest.param(RECIST, ["unknown"], [("NE", SCANS[0])], id="region not covered: NE (R-73)"),
    pytest.param(RECIST, [None], [("NE", SCANS[0])], id="neither answer nor row is unknown (G-29)"),
    pytest.param(
        MRECIST, [[nodule(EQUIVOCAL, "10", typical=True)]], [("PD", SCANS[0])], id="10 mm and typical (M-13)"
    ),
    pytest.param(
        RECIST, [[nodule(EQUIVOCAL, "10", typical=True)]], SD[:1], id="the same by RECIST: as the reader says"
    ),
    pytest.param(
        MRECIST, [[nodule(EQUIVOCAL, "9.9", typical=True)]], SD[:1], id="9.9 mm and typical: not yet"
    ),
    pytest.param(
        MRECIST, [[nodule(UNEQUIVOCAL, "9", typical=True)]], SD[:1], id="whatever the reader called it"
    ),
    pytest.param(
        MRECIST, [[nodule(UNEQUIVOCAL, "14", typical=False)]], SD[:1], id="14 mm, atypical: not yet"
    ),
    pytest.param(
        MRECIST,
        [[nodule(EQUIVOCAL, "12", typical=False)], [nodule(EQUIVOCAL, "22", typical=False)]],
        [("PD", SCANS[0]), ("PD", SCANS[1])],
        id="atypical, grown by 10 mm: PD, back-dated (M-13)",
    ),
    pytest.param(
        MRECIST,
        [[nodule(EQUIVOCAL, "12", typical=False)], [nodule(EQUIVOCAL, "21.9", typical=False)]],
        SD[:2],
        id="atypical, grown by 9.9 mm: not yet",
    ),
    pytest.param(
        MRECIST,
        [[nodule(EQUIVOCAL, "6", typical=None)], [nodule(EQUIVOCAL, "11", typical=True)]],
        [("PD", SCANS[0]), ("PD", SCANS[1])],
        id="small first, then typical: dated at first detection",
    ),
    pytest.param(
        MRECIST,
        [[new(UNEQUIVOCAL, organ="LUNG", mm="4")]],
        [("PD", SCANS[0])],
        id="outside the liver: what the reader called it (M-14)",
    ),
    pytest.param(
        MRECIST,
        [[new(UNEQUIVOCAL, organ="LIVER")]],
        [("PD", SCANS[0])],
        id="liver without a diameter: reader",
    ),
]


@pytest.mark.parametrize(("criteria", "points", "expected"), TABLE)
def test_new_lesion(criteria: str, points: list[Any], expected: list[tuple[str, str]]) -> None:
    assert overall(criteria, *points) == expected


def test_unknown_gives_way_to_progression_elsewhere() -> None:
    """R-73: a region not covered is PD only if another row gives PD."""
    base = {"date": "2026-01-05", "target": [liver("T01", "50")]}
    point = {"name": "TA1", "date": SCANS[0], "target": [lesion("T01", "70")], "new_lesions": "unknown"}
    case = {"id": "x", "criteria": RECIST, "baseline": base, "timepoints": [point]}
    assert series_from_json(case, Settings()).timepoints[0].overall == "PD"


def test_progression_has_the_earliest_of_its_dates() -> None:
    """G-32: sum on the last scan, non-target on the first, new lesion at its first appearance."""
    base = {"date": "2026-01-05", "target": [liver("T01", "50")], "nontarget": [{"id": "NT01"}]}
    span = {"date": "2026-03-01", "last_scan_date": "2026-03-06"}
    progressing = {"target": [lesion("T01", "70")]}
    worse = {"nontarget": [{"id": "NT01", "state": "unequivocal_progression"}]}
    stable = {"nontarget": [{"id": "NT01", "state": "present"}]}
    seen = {"new": [new(UNEQUIVOCAL, date="2026-02-20")]}
    for parts, day in (
        (progressing | stable | {"new_lesions": "no"}, "2026-03-06"),
        (progressing | worse | {"new_lesions": "no"}, "2026-03-01"),
        (progressing | worse | seen, "2026-02-20"),
        ({"target": [lesion("T01", "50")]} | stable | {"new_lesions": "no"}, "2026-03-06"),
    ):
        point = {"name": "TA1", **span, **parts}
        case = {"id": "x", "criteria": RECIST, "baseline": base, "timepoints": [point]}
        assert series_from_json(case, Settings()).timepoints[0].date.isoformat() == day
