"""Field-level rules of a sheet: what is shown, what is required, hard and soft limits. One walk over the form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from crf import laboratory_rows
from crf.conditions import holds
from crf.fields import CrfField
from crf.judging import Raised, version_of
from crf.lookups import Lookup, Surroundings
from crf.messages import hard_message, soft_message
from crf.registry import FormDef
from crf.sheets import RowValues, Sheet

from .writing import each_line


@dataclass(slots=True)
class SoftFinding:
    """A value outside its usual range."""

    path: str
    rule: str
    value: str
    message: str
    version: str = ""


@dataclass(slots=True)
class Checked:
    """What the walk found, by path; and beside it (`raised`, `failed`) what the checks of the form said."""

    hidden: dict[str, CrfField] = field(default_factory=dict)  # answered but not asked: must be empty
    required: list[str] = field(default_factory=list)  # asked and unanswered
    hard: dict[str, str] = field(default_factory=dict)
    soft: list[SoftFinding] = field(default_factory=list)
    raised: list[Raised] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)


def check(definition: FormDef, sheet: Sheet, around: Surroundings) -> Checked:
    """Walk a sheet. Messages are in the language that is active."""
    found = Checked()
    for prefix, fields, holder, row in each_line(definition, sheet):
        lookup = around.lookup(sheet, row)
        analyte = row if definition.code == "LB" else None
        for crf_field in fields:
            path = prefix + crf_field.name
            asked = laboratory_rows.asked(sheet, analyte, crf_field.name) if analyte else None
            _check_field(found, path, crf_field, holder, lookup, asked)
            if analyte and path not in found.hidden:
                _check_analyte(found, path, crf_field.name, analyte)
    return found


def _check_field(
    found: Checked, path: str, crf_field: CrfField, holder: Any, lookup: Lookup,
    asked: laboratory_rows.Asked | None = None,
) -> None:  # fmt: skip
    """`asked` answers for a row of the laboratory, by its analyte, what the declaration of its field cannot."""
    name = crf_field.name
    value, missing = holder.values.get(name), holder.missing.get(name)
    requirement = crf_field.requirement
    shown = requirement.when is None or holds(requirement.when, lookup)
    shown = shown and (asked is None or asked.shown)
    optional = requirement.optional or (asked is not None and not asked.required)
    if not shown:
        if (value is not None or missing) and not crf_field.derived:
            found.hidden[path] = crf_field
        return
    if value is None:
        if not missing and not optional and not crf_field.derived:
            found.required.append(path)
        return
    if crf_field.hard is not None and crf_field.hard.broken(value, lookup):
        found.hard[path] = hard_message(crf_field)
    elif crf_field.soft is not None and crf_field.soft.broken(value, lookup):
        rule = f"soft:{name}"
        found.soft.append(
            SoftFinding(
                path, rule, crf_field.to_text(value), soft_message(crf_field), version_of(rule, crf_field)
            )
        )


def _check_analyte(found: Checked, path: str, name: str, row: RowValues) -> None:
    """A result, or its unit, that cannot be of this analyte is refused whenever it is saved."""
    value = row.get(name)
    if value is not None and (why := laboratory_rows.misfit(row, name, value)):
        found.hard[path] = why
