"""Tables of a trace: the central readings, and the target lesions over time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from endpoints import words
from trialsite.web import figures

READING = re.compile(r"pathology\.(?P<who>reads\[\d+\]|adjudication)\.(?P<rest>.+)")
NODULE = re.compile(r"nodules\[(?P<at>\d+)\]\.(?P<name>\w+)")
SIZES = ("length_mm", "width_mm", "height_mm")


@dataclass(slots=True)
class Bed:
    """One tumour bed of a reading."""

    size: str
    viable: str


@dataclass(slots=True)
class Reading:
    """A central reading, known by its number."""

    title: str
    date: str = ""
    adequacy: str = ""
    beds: list[Bed] = field(default_factory=list)


def is_reading(where: str) -> bool:
    """Whether an input stands in the table of readings."""
    found = READING.fullmatch(where)
    if found is None:
        return False
    nodule = NODULE.fullmatch(found["rest"])
    return found["rest"] in ("date", "adequacy", "reader") or (
        nodule is not None and nodule["name"] in (*SIZES, "viable_pct", "id")
    )


def readings(reads: Iterable[list[Any]]) -> list[Reading]:
    """From all that was read of central pathology (where, value, address)."""
    found: dict[str, dict[str, Any]] = {}
    for where, value, _address in reads:
        match = READING.fullmatch(where)
        if match:
            found.setdefault(match["who"], {})[match["rest"]] = value
    return [
        _reading(who, values)
        for who, values in sorted(found.items(), key=lambda one: (one[0] == "adjudication", one[0]))
    ]


def all_read(case: Mapping[str, Any]) -> list[list[Any]]:
    """Every value of the released readings of a course, also what no step rests on."""
    found = case.get("pathology") or {}
    every = {f"reads[{i}]": one for i, one in enumerate(found.get("reads", ()))}
    if found.get("adjudication"):
        every["adjudication"] = found["adjudication"]
    made: list[list[Any]] = []
    for who, one in every.items():
        made += [[f"pathology.{who}.{name}", value, None] for name, value in one.items() if name != "nodules"]
        for i, nodule in enumerate(one.get("nodules", ())):
            made += [[f"pathology.{who}.nodules[{i}].{name}", value, None] for name, value in nodule.items()]
    return made


def _reading(who: str, values: Mapping[str, Any]) -> Reading:
    number = re.search(r"\d+", who)
    title = _("Reading %(n)s, blinded") % {"n": int(number[0]) + 1} if number else _("Adjudication, blinded")
    made = Reading(title)
    if values.get("date"):
        made.date = figures.day(values["date"])
    if values.get("adequacy"):
        made.adequacy = _(str(values["adequacy"]).capitalize())
    nodules: dict[int, dict[str, Any]] = {}
    for rest, value in values.items():
        if match := NODULE.fullmatch(rest):
            nodules.setdefault(int(match["at"]), {})[match["name"]] = value
    for _at, nodule in sorted(nodules.items()):
        sizes = [figures.number(nodule[name]) for name in SIZES if nodule.get(name) is not None]
        viable = nodule.get("viable_pct")
        made.beds.append(
            Bed(" × ".join(sizes) or "–", "–" if viable is None else f"{figures.viable(viable)}%")
        )
    return made


# --- lesions --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class LesionTable:
    """Target lesions: one column for each assessment, one row for each lesion."""

    heads: list[tuple[str, str]]  # name and date of an assessment
    rows: list[tuple[str, str, list[str]]]  # lesion, where it is, millimetres


def lesions(case: Mapping[str, Any] | None, criteria: str, evaluator: str, last: str) -> LesionTable | None:
    """The measurements that a response rests on, up to the cut-off."""
    if not case:
        return None
    scans = sorted(
        (
            one
            for one in case.get("imaging", ())
            if one.get("criteria") == criteria and one.get("evaluator") == evaluator and one.get("target")
            and str(one.get("date", "")) <= last
        ),
        key=lambda one: str(one.get("date", "")),
    )  # fmt: skip
    if not scans:
        return None
    places: dict[str, str] = {}
    for scan in scans:
        for target in scan["target"]:
            places.setdefault(str(target.get("id")), str(target.get("organ") or ""))
    rows = [
        (lesion, words.code_label("ORGAN", place), [_measured(scan, lesion) for scan in scans])
        for lesion, place in places.items()
    ]
    return LesionTable([(_name(scan), figures.day(scan["date"])) for scan in scans], rows)


def _name(scan: Mapping[str, Any]) -> str:
    return _("Baseline") if scan.get("baseline") else str(scan.get("name") or "–")


def _measured(scan: Mapping[str, Any], lesion: str) -> str:
    """Millimetres; without them the state of the lesion."""
    for target in scan["target"]:
        if str(target.get("id")) == lesion:
            if target.get("mm") is not None:
                return figures.number(target["mm"], 1)
            return words.code_word(target.get("state"))
    return "–"
