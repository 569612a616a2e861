"""A casebook as far as it is dated up to a day (G-5, G-31).

A death and a therapy belong to the day that the endpoints take them for (G-30), so that no figure of a profile puts them
on the other side of the cut-off. Partial dates that no endpoint rule imputes, like that of an onset, belong to their
earliest possible day.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, TypeGuard

from crf import facts
from crf.derivation_imaging import engine_settings
from crf.sheets import Casebook, RowValues, Sheet
from endpoints.engine.course import Course
from endpoints.engine.dates import last_alive
from endpoints.engine.steps import EngineError
from endpoints.mapping import Mapping
from endpoints.operation import therapy_day, therapy_limit
from trialsite.kernel.partial_date import PartialDate

# The day on which a form belongs to the past; a form that is not named has none. The release of a central result has
# none either: a reading belongs to its date of review (G-31), the release only lets it be seen.
DAY = {
    "ICF": "icf_dsstdat", "HEP": "hep_lbdat", "VS": "vsdat", "LB": "lbdat", "SURG": "surg_prstdat",
    "LPATH": "lp_midat", "CPATH": "cp_midat", "AE1": "aestdat", "DV1": "dvstdat",
    "EOT": "eot_dsstdat", "DTH": "dthdat", "EOS": "eos_dsstdat", "TA": "tudat",
}  # fmt: skip
# Of a line of a section: the day it began, and the day it ended, which is not known before.
LINES = {
    "EC2": ("ecstdat", ""), "EC3": ("apa_ecstdat", "apa_ecendat"), "EC4": ("da_dispdat", "da_retdat"),
    "SA1": ("sact_stdat", ""),  # G-30
}  # fmt: skip
# Answers with a day of their own on a form that began earlier.
DECISION = ("enr_yn", "enr_dsstdat", "sf_reason")
ANSWERS = {
    "IE": (("enr_dsstdat", DECISION), ("iedat", DECISION)),
    "ICF": (("wd_dsstdat", ("wd_yn", "wd_dsstdat")),),
}
IN_PARTS = frozenset((*ANSWERS, "EC", "SACT"))  # forms of which a part may be later


def earliest(value: Any) -> dt.date | None:
    """The earliest possible day of a date."""
    return value.earliest if isinstance(value, PartialDate) else value


def after(value: Any, cutoff: dt.date) -> bool:
    day = earliest(value)
    return day is not None and day > cutoff


def as_of(book: Casebook, cutoff: dt.date) -> Casebook:
    """The same casebook where nothing is later, which is the usual case."""
    changed = False
    kept: list[Sheet] = []
    for sheet in book:
        if _after(book, sheet, cutoff):
            changed = True
            continue
        known = _cut(book, sheet, cutoff) if sheet.key in IN_PARTS else sheet
        changed = changed or known is not sheet
        kept.append(known)
    if not changed:
        return book
    made = Casebook(book.number, kept)
    made.ranges_from = book.ranges_from
    return made


def _after(book: Casebook, sheet: Sheet, cutoff: dt.date) -> bool:
    value = sheet.get(DAY[sheet.key]) if sheet.key in DAY else None
    if sheet.key == "DTH" and _either_side(value, cutoff):
        return after(death_day(book, value, cutoff), cutoff)
    return after(value, cutoff)


def _either_side(value: Any, cutoff: dt.date) -> TypeGuard[PartialDate]:
    """Whether a partial date may mean days up to the cut-off and days after it: only then its imputation decides."""
    return isinstance(value, PartialDate) and value.earliest <= cutoff < value.latest


def death_day(book: Casebook, value: PartialDate, cutoff: dt.date) -> dt.date:
    """G-10, G-30: the earliest possible day, not before the last day known alive whatever the cut-off.

    By the engine's own rule; where the course cannot even be read there is no endpoint, and the last contact is near it.
    """
    case = Mapping(book, cutoff, evaluator=engine_settings().evaluator).case
    try:
        alive = last_alive(Course.from_json(case))
        limit = alive.date if alive else None
    except EngineError:
        limit = facts.last_contact(book)
    made = value.impute("first", "M", not_before=limit)
    return made.date if made else value.earliest


def _cut(book: Casebook, sheet: Sheet, cutoff: dt.date) -> Sheet:
    hidden: set[str] = set()
    for day, names in ANSWERS.get(sheet.key, ()):
        if after(sheet.get(day), cutoff):
            hidden.update(names)
    rows = {
        name: _begun(book, lines, cutoff) if name == "SA1" else _lines(name, lines, cutoff)
        for name, lines in sheet.rows.items()
        if name in LINES
    }
    if sheet.key == "EC" and after(sheet.get("ec_d1dat"), cutoff):
        hidden.update(sheet.values)  # a later cycle; an apatinib period on its page may have begun before
        rows["EC2"] = []
    if not hidden and all(lines is sheet.rows[name] for name, lines in rows.items()):
        return sheet
    values = {name: value for name, value in sheet.values.items() if name not in hidden}
    return replace(sheet, values=values, rows={**sheet.rows, **rows})


def _begun(book: Casebook, lines: list[RowValues], cutoff: dt.date) -> list[RowValues]:
    """Therapies that began up to the cut-off."""
    limit = None
    if any(_either_side(line.get("sact_stdat"), cutoff) for line in lines):
        limit = therapy_limit(book)
    kept = [line for line in lines if not after(therapy_day(line.get("sact_stdat"), limit), cutoff)]
    return lines if len(kept) == len(lines) else kept


def _lines(section: str, lines: list[RowValues], cutoff: dt.date) -> list[RowValues]:
    start, end = LINES[section]
    if not any(after(line.get(start), cutoff) or after(line.get(end), cutoff) for line in lines):
        return lines
    return [
        replace(line, values={k: v for k, v in line.values.items() if k != end or not after(v, cutoff)})
        for line in lines
        if not after(line.get(start), cutoff)
    ]
