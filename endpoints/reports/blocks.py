"""The pieces of a report's pages as plain data, and their numbers: what is numbered stands in the contents.

A cell is a text, or markup that was made safe. A head is a text, or a pair of text and class (`num`: numbers, to the
right); the cells below take the class of their head.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.safestring import SafeString

Block = dict[str, Any]
Head = str | tuple[str, str]
APPENDIX, LISTING, SECTION = "appendix", "listing", "section"


def num(text: Any) -> Head:
    return str(text), "num"


def row(cells: Sequence[Any], css: str = "") -> Block:
    return {"cells": list(cells), "css": css}


def group(text: Any) -> Block:
    """A line that stands above those it names."""
    return {"group": str(text)}


def table(
    caption: Any, heads: Sequence[Head], rows: Iterable[Any], *, note: Any = "", css: str = "", numbered: bool = True
) -> Block:  # fmt: skip
    """`rows`: sequences of cells, or what `row` and `group` make; the first cell of each is its head."""
    titles = [(one, "") if isinstance(one, str) else one for one in heads]
    made = [one if isinstance(one, dict) else row(one) for one in rows]
    for one in made:
        if "cells" in one:
            one["cells"] = [(cell, titles[at][1]) for at, cell in enumerate(one["cells"])]
    return {
        "kind": "table",
        "caption": str(caption),
        "heads": titles if any(text for text, _css in titles) else [],
        "rows": made,
        "note": str(note),
        "css": css,
        "wide": len(titles),
        "numbered": numbered,
    }


def figure(caption: Any, svg: SafeString | str, *, css: str = "") -> Block:
    return {"kind": "figure", "caption": str(caption), "svg": svg, "css": css, "numbered": True}


def figure_part(caption: Any, name: str, context: Mapping[str, Any]) -> Block:
    """A figure that is set with type: its own template."""
    return {
        "kind": "figure",
        "caption": str(caption),
        "part": name,
        "context": dict(context),
        "numbered": True,
    }


def part(name: str, context: Mapping[str, Any]) -> Block:
    return {"kind": "part", "part": name, "context": dict(context)}


def text(words: Any, css: str = "") -> Block:
    return {"kind": "text", "text": str(words), "css": css}


def heading(words: Any, level: int = 2) -> Block:
    return {"kind": f"h{level}", "text": str(words)}


def items(lines: Iterable[Any], css: str = "", ordered: bool = False) -> Block:
    return {"kind": "items", "lines": [str(one) for one in lines], "css": css, "ordered": ordered}


def section(title: Any, blocks: Iterable[Block | None], *, kind: str = SECTION, css: str = "") -> Block:
    return {
        "title": str(title),
        "kind": kind,
        "css": css,
        "blocks": [block for block in blocks if block is not None],
    }


def numbered(sections: Sequence[Block]) -> list[dict[str, Any]]:
    """Give every section, table and figure its number and id; the entries of the contents in their order."""
    counts: dict[str, int] = {}
    entries: list[dict[str, Any]] = []

    def count(block: Block, kind: str, title: str) -> None:
        counts[kind] = counts.get(kind, 0) + 1
        block["number"] = chr(64 + counts[kind]) if kind == APPENDIX else str(counts[kind])
        block["id"] = f"{kind}-{counts[kind]}"
        entries.append({"kind": kind, "number": block["number"], "title": title, "id": block["id"]})

    for one in sections:
        count(one, one["kind"], one["title"])
        for block in one["blocks"]:
            if block.get("numbered"):
                # The contents give a title, the page the whole caption.
                count(block, block["kind"], re.split("[;；]", block["caption"])[0])
    return entries
