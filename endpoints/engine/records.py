"""G-5, G-6, G-30, G-31: dates imputed with all records, then the records up to the cut-off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from endpoints.engine import codes
from endpoints.engine.dates import Dated, impute, last_alive
from endpoints.engine.steps import Read
from endpoints.engine.types import CentralRead, Course, EndOfTreatment, FollowUp, Surgery


@dataclass(frozen=True, slots=True)
class Records:
    """A participant's records as of the data cut-off, in date order."""

    until: Dated
    first_dose: Dated | None
    enrolled: Dated | None
    surgery: Surgery | None
    resection: Dated | None
    margin: str | None
    death: Dated | None
    alive: Dated | None
    alive_capped: bool
    therapies: tuple[Dated, ...]
    recurrences: tuple[Dated, ...]
    follow_up: tuple[Dated, ...]
    end_of_treatment: EndOfTreatment | None
    end_of_study: Dated | None
    reads: tuple[CentralRead, ...]
    adjudication: CentralRead | None
    all_death: Dated | None
    all_resection: Dated | None

    @property
    def cutoff(self) -> date:
        """G-31: the day up to which records count."""
        return self.until.date


def records_of(course: Course) -> Records:
    """The course as of its cut-off; dates do not move from one cut-off to the next (G-30)."""
    cutoff = course.data_cutoff
    alive = last_alive(course)
    death = impute(course.death, codes.DEATH, "death.date", alive and alive.date) if course.death else None
    resection = _resection(course)
    operation = course.surgery.date if course.surgery and course.surgery.performed else None
    followed = follow_ups(course, resection)
    counted = [(visit, dated) for visit, dated in followed if dated.date <= cutoff]
    beyond = (
        max((day for day in (alive and alive.date, death and death.date) if day), default=cutoff) > cutoff
    )
    return Records(
        until=Dated(cutoff, codes.CUT_OFF, Read("data_cutoff", cutoff)),
        first_dose=_until(cutoff, codes.FIRST_DOSE, "first_dose", course.first_dose),
        enrolled=_until(cutoff, codes.ENROLMENT, "enrolled", course.enrolled),
        surgery=_surgery_until(course.surgery, cutoff),
        resection=resection if resection and resection.date <= cutoff else None,
        margin=course.surgery.margin if course.surgery else None,
        death=death if death and death.date <= cutoff else None,
        alive=_capped(alive, death, cutoff, beyond),
        alive_capped=beyond,
        therapies=therapies(course, operation),
        recurrences=tuple([dated for visit, dated in counted if visit.recurrence == codes.YES]),
        follow_up=tuple([dated for visit, dated in counted if visit.recurrence != codes.NOT_EVALUABLE]),
        end_of_treatment=_eot_until(course.end_of_treatment, cutoff),
        end_of_study=_until(cutoff, codes.END_OF_STUDY, "end_of_study.date", course.end_of_study),
        reads=tuple([read for read in course.reads if read.final and (not read.date or read.date <= cutoff)]),
        adjudication=_final_until(course.adjudication, cutoff),
        all_death=death,
        all_resection=resection,
    )


def _until(cutoff: date, name: str, path: str, day: date | None) -> Dated | None:
    return Dated(day, name, Read(path, day)) if day is not None and day <= cutoff else None


def _surgery_until(surgery: Surgery | None, cutoff: date) -> Surgery | None:
    return surgery if surgery and (surgery.date is None or surgery.date <= cutoff) else None


def _eot_until(end: EndOfTreatment | None, cutoff: date) -> EndOfTreatment | None:
    return end if end and end.date <= cutoff else None


def _final_until(read: CentralRead | None, cutoff: date) -> CentralRead | None:
    """G-31: a central read belongs to its date of review; without one it always counts."""
    return read if read and read.final and (read.date is None or read.date <= cutoff) else None


def _capped(alive: Dated | None, death: Dated | None, cutoff: date, beyond: bool) -> Dated | None:
    """G-6: a proof of life, or a death, after the cut-off puts last known alive on the cut-off."""
    if not beyond:
        return alive
    source = alive if alive and alive.date > cutoff else death
    return source and Dated(cutoff, source.name, source.read)


def _resection(course: Course) -> Dated | None:
    surgery = course.surgery
    if surgery is None or not surgery.resected or surgery.date is None:
        return None
    return Dated(surgery.date, codes.RESECTION, Read("surgery.date", surgery.date))


def therapies(course: Course, operation: date | None) -> tuple[Dated, ...]:
    """G-30: new anticancer therapies up to the cut-off, partial dates not before treatment or operation."""
    days = [day for day in (course.first_dose, course.last_study_dose, operation) if day]
    limit = max(days, default=None)
    made = [
        impute(therapy.date, codes.NEW_THERAPY, f"{therapy.path}.date", limit)
        for therapy in course.therapies
        if not therapy.protocol
    ]
    return tuple(sorted(dated for dated in made if dated.date <= course.data_cutoff))


def follow_ups(course: Course, resection: Dated | None) -> list[tuple[FollowUp, Dated]]:
    """G-30, G-38: follow-up on or after the resection, in date order, each with its imputed date."""
    if resection is None:
        return []
    clean = [visit.date.earliest for visit in course.follow_up if visit.recurrence == codes.NO]
    made = []
    for visit in course.follow_up:
        when = visit.date
        inside = [day for day in (resection.date, *clean) if when.earliest <= day <= when.latest]
        name = codes.RECURRENCE if visit.recurrence == codes.YES else codes.FOLLOW_UP
        dated = impute(when, name, f"{visit.path}.date", max(inside, default=None))
        if dated.date >= resection.date:
            made.append((visit, dated))
    return sorted(made, key=lambda pair: pair[1].date)
