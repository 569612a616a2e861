"""Radiological response: best responses, rates by both criteria and every evaluator, course of the sums, pathology."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from endpoints import rows as lines
from endpoints.reports import cells
from endpoints.reports.blocks import Block, figure, heading, num, row, section, table
from endpoints.reports.pictures import Pictures

RATES = (
    ("ORR", "FAS"), ("ORR_CONFIRMED", "FAS"), ("ORR", "REV"), ("ORR_MRECIST", "FAS"), ("ORR_MRECIST_CONFIRMED", "FAS"),
    ("ORR_MRECIST_NO_FLOOR", "FAS"), ("DCR", "FAS"), ("DCR", "REV_M"), ("DCR_RECIST", "FAS"), ("DCR_NO_FLOOR", "FAS"),
)  # fmt: skip
RESPONSES = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "MISSING")
ALWAYS = ("CR", "PR", "SD", "PD", "NE")


def radiology(content: Mapping[str, Any], pictures: Pictures) -> Block:
    results = content["results"]
    blocks: list[Block | None] = [_best(results), _rates(results)]
    if svg := pictures.get("waterfall"):
        caption = _(
            "Best change of the sum of viable diameters (mRECIST) before surgery; one bar per participant, by central pathology"
        )
        blocks.append(figure(caption, svg))
    if svg := pictures.get("spider"):
        blocks.append(figure(_("Change of the sum of viable diameters over time"), svg, css="small"))
    blocks += [*_cross(content["people"]), _others(content)]
    return section(_("Radiological response"), blocks)


def _best(results: Mapping[str, Any]) -> Block:
    """Best overall response by each criterion, and mRECIST without its floor where the figures have it."""
    whole = results["sets"]["FAS"]
    columns = [("BOR_RECIST", _("RECIST 1.1, n (%)")), ("BOR_MRECIST", _("mRECIST, n (%)"))]
    if "BOR_MRECIST_NO_FLOOR" in results["best"]:
        columns.append(("BOR_MRECIST_NO_FLOOR", _("mRECIST without floor, n (%)")))
    made: list[Any] = []
    for code in RESPONSES:
        counts = [results["best"][name].get(code, 0) for name, _head in columns]
        if code in ALWAYS or any(counts):
            made.append([code, *(cells.part_of(n, whole) for n in counts), _signed(counts[1] - counts[0])])
    rates = [cells.rate_of(results, name, "FAS") for name in ("ORR", "ORR_MRECIST", "ORR_MRECIST_NO_FLOOR")]
    shown = [_with_limits(found) for found, _column in zip(rates, columns, strict=False)]
    made.append(row([_("Objective response rate (95% CI)"), *shown, "–"], "sum"))
    heads = [_("Response"), *(num(head) for _name, head in columns), num(_("mRECIST − RECIST"))]
    note = _("ORR counts responses within the response window (R-82); a best response may come later.")
    return table(_("Best overall response before surgery, full analysis set"), heads, made, note=note)


def _signed(n: int) -> str:
    return f"+{n}" if n > 0 else f"−{-n}" if n else "0"


def _with_limits(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "–"
    return f"{cells.share(found['all']['estimate'])} ({cells.limits(found['all']['exact'])})"


def _rates(results: Mapping[str, Any]) -> Block:
    made: list[Block] = []
    for name, population in RATES:
        found = cells.rate_of(results, name, population)
        if found is not None:
            made.append(row(_rate(cells.long_name(name), population, found), "" if made else "key"))
    return table(_("Response rates"), _heads(), made)


def _heads() -> list[Any]:
    return [
        _("Endpoint"), _("Set"), num("x/n"), num(_("Rate")), num(_("95% CI, exact")), num(_("Pending")),
    ]  # fmt: skip


def _rate(label: str, population: str, found: Mapping[str, Any]) -> list[Any]:
    whole = found["all"]
    return [
        label, cells.set_name(population), cells.count(whole), cells.share(whole["estimate"]), cells.limits(whole["exact"]),
        found["pending"],
    ]  # fmt: skip


def _others(content: Mapping[str, Any]) -> Block | None:
    """G-23: the same rates by every other evaluator of the images."""
    main = content["results"]["settings"]["evaluator"]
    made = []
    for population, evaluator, results in content["figures"]:
        if population != "FAS" or evaluator == main:
            continue
        for name in ("ORR", "ORR_CONFIRMED", "ORR_MRECIST", "DCR", "DCR_RECIST"):
            found = cells.rate_of(results, name, "FAS")
            if found is not None:
                made.append([evaluator, *_rate(cells.long_name(name), "FAS", found)])
    if not made:
        return None
    caption = _("Response rates by other evaluators of the images")
    return table(caption, [_("Evaluator"), *_heads()], made)


def _cross(people: Sequence[Mapping[str, Any]]) -> list[Block]:
    """mRECIST best response against central pathology, resected participants with a result."""
    counts: dict[str, list[int]] = {}
    for one in people:
        summary = one["summary"]
        category = lines.category(summary)
        if category not in ("PCR", "MPR", "NO_MPR") or "RES" not in summary["sets"]:
            continue
        best = summary["values"]["BOR_MRECIST"].get("value") or "NE"
        mine = counts.setdefault(best, [0, 0, 0, 0])
        mine[("PCR", "MPR", "NO_MPR").index(category)] += 1
        mine[3] += 1
    if not counts:
        return []
    made = [row([best, *counts[best]]) for best in RESPONSES if best in counts]
    made.append(row([_("Total"), *(sum(column) for column in zip(*counts.values(), strict=True))], "sum"))
    heads = ["mRECIST", num(_("pCR")), num(_("MPR, not pCR")), num(_("No MPR")), num(_("Total"))]
    caption = _("Best response by mRECIST and central pathology, resected participants with a result")
    return [heading(_("Agreement between imaging and pathology")), table(caption, heads, made)]
