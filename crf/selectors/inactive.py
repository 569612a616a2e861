"""Answers that were set inactive because they no longer applied, and can be brought back when they do (S30)."""

from __future__ import annotations

from dataclasses import dataclass

from crf.fields import MISS, CrfField, missing_label
from crf.models import FormInstance
from crf.naming import label_of
from crf.registry import FormDef, form_def
from crf.sheets import RowValues, Sheet
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent

from .history import field_at

NOT_ASKED = "Set inactive: "  # how the system's part of the reason begins in the trail


def why_inactive(crf_field: CrfField, reason: str) -> str:
    """The reason that the trail keeps with such an answer: when it is asked, and what the person said."""
    _head, _sep, condition = crf_field.requirement.text.partition(":")
    rule = f"asked if {condition.strip()}." if condition else "not asked here."
    return f"{NOT_ASKED}{rule} {reason}".strip()


@dataclass(frozen=True, slots=True)
class Inactive:
    """One answer as it was before it was set inactive: a value, or why there was none."""

    path: str
    label: str
    words: str
    field: CrfField
    text: str = ""
    missing: str = ""


def inactive_answers(form: FormInstance, sheet: Sheet) -> list[Inactive]:
    """What the system set inactive and nobody has answered since, in the order of the form."""
    definition = form_def(form.form_key)
    cleared = AuditEvent.objects.filter(
        target=form.address, action=Action.CLEAR, reason__startswith=NOT_ASKED
    ).order_by("number")
    last: dict[str, str] = dict(cleared.values_list("path", "old"))
    found = [_inactive(definition, path, old) for path, old in last.items() if is_empty(sheet, path)]
    order = {name: place for place, name in enumerate(f.name for s in definition.sections for f in s.fields)}
    return sorted(
        (one for one in found if one), key=lambda one: order.get(one.path.rpartition("/")[2], len(order))
    )


def _inactive(definition: FormDef, path: str, old: str) -> Inactive | None:
    plain = path.removesuffix(MISS)
    crf_field = field_at(definition, plain)
    if crf_field is None:  # a later version of the book has no such field
        return None
    label = label_of(definition, plain)
    if path.endswith(MISS):
        return Inactive(plain, label, missing_label(old), crf_field, missing=old)
    return Inactive(plain, label, crf_field.display(crf_field.from_text(old)), crf_field, text=old)


def is_empty(sheet: Sheet, path: str) -> bool:
    """Whether nothing stands at a path: no value, and no reason why there is none."""
    head, _sep, name = path.removesuffix(MISS).rpartition("/")
    holder: Sheet | RowValues | None = sheet
    if head:
        section, _sep, number = head.partition(":")
        lines = [line for line in sheet.lines(section) if line.row == int(number)]
        holder = lines[0] if lines else None
    return holder is not None and holder.values.get(name) is None and not holder.missing.get(name)
