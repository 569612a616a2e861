"""What a CRF class says about itself, beside its fields: the form, its sections, its repeating sections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from trialsite.kernel.texts import Text

from .fields import _order


@dataclass(frozen=True, slots=True)
class Form:
    """Head of a form as in the overview of the CRF book (2.0.1).

    `date`: the field that dates the visit. `log`: kept outside visits; its lines are records of their own (`part`),
    and `record` is the field that shows the number of the line, which it keeps for life.
    """

    id: str
    code: str
    title: Text
    cdash: str
    structure: str
    when: str
    date: str = ""
    log: bool = False
    part: str = (
        ""  # a second record of the same form (final central result, line of a log), not a form of its own
    )
    record: str = ""


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
    hangs: dict[str, str] = field(
        default_factory=dict
    )  # a field that says nothing without the other (unit: result)
    subset: Callable[[int], tuple[int, ...]] | None = (
        None  # of the fixed rows, those of a record (by its repeat)
    )
    layout: str = "cards"  # or "table": many short rows, one line each

    def numbers(self, repeat: int) -> tuple[int, ...]:
        """Numbers of the rows that the book gives to a record."""
        return self.subset(repeat) if self.subset else tuple(range(1, len(self.fixed) + 1))
