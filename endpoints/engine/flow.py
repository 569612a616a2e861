"""Participant flow: from consent to the end, everybody in exactly one branch of each fork. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Pair = tuple[Mapping[str, Any], Mapping[str, Any]]

# A reason is a code of a code list of the CRF (`EOTREAS.PD`), or one of these words.
WAITING, DEATH, WITHDRAWN, UNKNOWN = "WAITING", "DEATH", "WITHDRAWN", "UNKNOWN"


def participant_flow(pairs: Iterable[Pair]) -> dict[str, Any]:
    """Numbers that add up:

    screened = sum(failed) + in_screening + enrolled
    enrolled = sum(never_dosed) + treated            treated = sum(not_resected) + resected
    resected = sum(margin) = released + awaited      enrolled = sum(end)

    failed, never_dosed, not_resected, end: numbers by reason; margin: by R status; adjuvant: of the resected;
    dosed_not_enrolled: in the safety set though never enrolled, in no branch.
    """
    found = _Flow()
    for _summary, profile in pairs:
        if profile:
            found.add(profile["disposition"])
    return found.to_json()


class _Flow:
    def __init__(self) -> None:
        self.n: Counter[str] = Counter()
        self.by: dict[str, Counter[str]] = {
            name: Counter() for name in ("failed", "never_dosed", "not_resected", "margin", "end")
        }

    def add(self, one: Mapping[str, Any]) -> None:
        """One participant. Without consent nobody is screened."""
        if not one.get("screened"):
            return
        self.n["screened"] += 1
        if "enrolled" not in one:
            self._not_enrolled(one)
            return
        self.n["enrolled"] += 1
        self.by["end"][end_of(one)] += 1
        if "first_dose" not in one:
            self.by["never_dosed"][never_dosed(one)] += 1
            return
        self.n["treated"] += 1
        if one.get("surgery", {}).get("outcome") != "RESECTED":
            self.by["not_resected"][not_resected(one)] += 1
            return
        self.n["resected"] += 1
        self.by["margin"][one["surgery"].get("margin", UNKNOWN)] += 1
        self.n["released" if "central" in one else "awaited"] += 1
        self.n["adjuvant"] += "adjuvant" in one

    def _not_enrolled(self, one: Mapping[str, Any]) -> None:
        self.n["dosed_not_enrolled"] += "first_dose" in one
        if "failure" in one:
            self.by["failed"][_coded("SFREASON", one["failure"])] += 1
        elif "withdrawn" in one:
            self.by["failed"]["SFREASON.WITHDREW"] += 1
        elif "off" in one or "death" in one:
            self.by["failed"][end_of(one)] += 1
        else:
            self.n["in_screening"] += 1

    def to_json(self) -> dict[str, Any]:
        names = (
            "screened", "in_screening", "enrolled", "treated", "resected", "released", "awaited", "adjuvant",
            "dosed_not_enrolled",
        )  # fmt: skip
        counts = {name: self.n[name] for name in names}
        return counts | {
            name: dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))
            for name, found in self.by.items()
        }


def _coded(codes: str, code: str | None) -> str:
    return f"{codes}.{code}" if code and code != UNKNOWN else UNKNOWN


def end_of(one: Mapping[str, Any]) -> str:
    """Death; off study, by its reason; consent withdrawn; else in follow-up (`WAITING`)."""
    if "death" in one:
        return DEATH
    if "off" in one:
        return DEATH if one["off"][1] == DEATH else _coded("EOSREAS", one["off"][1])
    return WITHDRAWN if "withdrawn" in one else WAITING


def never_dosed(one: Mapping[str, Any]) -> str:
    """Why an enrolled participant has no dose: the end of treatment says it, else the end of the study."""
    treatment = one["ends"].get("NEO")
    return _coded("EOTREAS", treatment[1]) if treatment else end_of(one)


def not_resected(one: Mapping[str, Any]) -> str:
    """Why a treated participant is not resected. First match: the surgeon's form; the end of neoadjuvant treatment
    (surgery is not planned any more); the end of the study; else it may still come (`WAITING`)."""
    surgery = one.get("surgery", {})
    if surgery.get("outcome") == "EXPLORED":
        return "RESTYPE.EXPLORE"
    if surgery.get("outcome") == "NOT_DONE":
        return _coded("NOSURGREAS", surgery.get("reason"))
    treatment = one["ends"].get("NEO")
    if treatment and treatment[1] not in (None, "SURGERY", "COMPLETED"):
        return _coded("EOTREAS", treatment[1])
    return end_of(one)
