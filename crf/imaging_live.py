"""The live result of a tumour assessment: both criteria, the engine's reasons, and the sums over time as a figure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from trialsite.web.figures import number as number_text
from trialsite.web.figures import percent

from .codelists import CODELISTS
from .derivation_imaging import CRITERIA
from .sheets import Sheet
from .typed import Typed


def typed_for_preview(typed: Typed) -> Typed:
    """What can be read of a form in the middle of typing; what cannot be read yet counts as empty."""
    typed.errors.clear()
    return typed


def mm_text(value: Any) -> str:
    """82 or 21.5: one decimal only when there is one."""
    if value is None:
        return "–"
    value = Decimal(value)
    return number_text(value, 0 if value == value.to_integral_value() else 1)


def change_text(value: Any) -> str:
    return "" if value is None else percent(value, 1, sign=True)


def live_texts(panel: dict[str, Any]) -> dict[str, str]:
    """Values of one criterion as the grid and the side panel print them."""
    lists = {"target": CODELISTS["TLRESP"], "overall": CODELISTS["OVRESP"]}
    named = {name: lists[name].codes.get(panel[name] or "") for name in lists}
    return {
        "total": mm_text(panel["sum"]),
        "fromb": change_text(panel["change_from_baseline_pct"]) or "–",
        "fromn": change_text(panel["change_from_nadir_pct"]) or "–",
        **{name: str(label) if label else "–" for name, label in named.items()},
    }


def live_view(live: dict[str, Any], series: list[Sheet], current: Sheet) -> dict[str, Any]:
    """The side panel: both criteria, the reason in the reader's language, and the small figure."""
    panels = []
    for key, criterion in zip("rm", CRITERIA, strict=True):
        panel = live["criteria"][criterion]
        panels.append(
            {
                "name": criterion, "key": key, "response": panel["overall"] or ("" if live["baseline"] else "–"),
                "sum": mm_text(panel["sum"]), "from_baseline": change_text(panel["change_from_baseline_pct"]),
                "from_nadir": change_text(panel["change_from_nadir_pct"]), "steps": [_said(step) for step in panel["steps"]],
                "errors": [_said(error) for error in panel["errors"]],
                "texts": [(f"{name}-{key}", text) for name, text in live_texts(panel).items()],
                "lesions": [(row["id"], change_text(row["change_pct"])) for row in panel["lesions"]],
            }
        )  # fmt: skip
    return {"panels": panels, "live": live, "figure": figure(live, series, current)}


def _said(said: dict[str, Any]) -> dict[str, Any]:
    """An engine sentence in the reader's language; the template is in the message catalogue."""
    return {"rule": said.get("rule", ""), "text": _(said["message"]).format(**dict(said["params"]))}


def figure(live: dict[str, Any], series: list[Sheet], current: Sheet) -> SafeString:
    """Sums over time by both criteria, as a small SVG drawn from attributes only (no inline style)."""
    before = [
        s
        for s in series
        if s.form != current.form and s.get("ta_no") is not None and s.get("ta_no") < (live["number"] or 0)
    ]
    labels = [s.visit for s in before] + [_("Now")]
    lines = {
        "r": [s.get("sum_recist") for s in before] + [live["criteria"][CRITERIA[0]]["sum"]],
        "m": [s.get("sum_mrecist") for s in before] + [live["criteria"][CRITERIA[1]]["sum"]],
    }
    values = [Decimal(v) for line in lines.values() for v in line if v is not None]
    if len(labels) < 2 or not values:
        return SafeString("")
    top = max(max(values), Decimal(1))
    xs = [24 + round(172 * i / (len(labels) - 1)) for i in range(len(labels))]

    def y(value: Any) -> float:
        return round(16 + float(1 - Decimal(value) / (top * Decimal("1.08"))) * 112, 1)

    parts = [f'<line x1="14" x2="206" y1="{y(0)}" y2="{y(0)}" stroke="#94a3b3"/>']
    base = lines["r"][0]
    if base:
        limit = Decimal(base) * Decimal("0.7")
        parts.append(
            f'<line x1="14" x2="206" y1="{y(limit)}" y2="{y(limit)}" stroke="#94a3b3" stroke-dasharray="4 3"/>'
            f'<text x="16" y="{y(limit) + 12}" font-size="9.5" fill="#566577">PR ≤ {escape(mm_text(limit))}</text>'
        )
    for key, colour, dash, name in (("r", "#0b5c8a", "", "RECIST"), ("m", "#00695c", "5 3", "mRECIST")):
        points = [(x, y(v), v) for x, v in zip(xs, lines[key], strict=True) if v is not None]
        if not points:
            continue
        path = " ".join(f"{x},{at}" for x, at, _v in points)
        parts.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="2.2" stroke-dasharray="{dash}" points="{path}"/>'
        )
        for x, at, _v in points:
            mark = f'<circle cx="{x}" cy="{at}" r="4" fill="{colour}"/>'
            if key == "m":
                mark = f'<rect x="{x - 3.6}" y="{at - 3.6}" width="7.2" height="7.2" fill="{colour}"/>'
            parts.append(mark)
        x, at, value = points[-1]
        at += 10 if key == "m" and lines["r"][-1] is not None and abs(at - y(lines["r"][-1])) < 12 else 0
        parts.append(
            f'<text x="{x + 8}" y="{at + 4}" font-size="11" font-weight="600" fill="{colour}">'
            f"{escape(mm_text(value))} {name}</text>"
        )
    for x, label in zip(xs, labels, strict=True):
        parts.append(
            f'<text x="{x}" y="146" font-size="10.5" text-anchor="middle" fill="#566577">{escape(label)}</text>'
        )
    title = escape(_("Sum of diameters over time"))
    return SafeString(
        f'<svg viewBox="0 0 288 152" role="img" aria-label="{title}" class="live-figure">{"".join(parts)}</svg>'
    )
