"""Pieces of the reading page beside the form, ready to print: blocks, means, slides, and how it goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .models import Reading, Reopening, SpecimenItem
from .notes import Block, Notes, by_area
from .pages import NoduleView
from .posted import COLUMNS, LONGEST, Line, whole_of


@dataclass(frozen=True, slots=True)
class Cell:
    name: str
    column: str
    label: str
    value: str
    error: str
    longest: int
    mode: str


@dataclass(frozen=True, slots=True)
class BlockShown:
    key: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class MeanShown:
    nodule: int
    area: str
    shares: list[str]


@dataclass(frozen=True, slots=True)
class SlideShown:
    number: int
    label: str
    about: str
    nodule: str
    bed: bool
    mark: str


def _columns() -> dict[str, str]:
    return {
        "nodule": _("Nodule"), "block": _("Block"), "area_mm2": _("Bed area, mm²"), "viable": _("Viable, %"),
        "necrosis": _("Necrosis, %"), "stroma": _("Stroma, %"), "note": _("Note"),
    }  # fmt: skip


def blocks_shown(lines: Iterable[Line], errors: Mapping[str, str], nodule: str) -> list[BlockShown]:
    """`nodule`: to which a new block belongs unless said otherwise."""
    labels = _columns()
    return [
        BlockShown(
            line.key,
            [
                Cell(
                    f"block.{line.key}.{name}", name, labels[name],
                    line.raw.get(name, nodule if name == "nodule" else ""), errors.get(f"block.{line.key}.{name}", ""),
                    LONGEST.get(name, 12), "text" if name in LONGEST else "numeric" if name == "nodule" else "decimal",
                )
                for name in COLUMNS
            ],
        )
        for line in lines
    ]  # fmt: skip


def means_shown(blocks: Sequence[Block]) -> list[MeanShown]:
    """The line "by area" of each nodule, with the values that it would fill in (P-2)."""
    return [
        MeanShown(nodule, figure(mean.area_mm2), [_share(share) for share in whole_of(mean)])
        for nodule, mean in sorted(by_area(blocks).items())
    ]


def figure(value: Decimal) -> str:
    """1197.0 → 1,197."""
    return f"{value:,.1f}".removesuffix(".0")


def _share(value: Decimal) -> str:
    """With one decimal, or two where it has two."""
    text = f"{value:.2f}"
    return text.removesuffix("0")


def slides_shown(slides: Iterable[SpecimenItem], marks: Mapping[int, str]) -> list[SlideShown]:
    return [
        SlideShown(
            slide.number, slide.label, " · ".join(text for text in (slide.block, slide.stain) if text),
            str(slide.nodule or ""), slide.bed, marks.get(slide.number, ""),
        )
        for slide in slides
    ]  # fmt: skip


def ticks(
    nodules: Sequence[NoduleView], notes: Notes, slides: Sequence[SpecimenItem], blind: Any
) -> list[tuple[str, bool, str]]:
    """What stands between the reader and the signature: (key, done, words). The script keeps it up to date."""
    marked = {slide.number for slide in slides} <= notes.marks.keys()
    said = ngettext("%(n)s slide marked", "All %(n)s slides marked", len(slides)) % {"n": len(slides)}
    return [
        ("sum", bool(nodules) and all(nodule.full for nodule in nodules), _("Percentages sum to 100")),
        ("slides", marked, said),
        ("confidence", bool(notes.confidence), _("Confidence stated")),
        ("blind", blind == "Y", _("Blinding confirmed")),
    ]


def summary(path: str, text: str) -> tuple[str, str, str]:
    """A line of the error summary: where it leads, of what it speaks, what it says."""
    if path.startswith("block."):
        _block, key, name = path.split(".", 2)
        label = _columns().get(name, "")
        return f"#f-block-{key}", _("Per-block estimate") + (f" · {label}" if label else ""), text
    return (
        {"@confidence": "#f-confidence", "@slides": "#f-slides", "@blocks": "#f-blocks"}.get(path, ""),
        "",
        text,
    )


def after_case(reading: Reading) -> Reopening | None:
    """What was asked last about opening it again."""
    if reading.submitted_at is None:
        return None
    return reading.reopenings.order_by("pk").last()
