"""The study's settings from `study.toml`: locked by the registry, or configurable with a reason."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .digests import digest
from .planned import PlanError, Planned, planned
from .texts import Text

FILE = Path(__file__).resolve().parent.parent / "study.toml"
PARTS = ("locked", "configurable", "statistics", "engine")

# What the registry record fixes. A file that says otherwise is refused at start: these are not ours to change.
LOCKED: dict[str, Any] = {
    "mpr_threshold_pct": 10.0,
    "mpr_inclusive": True,
    "bclc_allowed": ["A", "B"],
    "milan_required": "BEYOND",
    "drugs": ["OXA", "LLV", "FU_CI", "CAM", "APA"],
}


class StudyError(ValueError):
    """The study file says what it must not say; the message names the key."""


@dataclass(frozen=True, slots=True)
class Study:
    """Flat values by key, their reasons, and the digest that results and forms carry."""

    id: str
    title: Text
    values: dict[str, Any]
    reasons: dict[str, str]
    engine: dict[str, Any]
    planned: Planned
    digest: str

    def __getitem__(self, key: str) -> Any:
        return self.values[key]


def read(path: Path = FILE) -> Study:
    """Read and check a study file. Raises `StudyError` for a changed locked value, an entry without a reason or a
    statistical plan that contradicts itself."""
    with path.open("rb") as stream:
        raw = tomllib.load(stream)
    for part in PARTS:
        if part not in raw:
            raise StudyError(f"{path.name}: the part {part} is missing")
    locked = {key: entry["value"] for key, entry in raw["locked"].items()}
    for key, value in LOCKED.items():
        if locked.get(key) != value:
            raise StudyError(
                f"{path.name}: locked.{key} is fixed by the registry at {value!r}, not {locked.get(key)!r}"
            )
    values, reasons = dict(locked), {}
    for part in PARTS:
        for key, entry in raw[part].items():
            if not entry.get("reason"):
                raise StudyError(f"{path.name}: {part}.{key} has no reason")
            reasons[key] = entry["reason"]
            if part in ("configurable", "statistics"):
                values[key] = entry["value"]
    engine = {key: entry["value"] for key, entry in raw["engine"].items()}
    engine |= {"min_sd_days": values["min_sd_days"], "mpr_threshold_pct": locked["mpr_threshold_pct"]}
    try:
        plan = planned(values)
    except PlanError as error:
        raise StudyError(f"{path.name}: statistics.{error}") from error
    return Study(
        raw["id"],
        Text(raw["title_en"], raw["title_zh"]),
        values,
        reasons,
        engine,
        plan,
        digest([values, engine])[:12],
    )


@cache
def study() -> Study:
    """The study of this site, read once."""
    return read()
