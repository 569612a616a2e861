"""What a CRF class says about itself, beside its fields: the form, its sections, its repeating sections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from trialsite.kernel.texts import Text

from .fields import _order


@dataclass(frozen=True, slots=True)
class Form:
    """Head of a form as in the overview of the CRF book (2.0.1).

    `date`: the field that dates the visit. `log`: kept once per participant, outside visits.
    """

    id: str
    code: str
    title: Text
    cdash: str
    structure: str
    when: str
    date: str = ""
    log: bool = False
    part: str = ""  # a second record of the same form (the final central result), not a form of its own


class Section:
    """Heads the fields declared after it, until the next section."""

    repeating = False

    def __init__(self, id: str, en: str, zh: str) -> None:
        self.id = id
        self.label = Text(en, zh)
        self.order = next(_order)

    def contribute_to_class(self, cls: type, name: str) -> None:
        if "crf_sections" not in cls.__dict__:
            cls.crf_sections = []  # type: ignore[attr-defined]
        cls.crf_sections.append(self)  # type: ignore[attr-defined]


class Rows(Section):
    """Place of a repeating section in its form; the fields stand in the `CrfRow` class that names this id."""

    repeating = True


@dataclass(frozen=True, slots=True)
class RowsOf:
    """Head of a repeating section: its form, id, and the fixed keys when the rows are given by the book."""

    form: str
    section: str
    key: str = ""  # field whose value names the row (lesion id, criterion, drug)
    fixed: tuple[str, ...] = ()
    number: str = ""  # field that shows the row number
    defaults: dict[str, Any] = field(default_factory=dict)
    layout: str = "cards"  # or "table": many short rows, one line each
