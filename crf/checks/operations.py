"""Operations of a participant, as the checks of several forms read them."""

from __future__ import annotations

import datetime as dt

from crf.derivation_imaging import resection_day
from crf.sheets import Casebook, Sheet

from .engine import Folder


def operations(book: Casebook) -> list[Sheet]:
    """Operations that took place and are dated, an exploration too, oldest first."""
    done = [s for s in book.all("SURG") if s.get("surg_proccur") == "Y" and s.get("surg_prstdat")]
    return sorted(done, key=lambda sheet: sheet.get("surg_prstdat"))


def not_operated(book: Casebook) -> bool:
    """No operation is on record: said so, or its form was never begun. A form begun without the answer says nothing."""
    answers = [sheet.get("surg_proccur") for sheet in book.all("SURG")]
    return all(answer == "N" for answer in answers)


def specimen_day(folder: Folder) -> dt.date | None:
    """The day from which there can be a specimen: the first resection; the first operation until its kind is known."""
    return resection_day(folder.book) or folder.surgery


def operation_of(book: Casebook, specimen: Sheet) -> Sheet | None:
    """The operation that a local pathology report belongs to: the last one up to the day of receipt, else the first."""
    done, received = operations(book), specimen.get("lp_recdat")
    before = [sheet for sheet in done if received is not None and sheet.get("surg_prstdat") <= received]
    return before[-1] if before else next(iter(done), None)
