"""G-6, G-10, G-30: a day with the field it comes from, imputation, and last known alive."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from endpoints.engine import codes
from endpoints.engine.steps import Read, Step, gettext_noop
from endpoints.engine.types import Course
from trialsite.kernel.partial_date import Flag, PartialDate

IMPUTED = gettext_noop("{what} {given} is incomplete; taken as {date} (imputed: {flag}).")


class Dated(NamedTuple):
    """A day with its name and the field it comes from; `flag` says what was imputed."""

    date: date
    name: str
    read: Read
    flag: Flag | None = None

    @property
    def step(self) -> Step | None:
        """G-10: the imputation, when there was one."""
        if self.flag is None:
            return None
        params = {"what": self.name, "given": self.read.value, "date": self.date, "flag": self.flag}
        return Step("G-30", IMPUTED, params, (self.read,))


def last_alive(course: Course) -> Dated | None:
    """G-6: the latest complete date that proves life; administrative dates do not."""
    proofs: list[tuple[date, str, str]] = []
    if course.first_dose:
        proofs.append((course.first_dose, codes.FIRST_DOSE, "first_dose"))
    if course.last_study_dose:
        proofs.append((course.last_study_dose, codes.LAST_DOSE, "last_study_dose"))
    if course.surgery and course.surgery.performed and course.surgery.date:
        proofs.append((course.surgery.date, codes.SURGERY, "surgery.date"))
    proofs += [(row.last_scan, codes.SCAN, row.last_scan_path) for row in course.imaging]
    proofs += [
        (visit.date.earliest, codes.FOLLOW_UP, f"{visit.path}.date")
        for visit in course.follow_up
        if visit.date.complete
    ]
    proofs += [
        (therapy.date.earliest, codes.THERAPY, f"{therapy.path}.date")
        for therapy in course.therapies
        if therapy.date.complete and not therapy.protocol
    ]
    proofs += [(day, codes.CONTACT, f"alive_on[{i}]") for i, day in enumerate(course.alive_on)]
    if not proofs:
        return None
    day, name, where = max(proofs)
    return Dated(day, name, Read(where, day))


def impute(value: PartialDate, name: str, path: str, not_before: date | None) -> Dated:
    """G-10: the earliest possible day, not before a limit that lies inside the possible range."""
    read = Read(path, value)
    if value.complete is not None:
        return Dated(value.earliest, name, read)
    imputed = value.impute("first", "M", not_before=not_before)
    assert imputed is not None  # with `M` every partial date has a day
    return Dated(imputed.date, name, read, imputed.flag)
