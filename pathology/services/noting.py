"""Storing what a reader notes beside the form, with an event for each change. Within the transaction of the caller."""

from __future__ import annotations

from pathology.models import BlockEstimate, Reading, SlideMark, SpecimenItem
from pathology.notes import Notes, stored_notes, texts_of
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry

FIELDS = ("nodule", "block", "area_mm2", "viable", "necrosis", "stroma", "note")


def notes_store(reading: Reading, notes: Notes, reason: str = "") -> list[Entry]:
    """Make the tables what `notes` says; the caller appends the entries. New blocks get the next free numbers."""
    before = stored_notes(reading)
    _number(reading, notes)
    old, new = texts_of(before), texts_of(notes)
    if old == new:
        return []
    Reading.objects.filter(pk=reading.pk).update(confidence=notes.confidence)
    reading.confidence = notes.confidence
    _store_blocks(reading, notes)
    _store_marks(reading, notes)
    entries = []
    for path in sorted(old.keys() | new.keys()):
        was, now = old.get(path, ""), new.get(path, "")
        if was != now:
            action = Action.ENTER if not was else Action.CHANGE if now else Action.CLEAR
            entries.append(Entry(action, reading.address, path, was, now, reason))
    return entries


def _number(reading: Reading, notes: Notes) -> None:
    """A number stands for one block for ever: the trail knows those of blocks that are gone."""
    following = reading.blocks_numbered
    for block in notes.blocks:
        if not block.number:
            following += 1
            block.number = following
    if following != reading.blocks_numbered:
        Reading.objects.filter(pk=reading.pk).update(blocks_numbered=following)
        reading.blocks_numbered = following


def _store_blocks(reading: Reading, notes: Notes) -> None:
    kept = {block.number for block in notes.blocks}
    reading.blocks.exclude(number__in=kept).delete()
    BlockEstimate.objects.bulk_create(
        [
            BlockEstimate(reading=reading, number=b.number, **{name: getattr(b, name) for name in FIELDS})
            for b in notes.blocks
        ],
        update_conflicts=True, unique_fields=["reading", "number"], update_fields=FIELDS,
    )  # fmt: skip


def _store_marks(reading: Reading, notes: Notes) -> None:
    items = dict(SpecimenItem.objects.filter(case=reading.case.specimen_id).values_list("number", "pk"))
    reading.slides.exclude(item__number__in=notes.marks).delete()
    SlideMark.objects.bulk_create(
        [SlideMark(reading=reading, item_id=items[number], mark=mark) for number, mark in notes.marks.items()],
        update_conflicts=True, unique_fields=["reading", "item"], update_fields=["mark"],
    )  # fmt: skip
