"""Tables of edit checks: one row per case, on either side of what a rule says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest

from crf.analytes import ANALYTES, panel_number
from crf.criteria import CRITERIA

from .build import Values, fired, folder

C1D1 = "2024-03-14"
NUMBERS = {test: number for number, test in enumerate(ANALYTES, 1)}


class Case(NamedTuple):
    """`at`: where the check fires, as `HCC hcc_nodcount`; nowhere, when the rule does not hold."""

    number: str
    what: str
    at: tuple[str, ...]
    given: dict[str, Any]

    def found(self) -> list[str]:
        return [f"{key} {path}" for key, path in fired(folder(**self.given), self.number)]


def fires(number: str, what: str, *at: str, **given: Any) -> Case:
    return Case(number, what, at, given)


def quiet(number: str, what: str, **given: Any) -> Case:
    return Case(number, what, (), given)


def table(cases: Iterable[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "case", [pytest.param(case, id=f"{case.number} {case.what}") for case in cases]
    )


def one_sided(cases: Iterable[Case], first: int, last: int) -> set[str]:
    """Checks of a group without a case that fires, or without one that does not."""
    group = {f"CK-{number:03}" for number in range(first, last + 1)}
    on = {case.number for case in cases if case.at}
    off = {case.number for case in cases if not case.at}
    return group - (on & off)


# --- parts of a participant ---------------------------------------------------------------------------------


def criteria(**answers: str | None) -> list[dict[str, Any]]:
    """All criteria met, but for these answers."""
    usual = {code: "Y" if code[0] == "I" else "N" for code in CRITERIA}
    return [
        {"ietestcd": code, "ieorres": answer}
        for code, answer in (usual | answers).items()
        if answer is not None
    ]


def criterion(code: str) -> str:
    """Where the answer to a criterion stands, when all are answered."""
    return f"IE IE1:{list(CRITERIA).index(code) + 1}/ieorres"


def given(day: str = C1D1, visit: str = "C1", drugs: str = "OXA;CAM", **more: Any) -> dict[str, Any]:
    """A cycle with these drugs on one day."""
    rows = [{"ectrt": drug, "ecoccur": "Y", "ecstdat": day, "ecendat": day} for drug in drugs.split(";")]
    return {"@visit": visit, "ec_given": "Y", "ec_d1dat": day, "EC2": rows} | more


def apatinib(start: str, end: str = "", schedule: str = "QD", dose: str = "250") -> dict[str, Any]:
    return {"apa_ecstdat": start, "apa_ecendat": end, "apa_frq": schedule, "apa_dose": dose}


def result(
    test: str, value: str, low: str = "", high: str = "", *, op: str = "", unit: str = "", **more: Any
) -> dict[str, Any]:
    """A row of a panel with what is derived of it; a code has no number."""
    number = value.replace(".", "", 1).isdigit()
    row = {"@row": NUMBERS[test], "lbtestcd": test, "lborres": value, "lbop": op, "lborresu": unit}
    row |= {"lbstresn": value} if number else {}
    return row | {"lbornrlo": low, "lbornrhi": high} | more


def panel(day: str, *rows: Values, visit: str = "C2", **more: Any) -> dict[str, Any]:
    """A sample with these results."""
    number = panel_number(ANALYTES[rows[0]["lbtestcd"]].panel)
    return {"@visit": visit, "@repeat": number, "lbperf": "Y", "lbdat": day, "LB2": list(rows)} | more


def at(test: str, name: str = "lborres") -> str:
    """Where a result stands."""
    return f"LB LB2:{NUMBERS[test]}/{name}"


def event(term: str, start: str, end: str = "", grade: str = "2", **more: Any) -> dict[str, Any]:
    """An adverse event; without an end it goes on."""
    over = {"aeongo": "N", "aeendat": end} if end else {"aeongo": "Y"}
    return {"ae_ctcae": term, "aestdat": start, "aetoxgr": grade} | over | more
