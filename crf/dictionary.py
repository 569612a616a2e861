"""The data dictionary: what the system knows, in the shape in which the CRF book was given.

Built from the declarations alone (registry, code lists, schedule, checks, catalogues, study file), so that comparing it
with the book proves that every form, field, code, check and visit of the book is here, and no other.
"""

from __future__ import annotations

import tomllib
from typing import Any

from trialsite.kernel.study import FILE, LOCKED
from trialsite.kernel.texts import Text

from .analytes import ANALYTES
from .book import REPEATED_BY_RECORD, group_of, matrix, visit_note
from .checks.catalogue import CATALOGUE
from .codelists import CODELISTS
from .criteria import CRITERIA
from .ctcae import TERMS
from .fields import CrfField, Share
from .registry import FormDef, SectionDef, forms, parts, site_forms
from .schedule import VISITS

# The book calls these coded and gives no list: words that the system calculates.
CALCULATED_WORDS = frozenset({"ecdosu", "cp_pcr", "cpf_mpr", "cpf_pcr"})
# Kinds that the book calls otherwise.
KINDS = {"result": "dec4 or code", "unit": "code"}


def dictionary() -> dict[str, Any]:
    """Everything, ready for JSON."""
    return {
        "forms": [_form(definition) for definition in [*forms().values(), *site_forms().values()]],
        "codelists": [
            {"id": found.id, **_both(found.label), "source": found.source, "codes": _codes(found.codes)}
            for found in CODELISTS.values()
        ],
        "checks": [
            {
                "id": line.id, "group": group_of(line.id), "form": line.form, "rule": line.rule,
                "severity": line.severity, **_both(line.message),
            }
            for line in CATALOGUE.values()
        ],
        "config_locked": LOCKED,
        "config": _configuration(),
        "analytes": [
            {
                "panel": one.panel, "code": one.code, **_both(one.label), "unit": one.unit,
                "alt_units": one.alt_units, "typical_range": one.typical_range, "soft": one.soft, "hard": one.hard,
                "ctcae": one.ctcae, "required": one.required,
            }
            for one in ANALYTES.values()
        ],
        "visits": _visits(),
        "matrix": matrix(),
        "ie": [
            {"code": one.code, "provenance": one.provenance, **_both(one.text), "crosscheck": one.crosscheck}
            for one in CRITERIA.values()
        ],
        "ctcae": [
            {"term": one.term, "zh": one.zh, "soc": one.soc, "grades": list(one.grades), "hint": one.hint}
            for one in TERMS.values()
        ],
    }  # fmt: skip


def _both(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def _codes(codes: dict[str, Text]) -> list[dict[str, str]]:
    return [{"code": code, **_both(label)} for code, label in codes.items()]


def _form(definition: FormDef) -> dict[str, Any]:
    head = definition.head
    return {
        "id": head.id,
        "code": head.code,
        **_both(head.title),
        "cdash": head.cdash,
        "structure": head.structure,
        "when": head.when,
        "sections": [_section(one, section) for one in records(definition) for section in one.sections],
    }


def records(definition: FormDef) -> list[FormDef]:
    """A form and its second records: lines of a log, CPATH's final result."""
    return [definition, *(part for part in parts().values() if part.code == definition.code)]


def repeats(definition: FormDef, section: SectionDef) -> bool:
    """A section repeats by rows of its own, or because its whole record is a line of a log or one of several."""
    line = definition.head.log and bool(definition.head.part)
    return section.repeating or line or section.id in REPEATED_BY_RECORD


def _section(definition: FormDef, section: SectionDef) -> dict[str, Any]:
    return {
        "id": section.id,
        **_both(section.label),
        "repeat": repeats(definition, section),
        "fields": [_field(field) for field in section.fields],
    }


def _field(field: CrfField) -> dict[str, str]:
    return {
        "name": str(field.name),
        "cdash": field.cdash,
        **_both(field.label),
        "type": type_of(field),
        "values": field.values_text,
        "required": field.book_required,
        "soft": field.book_soft,
        "hard": field.book_hard,
        "derived": "NY"[field.derived],
        "missing": ",".join(field.missing) or "none",
    }


def type_of(field: CrfField) -> str:
    """A column in the book's notation: `dec1 (mm)`, `text(40)`, `ref:AE`. A share is kept to more places than are shown."""
    if field.name in CALCULATED_WORDS:
        return "code"
    unit = f" ({field.unit})" if field.unit else ""
    if isinstance(field, Share):
        return f"dec1{unit}"
    if field.kind == "dec":
        return f"dec{field.decimal_places}{unit}"  # type: ignore[attr-defined]
    if field.kind == "text":
        return f"text({field.max_length})"
    if field.kind == "ref":
        return f"ref:{field.to}"  # type: ignore[attr-defined]
    return KINDS.get(field.kind, field.kind) + unit


def _configuration() -> dict[str, Any]:
    """Values of the study file; where it says what the book leaves open (`book`), the book's words."""
    with FILE.open("rb") as stream:
        entries = tomllib.load(stream)["configurable"]
    return {key: entry.get("book", entry["value"]) for key, entry in entries.items()}


def _visits() -> list[dict[str, str]]:
    return [
        {
            "code": line.code, "visitnum": str(line.number), **_both(line.label), "period": line.period,
            "anchor": line.anchor, "target": line.target, "window_from": line.window_from,
            "window_to": line.window_to, "kind": line.kind, "notes": visit_note(line.code),
        }
        for line in VISITS.values()
    ]  # fmt: skip
