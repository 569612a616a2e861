"""Short words for long courses: every helper gives JSON-shaped input of the engine."""

from __future__ import annotations

from typing import Any

from endpoints.engine.course import Course, EngineError, derive
from endpoints.engine.results import CourseResult
from endpoints.engine.settings import Settings

Json = dict[str, Any]

RECIST, MRECIST = "RECIST 1.1", "mRECIST"
FIRST_DOSE = "2026-01-10"
RESECTED_ON = "2026-03-20"


def lesion(name: str, mm: str | None = None, **more: Any) -> Json:
    """A target row."""
    return {"id": name, "mm": mm, **more}


def liver(name: str, mm: str) -> Json:
    """A target in the liver at baseline."""
    return {"id": name, "organ": "LIVER", "node": False, "mm": mm}


def scan(criteria: str, name: str, date: str, **more: Any) -> Json:
    """An imaging row of the investigator; lesion-free rows with `overall` are used as they are."""
    row: Json = {"evaluator": "INVESTIGATOR", "criteria": criteria, "name": name, "date": date, **more}
    if not row.get("baseline") and "new_lesions" not in row and not row.get("new"):
        row["new_lesions"] = "no"
    return row


def given(
    responses: dict[str, str], criteria: str = RECIST, baseline: str | None = "2026-01-05"
) -> list[Json]:
    """A series of responses used as they are, date to response."""
    rows = [scan(criteria, "SCR", baseline, baseline=True)] if baseline else []
    return rows + [
        scan(criteria, f"TA{i}", day, overall=value) for i, (day, value) in enumerate(responses.items(), 1)
    ]


def both(responses: dict[str, str]) -> list[Json]:
    """The same responses by both criteria."""
    return given(responses) + given(responses, MRECIST)


def resection(date: str = RESECTED_ON, margin: str | None = "R0", **more: Any) -> Json:
    return {"date": date, "performed": True, "resected": True, "margin": margin, **more}


def nodule(length: str, width: str, viable: str, **more: Any) -> Json:
    return {"id": "1", "length_mm": length, "width_mm": width, "viable_pct": viable, **more}


def read(reader: str, *nodules: Json, **more: Any) -> Json:
    """A final, adequate central read without viable tumour elsewhere."""
    row: Json = {"reader": reader, "final": True, "adequacy": "ADEQUATE", "viable_elsewhere": False}
    return row | {"nodules": list(nodules)} | more


def one(viable: str) -> Json:
    """A single nodule of 40 x 30 mm."""
    return nodule("40", "30", viable)


def pathology(*reads: Json, adjudication: Json | None = None) -> Json:
    return {"reads": list(reads), "adjudication": adjudication}


def follow_up(date: str, recurrence: str = "no") -> Json:
    return {"date": date, "recurrence": recurrence}


def course(**changes: Any) -> Json:
    """An enrolled and dosed participant whose cut-off is early enough for everything to be open."""
    base: Json = {
        "id": "01-003",
        "data_cutoff": "2026-04-30",
        "enrolled": "2026-01-08",
        "diagnosed": "2025-12",
        "first_dose": FIRST_DOSE,
        "last_study_dose": "2026-03-01",
        "imaging": both({"2026-02-05": "SD", "2026-03-06": "SD"}),
    }
    return base | changes


def result(data: Json, **settings: Any) -> CourseResult:
    """All endpoints of a course."""
    return derive(Course.from_json(data), Settings.from_json(settings))


def endpoint(data: Json, name: str, **settings: Any) -> Json:
    """One endpoint, as the command line gives it."""
    made = result(data, **settings).endpoints[name]
    assert made.steps, "a result without its steps is a defect (G-26)"
    return made.to_json()


def ended(data: Json, name: str, **settings: Any) -> tuple[str | None, bool | None, str | None]:
    """End, event and name of a time to event."""
    made = endpoint(data, name, **settings)
    return made["end"], made["event"], made["name"]


def refusal(data: Json, **settings: Any) -> EngineError:
    """The refusal of a course; no refusal fails the test."""
    try:
        result(data, **settings)
    except EngineError as error:
        return error
    raise AssertionError("the course was not refused")
