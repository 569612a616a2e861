"""What a row of a laboratory panel is asked beside the declaration of its fields: that depends on its analyte (2.8.1)."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from .analytes import ANALYTES
from .deriving import fixed_key
from .laboratory import codes_of, number, units_of
from .sheets import RowValues, Sheet

ANSWERS = ("lbop", "lborres", "lbclsig", "lb_aeref", "lbcom")  # a unit alone is a default and says nothing


class Asked(NamedTuple):
    """Whether a field of a row is asked, and whether it must be answered."""

    shown: bool
    required: bool


def touched(row: RowValues) -> bool:
    """Whether anything was said about the analyte."""
    return bool(row.missing.get("lborres")) or any(row.get(name) is not None for name in ANSWERS)


def asked(sheet: Sheet, row: RowValues, name: str) -> Asked | None:
    """None where the declaration of the field says it all.

    No result without a sample. An optional analyte, or one that is asked of some (viral load, pregnancy test, protein
    of 24 hours), may be left untouched. Sign and unit go with a number, and a code has none.
    """
    code = fixed_key("LB", "LB2", row.row)
    if code is None or name not in (*ANSWERS, "lborresu"):
        return None
    if sheet.get("lbperf") == "N" and name != "lborresu":
        return Asked(False, False)
    if name == "lborres":
        undetected = row.get("lbop") == "TND"
        return Asked(True, not undetected and (ANALYTES[code].required == "R" or touched(row)))
    if name == "lbop":
        return Asked(codes_of(code) is None, False)
    if name == "lborresu":
        return Asked(codes_of(code) is None, row.get("lborres") is not None)
    return None


def misfit(row: RowValues, name: str, value: Any) -> str:
    """Why a value cannot stand for the analyte of its row; empty when it can."""
    code = fixed_key("LB", "LB2", row.row)
    if code is None or name not in ("lborres", "lborresu"):
        return ""
    test, codes, units = str(ANALYTES[code].label), codes_of(code), units_of(code)
    if name == "lborres" and codes and value not in codes.codes:
        answers = ", ".join(str(label) for label in codes.codes.values())
        return _("%(test)s is answered with one of these: %(answers)s.") % {"test": test, "answers": answers}
    if name == "lborres" and not codes and number(value) is None:
        return _("%(test)s is a number.") % {"test": test}
    if name == "lborresu" and units and value not in units:
        return _("%(test)s is reported in %(units)s.") % {"test": test, "units": ", ".join(units)}
    return ""
