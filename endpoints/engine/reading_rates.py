"""Pathology beside the final central result: by reader, by the local laboratory, and the values themselves. Pure.

Sensitivity of P-9 and P-10: the same participants, judged by one reading each. Central readings stand in a profile only
after the release of the final result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from endpoints.engine.codes import N, Y
from endpoints.engine.shares import share

Pair = tuple[Mapping[str, Any], Mapping[str, Any]]

SOURCES = ("R1", "R2", "ADJ", "LOCAL")
MARGINS = ("R0", "R1", "R2", "RX", "UNKNOWN")


def pathology_tables(pairs: Iterable[Pair], level: float = 0.95) -> dict[str, Any]:
    """{rvt, sources, margin}.

    rvt: final viable tumour of everybody who has one, in %, ascending (histogram). sources: by reader and LOCAL {rvt:
    values ascending; MPR, PCR: {FAS: share, PEV: share, READ: share}}: in the full analysis set whoever has no such
    reading did not reach it (not resected, not read, not released); READ: among those read by this source. The
    adjudicator reads only what the two readers disagree about: compare his READ alone. margin: R status of the resected
    participants of the full analysis set {code: share}.
    """
    people = [(summary, profile) for summary, profile in pairs if "FAS" in summary.get("sets", ())]
    return {
        "rvt": sorted(
            value["rvt_pct"]
            for summary, _profile in people
            if "rvt_pct" in (value := summary["values"]["MPR"])
        ),
        "sources": {source: _source(people, source, level) for source in SOURCES},
        "margin": _margins(people, level),
    }


def reading_of(profile: Mapping[str, Any], source: str) -> Mapping[str, Any] | None:
    """The reading of one source. Two by one role (a reader was replaced) say nothing: none (as D-24)."""
    pathology = profile.get("pathology", {})
    if source == "LOCAL":
        local: Mapping[str, Any] | None = pathology.get("local")
        return local
    found = [one for one in pathology.get("readings", ()) if one["reader"] == source]
    return found[0] if len(found) == 1 else None


def _source(people: list[Pair], source: str, level: float) -> dict[str, Any]:
    found = [(summary, reading_of(profile, source)) for summary, profile in people]
    made: dict[str, Any] = {"rvt": sorted(one["rvt"] for _summary, one in found if one and "rvt" in one)}
    for name, key in (("MPR", "mpr"), ("PCR", "pcr")):
        answers = [
            ((one or {}).get(key, N), "PEV" in summary["sets"], one is not None) for summary, one in found
        ]
        made[name] = {
            "FAS": _share([answer for answer, _central, _read in answers], level),
            "PEV": _share([answer for answer, central, _read in answers if central], level),
            "READ": _share([answer for answer, _central, read in answers if read], level),
        }
    return made


def _share(answers: list[str], level: float) -> dict[str, Any]:
    return share(answers.count(Y), len(answers), level)


def _margins(people: list[Pair], level: float) -> dict[str, Any]:
    counts = Counter(
        profile["disposition"].get("surgery", {}).get("margin", "UNKNOWN")
        for summary, profile in people
        if "RES" in summary["sets"] and profile
    )
    n = counts.total()
    return {
        code: share(counts[code], n, level) for code in MARGINS if counts[code] or code in ("R0", "R1", "R2")
    }
