"""The parts of stored figures that rest on profiles, as lines of charts and tables in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from crf.codelists import CODELISTS
from trialsite.web.figures import number, per_hundred

Results = Mapping[str, Any]

FACTORS: dict[str, Any] = {
    "SEX": L("Sex"),
    "AGE": L("Age"),
    "ECOG": L("ECOG performance status"),
    "HBSAG": L("HBsAg"),
    "CIRRHOSIS": L("Cirrhosis"),
    "BCLC": L("BCLC stage"),
    "AFP": L("AFP at baseline"),
    "LARGEST": L("Largest tumour"),
    "TUMOURS": L("Tumours"),
}
LEVELS: dict[tuple[str, str], Any] = {
    ("SEX", "M"): L("Male"), ("SEX", "F"): L("Female"),
    ("AGE", "LT"): L("<%(limit)s years"), ("AGE", "GE"): L("≥%(limit)s years"),
    ("HBSAG", "POS"): L("Positive"), ("HBSAG", "NEG"): L("Negative"),
    ("CIRRHOSIS", "Y"): L("Yes"), ("CIRRHOSIS", "N"): L("No"),
    ("AFP", "LT"): L("<%(limit)s ng/mL"), ("AFP", "GE"): L("≥%(limit)s ng/mL"),
    ("LARGEST", "LT"): L("<%(limit)s mm"), ("LARGEST", "GE"): L("≥%(limit)s mm"),
    ("TUMOURS", "ONE"): L("One"), ("TUMOURS", "FEW"): L("2 to %(limit)s"), ("TUMOURS", "MANY"): L("More than %(limit)s"),
}  # fmt: skip
SOURCES: dict[str, Any] = {
    "R1": L("Reader 1"),
    "R2": L("Reader 2"),
    "ADJ": L("Adjudicator"),
    "LOCAL": L("Local pathology"),
}
REASONS: dict[str, Any] = {
    "WAITING": L("still in the study"),
    "DEATH": L("death"),
    "WITHDRAWN": L("consent withdrawn"),
    "UNKNOWN": L("reason not recorded"),
}
DRUGS: dict[str, Any] = {
    "OXA": L("Oxaliplatin"),
    "LLV": L("Levoleucovorin"),
    "FU_B": L("Fluorouracil, bolus"),
    "FU_CI": L("Fluorouracil, continuous"),
    "CAM": L("Camrelizumab"),
    "APA": L("Apatinib"),
}
PHASES: dict[str, Any] = {"NEO": L("Neoadjuvant"), "ADJ": L("Adjuvant"), "CONT": L("Continued")}
SAFETY: dict[str, Any] = {
    "ANY": L("Any adverse event"),
    "TEAE": L("Treatment-emergent"),
    "RELATED": L("Treatment-related (TRAE)"),
    "GRADE3": L("Grade ≥3"),
    "RELATED_GRADE3": L("TRAE of grade ≥3"),
    "SERIOUS": L("Serious (SAE)"),
    "RELATED_SERIOUS": L("Treatment-related SAE"),
    "FATAL": L("Fatal"),
    "RELATED_FATAL": L("Treatment-related, fatal"),
    "DISCONTINUED": L("Led to discontinuation of a study drug"),
    "IMMUNE": L("Immune-related"),
    "SPECIAL": L("Of special interest"),
    "RCCEP": L("RCCEP"),
}
# Of a time to an event: who of an analysis set has one.
WHO: dict[str, Any] = {
    "DFS": L("R0 resected"),
    "DFS_R1": L("R0 or R1 resected"),
    "DOR": L("responders by mRECIST"),
    "DOR_RECIST": L("responders by RECIST 1.1"),
    "DOR_NO_FLOOR": L("responders by mRECIST without floor"),
}
STEP = 10  # per cent: width of a class of residual viable tumour


def part(results: Results, name: str) -> Any:
    """A part of the profile figures; none when these results have none."""
    return (results.get("profile") or {}).get(name)


def whom(name: str, population: str) -> str:
    """`FAS, R0 resected`: whom a curve of an analysis set counts."""
    return ", ".join(str(one) for one in (population, WHO.get(name, "")) if one)


def subgroups(results: Results, endpoint: str = "MPR") -> Mapping[str, Any] | None:
    """The subgroups of an endpoint; none when there are none."""
    found = results.get("subgroups") or part(results, "subgroups") or {}
    one = found if "factors" in found else found.get(endpoint)
    return one if one and one["overall"]["n"] else None


def subgroup_rows(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The whole set, then each factor with its levels; levels without anybody are left out."""
    lines = [_line(_("All"), found["overall"], level=0, key=True)]
    for factor in found["factors"]:
        levels = [one for one in factor["levels"] if one["n"]]
        if levels:
            lines.append({"label": str(FACTORS.get(factor["factor"], factor["factor"])), "level": 0})
            lines += [_line(level_name(factor, one["level"]), one, level=1) for one in levels]
    return lines


def level_name(factor: Mapping[str, Any], level: str) -> str:
    if level == "UNKNOWN":
        return _("Not known")
    text = LEVELS.get((factor["factor"], level))
    return level if text is None else str(text) % {"limit": number(factor["limit"])}


def _line(label: str, one: Mapping[str, Any], *, level: int, key: bool = False) -> dict[str, Any]:
    return {
        "label": label, "level": level, "key": key, "x": one["x"], "n": one["n"], "estimate": _pct(one["estimate"]),
        "lower": _pct(one["exact"]["lower"]), "upper": _pct(one["exact"]["upper"]),
    }  # fmt: skip


def _pct(value: float | None) -> float | None:
    return None if value is None else float(per_hundred(value))


def rvt_rows(values: list[float]) -> list[dict[str, Any]]:
    """Classes of residual viable tumour: none at all, then tenths, each up to and including its limit."""
    rows = [{"label": "0", "n": sum(value == 0 for value in values), "group": "PCR"}]
    for low in range(0, 100, STEP):
        n = sum(low < value <= low + STEP for value in values)
        rows.append({"label": f">{low}–{low + STEP}", "n": n, "group": "MPR" if low == 0 else "NO_MPR"})
    return rows


def accrual_rows(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"month": one["month"], "enrolled": one["total"], "planned": one["planned"], "n": one["n"]}
        for one in found["months"]
    ]


def reason(code: str) -> str:
    """A reason of the flow in words: a word of the engine, or a code of a code list (`EOTREAS.PD`)."""
    if code in REASONS:
        return str(REASONS[code])
    listed, _sep, value = code.partition(".")
    known = CODELISTS.get(listed)
    label = known.codes.get(value) if known else None
    return str(label) if label else code
