"""What a reader notes beside the form: blocks with their areas, slides seen, confidence. As typed, and judged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from .models import BlockEstimate, Confidence, Mark, Reading, SpecimenItem

SHARES = ("viable", "necrosis", "stroma")
HUNDRED = Decimal(100)
TOLERANCE = Decimal("0.05")  # of the sum of three shares (CK-243, P-1)
MOST_BLOCKS = 200


@dataclass(slots=True)
class Block:
    """One line of the table of blocks. `number`: 0 for a new one; areas in mm², shares in percent."""

    number: int
    nodule: int
    block: str
    area_mm2: Decimal
    viable: Decimal
    necrosis: Decimal
    stroma: Decimal
    note: str = ""

    @property
    def shares(self) -> tuple[Decimal, Decimal, Decimal]:
        return self.viable, self.necrosis, self.stroma


@dataclass(slots=True)
class Notes:
    """`marks`: by the number of the slide. `errors`: by the name of the box, for what could not be read or cannot be."""

    confidence: str = ""
    blocks: list[Block] = field(default_factory=list)
    marks: dict[int, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mean:
    """The blocks of a nodule together (P-2): whole area in mm², shares in percent, unrounded."""

    area_mm2: Decimal
    viable: Decimal
    necrosis: Decimal
    stroma: Decimal


def by_area(blocks: Iterable[Block | BlockEstimate]) -> dict[int, Mean]:
    """P-2: the mean of each nodule over its blocks, weighted by bed area."""
    together: dict[int, list[Block | BlockEstimate]] = {}
    for block in blocks:
        together.setdefault(block.nodule, []).append(block)
    found = {}
    for nodule, lines in together.items():
        area = sum((line.area_mm2 for line in lines), Decimal(0))
        if area > 0:
            means = [
                sum((line.area_mm2 * getattr(line, name) for line in lines), Decimal(0)) / area
                for name in SHARES
            ]
            found[nodule] = Mean(area, *means)
    return found


def stored_notes(reading: Reading) -> Notes:
    """What is stored. Two queries."""
    blocks = [
        Block(b.number, b.nodule, b.block, b.area_mm2, b.viable, b.necrosis, b.stroma, b.note)
        for b in reading.blocks.all()
    ]
    marks = dict(reading.slides.values_list("item__number", "mark"))
    return Notes(reading.confidence, blocks, marks)


def problems(
    notes: Notes, slides: Sequence[SpecimenItem], *, submit: bool, known: Collection[int] | None = None
) -> dict[str, str]:
    """What cannot stand, by the name of its box; `submit`: and what is missing before the reading is signed.

    `known`: numbers of every slide that the case ever had, where `slides` are those that can be read now.
    """
    found = dict(notes.errors)
    if len(notes.blocks) > MOST_BLOCKS:
        found["@blocks"] = _("At most %(most)s blocks.") % {"most": MOST_BLOCKS}
    seen: set[tuple[int, str]] = set()
    for position, block in enumerate(notes.blocks, start=1):
        name = f"block.{block.number or f'n{position}'}"
        total = sum(block.shares, Decimal(0))
        if block.area_mm2 <= 0:
            found[f"{name}.area_mm2"] = _("The bed area of a block is more than 0 mm².")
        if any(share < 0 or share > HUNDRED for share in block.shares):
            found[f"{name}.viable"] = _("A share lies between 0 and 100 %.")
        elif abs(total - HUNDRED) > TOLERANCE:
            found[f"{name}.viable"] = _(
                "Viable tumour + necrosis + stroma must equal 100 %%; this is %(sum)s %%."
            ) % {"sum": format(total.normalize(), "f")}
        place = (block.nodule, block.block.casefold())
        if place in seen:
            found[f"{name}.block"] = _("This block of the nodule is there twice.")
        seen.add(place)
    if notes.confidence and notes.confidence not in Confidence.values:
        found["@confidence"] = _("Choose how sure you are.")
    numbers = {slide.number for slide in slides}
    of_case = numbers.union(known or ())
    if any(number not in of_case or mark not in Mark.values for number, mark in notes.marks.items()):
        found["@slides"] = _("A slide that is marked does not belong to the case.")
    if submit:
        found |= _missing(notes, numbers)
    return found


def _missing(notes: Notes, slides: set[int]) -> dict[str, str]:
    found = {}
    if not notes.confidence:
        found["@confidence"] = _("Say how sure you are of this reading.")
    if left := len(slides.difference(notes.marks)):
        found["@slides"] = _("%(count)s slides are not marked as seen.") % {"count": left}
    return found


def texts_of(notes: Notes) -> Mapping[str, str]:
    """Every note as text by the path that the trail names."""
    found = {"@confidence": notes.confidence} if notes.confidence else {}
    for block in notes.blocks:
        for name in ("nodule", "block", "area_mm2", *SHARES, "note"):
            if (value := getattr(block, name)) not in ("", None):
                found[f"@block:{block.number}/{name}"] = str(value)
    return found | {f"@slide:{number}": mark for number, mark in notes.marks.items()}


def notes_from(texts: Mapping[str, str]) -> Notes:
    """The notes that the texts were of; other paths are passed over."""
    lines: dict[int, dict[str, str]] = {}
    marks = {}
    for path, text in texts.items():
        kind, _sep, rest = path.partition(":")
        number, _sep, name = rest.partition("/")
        if kind == "@block":
            lines.setdefault(int(number), {})[name] = text
        elif kind == "@slide":
            marks[int(number)] = text
    blocks = [
        Block(
            number=number,
            nodule=int(line["nodule"]),
            block=line.get("block", ""),
            note=line.get("note", ""),
            **{name: Decimal(line[name]) for name in ("area_mm2", *SHARES)},
        )
        for number, line in sorted(lines.items())
    ]
    return Notes(texts.get("@confidence", ""), blocks, marks)
