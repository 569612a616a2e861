"""What stands beside a treatment cycle: dose calculator, dose levels, retreatment check, cumulative dose and intensity.

Everything is worked out from what is typed and from the cycles before; what is missing is asked for, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trialsite.kernel.study import study
from trialsite.web import figures

from .codelists import CODELISTS
from .derivation import apatinib_periods, fixed_key, infusions_given, intensity, recomputed_bsa
from .retreatment import retreatment
from .sheets import Casebook, Sheet

SHOWN = ("OXA", "LLV", "FU_CI", "CAM", "APA")
FORMULA = {"mosteller": "√({wt} kg × {ht} cm ÷ 3600)", "dubois": "0.007184 × {wt}^0.425 × {ht}^0.725"}
LEVELS = ("0", "-1", "-2")
UNITS = {"mg/m2": "mg/m²"}
HUNDRED = Decimal(100)


def drug_name(drug: str) -> str:
    return str(CODELISTS["DRUG"].codes[drug]).split(" (")[0].split("(")[0]


# --- dose calculator --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Calculator:
    """The body surface area with its formula, and how the weight stands to the one behind the BSA in use (A-22)."""

    formula: str
    bsa: Decimal | None
    used: Decimal | None
    asks: str
    weight: str
    recalculate: str


def calculator(sheet: Sheet, book: Casebook) -> Calculator:
    weight, height = sheet.get("ec_wt"), sheet.get("ec_ht")
    bsa = recomputed_bsa(sheet)
    name = study()["bsa_formula"]
    formula = ""
    if bsa is not None:
        formula = FORMULA[name].format(wt=figures.number(weight, 1), ht=figures.number(height, 1))
    said, recalculate = _weight_change(sheet, book, bsa)
    return Calculator(formula, bsa, sheet.get("ec_bsa"), _asked(weight, height), said, recalculate)


def _asked(weight: Any, height: Any) -> str:
    if weight is None and height is None:
        return _("Enter weight and height: nothing is guessed.")
    if weight is None:
        return _("Enter the weight: nothing is guessed.")
    return _("Enter the height: nothing is guessed.") if height is None else ""


def cycles_before(sheet: Sheet, book: Casebook) -> list[Sheet]:
    """Earlier cycles in the order of the visits."""
    return [s for s in book.all("EC") if s.visit_order < sheet.visit_order and s.form != sheet.form]


def weight_of_bsa(sheet: Sheet, book: Casebook) -> tuple[Sheet, Decimal] | None:
    """The cycle whose weight gave the BSA that was used last: later cycles carried it forward."""
    found: tuple[Sheet, Decimal] | None = None
    last_bsa = None
    for other in cycles_before(sheet, book):
        if other.get("ec_wt") is not None and (found is None or other.get("ec_bsa") != last_bsa):
            found, last_bsa = (other, other.get("ec_wt")), other.get("ec_bsa")
    return found


def _weight_change(sheet: Sheet, book: Casebook, bsa: Decimal | None) -> tuple[str, str]:
    """The change since the weight behind the BSA, and the prompt to recalculate from 10 % on (A-22, CK-129)."""
    base, weight = weight_of_bsa(sheet, book), sheet.get("ec_wt")
    if base is None or weight is None:
        return "", ""
    from_cycle, before = base
    change = (weight - before) / before * HUNDRED
    said = _("%(change)s from %(visit)s (%(kg)s kg)") % {
        "change": figures.percent(change, 1, sign=True), "visit": from_cycle.visit, "kg": figures.number(before, 1),
    }  # fmt: skip
    limit = Decimal(study()["bsa_recalc_pct"])
    if abs(change) < limit:
        return said, ""
    if (
        bsa is not None
        and sheet.get("ec_bsa") is not None
        and sheet.get("ec_bsa") != from_cycle.get("ec_bsa")
    ):
        return said, ""
    prompt = _("Weight changed by %(limit)s %% or more: recalculate the BSA%(now)s.") % {
        "limit": figures.number(limit), "now": f" ({figures.number(bsa, 2)} m²)" if bsa is not None else "",
    }  # fmt: skip
    return said, prompt


# --- dose levels ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ladder:
    """The dose levels of a drug; `now` is the one of this cycle."""

    drug: str
    unit: str
    steps: tuple[tuple[str, str, bool], ...]  # level, dose, now


def level_doses(drug: str) -> list[tuple[str, str]]:
    """(level, dose in words) as configured (A-24)."""
    levels = study()["dose_levels"].get(drug, {})
    return [(level, str(levels[level])) for level in LEVELS if level in levels]


def unit_of(drug: str) -> str:
    return UNITS.get(unit := study()["dose_levels"][drug]["unit"], unit)


def level_words(dose: Any, drug: str) -> str:
    """ "65 mg/m²": the dose of a level in the drug's own unit."""
    return "" if dose is None else f"{figures.number(dose)} {unit_of(drug)}"


def ladders(sheet: Sheet) -> list[Ladder]:
    now = {fixed_key("EC", "EC2", row.row): row.get("ec_lvl") for row in sheet.lines("EC2")}
    periods = sheet.lines("EC3")
    now["APA"] = periods[-1].get("apa_lvl") if periods else None
    return [
        Ladder(
            drug_name(drug),
            unit_of(drug),
            tuple((figures.number(level), dose, now.get(drug) == level) for level, dose in level_doses(drug)),
        )
        for drug in SHOWN
    ]


# --- cumulative dose and relative dose intensity ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Total:
    """A drug so far in this phase: what was given and how it stands to the plan (D-18)."""

    drug: str
    total: str
    intensity: str


def totals(sheet: Sheet, book: Casebook) -> list[Total]:
    phase = sheet.get("ec_phase")
    if not phase:
        return []
    return [
        Total(drug_name(drug), _total(book, drug, phase), figures.percent(intensity(book, drug, phase), 1))
        for drug in SHOWN
    ]


def _total(book: Casebook, drug: str, phase: str) -> str:
    if drug == "APA":
        known = [period.cumulative_mg for period in apatinib_periods(book, phase)]
        return _mg(sum(mg or 0 for mg in known)) if known else figures.NOTHING
    given = infusions_given(book, drug, phase)
    doses = [row.get("ecdstxt") for _sheet, row in given if row.get("ecdstxt") is not None]
    if not doses:
        return figures.NOTHING
    flat = study()["dose_levels"][drug]["unit"] == "mg"
    per_m2 = [
        row.get("ecdstxt") / other.get("ec_bsa")
        for other, row in given
        if row.get("ecdstxt") is not None and other.get("ec_bsa")
    ]
    return _mg(sum(doses)) if flat or len(per_m2) < len(doses) else f"{figures.number(sum(per_m2), 0)} mg/m²"


def _mg(value: Any) -> str:
    return f"{figures.number(value)} mg"


def cycles_words(sheet: Sheet, book: Casebook) -> str:
    """How many cycles of the phase were started, of how many that are planned."""
    phase = sheet.get("ec_phase")
    started = sum(s.get("ec_phase") == phase and s.get("ec_given") == "Y" for s in book.all("EC"))
    planned = {"NEO": "planned_neo_cycles", "ADJ": "adj_cycles"}.get(phase or "")
    words = ngettext("%(n)s cycle started", "%(n)s cycles started", started) % {"n": started}
    return f"{words} / {study()[planned]}" if planned else words


# --- everything -------------------------------------------------------------------------------------------------------


def off_plan(pct: Any) -> bool:
    """±5 % of the planned dose (A-22)."""
    return pct is not None and abs(Decimal(pct) - HUNDRED) > Decimal(study()["dose_tol_pct"])


def treatment_view(sheet: Sheet, book: Casebook, definition: Any) -> dict[str, Any]:
    """What the side panel and the live values of the page print."""
    criteria = retreatment(book, sheet)
    return {
        "calculator": calculator(sheet, book),
        "ladders": ladders(sheet),
        "totals": totals(sheet, book),
        "cycles": cycles_words(sheet, book),
        "criteria": criteria,
        "retreat": verdict([one.met for one in criteria]),
        "live": live_values(sheet, definition),
    }


def verdict(met: list[bool | None]) -> tuple[str, str]:
    """(state, words) of all criteria together: met only when every one is known and met."""
    if False in met:
        return "due", _("criteria not met")
    return ("none", _("not all known")) if None in met or not met else ("comp", _("criteria met"))


def live_values(sheet: Sheet, definition: Any) -> list[tuple[str, str, str]]:
    """(path, words, stored text) of every calculated value of the page."""
    found = []
    for section in definition.sections:
        lines: list[tuple[str, Any]] = [("", sheet)]
        if section.repeating:
            lines = [(f"{section.id}:{line.row}/", line) for line in sheet.lines(section.id)]
        for prefix, holder in lines:
            for field in section.fields:
                if field.derived:
                    value = holder.get(field.name)
                    found.append((prefix + field.name, _words(field, value, holder), field.to_text(value)))
    return found


def _words(field: Any, value: Any, holder: Any) -> str:
    if field.name == "ec_planm2":
        return level_words(value, fixed_key("EC", "EC2", holder.row) or "")
    return field.display(value) or figures.NOTHING
