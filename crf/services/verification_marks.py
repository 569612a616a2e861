"""Marks of verification as data change: a changed value drops its own mark and no other (S22)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.utils import timezone

from crf.critical import critical
from crf.fields import MISS
from crf.models import FormInstance, MarkState, PlanLevel, VerificationMark, VerificationPlan, Verified
from crf.registry import form_def
from crf.selectors.values import answers, text_at
from crf.sheets import Sheet
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry

from .writing import Change

SDV = "@sdv"  # behind the path of the value, in the trail
NOTHING = "–"
WHOLE = ""  # the path of the form itself: looked at, and nothing in it that the plan asks


def level_of(form_key: str) -> str:
    """What the plan asks of a form."""
    found = VerificationPlan.objects.filter(form_key=form_key).values_list("level", flat=True).first()
    return found or PlanLevel.CRITICAL


def planned(sheet: Sheet, level: str) -> list[tuple[str, str]]:
    """(path, text) of the answers that the plan asks to verify."""
    if level == PlanLevel.NONE:
        return []
    return [
        (path, text)
        for path, text, crf_field in answers(form_def(sheet.key), sheet)
        if level == PlanLevel.ALL
        or crf_field.name in critical(sheet.key, path.partition(":")[0] if ":" in path else "")
    ]


def remaining(wanted: Iterable[str], marks: Iterable[VerificationMark]) -> list[str]:
    """Paths that the plan asks and nobody verified, and those that changed since somebody did."""
    states = {mark.path: mark.state for mark in marks}
    left = [path for path in wanted if states.get(path) != MarkState.VALID]
    return list(dict.fromkeys([*left, *(path for path, s in states.items() if s == MarkState.CHANGED)]))


def state_of(wanted: Collection[str], marks: Iterable[VerificationMark]) -> str:
    """`V`: everything that the plan asks is verified; `P`: some of it, or all of it has changed since; empty: nothing.

    A form whose marks have all fallen is still partly verified: it belongs on the monitor's list.
    """
    states = {mark.path: mark.state for mark in marks}
    valid = {path for path, state in states.items() if state == MarkState.VALID}
    if valid and valid.issuperset(wanted):
        return Verified.FULLY
    return Verified.PARTLY if valid or MarkState.CHANGED in states.values() else ""


def state_stored(
    form: int, sheet: Sheet, level: str, marks: Iterable[VerificationMark], there: bool = True
) -> str:
    """Say on the envelope how far the form is verified; the caller holds the chain. Of a line taken out nothing is asked."""
    wanted = [path for path, _text in planned(sheet, level)] if there else []
    state = state_of(wanted, marks)
    FormInstance.objects.filter(pk=form).exclude(verified=state).update(verified=state)
    return state


def marks_follow(form: int, sheet: Sheet, diff: Sequence[Change]) -> list[Entry]:
    """Drop the marks of values that changed; the caller holds the chain and has stored the sheet."""
    definition = form_def(sheet.key)
    marks = {mark.path: mark for mark in VerificationMark.objects.filter(form=form)}
    entries = []
    for path in _touched(diff, marks):
        text = "" if _removed(sheet, path) else text_at(definition, sheet, path)
        entries += _fell(form, marks[path], text)
    state_stored(form, sheet, level_of(sheet.key), marks.values())
    return entries


def marks_of_line(form: FormInstance) -> list[Entry]:
    """A line was taken out of its log: nothing of it stands any more. The caller holds the chain."""
    if not form.verified:
        return []
    marks = list(VerificationMark.objects.filter(form=form))
    entries = [
        entry for mark in marks if mark.path != WHOLE and mark.value for entry in _fell(form.pk, mark, "")
    ]
    form.verified = state_of([], marks)
    FormInstance.objects.filter(pk=form.pk).update(verified=form.verified)
    return entries


def _fell(form: int, mark: VerificationMark, text: str) -> list[Entry]:
    """The mark of a value that is `text` now. A value that goes back to what was verified is not verified by that."""
    held = mark.state == MarkState.VALID
    if held:
        mark.state, mark.changed_at = MarkState.CHANGED, timezone.now()
    mark.changed_value = text
    mark.save(update_fields=["state", "changed_at", "changed_value"])
    if not held:
        return []
    said = f"{mark.value or NOTHING} → {text or NOTHING}"
    return [
        Entry(Action.VERIFICATION_FELL, f"form:{form}", mark.path + SDV, mark.value, "", said, system=True)
    ]


def _touched(diff: Sequence[Change], marks: dict[str, VerificationMark]) -> list[str]:
    found: set[str] = set()
    for change in diff:
        path = change.path.removesuffix(MISS)
        if path.endswith("/@active"):
            row = path.removesuffix("@active")
            found.update(place for place in marks if place.startswith(row))
        elif path in marks:
            found.add(path)
    return sorted(found)


def _removed(sheet: Sheet, path: str) -> bool:
    head = path.rpartition("/")[0]
    section, _sep, number = head.partition(":")
    return bool(head) and not any(str(line.row) == number for line in sheet.lines(section))
