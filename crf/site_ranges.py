"""Reference ranges of a laboratory: what a row must say, and how a list of them is read from a spreadsheet."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from .analytes import ANALYTES, Analyte
from .fields import CrfField, FieldError, clean_text
from .registry import site_forms

SEXES = ("M", "F", "BOTH")
LONGEST_FILE = 2_000  # rows: the whole catalogue twice over, by sex and age, in a third of it
# Columns of a file, and what else laboratories call them.
COLUMNS = {
    "labr_test": ("test", "code", "项目", "项目代码"),
    "labr_unit": ("unit", "单位"),
    "labr_sex": ("sex", "性别"),
    "labr_agelo": ("age_from", "age from", "年龄下限"),
    "labr_agehi": ("age_to", "age to", "年龄上限"),
    "labr_lln": ("lln", "low", "下限", "参考下限"),
    "labr_uln": ("uln", "high", "上限", "参考上限"),
    "labr_from": ("from", "valid_from", "valid from", "生效日期"),
    "labr_to": ("to", "valid_to", "valid to", "失效日期"),
}
OPTIONAL = {"labr_to", "labr_agelo", "labr_agehi", "labr_sex"}
USUAL: dict[str, Any] = {"labr_sex": "BOTH", "labr_agelo": 0, "labr_agehi": 120}
SEX_WORDS = {"男": "M", "女": "F", "不限": "BOTH", "": "BOTH", "B": "BOTH"}


class Problems(Exception):
    """Rows that cannot stand, by row number: field name → sentence. Nothing is stored."""

    def __init__(self, rows: dict[int, dict[str, str]]) -> None:
        super().__init__("; ".join(f"{number}: {' '.join(e.values())}" for number, e in rows.items()))
        self.rows = rows


def units_of(analyte: Analyte) -> tuple[str, ...]:
    """Units in which a laboratory may report an analyte, SI first; none for one whose result is a code."""
    if analyte.unit.startswith("code "):
        return ()
    other = analyte.alt_units.partition(" (")[0]
    return (analyte.unit,) if other == "-" else (analyte.unit, other)


def problems_of(values: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Why a row cannot stand beside others of the same laboratory; nothing when it can. CK-082."""
    errors: dict[str, str] = {}
    analyte = ANALYTES.get(values.get("labr_test", ""))
    if analyte is None:
        errors["labr_test"] = _("This test is not in the catalogue.")
    elif values.get("labr_unit") not in units_of(analyte):
        errors["labr_unit"] = _("%(test)s is reported in %(units)s.") % {
            "test": analyte.code, "units": ", ".join(units_of(analyte)) or _("codes, which have no range"),
        }  # fmt: skip
    if values.get("labr_sex") not in SEXES:
        errors["labr_sex"] = _("M, F or BOTH.")
    errors |= _bounds(values)
    if values.get("labr_from") is None:
        errors["labr_from"] = _("Say from when the range is valid.")
    elif values.get("labr_to") is not None and values["labr_to"] < values["labr_from"]:
        errors["labr_to"] = _("The range would end before it begins.")
    if not errors and any(_overlap(values, other) for other in others):
        errors["labr_from"] = _(
            "Another range of this test is valid on some of these days for the same people."
        )
    return errors


def _bounds(values: Mapping[str, Any]) -> dict[str, str]:
    errors = {}
    low, high = values.get("labr_agelo"), values.get("labr_agehi")
    if low is None or high is None or not 0 <= low <= high <= 120:
        errors["labr_agelo"] = _("Ages go from 0 to 120 years.")
    lln, uln = values.get("labr_lln"), values.get("labr_uln")
    if lln is None and uln is None:
        errors["labr_uln"] = _("Give at least one limit of normal.")
    if lln is not None and uln is not None and Decimal(lln) >= Decimal(uln):
        errors["labr_lln"] = _("The lower limit must be below the upper one.")
    return errors


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    same_people = (
        one["labr_test"] == other["labr_test"]
        and ("BOTH" in (one["labr_sex"], other["labr_sex"]) or one["labr_sex"] == other["labr_sex"])
        and one["labr_agelo"] <= other["labr_agehi"]
        and other["labr_agelo"] <= one["labr_agehi"]
    )
    ends = one.get("labr_to") or dt.date.max, other.get("labr_to") or dt.date.max
    return same_people and one["labr_from"] <= ends[1] and other["labr_from"] <= ends[0]


def read_file(text: str) -> list[dict[str, Any]]:
    """Rows of a file whose first line names the columns, comma, semicolon or tab between them.

    Raises `Problems`; row 0 is the file itself.
    """
    lines = lines_of(text)
    if len(lines) < 2:
        raise Problems({0: {"": _("The file has no row. Its first line names the columns.")}})
    if len(lines) > LONGEST_FILE + 1:
        raise Problems({0: {"": _("At most %(most)s rows at once.") % {"most": LONGEST_FILE}}})
    separator = max("\t;,", key=lines[0].count)
    try:
        head, *body = csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)
    except csv.Error:  # a cell without an end
        raise Problems({0: {"": _("The file is not text: save it as CSV.")}}) from None
    names = [_column(name) for name in head]
    lacking = [COLUMNS[name][0] for name in COLUMNS if name not in names and name not in OPTIONAL]
    if lacking:
        raise Problems({0: {"": _("Columns are missing: %(names)s.") % {"names": ", ".join(lacking)}}})
    found, errors = [], {}
    for number, cells in enumerate(body, 1):
        values, wrong = _row(dict(zip(names, cells, strict=False)))
        found.append(values)
        if wrong:
            errors[number] = wrong
    if errors:
        raise Problems(errors)
    return found


def lines_of(text: str) -> list[str]:
    """Lines that hold something, whichever way the computer of the laboratory ends them."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return [line for line in plain.split("\n") if line.strip()]


def _column(name: str) -> str:
    text = clean_text(name).lower().lstrip("\ufeff")
    return next((field for field, names in COLUMNS.items() if text == field or text in names), text)


def _row(cells: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    fields = site_forms()["LABR"].fields
    values, wrong = dict(USUAL), {}
    for name in COLUMNS:
        raw = clean_text(cells.get(name, ""))
        if name == "labr_sex":
            raw = SEX_WORDS.get(raw.upper(), raw.upper())
        if name == "labr_test":
            raw = raw.upper()
        try:
            value = _parsed(fields[name], raw)
        except FieldError as error:
            wrong[name] = error.message
            continue
        if value is not None:
            values[name] = value
        elif name in ("labr_lln", "labr_uln"):
            values[name + "_miss"] = "NA"
    return values, wrong


def _parsed(crf_field: CrfField, raw: str) -> Any:
    if raw.upper() in ("", "NA", "-"):
        return None
    return crf_field.parse(raw.replace("/", "-").replace(".", "-") if crf_field.kind == "date" else raw)
