"""The book's limits as a reader understands them.

`>= icf_dsstdat; <= today` → "not before “Date consent signed”; not after today".
"""

from __future__ import annotations

import re
from functools import cache

from django.utils.translation import gettext as _

from .fields import CrfField
from .registry import forms, parts


@cache
def _labels() -> dict[str, CrfField]:
    found: dict[str, CrfField] = {}
    for definition in [*forms().values(), *parts().values()]:
        for section in definition.sections:
            for field in section.fields:
                found.setdefault(field.name, field)
    return found


def _term(text: str) -> str:
    words = {
        "today": _("today"),
        "C1D1": _("cycle 1 day 1"),
        "cfg.study_start": _("the start of the study"),
        "po_lastiv": _("the last infusion"),
        "last dose": _("the last dose"),
        "last dose date": _("the last dose"),
        "last contact": _("the last contact"),
    }

    def said(found: re.Match[str]) -> str:
        name = found.group()
        if name in words:
            return words[name]
        field = _labels().get(name)
        return f"“{field.label}”" if field else name

    text = re.sub(r"\b(\d+)\s*y\b", lambda m: _("%(n)s years") % {"n": m[1]}, text.strip())
    text = re.sub(r"(?<=[+-])(\d+)$", lambda m: _("%(n)s days") % {"n": m[1]}, text)
    pattern = (
        r"last dose date|last dose|last contact|cfg\.study_start|C1D1|[a-z][a-z0-9]*(?:_[a-z0-9]+)+|[a-z]{5,}"
    )
    return (
        re.sub(pattern, said, text).replace("+", " + ").replace("-", " − ")
        if not re.match(r"^\d{4}", text)
        else text
    )


def limit_text(field: CrfField, text: str) -> str:
    """One limit of the book in the reader's language."""
    if field.kind in ("date", "pdate"):
        return _("; ").join(_date_part(part.strip()) for part in re.split(r";| and ", text))
    if field.kind == "code":
        return _(", ").join(field.display(code.strip()) for code in text.split(","))
    if found := re.match(r"within \+/-(\d+) % of (\w+)$", text):
        return _("within ±%(percent)s %% of %(field)s") % {"percent": found[1], "field": _term(found[2])}
    if text == "250 (0 if HELD)":
        return _("250 mg, or 0 mg while held")
    text = re.sub(r"(?<=\d)\s*(?:-|\bto\b)\s*(?=-?\d)", "–", text).replace("–-", " … −")
    if text.startswith("-"):  # a range from below zero: a dash beside a minus would be read as one
        text = "−" + text[1:].replace("–", " … ")
    text = re.sub(r"(?<=-)[a-z_]{4,}$", lambda m: _term(m.group()), text)
    return f"{text} {field.unit_text}".strip()


def _date_part(part: str) -> str:
    if part.startswith(">="):
        return _("not before %(date)s") % {"date": _term(part[2:])}
    if part.startswith("<="):
        return _("not after %(date)s") % {"date": _term(part[2:])}
    low, _sep, high = part.partition(" to ")
    if high.startswith("+"):
        high = low + high
    return _("%(from)s to %(to)s") % {"from": _term(low), "to": _term(high)}
