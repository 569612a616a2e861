"""A course from JSON, in the shape of the contract's operation `course`."""

from __future__ import annotations

from typing import Any

from endpoints.engine import codes
from endpoints.engine.imaging_input import imaging
from endpoints.engine.parsing import (
    NOT_AN_OBJECT,
    Json,
    as_day,
    as_object,
    code,
    day,
    each,
    needed_code,
    needed_day,
    needed_text,
    needed_yes_no,
    number,
    partial_day,
    text,
    yes_no,
)
from endpoints.engine.steps import EngineError, gettext_noop
from endpoints.engine.types import CentralRead, Course, EndOfTreatment, FollowUp, Nodule, Surgery, Therapy
from trialsite.kernel.partial_date import PartialDate

COURSE_KEYS = frozenset(
    {"id", "settings", "data_cutoff", "final", "enrolled", "diagnosed", "first_dose", "last_study_dose"}
    | {"imaging", "end_of_treatment", "surgery", "pathology", "follow_up", "therapies"}
    | {"alive_on", "death", "end_of_study"}
)
EOT_KEYS = frozenset({"date", "surgery_planned"})
SURGERY_KEYS = frozenset({"date", "performed", "resected", "margin", "tumour_left"})
PATHOLOGY_KEYS = frozenset({"reads", "adjudication"})
READ_KEYS = frozenset({"reader", "final", "date", "adequacy", "nodules", "viable_elsewhere"})
NODULE_KEYS = frozenset({"id", "length_mm", "width_mm", "height_mm", "viable_pct", "in_situ_only"})
FOLLOW_UP_KEYS = frozenset({"date", "recurrence", "kind"})
THERAPY_KEYS = frozenset({"date", "name", "protocol"})
DATE_KEYS = frozenset({"date"})

DEATH_YEAR = gettext_noop("A death needs at least its year.")
FOLLOW_UP_DATE = gettext_noop("A follow-up without recurrence needs a complete date, not {value}.")
NEEDS_DATE = gettext_noop("An operation that was performed needs its date.")
NEEDS_RESECTED = gettext_noop(
    "An operation that was performed is a resection or it is not: resected is required."
)
NOT_PERFORMED = gettext_noop("An operation that was not performed cannot be a resection.")


def nodule(value: Any, where: str) -> Nodule:
    """One tumour nodule of a reading."""
    data = as_object(value, NODULE_KEYS, where)
    return Nodule(
        where,
        text(data, "id", where),
        number(data, "length_mm", where),
        number(data, "width_mm", where),
        number(data, "height_mm", where),
        number(data, "viable_pct", where),
        yes_no(data, "in_situ_only", where),
    )


def central_read(value: Any, where: str) -> CentralRead:
    """One central reading; what a final one must have is checked with the rules (G-39)."""
    data = as_object(value, READ_KEYS, where)
    return CentralRead(
        where,
        needed_text(data, "reader", where),
        bool(yes_no(data, "final", where)),
        day(data, "date", where),
        code(data, "adequacy", where, codes.ADEQUACIES),
        each(data, "nodules", where, nodule),
        yes_no(data, "viable_elsewhere", where),
    )


def surgery(value: Any) -> Surgery | None:
    """The operation; without one nothing is known yet."""
    if value is None:
        return None
    where = "surgery"
    data = as_object(value, SURGERY_KEYS, where)
    performed = needed_yes_no(data, "performed", where)
    resected = yes_no(data, "resected", where)
    when = day(data, "date", where)
    if performed and when is None:
        raise EngineError("surgery.date", NEEDS_DATE)
    if performed and resected is None:
        raise EngineError("surgery.resected", NEEDS_RESECTED)
    if resected and not performed:
        raise EngineError("surgery.resected", NOT_PERFORMED)
    margin = code(data, "margin", where, codes.MARGINS)
    return Surgery(when, performed, bool(resected), margin, yes_no(data, "tumour_left", where))


def follow_up(value: Any, where: str) -> FollowUp:
    """One follow-up; only a recurrence may have a partial date (G-30)."""
    data = as_object(value, FOLLOW_UP_KEYS, where)
    recurrence = needed_code(data, "recurrence", where, codes.RECURRENCES)
    when = partial_day(data, "date", where)
    if when is None:
        when = PartialDate.of(needed_day(data, "date", where))
    if recurrence != codes.YES and when.complete is None:
        raise EngineError(f"{where}.date", FOLLOW_UP_DATE, {"value": when})
    return FollowUp(where, when, recurrence, code(data, "kind", where, codes.KINDS))


def therapy(value: Any, where: str) -> Therapy:
    """One anticancer treatment."""
    data = as_object(value, THERAPY_KEYS, where)
    when = partial_day(data, "date", where) or PartialDate.of(needed_day(data, "date", where))
    return Therapy(where, when, text(data, "name", where), bool(yes_no(data, "protocol", where)))


def death(value: Any) -> PartialDate | None:
    """G-30: a death needs at least its year."""
    if value is None:
        return None
    when = partial_day(as_object(value, DATE_KEYS, "death"), "date", "death")
    if when is None:
        raise EngineError("death.date", DEATH_YEAR)
    return when


def end_of_treatment(value: Any) -> EndOfTreatment | None:
    """End of treatment with the plan for surgery."""
    if value is None:
        return None
    where = "end_of_treatment"
    data = as_object(value, EOT_KEYS, where)
    return EndOfTreatment(needed_day(data, "date", where), yes_no(data, "surgery_planned", where))


def course_from_json(value: Any) -> Course:
    """The whole course. `settings` belongs to the case and is read by `Settings.from_json`."""
    if not isinstance(value, dict):
        raise EngineError("", NOT_AN_OBJECT)
    data: Json = as_object(value, COURSE_KEYS, "")
    pathology = data.get("pathology")
    pathology = as_object(pathology, PATHOLOGY_KEYS, "pathology") if pathology is not None else {}
    adjudication = pathology.get("adjudication")
    end = data.get("end_of_study")
    return Course(
        id=str(data.get("id") or ""),
        data_cutoff=needed_day(data, "data_cutoff", ""),
        final=bool(yes_no(data, "final", "")),
        enrolled=day(data, "enrolled", ""),
        diagnosed=partial_day(data, "diagnosed", ""),
        first_dose=day(data, "first_dose", ""),
        last_study_dose=day(data, "last_study_dose", ""),
        imaging=each(data, "imaging", "", imaging),
        end_of_treatment=end_of_treatment(data.get("end_of_treatment")),
        surgery=surgery(data.get("surgery")),
        reads=each(pathology, "reads", "pathology", central_read),
        adjudication=None if adjudication is None else central_read(adjudication, "pathology.adjudication"),
        follow_up=each(data, "follow_up", "", follow_up),
        therapies=each(data, "therapies", "", therapy),
        alive_on=each(data, "alive_on", "", as_day),
        death=death(data.get("death")),
        end_of_study=None
        if end is None
        else needed_day(as_object(end, DATE_KEYS, "end_of_study"), "date", "end_of_study"),
    )
