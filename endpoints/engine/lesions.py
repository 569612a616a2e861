"""R-10, R-20 to R-26: what targets and non-targets show, and which rows are refused (G-27, G-39)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from endpoints.engine import codes
from endpoints.engine.settings import Settings
from endpoints.engine.steps import EngineError, Read, Step, gettext_noop
from endpoints.engine.types import Imaging, Lesion

ZERO = Decimal(0)

NEGATIVE = gettext_noop("A diameter cannot be negative: {mm} mm.")
NEEDS_MM = gettext_noop("Lesion {lesion} is measured and needs its diameter.")
CONTRADICTS = gettext_noop("Lesion {lesion} is {state}, which contradicts a diameter of {mm} mm.")
NOT_AT_BASELINE = gettext_noop("Lesion {lesion} is missing at baseline.")
DIFFERENT_ROWS = gettext_noop("Lesion {lesion} has two different rows at one time point.")
BASELINE_MM = gettext_noop("Target lesion {lesion} needs a diameter at baseline.")
BASELINE_ZERO = gettext_noop("The baseline sum must be greater than 0 mm.")
BASELINE_NEW = gettext_noop("A new lesion cannot be listed at baseline.")
BASELINE_SUM = gettext_noop("The baseline sum over {count} target lesions is {base} mm.")
NO_TARGETS = gettext_noop("There is no target lesion at baseline.")


class Baseline(NamedTuple):
    """R-9: the lesion list is frozen here."""

    targets: tuple[Lesion, ...]
    nontargets: tuple[Lesion, ...]
    sum: Decimal | None
    step: Step


class Targets(NamedTuple):
    """What the target lesions show at one time point."""

    total: Decimal
    missing: tuple[str, ...]
    cleared: bool
    seen: str | None
    reads: tuple[Read, ...]


class NonTargets(NamedTuple):
    """What the non-target lesions show at one time point."""

    progressed: tuple[str, ...]
    present: tuple[str, ...]
    missing: tuple[str, ...]
    reads: tuple[Read, ...]


EMPTY_BASELINE = Baseline((), (), None, Step("R-72", NO_TARGETS))


def unique(rows: Sequence[Lesion]) -> dict[str, Lesion]:
    """G-39: the same row twice counts once, two different rows of one lesion are refused."""
    found: dict[str, Lesion] = {}
    for row in rows:
        other = found.setdefault(row.id, row)
        if other is not row and content(other) != content(row):
            raise EngineError(f"{row.path}.id", DIFFERENT_ROWS, {"lesion": row.id})
    return found


def content(row: Lesion) -> tuple[object, ...]:
    """All that a row says, without its place."""
    return (row.organ, row.node, row.mm, row.state)


def check_diameter(row: Lesion, settings: Settings) -> None:
    """G-27, G-39: a negative diameter, or one that contradicts the state."""
    mm, state = row.mm, row.state
    if mm is None:
        if state == codes.MEASURED:
            raise EngineError(f"{row.path}.mm", NEEDS_MM, {"lesion": row.id})
        return
    if mm < 0:
        raise EngineError(f"{row.path}.mm", NEGATIVE, {"mm": mm})
    if state is None or state == codes.MEASURED:
        return
    fixed = settings.too_small_mm if state == codes.TOO_SMALL else ZERO
    if state == codes.NOT_EVALUABLE or mm != fixed:
        raise EngineError(f"{row.path}.mm", CONTRADICTS, {"lesion": row.id, "state": state, "mm": mm})


def baseline_of(row: Imaging | None, settings: Settings) -> Baseline:
    """R-10: the lesions of the baseline and their sum (nodes enter with the short axis)."""
    if row is None:
        return EMPTY_BASELINE
    if row.new:
        raise EngineError(row.new[0].path, BASELINE_NEW)
    targets = tuple(unique(row.target).values())
    nontargets = tuple(unique(row.nontarget).values())
    if not targets:
        return Baseline(
            (), nontargets, None, Step("R-8", NO_TARGETS, {}, (Read(f"{row.path}.date", row.date),))
        )
    base = ZERO
    reads = []
    for lesion in targets:
        if lesion.mm is None:
            raise EngineError(f"{lesion.path}.mm", BASELINE_MM, {"lesion": lesion.id})
        check_diameter(lesion, settings)
        base += lesion.mm
        reads.append(Read(f"{lesion.path}.mm", lesion.mm))
    if base <= 0:
        raise EngineError(f"{row.path}.target", BASELINE_ZERO)
    step = Step("R-10", BASELINE_SUM, {"count": len(targets), "base": base}, tuple(reads))
    return Baseline(targets, nontargets, base, step)


def known(rows: dict[str, Lesion], baseline: Iterable[Lesion]) -> None:
    """G-27: every lesion of a time point must have been there at baseline (R-9)."""
    strangers = rows.keys() - {lesion.id for lesion in baseline}
    if strangers:
        row = next(row for row in rows.values() if row.id in strangers)
        raise EngineError(f"{row.path}.id", NOT_AT_BASELINE, {"lesion": row.id})


def targets_at(point: Imaging, baseline: Baseline, settings: Settings) -> Targets:
    """R-20 to R-26: the sum of what was measured, and what blocks a complete response."""
    rows = unique(point.target)
    known(rows, baseline.targets)
    total, cleared, seen = ZERO, True, None
    missing: list[str] = []
    reads: list[Read] = []
    for lesion in baseline.targets:
        row = rows.get(lesion.id)
        if row is None:
            missing.append(lesion.id)
            reads.append(Read(f"{lesion.path}.id", lesion.id))
            continue
        check_diameter(row, settings)
        mm, state = row.mm, row.state
        if mm is not None:
            reads.append(Read(f"{row.path}.mm", mm))
        if state is not None and state != codes.MEASURED:
            reads.append(Read(f"{row.path}.state", state))
            mm = stated_diameter(state, settings)
        elif mm is None:
            reads.append(Read(f"{row.path}.id", row.id))
        if mm is None:
            missing.append(row.id)
            continue
        total += mm
        visible = mm >= settings.normal_node_mm if lesion.node else mm > 0
        if visible and seen is None:
            seen = row.id
        if visible or state == codes.MERGED:
            cleared = False
    return Targets(total, tuple(missing), cleared and not missing, seen, tuple(reads))


def stated_diameter(state: str, settings: Settings) -> Decimal | None:
    """R-21 gone = 0, R-22 too small = 5 mm, R-25 merged = 0, R-26 not evaluable = nothing."""
    if state == codes.TOO_SMALL:
        return settings.too_small_mm
    return None if state == codes.NOT_EVALUABLE else ZERO


def nontargets_at(point: Imaging, baseline: Baseline) -> NonTargets:
    """R-50 to R-53: which non-targets progressed, are present, or were not assessed."""
    rows = unique(point.nontarget)
    known(rows, baseline.nontargets)
    progressed, present, missing, reads = [], [], [], []
    for lesion in baseline.nontargets:
        row = rows.get(lesion.id)
        if row is None or row.state is None:
            missing.append(lesion.id)
            reads.append(Read(f"{(row or lesion).path}.id", lesion.id))
            continue
        reads.append(Read(f"{row.path}.state", row.state))
        if row.state == codes.UNEQUIVOCAL_PROGRESSION:
            progressed.append(row.id)
        elif row.state == codes.NOT_EVALUABLE:
            missing.append(row.id)
        elif row.state == codes.PRESENT:
            present.append(row.id)
    return NonTargets(tuple(progressed), tuple(present), tuple(missing), tuple(reads))
