"""Exposure to the study drugs in the safety set (D-18, D-19 stand in the profiles). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from endpoints.engine.shares import share, spread

Pair = tuple[Mapping[str, Any], Mapping[str, Any]]

DRUGS = ("OXA", "LLV", "FU_B", "FU_CI", "CAM", "APA")
PHASES = ("NEO", "ADJ", "CONT")
RDI_LIMIT = (
    80  # %, the usual limit under which a dose intensity counts as low; no rule of the trial names one
)


def exposure_tables(pairs: Iterable[Pair], level: float = 0.95) -> dict[str, Any]:
    """{n, cycles: {phase: spread}, delayed: share, drugs: {drug: {…}}}.

    Of a drug: n (given at least once); doses, mg, mg_m2, weeks: spreads; rdi: {phase: spread and `high`: share of those
    known with 80 % or more}; lower, omitted, held, stopped: shares of n; ongoing: number whose apatinib goes on (its
    mg, weeks and RDI are of ended periods, or not known); compliance: spread (apatinib, %).
    """
    profiles = [
        profile["exposure"]
        for _summary, profile in pairs
        if profile.get("sets", {}).get("SAF") and profile.get("exposure")
    ]
    late = sum(one["delayed"] > 0 for one in profiles)
    return {
        "n": len(profiles),
        "cycles": {
            phase: spread(one["cycles"][phase] for one in profiles if phase in one["cycles"])
            for phase in PHASES
        },
        "delayed": share(late, len(profiles), level),
        "drugs": {
            drug: _drug(given, level)
            for drug in DRUGS
            if (given := [one[drug] for one in profiles if drug in one])
        },
    }


def _drug(given: list[Mapping[str, Any]], level: float) -> dict[str, Any]:
    n = len(given)
    return {
        "n": n,
        "doses": spread(one["doses"] for one in given),
        "mg": spread(one["mg"] for one in given if "mg" in one),
        "mg_m2": spread(one["mg_m2"] for one in given if "mg_m2" in one),
        "rdi": {phase: _rdi(given, phase, level) for phase in PHASES},
        "weeks": {
            phase: spread(part["weeks"] for part in _parts(given, phase) if "weeks" in part)
            for phase in PHASES
        },
        **{
            name: share(sum(bool(one.get(name)) for one in given), n, level)
            for name in ("lower", "omitted", "held", "stopped")
        },
        "ongoing": sum(bool(one.get("ongoing")) for one in given),
        "compliance": spread(one["compliance"] for one in given if "compliance" in one),
    }


def _parts(given: list[Mapping[str, Any]], phase: str) -> list[Mapping[str, Any]]:
    return [one["phases"][phase] for one in given if phase in one["phases"]]


def _rdi(given: list[Mapping[str, Any]], phase: str, level: float) -> dict[str, Any]:
    known = [part["rdi"] for part in _parts(given, phase) if "rdi" in part]
    return spread(known) | {"high": share(sum(rdi >= RDI_LIMIT for rdi in known), len(known), level)}
