"""How conditions and limits find a value by name: in the row, on the sheet, among the participant's facts, in the study."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from trialsite.kernel.study import study

from .facts import FACTS, dosing_days, last_dose_of_phase
from .limits import interval
from .sheets import Casebook, RowValues, Sheet

Lookup = Callable[[str], Any]

# Names that are about the sheet itself and not answers on it.
OF_THE_SHEET = frozenset({"visit"})


class Surroundings:
    """What a form stands in: the participant's casebook and the calendar day at the site.

    Facts are worked out when first asked for and then kept.
    """

    def __init__(self, book: Casebook, today: dt.date) -> None:
        self.book = book
        self.today = today
        self._facts: dict[str, Any] = {}

    def fact(self, name: str) -> Any:
        if name == "today":
            return self.today
        if name.startswith("cfg."):
            value = study()[name.removeprefix("cfg.")]
            return dt.date.fromisoformat(value) if name.endswith("study_start") else value
        if name not in self._facts:
            entry = FACTS.get(name)
            self._facts[name] = entry[0](self.book) if entry else None
        return self._facts[name]

    def lookup(self, sheet: Sheet, row: RowValues | None = None) -> Lookup:
        """A lookup for one sheet, or one row of it."""

        def find(name: str) -> Any:
            if row is not None and name in row.values:
                return row.values[name]
            if name in sheet.values:
                return sheet.values[name]
            if name.startswith("@baseline_"):
                return self._baseline(sheet, row, name.removeprefix("@baseline_"))
            if name == "visit":
                return sheet.visit
            if name == "@consent_unless_before":  # a result of routine care may be older than the consent
                return None if sheet.get("lb_soc_pre") == "Y" else self.fact("icf_dsstdat")
            if name == "@dosing_day":
                return self._dosing_day(sheet)
            if name == "@last_dose" and sheet.get("eot_phase"):
                return last_dose_of_phase(self.book, sheet.get("eot_phase"))
            if name.startswith(("@", "cfg.")) or name == "today" or name in FACTS:
                return self.fact(name)
            return None

        return find

    def _dosing_day(self, sheet: Sheet) -> str:
        """Whether an event may have begun on a day on which a study drug was given."""
        began = interval(sheet.get("aestdat"))
        days = dosing_days(self.book) if began else set()
        return "Y" if began and any(began[0] <= day <= began[1] for day in days) else "N"

    def _baseline(self, sheet: Sheet, row: RowValues | None, name: str) -> Any:
        """The same lesion's value at the baseline assessment of the same reader."""
        if row is None:
            return None
        if sheet.get("ta_no") in (None, 0):
            return row.get(name)
        for other in self.book.all("TA"):
            if other.evaluator == sheet.evaluator and other.get("ta_no") == 0:
                for line in other.lines("TA2"):
                    if line.get("tl_lnkid") == row.get("tl_lnkid"):
                        return line.get(name)
        return None
