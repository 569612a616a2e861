"""R-30 to R-40, R-50 to R-53, R-66, M-11, M-12: the target and the non-target response, first match wins."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from endpoints.engine import codes
from endpoints.engine.lesions import NonTargets, Targets
from endpoints.engine.settings import Settings
from endpoints.engine.steps import Step, gettext_noop

HUNDRED = Decimal(100)


class Look(NamedTuple):
    """One time point's targets beside the baseline sum and the nadir."""

    targets: Targets
    base: Decimal
    nadir: Decimal
    after_cr: bool
    mrecist: bool
    settings: Settings


class TargetRule(NamedTuple):
    """A rule with the response it gives, its condition and its sentence."""

    rule: str
    mrecist_rule: str
    response: str
    holds: Callable[[Look], bool]
    message: str
    params: Callable[[Look], dict[str, Any]]


def progressed(total: Decimal, nadir: Decimal, floor_mm: Decimal, pct: Decimal) -> bool:
    """R-32, M-11: growth over the nadir of at least `floor_mm` and at least `pct` percent, both inclusive."""
    rise = total - nadir
    return rise > 0 and rise >= floor_mm and HUNDRED * rise >= pct * nadir


def responded(total: Decimal, base: Decimal, pct: Decimal) -> bool:
    """R-31, M-11: at least `pct` percent below the baseline sum, inclusive."""
    return HUNDRED * (base - total) >= pct * base


def _reappeared(look: Look) -> bool:
    """R-66: after an accepted complete response anything visible is progression, whatever its size."""
    return look.after_cr and look.targets.seen is not None


def _grown(look: Look) -> bool:
    floor = look.settings.floor_mm(look.mrecist)
    return progressed(look.targets.total, look.nadir, floor, look.settings.progression_increase_pct)


def _sums(look: Look) -> dict[str, Any]:
    total, base = look.targets.total, look.base
    return {
        "total": total,
        "base": base,
        "nadir": look.nadir,
        "change": float(abs(HUNDRED * (total - base) / base)),
    }


def _growth(look: Look) -> dict[str, Any]:
    rise = look.targets.total - look.nadir
    share = float(HUNDRED * rise / look.nadir) if look.nadir else 100.0
    return {"total": look.targets.total, "nadir": look.nadir, "rise": rise, "change": share}


def _missing(look: Look) -> dict[str, Any]:
    return {"lesions": look.targets.missing, "total": look.targets.total}


def _stable(look: Look) -> dict[str, Any]:
    sums = _sums(look)
    return sums | {"signed": float(HUNDRED * (sums["total"] - look.base) / look.base)}


TARGET_RULES = (
    TargetRule(
        "R-30",
        "M-11",
        codes.CR,
        lambda look: look.targets.cleared,
        gettext_noop("All target lesions are gone and every node is below its limit; sum {total} mm."),
        lambda look: {"total": look.targets.total},
    ),
    TargetRule(
        "R-66",
        "R-66",
        codes.PD,
        _reappeared,
        gettext_noop("Lesion {lesion} is visible again after a complete response."),
        lambda look: {"lesion": look.targets.seen},
    ),
    TargetRule(
        "R-32",
        "M-11",
        codes.PD,
        lambda look: not look.targets.missing and _grown(look),
        gettext_noop(
            "Sum {total} mm is {rise} mm and {change} % above the smallest earlier sum of {nadir} mm."
        ),
        _growth,
    ),
    TargetRule(
        "R-36",
        "R-36",
        codes.PD,
        lambda look: bool(look.targets.missing) and _grown(look),
        gettext_noop(
            "The measured lesions alone, {total} mm, are {rise} mm and {change} % above the smallest earlier"
            " sum of {nadir} mm; missing: {lesions}."
        ),
        lambda look: _growth(look) | _missing(look),
    ),
    TargetRule(
        "R-35",
        "R-35",
        codes.NE,
        lambda look: bool(look.targets.missing),
        gettext_noop("Target lesions not assessed: {lesions}; the sum is incomplete."),
        _missing,
    ),
    TargetRule(
        "R-31",
        "M-11",
        codes.PR,
        lambda look: responded(look.targets.total, look.base, look.settings.response_decrease_pct),
        gettext_noop("Sum {total} mm is {change} % below the baseline sum of {base} mm."),
        _sums,
    ),
    TargetRule(
        "R-33",
        "M-11",
        codes.SD,
        lambda look: True,
        gettext_noop(
            "Sum {total} mm is a change of {signed} % from the baseline sum of {base} mm, neither response"
            " nor progression; smallest earlier sum {nadir} mm."
        ),
        _stable,
    ),
)


def target_response(look: Look) -> tuple[str, Step]:
    """The target response at one time point, with its reason."""
    for rule in TARGET_RULES:
        if rule.holds(look):
            name = rule.mrecist_rule if look.mrecist else rule.rule
            return rule.response, Step(name, rule.message, rule.params(look), look.targets.reads)
    raise AssertionError  # the last rule always holds


NONTARGET_PD = gettext_noop("Unequivocal progression of non-target {lesions}.")
NONTARGET_BACK = gettext_noop("Non-target {lesions} is present again after a complete response.")
NONTARGET_NE = gettext_noop("Non-targets not assessed: {lesions}.")
NONTARGET_CR = gettext_noop("All non-targets are absent.")
NONTARGET_NON = gettext_noop("Non-targets persist without unequivocal progression: {lesions}.")

NONTARGET_RULES: tuple[tuple[str, str, Callable[[NonTargets, bool], tuple[str, ...]], str], ...] = (
    ("R-50", codes.PD, lambda found, after_cr: found.progressed, NONTARGET_PD),
    ("R-66", codes.PD, lambda found, after_cr: found.present if after_cr else (), NONTARGET_BACK),
    ("R-51", codes.NE, lambda found, after_cr: found.missing, NONTARGET_NE),
    ("R-53", codes.NON, lambda found, after_cr: found.present, NONTARGET_NON),
)


def nontarget_response(found: NonTargets, after_cr: bool) -> tuple[str, Step]:
    """The non-target response at one time point, with its reason (M-12 uses the same table)."""
    for rule, response, lesions, message in NONTARGET_RULES:
        if named := lesions(found, after_cr):
            return response, Step(rule, message, {"lesions": named}, found.reads)
    return codes.CR, Step("R-52", NONTARGET_CR, {}, found.reads)
