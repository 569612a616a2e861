"""Names of the rows that the book gives: criteria, drugs, analytes, body systems."""

from __future__ import annotations

from crf.analytes import ANALYTES
from crf.codelists import CATALOGUES, CODELISTS
from crf.criteria import CRITERIA
from crf.sections import RowsOf
from trialsite.kernel.texts import Text


def row_name(rows: RowsOf, row: int) -> Text | None:
    """The name of a fixed row; an open one has none."""
    if not rows.fixed or row > len(rows.fixed):
        return None
    key = rows.fixed[row - 1]
    if key in CRITERIA:
        text = CRITERIA[key].text
        return Text(f"{key} {text.en}", f"{key} {text.zh}")
    if key in ANALYTES:
        return ANALYTES[key].label
    for codes in (CODELISTS["DRUG"].codes, CATALOGUES["PESYS"].codes):
        if key in codes:
            return codes[key]
    return Text(key, key)
