"""The per-protocol set (crf-book section 5): why a participant is not in it. Codes, in the order of the rule.

FAS         not enrolled, or no dose
DEVIATION   a deviation that the data review excludes for (dv_pp = Y)
CYCLES      fewer neoadjuvant cycles than `pps_min_cycles`
RDI_OXA …   neoadjuvant relative dose intensity below `pps_rdi_min_pct`, or not known (yet)
THERAPY     anticancer therapy outside the protocol before surgery
I04, I05    not BCLC A or B; not beyond Milan
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from crf.sheets import Casebook
from trialsite.kernel.partial_date import PartialDate
from trialsite.kernel.study import study


def per_protocol(
    book: Casebook,
    disposition: Mapping[str, Any],
    exposure: Mapping[str, Any],
    milan: str | None,
    stage: str | None,
) -> list[str]:
    """Empty: in the set. The decision of the data review stands in the deviations."""
    config = study()
    if "enrolled" not in disposition or "first_dose" not in disposition:
        return ["FAS"]
    found = {
        "DEVIATION": any(row.get("dv_pp") == "Y" for row in book.all("DV1")),
        "CYCLES": disposition["cycles"] < config["pps_min_cycles"],
        **{f"RDI_{drug}": not _enough(exposure, drug) for drug in config["drugs"]},
        "THERAPY": _treated_before(book, disposition),
        "I04": stage not in config["bclc_allowed"],
        "I05": milan != config["milan_required"],
    }
    return [name for name, holds in found.items() if holds]


def _enough(exposure: Mapping[str, Any], drug: str) -> bool:
    rdi = exposure.get(drug, {}).get("phases", {}).get("NEO", {}).get("rdi")
    return rdi is not None and rdi >= study()["pps_rdi_min_pct"]


def _treated_before(book: Casebook, disposition: Mapping[str, Any]) -> bool:
    """Before the operation; without one until the end of neoadjuvant treatment, and at any time while it goes on."""
    surgery = disposition.get("surgery", {})
    limit = surgery.get("date") or disposition["ends"].get("NEO", [None])[0]
    return any(
        limit is None or start.isoformat() < limit
        for sheet in book.all("SACT")
        for row in sheet.lines("SA1")
        if (start := _start(row.get("sact_stdat"), limit))
    )


def _start(value: Any, limit: str | None) -> dt.date | None:
    """G-30: the earliest possible day, but not before a limit that it may mean as well."""
    if not isinstance(value, PartialDate):
        return value if isinstance(value, dt.date) else None
    made = value.impute("first", "M", dt.date.fromisoformat(limit) if limit else None)
    return made.date if made else None
