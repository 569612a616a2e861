"""Adverse events of a participant as plain values, in the order of onset.

Each entry: form (id of its form), no (number in the log), term (CTCAE v5.0; until there is one: verbatim, as the event
was written down), soc (organ class of the term), start, end (as known), ongoing (true), grade (1-5), related (Y|N, any
study drug at least possible), drugs (those), serious (Y|N), teae (true), fatal (true), stopped (true: led to
discontinuation of study treatment), ir (true: immune-related), aesi (true), rccep (grade 1-3, 0: RCCEP whose grade is
not known yet), before (true: onset before the first dose, not counted in the safety set).
Flags are left out when they do not hold, answers when they are not there.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from crf.ctcae import TERMS
from crf.derivation_events import DRUG_RELATIONS, RELATED, onset
from crf.sheets import Casebook, Sheet
from endpoints.mapping import iso

DRUGS = dict(zip(DRUG_RELATIONS, ("OXA", "LLV", "FU", "CAM", "APA"), strict=True))
# What somebody writes down of an event. Its number and what is derived stand on a line that was only opened, too.
WRITTEN = (
    "aeterm", "ae_ctcae", "aestdat", "aeendat", "aetoxgr", "aeser", "aesdth", "aeout", "aedis", "aesi", "ae_ir", "rccep_yn",
    *DRUG_RELATIONS,
)  # fmt: skip


def events_of(book: Casebook, first: dt.date | None) -> list[dict[str, Any]]:
    """Events of which anything is written down. A serious one is often reported before it is coded and graded: what is
    missing then is pending (SAF-2, SAF-3), never a silent "no"."""
    found = [
        (onset(sheet, first) or dt.date.max, sheet.repeat, sheet)
        for sheet in book.all("AE1")
        if any(sheet.get(name) is not None for name in WRITTEN)
    ]
    return [_event(sheet, day, first) for day, _number, sheet in sorted(found, key=lambda one: one[:2])]


def _event(sheet: Sheet, day: dt.date, first: dt.date | None) -> dict[str, Any]:
    term, grade = sheet.get("ae_ctcae"), sheet.get("aetoxgr")
    known = TERMS.get(term or "")
    fatal = grade == "5" or sheet.get("aeout") == "FATAL" or sheet.get("aesdth") == "Y"
    values = {
        "form": sheet.form,
        "no": sheet.get("aespid") or sheet.repeat,
        "term": term,
        "verbatim": None if term else sheet.get("aeterm") or None,
        "soc": known.soc if known else None,
        "start": iso(sheet.get("aestdat")),
        "end": iso(sheet.get("aeendat")),
        "ongoing": sheet.get("aeongo") == "Y",
        "grade": int(grade) if grade else None,
        "related": sheet.get("ae_trae"),
        "drugs": [drug for name, drug in DRUGS.items() if sheet.get(name) in RELATED],
        "serious": sheet.get("aeser"),
        "teae": sheet.get("ae_teae") == "Y",
        "fatal": fatal,
        "stopped": sheet.get("aedis") == "Y",
        "ir": sheet.get("ae_ir") == "Y",
        "aesi": sheet.get("aesi") == "Y",
        "rccep": int(sheet.get("rccep_grade") or 0) if sheet.get("rccep_yn") == "Y" else None,
        "before": first is not None and day < first,
    }
    return {
        name: value
        for name, value in values.items()
        if value is not None and value is not False and value != []
    }
