"""Casebooks in memory for tests of the mapping: a sheet in a line."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from crf.registry import form_def
from crf.sheets import Casebook, RowValues, Sheet
from endpoints.engine.course import Course, CourseResult, derive
from endpoints.mapping import Mapping

CUTOFF = dt.date(2026, 11, 1)
_numbers = itertools.count(1)


def sheet(
    key: str, visit: str = "", order: int = 0, *, rows: Any = None, status: str = "COMPLETE", **values: str
) -> Sheet:
    """A form with texts as the trail writes them."""
    definition = form_def(key)
    made = Sheet(key=key, form=next(_numbers), visit=visit, visit_order=order, status=status)
    made.values = {name: definition.fields[name].from_text(text) for name, text in values.items()}
    for section in definition.row_sections:
        fields = {f.name: f for f in section.fields}
        lines = (rows or {}).get(section.id, [])
        made.rows[section.id] = [
            RowValues(number, {name: fields[name].from_text(text) for name, text in line.items()})
            for number, line in enumerate(lines, 1)
        ]
    return made


def assessment(visit: str, order: int, on: str, mm: str = "", **more: Any) -> Sheet:
    """One target lesion; without a diameter it is resected."""
    lesion = {"tl_lnkid": "T01", "tl_loc": "LIVER", "tl_node": "N", "tl_enh": "TYPICAL"}
    lesion |= {"tl_state": "MEASURED", "tl_diam": mm, "tl_viable": mm} if mm else {"tl_state": "RESECTED"}
    rows = {"TA2": [lesion], "TA4": more.pop("new", [])}
    common = {"ta_perf": "Y", "tudat": on, "ta_contrast": "Y", "ta_method": "MRI_MP"}
    return sheet("TA", visit, order, rows=rows, **(common | {"nl_yn": "N"} | more))


def started() -> list[Sheet]:
    """Enrolled, treated, with a baseline."""
    infusion = {"ectrt": "OXA", "ecoccur": "Y", "ecstdat": "2026-01-10", "ecendat": "2026-01-11"}
    return [
        sheet("IE", "SCR", 10, enr_yn="Y", enr_dsstdat="2026-01-08"),
        assessment("SCR", 10, "2026-01-05", "62.0", nl_yn="NA"),
        sheet("EC", "C1", 101, ec_phase="NEO", ec_given="Y", ec_d1dat="2026-01-10", rows={"EC2": [infusion]}),
    ]


def resection(**more: str) -> Sheet:
    values = {
        "surg_proccur": "Y",
        "surg_prstdat": "2026-03-20",
        "surg_prtrt": "RAS",
        "surg_r": "R0",
        "surg_ablation": "N",
    }
    return sheet("SURG", "SURG", 210, **(values | more))


def mapping(*sheets: Sheet) -> Mapping:
    return Mapping(Casebook("01-003", [*started(), *sheets]), CUTOFF, evaluator="INVESTIGATOR")


def result(*sheets: Sheet) -> CourseResult:
    return derive(Course.from_json(mapping(*sheets).case))
