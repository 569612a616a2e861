"""The verification plan for a reader: each form, its level, which of its fields are critical and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crf.critical import reasons
from crf.models import PlanLevel, VerificationPlan
from crf.naming import LOG_OF, short
from crf.registry import FormDef, form_def
from crf.selectors.sdv import plan_counts, planned_levels


@dataclass(frozen=True, slots=True)
class CriticalField:
    label: str
    section: str
    why: str


@dataclass(slots=True)
class PlanLine:
    """One form of the plan. `entered` and `verified` count its forms."""

    key: str
    id: str
    title: Any
    level: str
    chosen: str
    fields: list[CriticalField]
    entered: int
    verified: int
    counted: bool

    @property
    def asks(self) -> bool:
        """The plan asks something of this form."""
        return self.level == PlanLevel.ALL or (self.level == PlanLevel.CRITICAL and bool(self.fields))

    @property
    def part(self) -> bool:
        """A line of a log, which is a record of its own."""
        return self.key in LOG_OF

    @property
    def level_words(self) -> str:
        return str(PlanLevel(self.level).label)


def plan_lines(asked: Mapping[str, str] | None = None) -> list[PlanLine]:
    """Every form of the plan in the order of the book. `asked`: what was chosen and not saved. Three queries."""
    counts, chosen = plan_counts(), asked or {}
    behind = set(VerificationPlan.objects.filter(counted=False).values_list("form_key", flat=True))
    found = []
    for key, level in planned_levels().items():
        definition = form_def(key)
        entered, verified = counts.get(key, (0, 0))
        line = PlanLine(
            key, definition.head.id, definition.title, level, chosen.get(key, level), critical_fields(key, definition),
            entered, verified, key not in behind,
        )  # fmt: skip
        found.append(line)
    return sorted(found, key=lambda line: (line.id, line.key))


def critical_fields(key: str, definition: FormDef) -> list[CriticalField]:
    """In the order of the form, with what makes each of them critical."""
    found = []
    for section in definition.sections:
        held = reasons(key, section.id if section.repeating else "")
        for crf_field in section.fields:
            if why := held.get(crf_field.name):
                words = ", ".join(one.words for one in why)
                found.append(CriticalField(str(crf_field.label), str(short(section.label)), words))
    return found
