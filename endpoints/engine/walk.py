"""Sections 2 and 3: one time point after the other, with what has to be remembered from the earlier ones."""

from __future__ import annotations

from decimal import Decimal

from endpoints.engine import codes
from endpoints.engine.lesion_response import Look, nontarget_response, target_response
from endpoints.engine.lesions import Baseline, nontargets_at, targets_at
from endpoints.engine.new_lesions import Finding, New, new_at
from endpoints.engine.overall import overall_response
from endpoints.engine.results import TimePoint
from endpoints.engine.settings import Settings
from endpoints.engine.steps import Read, Step, gettext_noop
from endpoints.engine.types import Imaging

AS_GIVEN = gettext_noop("No lesion was recorded at {name}; its overall response {overall} is used as it is.")
GIVEN_SAME = gettext_noop("The reader gave {given} too.")
GIVEN_DIFFERS = gettext_noop("The reader gave {given}; the recomputed response {overall} counts.")
CONTINUING_PR = gettext_noop(
    "Continuing PR: {name} was PR and there was no progression since; the literal threshold gives SD."
)
DATED_LAST = gettext_noop("Dated on the last scan of the time point, {date}.")
DATED_FIRST = gettext_noop("Progression dated on the first scan of the time point, {date}.")
DATED_TARGET = gettext_noop("Progression of the target lesions dated on the last scan, {date}.")
DATED_NEW = gettext_noop("Progression by a new lesion dated at its first appearance, {date}.")


class Walk:
    """Goes through a series in date order and remembers nadir, complete response and continuing PR."""

    __slots__ = ("after_cr", "baseline", "found", "mrecist", "nadir", "partial_since", "settings")

    def __init__(
        self, baseline: Baseline, found: tuple[Finding, ...], mrecist: bool, settings: Settings
    ) -> None:
        self.baseline = baseline
        self.found = found
        self.mrecist = mrecist
        self.settings = settings
        self.nadir = baseline.sum
        self.after_cr = False
        self.partial_since: str | None = None

    def as_given(self, point: Imaging) -> TimePoint:
        """G-37: a response without measurements; progression is dated on the first scan (G-32)."""
        overall = point.overall or codes.NE
        params = {"name": point.name, "overall": overall}
        used = Step("G-37", AS_GIVEN, params, (Read(f"{point.path}.overall", overall),))
        if overall == codes.PD:
            read = Read(f"{point.path}.date", point.date)
            dated = Step("G-32", DATED_FIRST, {"date": point.date}, (read,))
        else:
            read = Read(point.last_scan_path, point.last_scan)
            dated = Step("G-32", DATED_LAST, {"date": point.last_scan}, (read,))
        self._remember(overall, None, point)
        return TimePoint(
            point.name,
            read.value,
            None,
            self.nadir,
            self.baseline.sum,
            None,
            None,
            None,
            overall,
            True,
            point.path,
            read,
            (*used.reads, read),
            (used, dated),
        )

    def recompute(self, index: int, point: Imaging) -> TimePoint:
        """G-24: the response from the lesions."""
        nadir = self.nadir
        targets = targets_at(point, self.baseline, self.settings)
        nontargets = nontargets_at(point, self.baseline)
        after_cr = self.after_cr and self.settings.reappearance_after_cr_is_pd
        steps = [self.baseline.step]
        target: str | None = None
        if self.baseline.sum is not None and nadir is not None:
            look = Look(targets, self.baseline.sum, nadir, after_cr, self.mrecist, self.settings)
            target, step = target_response(look)
            steps.append(step)
            if target == codes.SD and self.partial_since is not None:
                steps.append(Step("R-34", CONTINUING_PR, {"name": self.partial_since}, targets.reads))
        nontarget: str | None = None
        if self.baseline.nontargets:
            nontarget, step = nontarget_response(nontargets, after_cr)
            steps.append(step)
        new = new_at(index, point, self.found)
        steps.append(new.step)
        overall, step = overall_response(target, nontarget, new.answer)
        steps.append(step)
        if point.overall is not None:
            steps.append(_compared(point, overall))
        read, step = dated(point, target, nontarget, new, overall)
        steps.append(step)
        total = None if target is None or targets.missing else targets.total
        self._remember(overall, total, point)
        return TimePoint(
            point.name,
            read.value,
            total,
            nadir,
            self.baseline.sum,
            target,
            nontarget,
            new.answer,
            overall,
            False,
            point.path,
            read,
            tuple([one for step in steps for one in step.reads]),
            tuple(steps),
        )

    def _remember(self, overall: str, total: Decimal | None, point: Imaging) -> None:
        """R-37 complete sums only; R-66 a complete response; R-34 PR until progression."""
        if total is not None and self.nadir is not None and total < self.nadir:
            self.nadir = total
        if overall == codes.CR:
            self.after_cr = True
        if overall == codes.PD:
            self.partial_since = None
        elif overall == codes.PR and self.partial_since is None:
            self.partial_since = point.name or point.date.isoformat()


def _compared(point: Imaging, overall: str) -> Step:
    """G-24: the reader's own response is only compared, never used."""
    message = GIVEN_SAME if point.overall == overall else GIVEN_DIFFERS
    params = {"given": point.overall, "overall": overall}
    return Step("G-24", message, params, (Read(f"{point.path}.overall", point.overall),))


def dated(
    point: Imaging, target: str | None, nontarget: str | None, new: New, overall: str
) -> tuple[Read, Step]:
    """G-32: the date of a time point, with the field it was read from."""
    last = Read(point.last_scan_path, point.last_scan)
    if overall != codes.PD:
        return last, Step("G-32", DATED_LAST, {"date": last.value}, (last,))
    dates: list[tuple[Read, str]] = []
    if new.since is not None and new.since_read is not None:
        dates.append((Read(new.since_read.where, new.since), DATED_NEW))
    if nontarget == codes.PD:
        dates.append((Read(f"{point.path}.date", point.date), DATED_FIRST))
    if target == codes.PD:
        dates.append((last, DATED_TARGET))
    read, message = min(dates, key=lambda pair: pair[0].value)
    return read, Step("G-32", message, {"date": read.value}, (read,))
