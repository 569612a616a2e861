"""One cell of a table as the value of a field: codes also by their words in either language, dates year first."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from django.utils.translation import gettext as _

from crf.codelists import MISSING
from crf.fields import Coded, CrfField, FieldError, clean_text

YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")


def cell_value(crf_field: CrfField, text: str) -> tuple[Any, str]:
    """(value, missing code); both empty for an empty cell. Raises `FieldError` in words for the person at the file."""
    if not (plain := clean_text(text)):
        return None, ""
    if code := missing_code(crf_field, plain):
        return None, code
    if isinstance(crf_field, Coded):
        return crf_field.parse(_codes(crf_field).get(plain.casefold(), plain)), ""
    if crf_field.kind == "date":
        return crf_field.parse(date_text(plain)), ""
    return crf_field.parse(text), ""


def date_text(text: str) -> str:
    """`2026/3/1`, `2026年3月1日` as ISO. Another order cannot be told apart (03/04/2026), so it is refused."""
    found = YEAR_FIRST.fullmatch(text)
    if found is None:
        raise FieldError(
            _("“%(value)s” is no date that can be read for certain. Write it as 2026-03-01.")
            % {"value": text}
        )
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"


def missing_code(crf_field: CrfField, text: str) -> str:
    """The reason why there is no value, by its code or its words; empty when the text is none that the field knows."""
    word = text.casefold()
    for code in crf_field.missing:
        label = MISSING.codes[code]
        if word in (code.casefold(), label.en.casefold(), label.zh.casefold()):
            return code
    return ""


@cache
def _codes(crf_field: CrfField) -> dict[str, str]:
    """Every word for a code: itself and its labels, where no two codes share one."""
    assert isinstance(crf_field, Coded)
    found: dict[str, str] = {}
    doubtful = set()
    for code, label in crf_field.options:
        for word in {code.casefold(), label.en.casefold(), label.zh.casefold()}:
            word = clean_text(word).casefold()
            if found.setdefault(word, code) != code:
                doubtful.add(word)
    return {word: code for word, code in found.items() if word not in doubtful or word == code.casefold()}
