"""What the endpoints of an invented participant are, worked out from the story in the plainest way.

Nothing of the engine is used: tests compare its results with these. Rules: endpoint-rules.md, sections 5 and 9.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from .story import DAY, Response, Scan, Story

RESPONSE_DAYS, MIN_SD, AFTER_PD, BY = 182, 35, 42, 183
GAP, GAP_RESECTED = 140, 196
ORDER = ("CR", "PR", "SD", "NONCRNONPD", "PD", "NE")

Point = tuple[dt.date, str]


def truth_of(story: Story, cutoff: dt.date) -> dict[str, Any]:
    """Expected endpoint values on a day; `story` is cut at that day already."""
    if story.first_dose is None:
        return {"in_fas": False}
    course = _Course(story, cutoff)
    return {
        "in_fas": True,
        "MPR": course.pathology("MPR"),
        "PCR": course.pathology("PCR"),
        "RVT": _number(course.viable),
        "BOR_RECIST": course.best("recist"),
        "BOR_MRECIST": course.best("mrecist"),
        "ORR": course.reached("recist", ("CR", "PR")),
        "DCR": course.reached("mrecist", ("CR", "PR", "SD")),
        "PFS": course.progression_free(),
        "DFS": course.disease_free(),
        "DOR": course.duration_of_response(),
        "OS": course.survival(),
        "R0": None
        if course.resection is None
        else _answer(story.operation is not None and story.operation.kind == "R0"),
        "TRAE3": _answer(any(one.caused and one.grade >= 3 for one in story.toxicities)),
        "SAE": _answer(any(one.serious for one in story.toxicities)),
    }


def _answer(truth: bool) -> str:
    return "Y" if truth else "N"


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


class _Course:
    def __init__(self, story: Story, cutoff: dt.date) -> None:
        self.story, self.cutoff = story, cutoff
        assert story.first_dose is not None
        self.start: dt.date = story.first_dose
        self.resection = story.resection
        self.alive = self.last_known_alive()
        self.death = self.day_of_death()
        self.therapy = min((self.therapy_day(t.start) for t in story.therapies), default=None)
        self.viable, self.mpr, self.pcr = final_result(story)

    # --- dates ---

    def last_known_alive(self) -> dt.date:
        story = self.story
        days: list[dt.date | None] = [story.consent, story.baseline.last if story.baseline else None]
        days += [cycle.last for cycle in story.cycles]
        days += [period.end or period.start for period in story.apatinib if period.dose]
        days += [scan.last for scan in story.scans]
        if story.operation and story.operation.performed:
            days += [story.operation.day, story.operation.discharge]
            days += [complication.start for complication in story.operation.complications]
        days += [contact.alive for contact in story.contacts]
        days += [dt.date.fromisoformat(t.start) for t in story.therapies if len(t.start) == 10]
        return max(day for day in days if day)

    def day_of_death(self) -> dt.date | None:
        """G-10: the earliest possible day, not before the last proof of life."""
        return _earliest(self.story.death.text, self.alive) if self.story.death else None

    def therapy_day(self, text: str) -> dt.date:
        story = self.story
        doses = [cycle.last for cycle in story.cycles]
        doses += [period.end or period.start for period in story.apatinib if period.dose]
        operated = story.operation.day if story.operation and story.operation.performed else self.start
        return _earliest(text, max(*doses, operated))

    # --- responses ---

    def points(self, criterion: str) -> list[Point]:
        """Time points before the resection."""
        found = []
        for scan in self.story.scans:
            response: Response | None = getattr(scan, criterion)
            if not scan.resected and response is not None:
                found.append((scan.dated(response), response.overall))
        return found

    def progression(self, criterion: str) -> dt.date | None:
        return min((day for day, overall in self.points(criterion) if overall == "PD"), default=None)

    def window(self, criterion: str) -> list[Point]:
        """G-28."""
        last = self.progression(criterion)
        return [
            (day, overall)
            for day, overall in self.points(criterion)
            if (last is None or day <= last)
            and (self.therapy is None or day < self.therapy)
            and (self.resection is None or day < self.resection)
        ]

    def counted(self, points: Iterable[Point]) -> list[Point]:
        """R-82: stable disease before day 35 is not evaluable."""
        return [
            (day, "NE" if overall in ("SD", "NONCRNONPD") and (day - self.start).days < MIN_SD else overall)
            for day, overall in points
        ]

    def best(self, criterion: str) -> tuple[str, str | None]:
        found = self.counted(self.window(criterion))
        if not found:
            return "NE", None
        value = min((overall for _day, overall in found), key=ORDER.index)
        return value, min(day for day, overall in found if overall == value).isoformat()

    def reached(self, criterion: str, good: tuple[str, ...]) -> str:
        limit = self.start + RESPONSE_DAYS * DAY
        within = [(day, overall) for day, overall in self.counted(self.window(criterion)) if day <= limit]
        if any(overall in good for _day, overall in within):
            return "Y"
        closed = [self.progression(criterion), self.death, self.resection, self.therapy, self.story.end]
        return "N" if any(closed) or self.cutoff > limit else "PENDING"

    # --- pathology ---

    def pathology(self, name: str) -> str:
        if self.resection:
            if self.mpr is None:
                return "PENDING"
            return "Y" if (self.mpr if name == "MPR" else self.pcr) else "N"
        story = self.story
        progression = self.progression("recist")
        neo = next((end for end in story.ends if end.phase == "NEO"), None)
        over = (
            self.death is not None
            or story.end is not None
            or (neo is not None and neo.reason not in ("SURGERY", "COMPLETED"))
            or story.operation is not None
            or (progression is not None and (self.cutoff - progression).days > AFTER_PD)
            or (self.cutoff - self.start).days > BY
        )
        return "N" if over else "PENDING"

    # --- times ---

    def adequate(self, criterion: str, after: dt.date) -> list[dt.date]:
        """G-21: dates of assessments that say something, on or after a day."""
        days = [day for day, overall in self.points(criterion) if overall != "NE"]
        days += [scan.new.seen if scan.new else scan.last for scan in self.story.scans if scan.resected]
        return sorted(day for day in days if day >= after)

    def recurrence(self) -> dt.date | None:
        return min((s.new.seen for s in self.story.scans if s.resected and s.new), default=None)

    def limit(self, event: dt.date, last: dt.date) -> dt.date:
        """G-20."""
        if self.resection is None or event <= self.resection:
            return last + GAP * DAY
        return max(last, self.resection) + GAP_RESECTED * DAY

    def progression_free(self) -> dict[str, Any]:
        progression = [self.progression("recist"), self.recurrence()]
        seen = [day for day in self.adequate("recist", self.start) if day > self.start]
        if not seen:
            if self.death and self.death <= self.limit(self.death, self.start):
                return _time(self.start, self.death, True, "Death")
            return _time(self.start, self.start, False, "No post-baseline assessment")
        return self.event_or_last(self.start, [day for day in progression if day], seen, self.start)

    def disease_free(self) -> dict[str, Any] | None:
        operation = self.story.operation
        if operation is None or operation.kind != "R0":
            return None
        seen = [scan.new.seen if scan.new else scan.last for scan in self.story.scans if scan.resected]
        found = [day] if (day := self.recurrence()) else []
        if not seen and not self.death and not found:
            return _time(operation.day, operation.day, False, "No post-baseline assessment")
        return self.event_or_last(operation.day, found, seen, operation.day)

    def duration_of_response(self) -> dict[str, Any] | None:
        value, _day = self.best("mrecist")
        if value not in ("CR", "PR"):
            return None
        start = min(day for day, overall in self.window("mrecist") if overall in ("CR", "PR"))
        ends = [day for day in (self.progression("mrecist"), self.recurrence()) if day]
        return self.event_or_last(start, ends, self.adequate("mrecist", start), start)

    def event_or_last(
        self, start: dt.date, ends: list[dt.date], seen: list[dt.date], floor: dt.date
    ) -> dict[str, Any]:
        """T-1 rows 4 to 9."""
        progression = min(ends, default=None)
        event = min((day for day in (progression, self.death) if day), default=None)
        if self.therapy and self.therapy >= start and (event is None or self.therapy < event):
            last = max((day for day in seen if day <= self.therapy), default=floor)
            return _time(start, last, False, "New anticancer therapy")
        if event is None:
            return _time(start, max(seen, default=floor), False, "Last adequate assessment")
        inclusive = progression != event
        before = [day for day in seen if day < event or (inclusive and day == event)]
        last = max(before, default=floor)
        if event > self.limit(event, last):
            return _time(start, last, False, "Two or more missed assessments")
        name = (
            "Death" if progression != event else "Recurrence" if event == self.recurrence() else "Progression"
        )
        return _time(start, event, True, name)

    def survival(self) -> dict[str, Any]:
        if self.death:
            return _time(self.start, self.death, True, "Death")
        return _time(self.start, min(self.alive, self.cutoff), False, "Last known alive")


def _time(start: dt.date, end: dt.date, event: bool, name: str) -> dict[str, Any]:
    return {
        "start": start.isoformat(), "end": end.isoformat(), "days": (end - start).days + 1, "event": event, "name": name,
    }  # fmt: skip


def _earliest(text: str, limit: dt.date) -> dt.date:
    """The first day that a date may mean, moved to a limit that lies in its range."""
    if len(text) == 10:
        return dt.date.fromisoformat(text)
    first = dt.date.fromisoformat(f"{text}-01")
    last = (first + 31 * DAY).replace(day=1) - DAY
    return limit if first <= limit <= last else first


def final_result(story: Story) -> tuple[Decimal | None, bool | None, bool | None]:
    """P-9: viable %, MPR and pCR of two readers that agree, else of the adjudicator; once the result is released."""
    if len(story.reads) < 2 or story.released is None:
        return None, None, None
    one, two = story.reads[:2]
    agreed = one.mpr == two.mpr and one.pcr == two.pcr and abs(one.viable - two.viable) <= 10
    if agreed:
        mean = (one.viable + two.viable) / 2
        return mean, mean <= 10, one.pcr
    if len(story.reads) == 3:
        return story.reads[2].viable, story.reads[2].mpr, story.reads[2].pcr
    return None, None, None


def needs_adjudication(one: Any, two: Any) -> bool:
    return one.mpr != two.mpr or one.pcr != two.pcr or abs(one.viable - two.viable) > 10


__all__ = ["Scan", "final_result", "needs_adjudication", "truth_of"]
