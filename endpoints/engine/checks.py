"""G-27, G-39: what is refused across the records of one course."""

from __future__ import annotations

from endpoints.engine import codes
from endpoints.engine.records import Records
from endpoints.engine.steps import EngineError, gettext_noop
from endpoints.engine.types import CentralRead, Course, Nodule

LAST_BEFORE_FIRST = gettext_noop("The last dose ({last}) is before the first ({first}).")
SURGERY_BEFORE_DOSE = gettext_noop("The operation on {date} is before the first dose on {first}.")
DEATH_BEFORE_DOSE = gettext_noop("The death on {date} is before the first dose on {first}.")
DEATH_BEFORE_SURGERY = gettext_noop("The death on {date} is before the operation on {surgery}.")
RECURRENCE_WITHOUT = gettext_noop("A recurrence needs a resection.")
RECURRENCE_BEFORE = gettext_noop("The recurrence on {date} is before the resection on {resection}.")
READ_WITHOUT = gettext_noop("A central read needs a resection.")
MANY_READS = gettext_noop("There are more than two final central reads.")
SAME_READER = gettext_noop("{reader} has two final central reads.")
NO_NODULE = gettext_noop("A readable specimen needs at least one nodule.")
NO_ADEQUACY = gettext_noop("A final central read needs the adequacy of the specimen.")
NO_VALUE = gettext_noop("A final central read of a readable specimen needs {field}.")
NEGATIVE = gettext_noop("{field} cannot be negative: {value}.")
NOT_POSITIVE = gettext_noop("{field} must be greater than 0, not {value}.")
ABOVE_100 = gettext_noop("A percentage cannot be above 100: {value}.")
IN_SITU = gettext_noop("In situ only contradicts {value} % viable tumour.")
SECOND_BASELINE = gettext_noop("There is a second baseline by {criteria}.")
BASELINE_AFTER_DOSE = gettext_noop("The baseline of {date} is after the first dose on {first}.")


def check_course(course: Course, records: Records) -> None:
    """All that does not depend on evaluator and cut-off (imaging is checked with its series)."""
    check_dates(course, records)
    check_recurrences(course, records)
    if records.all_resection is None and (course.reads or course.adjudication):
        read = course.reads[0] if course.reads else course.adjudication
        raise EngineError(read.path if read else "pathology", READ_WITHOUT)
    final = [read for read in course.reads if read.final]
    check_readers(final)
    for read in final:
        check_read(read)
    if course.adjudication is not None and course.adjudication.final:
        check_read(course.adjudication)


def check_dates(course: Course, records: Records) -> None:
    """G-11, G-39: operation, last dose and death in an order that can be."""
    first, surgery, death = course.first_dose, course.surgery, records.all_death
    operation = surgery.date if surgery and surgery.performed else None
    if first is not None:
        if course.last_study_dose and course.last_study_dose < first:
            params = {"last": course.last_study_dose, "first": first}
            raise EngineError("last_study_dose", LAST_BEFORE_FIRST, params)
        if operation and operation < first:
            raise EngineError("surgery.date", SURGERY_BEFORE_DOSE, {"date": operation, "first": first})
        if death and death.date < first:
            raise EngineError("death.date", DEATH_BEFORE_DOSE, {"date": death.date, "first": first})
    if operation and death and death.date < operation:
        raise EngineError("death.date", DEATH_BEFORE_SURGERY, {"date": death.date, "surgery": operation})


def check_recurrences(course: Course, records: Records) -> None:
    """G-39: a recurrence without, or before, a resection."""
    resection = records.all_resection
    for visit in course.follow_up:
        if visit.recurrence != codes.YES:
            continue
        if resection is None:
            raise EngineError(f"{visit.path}.recurrence", RECURRENCE_WITHOUT)
        if visit.date.latest < resection.date:
            params = {"date": visit.date, "resection": resection.date}
            raise EngineError(f"{visit.path}.date", RECURRENCE_BEFORE, params)


def check_readers(final: list[CentralRead]) -> None:
    """G-36, G-39: two final reads by two readers."""
    readers: set[str] = set()
    for read in final:
        if read.reader in readers:
            raise EngineError(f"{read.path}.reader", SAME_READER, {"reader": read.reader})
        readers.add(read.reader)
    if len(final) > 2:
        raise EngineError(final[2].path, MANY_READS)


def check_read(read: CentralRead) -> None:
    """G-39: a final read has what its result needs, and nothing that contradicts itself."""
    if read.adequacy is None:
        raise EngineError(f"{read.path}.adequacy", NO_ADEQUACY)
    readable = read.adequacy != codes.INADEQUATE
    if readable and not read.nodules:
        raise EngineError(f"{read.path}.nodules", NO_NODULE)
    for nodule in read.nodules:
        check_size(nodule, readable)
        check_share(nodule, readable)


def check_size(nodule: Nodule, readable: bool) -> None:
    """P-3: the weights need length and width; the height is optional."""
    for field, value in (("length_mm", nodule.length_mm), ("width_mm", nodule.width_mm)):
        if value is None and readable:
            raise EngineError(f"{nodule.path}.{field}", NO_VALUE, {"field": field})
        if value is not None and value <= 0:
            raise EngineError(f"{nodule.path}.{field}", NOT_POSITIVE, {"field": field, "value": value})
    if nodule.height_mm is not None and nodule.height_mm <= 0:
        params = {"field": "height_mm", "value": nodule.height_mm}
        raise EngineError(f"{nodule.path}.height_mm", NOT_POSITIVE, params)


def check_share(nodule: Nodule, readable: bool) -> None:
    """G-39: viable % from 0 to 100, and none of it when only carcinoma in situ is left."""
    viable, where = nodule.viable_pct, f"{nodule.path}.viable_pct"
    if viable is None:
        if readable:
            raise EngineError(where, NO_VALUE, {"field": "viable_pct"})
    elif viable < 0:
        raise EngineError(where, NEGATIVE, {"field": "viable_pct", "value": viable})
    elif viable > 100:
        raise EngineError(where, ABOVE_100, {"value": viable})
    elif viable > 0 and nodule.in_situ_only:
        raise EngineError(f"{nodule.path}.in_situ_only", IN_SITU, {"value": viable})
