"""From a chart specification to SVG: one look for every figure, on the page and on paper.

The specification is Vega-Lite. Hatches are drawn by name (`url(#hatch)`), since colour alone does not carry a meaning.
Imports of the drawing library stand inside the functions: figures are drawn in workers, never in the web process.
"""

from __future__ import annotations

import html
import json
import re
import threading
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

FONTS = Path(__file__).resolve().parents[2] / "static" / "fonts"
SANS = "Inter, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans SC', 'Noto Sans CJK SC', sans-serif"

INK, MID, LINE, EDGE = "#14202e", "#566577", "#d9e0e7", "#6b7a8c"
BLUE, BAND = "#0b5c8a", "#dfe9f0"
NAVY, TEAL, ORANGE, SKY, RED = "#003d5c", "#00695c", "#d9822b", "#9cc3dd", "#b3261e"
HATCH, DOTS = "url(#hatch)", "url(#dots)"

PATTERNS = (
    '<pattern id="hatch" patternUnits="userSpaceOnUse" width="6" height="6">'
    '<rect width="6" height="6" fill="#fdf1e4"/>'
    f'<path d="M-1.500,1.500L1.500,-1.500M0,6L6,0M4.500,7.500L7.500,4.500" stroke="{ORANGE}" stroke-width="1.4" '
    'fill="none"/></pattern>'
    '<pattern id="dots" patternUnits="userSpaceOnUse" width="4" height="4">'
    f'<rect width="4" height="4" fill="#ffffff"/><circle cx="2" cy="2" r="0.9" fill="{EDGE}"/></pattern>'
)

# Text sizes are those of a figure as wide as a text column; it is scaled as a whole.
CONFIG: dict[str, Any] = {
    "font": SANS,
    "background": None,
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK, "titleColor": INK, "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal",
        "domainColor": EDGE, "tickColor": EDGE, "gridColor": "#e3e8ee", "labelPadding": 4, "titlePadding": 7,
        "tickSize": 4,
    },
    "legend": {
        "labelColor": INK, "labelFontSize": 10.5, "title": None, "symbolSize": 90, "labelLimit": 300, "rowPadding": 3,
        "symbolStrokeWidth": 1, "layout": {"bottom": {"direction": "vertical", "anchor": "middle", "margin": 2}},
    },
    "text": {"fontSize": 11, "color": INK},
}  # fmt: skip

# At the sides: a text may be a little wider where it is shown than where it was measured.
ROOM = {"left": 14, "top": 5, "right": 12, "bottom": 5}

_drawing = threading.Lock()


def months_axis(ticks: list[float], title: str) -> dict[str, Any]:
    """The time axis that all figures over time share."""
    return {"values": ticks, "title": title, "grid": False, "format": "d"}


@cache
def _library() -> Any:
    """vl-convert with our fonts. It reads no WOFF2, so they are unpacked once."""
    import vl_convert
    from fontTools.ttLib import TTFont

    folder = settings.VAR_DIR / "fonts"
    folder.mkdir(parents=True, exist_ok=True)
    for source in FONTS.glob("*.woff2"):
        target = folder / f"{source.stem}-{source.stat().st_size}.ttf"
        if not target.exists():
            font = TTFont(source)
            font.flavor = None
            partial = target.with_suffix(f".{threading.get_ident()}.part")
            font.save(partial)
            partial.replace(target)
    vl_convert.register_font_directory(str(folder))
    return vl_convert


def svg_of(spec: dict[str, Any], *, name: str, ident: str) -> str:
    """The figure as SVG: text stays text, no style attributes, ids that are unique on a page, one name for readers."""
    spec = {**_seen(spec), "padding": ROOM, "config": {**spec.get("config", {}), **CONFIG}}
    with _drawing:
        drawn = _library().vegalite_to_svg(spec)
    return tidy(drawn, name=name, ident=ident)


def _seen(part: dict[str, Any]) -> dict[str, Any]:
    """Without the layers that only a pointer finds."""
    made = dict(part)
    for key in ("layer", "vconcat", "hconcat"):
        if key in part:
            made[key] = [_seen(inner) for inner in part[key] if not _unseen(inner)]
    return made


def _unseen(part: dict[str, Any]) -> bool:
    mark = part.get("mark")
    return isinstance(mark, dict) and mark.get("opacity") == 0


def for_browser(spec: dict[str, Any], *, name: str) -> dict[str, Any]:
    """The same specification for vega-embed: what has words shows them to a pointer, what has an address leads there.

    `§` marks the words for `tidy`; a reader does not see it. Hatches are the page's own (`PATTERNS`).
    """
    made = json.loads(json.dumps(spec).replace("\\u00a7", ""))
    sets = made.get("datasets", {})

    def walk(part: dict[str, Any], data: Any) -> None:
        data = part.get("data", data)
        rows = sets.get(data.get("name", ""), data.get("values", [])) if isinstance(data, dict) else []
        encoding = part.get("encoding", {})
        words = encoding.get("description", {})
        if words.get("field"):
            encoding["tooltip"] = {"field": words["field"], "type": "nominal"}
            if any("href" in row for row in rows):
                encoding["href"] = {"field": "href", "type": "nominal"}
        for key in ("layer", "vconcat", "hconcat"):
            for inner in part.get(key, ()):
                walk(inner, data)

    walk(made, None)
    made["config"] = {**made.get("config", {}), **CONFIG, "aria": False}
    made["padding"] = ROOM
    made["description"] = name
    return made


def tidy(svg: str, *, name: str, ident: str) -> str:
    """The whole figure is one image with one name; what a pointer may rest on keeps its words as a title."""
    svg = re.sub(r'<(path|rect|g|line)((?: [\w:-]+="[^"]*")*?) aria-label="§([^"]*)"((?: [\w:-]+="[^"]*")*)/>',
                 r"<\1\2\4><title>\3</title></\1>", svg)  # fmt: skip
    svg = re.sub(r' (?:aria-[\w-]+|role|class|pointer-events|xmlns:xlink|version)="[^"]*"', "", svg)
    svg = re.sub(
        r' opacity="1"', "", svg
    )  # says nothing, and makes WeasyPrint clip a text to a box that is too small
    svg = re.sub(r'<path d="[^"]*"(?: display="none")/>|<path d=""/>', "", svg)
    svg = re.sub(r"<rect[^>]*fill=\"white\"/>", "", svg, count=1)
    svg = svg.replace(">", f"><defs>{PATTERNS}</defs>", 1)
    svg = re.sub(r' id="', f' id="{ident}-', svg)
    svg = svg.replace("url(#", f"url(#{ident}-")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{html.escape(name)}" ', 1)
