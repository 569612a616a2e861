"""What the adjudicator sees once the own reading is signed: the two readings without names, beside the own one.

Nothing here knows a participant, a reader, or which of the two read first. Dates of the readings are left out: two days
side by side would tell an order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _

from crf.fields import CrfField, Share
from crf.models import FormInstance
from crf.registry import form_def
from crf.selectors.sheets import sheet_of
from crf.sheets import RowValues, Sheet
from pathology.blinding import SYSTEM_FIELDS, UNBLINDING, pair
from pathology.models import Confidence, Mark, Reading, Slot
from pathology.notes import Block, Notes, notes_from, stored_notes
from pathology.recorded import KEY, sheet_from
from trialsite.web.marks import composition_bar

from .reader import own_readings

SHARES = ("cpn_rvt", "cpn_nec", "cpn_str")
OF_NODULE = (
    *SHARES,
    "cpn_len",
    "cpn_wid",
    "cpn_hgt",
    "cpn_nslides",
    "cpn_insitu",
    "cpn_hist",
    "cpn_edm",
    "cpn_tls",
)
OF_BLOCK = ("viable", "necrosis", "stroma", "area_mm2")
NOT_COMPARED = SYSTEM_FIELDS | UNBLINDING | {"cp_blind", "cp_com"}


@dataclass(slots=True)
class Line:
    """One finding beside itself. `decided`: what stands after the decision; `apart`: how far X and Y are, as text."""

    label: str
    texts: Sequence[str]  # mine, x, y, decided
    apart: str = ""
    points: Decimal | None = None
    largest: bool = False

    @property
    def mine(self) -> str:
        return self.texts[0]

    @property
    def x(self) -> str:
        return self.texts[1]

    @property
    def y(self) -> str:
        return self.texts[2]

    @property
    def decided(self) -> str:
        return self.texts[3] if len(self.texts) > 3 else ""


@dataclass(slots=True)
class Group:
    """Lines of one nodule, of its blocks, or of the case. `bars`: the shares of mine, X and Y as bars."""

    title: str
    lines: list[Line]
    bars: list[tuple[str, Any]] = field(default_factory=list)
    of_blocks: bool = False


@dataclass(slots=True)
class Comparison:
    """`comments`: who (the own reading, X, Y) and what was written. `largest`: the largest difference in words."""

    groups: list[Group]
    comments: list[tuple[str, str]]
    drawings: list[tuple[str, int]]
    largest: str = ""


@dataclass(slots=True)
class _Record:
    """One reading without its reader."""

    sheet: Sheet
    notes: Notes
    drawings: int

    @property
    def blocks(self) -> dict[tuple[int, str], Block]:
        return {(block.nodule, block.block.casefold()): block for block in self.notes.blocks}

    @property
    def unreadable(self) -> int:
        return sum(mark == Mark.UNREADABLE for mark in self.notes.marks.values())

    def nodule(self, number: int) -> RowValues | None:
        return next((row for row in self.sheet.lines("CP2") if row.get("cpn_no") == number), None)


def adjudication_for(user: Any, code: str) -> Reading:
    """The adjudicator's own place of a case; or 404."""
    reading = own_readings(user).filter(case__code=code, slot=Slot.ADJUDICATOR, form__isnull=False).first()
    if reading is None:
        raise Http404
    return reading


def comparison(reading: Reading) -> Comparison | None:
    """The own reading as it was signed first, X and Y; after the decision also what was decided.

    None while one of the two is open again: what its reader is writing is nobody else's. Raises 404 before the own
    reading is signed, whatever asks.
    """
    if reading.opinion_at is None:
        raise Http404
    two = pair(reading)
    if any(one.submitted_at is None for one in two):
        return None
    x, y = (_Record(_stored(one), stored_notes(one), _drawings(one)) for one in two)
    mine = _Record(sheet_from(reading.opinion), notes_from(reading.opinion), _drawings(reading))
    decided = _Record(_stored(reading), stored_notes(reading), 0) if reading.submitted_at else None
    groups = [
        *(_nodule(number, mine, x, y, decided) for number in _numbers(mine, x, y)),
        _blocks(mine, x, y),
        _case(mine, x, y, decided),
    ]
    groups = [group for group in groups if group.lines]
    own, three = _("Your own reading"), (mine, x, y)
    names = (own, "X", "Y")
    said = [(name, one.sheet.get("cp_com") or "") for name, one in zip(names, three, strict=True)]
    drawn = [(name, one.drawings) for name, one in zip(names, three, strict=True) if one.drawings]
    return Comparison(groups, [(who, text) for who, text in said if text], drawn, _name_largest(groups))


def _stored(reading: Reading) -> Sheet:
    return sheet_of(FormInstance.objects.get(reading=reading))


def _drawings(reading: Reading) -> int:
    return reading.annotations.filter(removed_at__isnull=True).count()


def _numbers(*records: _Record) -> list[int]:
    found = {row.get("cpn_no") for one in records for row in one.sheet.lines("CP2")}
    return sorted(number for number in found if number is not None)


# --- lines --------------------------------------------------------------------------------------------------------


def _line(
    crf_field: CrfField, mine: Any, x: Any, y: Any, decided: Any = None, *, share: bool = False
) -> Line | None:
    """One field of four holders (a sheet or a row, none where the record has no such row)."""
    values = [_value(crf_field, holder) for holder in (mine, x, y, decided)]
    texts = [text for _raw, text in values]
    if not any(texts):
        return None
    line = Line(str(crf_field.label), texts)
    one, two = values[1][0], values[2][0]
    if isinstance(one, Decimal | int) and isinstance(two, Decimal | int):
        apart = abs(Decimal(one) - Decimal(two))
        line.points = apart if share else None
        unit = str(crf_field.unit_text)
        line.apart = (
            (_points(apart) if isinstance(crf_field, Share) else _number(apart, unit)) if apart else ""
        )
    elif texts[1] != texts[2]:
        line.apart = _("differ")
    return line


def _value(crf_field: CrfField, holder: Any) -> tuple[Any, str]:
    if holder is None:
        return None, ""
    value = holder.get(crf_field.name)
    missing = holder.missing.get(crf_field.name, "")
    return value, crf_field.display(value) or missing


def _number(value: Decimal, unit: str) -> str:
    return f"{value.normalize():f} {unit}".strip()


def _points(value: Decimal) -> str:
    return _("%(points)s points") % {"points": _number(value, "")}


def _nodule(number: int, mine: _Record, x: _Record, y: _Record, decided: _Record | None) -> Group:
    fields = {one.name: one for one in form_def(KEY).section("CP2").fields}
    rows = [one.nodule(number) if one else None for one in (mine, x, y, decided)]
    lines = [_line(fields[name], *rows, share=name == SHARES[0]) for name in OF_NODULE]
    bars = [
        (who, composition_bar([(str(fields[name].label), row.get(name)) for name in SHARES], words=False))
        for who, row in zip((_("Your own reading"), "X", "Y"), rows, strict=False)
        if row is not None and all(row.get(name) is not None for name in SHARES)
    ]
    return Group(_("Nodule %(number)s") % {"number": number}, [line for line in lines if line], bars)


def _blocks(mine: _Record, x: _Record, y: _Record) -> Group:
    """Viable tumour of every block that somebody estimated."""
    places = sorted({place for one in (mine, x, y) for place in one.blocks})
    lines = []
    for place in places:
        known = [one.blocks.get(place) for one in (mine, x, y)]
        name = next(block.block for block in known if block is not None)
        texts = [_estimate(block) for block in known]
        line = Line(_("Block %(block)s of nodule %(number)s") % {"block": name, "number": place[0]}, texts)
        if known[1] is not None and known[2] is not None:
            line.points = abs(known[1].viable - known[2].viable)
            line.apart = _points(line.points) if line.points else ""
        lines.append(line)
    return Group(_("Blocks: viable / necrosis / stroma, bed area"), lines, of_blocks=True)


def _estimate(block: Block | None) -> str:
    if block is None:
        return ""
    viable, necrosis, stroma, area = (_number(getattr(block, name), "") for name in OF_BLOCK)
    return f"{viable} / {necrosis} / {stroma} %, {area} mm²"


def _case(mine: _Record, x: _Record, y: _Record, decided: _Record | None) -> Group:
    definition = form_def(KEY)
    fields = [
        one
        for section in definition.sections
        if not section.repeating
        for one in section.fields
        if one.name not in NOT_COMPARED and not one.reader_hidden
    ]
    sheets = (mine.sheet, x.sheet, y.sheet, decided.sheet if decided else None)
    lines = [_line(one, *sheets) for one in fields]
    lines.append(_said(_("Confidence"), (mine, x, y, decided), lambda one: _confidence(one.notes.confidence)))
    lines.append(
        _said(
            _("Slides that could not be read"), (mine, x, y, decided), lambda one: str(one.unreadable or "")
        )
    )
    return Group(_("The case"), [line for line in lines if line])


def _said(label: str, records: Sequence[_Record | None], text_of: Callable[[_Record], str]) -> Line | None:
    texts = [text_of(one) if one else "" for one in records]
    return Line(label, texts, apart=_("differ") if texts[1] != texts[2] else "") if any(texts) else None


def _confidence(code: str) -> str:
    return str(Confidence(code).label) if code else ""


def _name_largest(groups: list[Group]) -> str:
    """Mark the largest difference in viable tumour, and say where it is; of a nodule and its block the block."""
    found = [(line, group) for group in groups for line in group.lines if line.points]
    if not found:
        return ""
    line, group = max(reversed(found), key=lambda one: one[0].points or Decimal(0))
    line.largest = True
    points = line.points or Decimal(0)
    said = {"where": line.label if group.of_blocks else group.title, "points": f"{points.normalize():f}"}
    return _("Largest difference in viable tumour: %(where)s, %(points)s points.") % said
