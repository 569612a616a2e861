"""Rates by subgroup of the baseline: x of n with the exact interval (forest plot). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from endpoints.engine.codes import PENDING, N, Y
from endpoints.engine.shares import share

Baseline = Mapping[str, Any]
Pair = tuple[Mapping[str, Any], Baseline]

# Cut-offs. The registry record names no subgroups; assumed, to be replaced by the statistical analysis plan.
AGE_YEARS = (
    60  # the forest plot of the design drawings splits at 60; 65, usual in the West, leaves few above it here
)
AFP_NG_ML = 400  # the usual limit of Chinese and international HCC trials
LARGEST_MM = 100  # "large" HCC: beyond 10 cm
MANY_TUMOURS = 3  # Milan allows up to three
UNKNOWN = "UNKNOWN"


def _under(name: str, limit: float) -> Callable[[Baseline], str | None]:
    def level(one: Baseline) -> str | None:
        value = one.get(name)
        return None if value is None else "LT" if value < limit else "GE"

    return level


def _tumours(one: Baseline) -> str | None:
    number = one.get("nodules")
    if one.get("uncountable"):
        return "MANY"
    if number is None:
        return None
    return "ONE" if number <= 1 else "FEW" if number <= MANY_TUMOURS else "MANY"


def _cirrhosis(one: Baseline) -> str | None:
    return {None: None, "NONE": "N"}.get(one.get("cirrhosis"), "Y")


def _stage(one: Baseline) -> str | None:
    """As calculated (D-10), by the investigator where it cannot be."""
    found = one.get("bclc", {})
    stage: str | None = found.get("calc") or found.get("inv")
    return stage


def _ecog(one: Baseline) -> str | None:
    return None if one.get("ecog") is None else str(one["ecog"])


# Factor → (its level for a baseline, the levels that are always shown, in their order; a limit for the labels).
FACTORS: dict[str, tuple[Callable[[Baseline], str | None], tuple[str, ...], float | None]] = {
    "SEX": (lambda one: one.get("sex"), ("M", "F"), None),
    "AGE": (_under("age", AGE_YEARS), ("LT", "GE"), AGE_YEARS),
    "ECOG": (_ecog, ("0", "1"), None),
    "HBSAG": (lambda one: one.get("hbsag"), ("POS", "NEG"), None),
    "CIRRHOSIS": (_cirrhosis, ("Y", "N"), None),
    "BCLC": (_stage, ("A", "B"), None),
    "AFP": (_under("afp", AFP_NG_ML), ("LT", "GE"), AFP_NG_ML),
    "LARGEST": (_under("largest", LARGEST_MM), ("LT", "GE"), LARGEST_MM),
    "TUMOURS": (_tumours, ("ONE", "FEW", "MANY"), MANY_TUMOURS),
}


def subgroups_of(
    pairs: Iterable[Pair], endpoint: str, level: float = 0.95, part: str = "value", population: str = "FAS"
) -> dict[str, Any]:
    """{overall: share, factors: [{factor, limit, levels: [{level, pending, x, n, estimate, exact}]}]}.

    Of one yes/no endpoint in one analysis set; pending counts as not reached (G-25). The levels of a factor add up to
    the whole: who lacks the baseline value is in `UNKNOWN`, other codes follow the usual ones.
    """
    inside = [
        (summary["values"].get(endpoint, {}).get(part) or N, profile.get("baseline", {}))
        for summary, profile in pairs
        if population in summary.get("sets", ())
    ]
    return {
        "overall": _row([value for value, _baseline in inside], level),
        "factors": [
            {"factor": name, "limit": limit, "levels": _levels(inside, of, usual, level)}
            for name, (of, usual, limit) in FACTORS.items()
        ],
    }


def _levels(
    inside: list[tuple[str, Baseline]],
    of: Callable[[Baseline], str | None],
    usual: tuple[str, ...],
    level: float,
) -> list[dict[str, Any]]:
    by: dict[str, list[str]] = {name: [] for name in usual}
    for value, baseline in inside:
        by.setdefault(of(baseline) or UNKNOWN, []).append(value)
    others = sorted(name for name in by if name not in usual and name != UNKNOWN)
    order = [*usual, *others, *([UNKNOWN] if UNKNOWN in by else [])]
    return [{"level": name, **_row(by[name], level)} for name in order]


def _row(values: list[str], level: float) -> dict[str, Any]:
    return {"pending": values.count(PENDING), **share(values.count(Y), len(values), level)}
