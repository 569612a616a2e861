"""One analyte of many participants: one query, where a casebook with all laboratory results would be large."""

from __future__ import annotations

from collections.abc import Iterable

from crf.analytes import ANALYTES, panel_number
from crf.laboratory import NUMBERS
from crf.models.laboratory import LaboratoryResult
from crf.sheets import Casebook, RowValues, Sheet

COLUMNS = ("lbop", "lborres", "lborresu", "lbornrlo", "lbornrhi")


def add_results(books: Iterable[Casebook], code: str) -> None:
    """Put the result rows of an analyte into the laboratory sheets of casebooks that were read without them."""
    panel = panel_number(ANALYTES[code].panel)
    sheets: dict[int, Sheet] = {
        sheet.form: sheet for book in books for sheet in book.all("LB") if sheet.repeat == panel
    }
    if not sheets:
        return
    rows = LaboratoryResult.objects.filter(form_id__in=list(sheets), row=NUMBERS[code], active=True)
    for form, *record in rows.values_list("form_id", *COLUMNS):
        values = {name: value for name, value in zip(COLUMNS, record, strict=True) if value is not None}
        sheets[form].rows["LB2"] = [RowValues(NUMBERS[code], values)]
