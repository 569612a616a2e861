"""What a post of the reading page says beside the form: blocks, slides, confidence, and that a 0 is meant.

Names: `block.3.viable` (block number 3), `block.n1.viable` (a new one), `slide.4` (`SEEN`, `UNREADABLE`), `confidence`,
`zero.CP2.1` (no viable tumour in any slide of this nodule). What cannot be read stays, with its error at its box.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _

from crf.fields import Dec, FieldError, Int, Share, clean_text, free_text
from crf.sheets import Sheet
from crf.typed import Typed, TypedRow, row_path

from .models import Mark, SpecimenItem
from .notes import SHARES, Block, Mean, Notes, by_area

COLUMNS = ("nodule", "block", "area_mm2", *SHARES, "note")
LONGEST = {"block": 20, "note": 200}
MOST_LINES = 400  # read from one post; more than may be stored, so that the refusal can say so
NODULES = "CP2"
SHARE_FIELDS = ("cpn_rvt", "cpn_nec", "cpn_str")
GIVEN = ("cpn_no", "cpn_nslides")  # the page fills them in: with these alone nobody has read a nodule
TENTH, HUNDREDTH = Decimal("0.1"), Decimal("0.01")

_readers: Mapping[str, Any] = {
    "nodule": Int(),
    "area_mm2": Dec(decimal_places=1, max_digits=8, unit="mm²"),
    **{name: Share(max_digits=5) for name in SHARES},
}


@dataclass(slots=True)
class Line:
    """One line of the table of blocks, as it is shown. `key`: its number, or `n1` … for a new one."""

    key: str
    raw: dict[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not any(text for name, text in self.raw.items() if name != "nodule")


@dataclass(slots=True)
class Beside:
    """What was posted beside the form: as texts to show again, and as notes to store."""

    lines: list[Line]
    notes: Notes


def beside(post: Any) -> Beside:
    """Read blocks, slides and confidence. Lines without anything typed are passed over."""
    notes = Notes(clean_text(post.get("confidence", ""))[:20])
    lines = _lines(post)
    for line in lines:
        block = _block(line, notes.errors)
        if block is not None:
            notes.blocks.append(block)
    for name, mark in post.items():
        found = re.fullmatch(r"slide\.([0-9]{1,4})", name)
        if found and mark:
            notes.marks[int(found[1])] = str(mark)[:10]
    return Beside(lines, notes)


def _lines(post: Any) -> list[Line]:
    """In the order of the page; new ones are numbered anew, as the judgement of the notes names them."""
    keys = {
        found[1]: None for name in post if (found := re.fullmatch(r"block\.(n?[0-9]{1,4})\.[a-z0-9_]+", name))
    }
    lines = []
    for key in list(keys)[:MOST_LINES]:
        raw = {name: free_text(post.get(f"block.{key}.{name}", ""))[:200] for name in COLUMNS}
        line = Line(key, raw)
        if not line.empty and not post.get(f"block.{key}.-remove"):
            lines.append(line)
    for position, line in enumerate(lines, start=1):
        if line.key.startswith("n"):
            line.key = f"n{position}"
    return lines


def _block(line: Line, errors: dict[str, str]) -> Block | None:
    values: dict[str, Any] = {}
    wrong = False
    for name in COLUMNS:
        text = clean_text(line.raw[name])
        at = f"block.{line.key}.{name}"
        if name in LONGEST:
            values[name] = text[: LONGEST[name]]
            continue
        try:
            values[name] = _readers[name].read_text(text) if text else None
        except FieldError as error:
            errors[at], wrong = error.message, True
            continue
        if values[name] is None:
            errors[at], wrong = _("Fill this in, or empty the whole line."), True
        elif name == "nodule" and not 1 <= values[name] <= 50:
            errors[at], wrong = _("A nodule has a number from 1 to 50."), True
    if not values["block"]:
        errors[f"block.{line.key}.block"], wrong = _("Fill this in, or empty the whole line."), True
    if wrong:
        return None
    return Block(0 if line.key.startswith("n") else int(line.key), **values)


def stored_lines(notes: Notes) -> list[Line]:
    return [
        Line(str(block.number), {name: _plain(getattr(block, name)) for name in COLUMNS})
        for block in notes.blocks
    ]


def _plain(value: Any) -> str:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


# --- what the page fills in, or asks again ---------------------------------------------------------------------------


def without_given(typed: Typed) -> None:
    """A new nodule in which only what the page fills in stands is not a nodule."""
    for row in typed.rows.get(NODULES, ()):
        if not row.key.isdigit() and not row.missing and not row.unread and set(row.values) <= set(GIVEN):
            row.values = {}


def prefilled(typed: Typed, notes: Notes, slides: Sequence[SpecimenItem]) -> None:
    """Numbers of slides that were left empty follow from the marks; what was typed stands."""
    seen = [slide for slide in slides if notes.marks.get(slide.number) == Mark.SEEN]
    if not seen:
        return
    for name, count in (("cp_slides", len(seen)), ("cp_slides_bed", sum(slide.bed for slide in seen))):
        if name not in typed.values and name not in typed.errors:
            typed.values[name], typed.raw[name] = count, str(count)
    rows = [row for row in typed.rows.get(NODULES, ()) if not row.empty]
    for row in rows:
        number = row.values.get("cpn_no")
        count = sum(
            slide.nodule == number or (slide.nodule is None and slide.bed and len(rows) == 1)
            for slide in seen
        )
        path = row_path(NODULES, row.key, "cpn_nslides")
        if count and "cpn_nslides" not in row.values and path not in typed.errors:
            row.values["cpn_nslides"], typed.raw[path] = count, str(count)


def stopped(typed: Typed, notes: Notes) -> None:
    """An inadequate specimen is not scored (CK-248): nodules and blocks go, with the reason of it."""
    if typed.values.get("cp_adeq") != "INADEQUATE":
        return
    for row in typed.rows.get(NODULES, ()):
        if row.key.isdigit():
            row.remove, row.reason = True, row.reason or str(typed.values.get("cp_adeq_reas") or "INADEQUATE")
    typed.rows[NODULES] = [row for row in typed.rows.get(NODULES, ()) if row.key.isdigit()]
    gone = (f"{NODULES}:",)
    typed.errors = {path: text for path, text in typed.errors.items() if not path.startswith(gone)}
    notes.blocks = []
    notes.errors = {}


def filled_from_blocks(typed: Typed, notes: Notes, number: int) -> bool:
    """The three shares of a nodule from its blocks (P-2). False when no block says anything of it."""
    mean = by_area(notes.blocks).get(number)
    row = next((r for r in typed.rows.get(NODULES, ()) if r.values.get("cpn_no") == number), None)
    if mean is None or row is None:
        return False
    for name, share in zip(SHARE_FIELDS, whole_of(mean), strict=True):
        path = row_path(NODULES, row.key, name)
        row.values[name], typed.raw[path] = share, _plain(share)
        typed.errors.pop(path, None)
    return True


def whole_of(mean: Mean) -> tuple[Decimal, Decimal, Decimal]:
    """Three shares as exact as a reading is kept (two places) that make 100 again; what rounding leaves goes to the larger
    of necrosis and stroma.

    The viable share never becomes a whole number by rounding: 0.004 is not 0, and nothing is moved over a bound (P-5).
    """
    viable = _rounded(mean.viable)
    if viable == viable.to_integral_value() and viable != mean.viable:
        viable += HUNDREDTH if mean.viable > viable else -HUNDREDTH
    necrosis, stroma = _rounded(mean.necrosis), _rounded(mean.stroma)
    left = Decimal(100) - viable - necrosis - stroma
    if abs(left) <= TENTH:
        if necrosis >= stroma:
            necrosis += left
        else:
            stroma += left
    return viable, necrosis, stroma


def _rounded(share: Decimal) -> Decimal:
    return share.quantize(HUNDREDTH, ROUND_HALF_UP)


def zeros_meant(post: Any, typed: Typed) -> list[TypedRow]:
    """Nodules of which the reader said that no slide shows viable tumour."""
    return [row for row in typed.rows.get(NODULES, ()) if post.get(f"zero.{NODULES}.{row.key}")]


def unasked_zeros(typed: Typed, meant: Sequence[TypedRow], stored: Sheet) -> dict[str, str]:
    """A 0 stands once the reader has said that it is meant; one that is stored has been."""
    before = {str(line.row): line.get("cpn_rvt") for line in stored.lines(NODULES)}
    asked = _("Is there no viable tumour in any slide of this nodule? Say so, or correct the value.")
    return {
        row_path(NODULES, row.key, "cpn_rvt"): asked
        for row in typed.rows.get(NODULES, ())
        if row.values.get("cpn_rvt") == 0 and not row.remove and before.get(row.key) != 0 and row not in meant
    }
