"""Courses of many shapes: those of the vectors, and random ones."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

VECTORS = Path(__file__).parents[2] / "oracles" / "course.json"
Json = dict[str, Any]

RESPONSES = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE")
START = date(2026, 1, 10)


def published() -> list[Json]:
    """The courses of the vectors that are not refused."""
    rows = json.loads(VECTORS.read_text())["cases"]
    return [row["case"] for row in rows if "error" not in row["expected"]]


def day(days: int) -> str:
    return (START + timedelta(days=days)).isoformat()


def measured(draw: st.DrawFn, name: str) -> Json:
    """A target row, now and then not evaluable or without any diameter."""
    state = draw(st.sampled_from([None, None, None, "absent", "too_small", "not_evaluable", "merged"]))
    mm = str(draw(st.integers(0, 900)) / 10) if state is None else None
    return {"id": name, "mm": mm, "state": state}


@st.composite
def imaging(draw: st.DrawFn, criteria: str) -> list[Json]:
    """A baseline with two lesions and up to four time points, some of them responses used as they are."""
    shared = {"evaluator": "INVESTIGATOR", "criteria": criteria}
    targets = [{"id": name, "organ": "LIVER", "node": False, "mm": "40.0"} for name in ("T01", "T02")]
    rows: list[Json] = [shared | {"name": "SCR", "date": day(-5), "baseline": True, "target": targets}]
    rows[0]["nontarget"] = [{"id": "NT01"}]
    for i in sorted(draw(st.sets(st.integers(1, 12), max_size=4))):
        row: Json = shared | {"name": f"TA{i}", "date": day(28 * i), "last_scan_date": day(28 * i + 2)}
        if draw(st.booleans()):
            row["overall"] = draw(st.sampled_from(RESPONSES))
        else:
            row["target"] = [measured(draw, name) for name in ("T01", "T02")]
            state = draw(st.sampled_from(["present", "absent", "not_evaluable"]))
            row["nontarget"] = [{"id": "NT01", "state": state}]
            row["new_lesions"] = draw(st.sampled_from(["no", "no", "unknown", None]))
            if draw(st.integers(0, 4)) == 0:
                mm = str(draw(st.integers(4, 25)))
                row["new_lesions"] = None
                row["new"] = [
                    {"id": "N01", "state": "equivocal", "organ": "LIVER", "mm": mm, "typical": True}
                ]
        rows.append(row)
    return rows


@st.composite
def reads(draw: st.DrawFn) -> Json:
    """Two central reads of two nodules, sometimes with an adjudication."""
    made = []
    for reader in ("READER 1", "READER 2", "ADJUDICATOR"):
        sizes = {"length_mm": "40.0", "width_mm": "30.0"}
        nodules = [sizes | {"id": name, "viable_pct": str(draw(st.integers(0, 30)))} for name in ("1", "2")]
        answers = {"adequacy": draw(st.sampled_from(["ADEQUATE", "LIMITED"])), "viable_elsewhere": False}
        made.append({"reader": reader, "final": True, "nodules": nodules} | answers)
    return {"reads": made[:2], "adjudication": draw(st.sampled_from([None, made[2]]))}


@st.composite
def courses(draw: st.DrawFn) -> Json:
    """A participant from enrolment to whatever happened."""
    data: Json = {"id": "x", "enrolled": day(-2), "diagnosed": "2025-12", "first_dose": day(0)}
    data["data_cutoff"] = day(draw(st.integers(10, 900)))
    data["imaging"] = draw(imaging("RECIST 1.1")) + draw(imaging("mRECIST"))
    data["final"] = draw(st.booleans())
    data["alive_on"] = [day(days) for days in draw(st.lists(st.integers(0, 500), max_size=3))]
    dates = [
        day(days)[: draw(st.sampled_from([7, 10]))]
        for days in draw(st.lists(st.integers(90, 600), max_size=2))
    ]
    data["therapies"] = [{"date": when, "name": "TACE"} for when in dates]
    if draw(st.booleans()):
        margin = draw(st.sampled_from(["R0", "R1", None]))
        data["surgery"] = {"date": day(80), "performed": True, "resected": True, "margin": margin}
        data["pathology"] = draw(reads())
        days = draw(st.lists(st.integers(100, 600), max_size=4, unique=True))
        answer = st.sampled_from(["no", "no", "yes", "not_evaluable"])
        data["follow_up"] = [{"date": day(each), "recurrence": draw(answer)} for each in days]
    if draw(st.booleans()):
        data["death"] = {"date": day(draw(st.integers(80, 700)))[: draw(st.sampled_from([7, 10]))]}
    return data
