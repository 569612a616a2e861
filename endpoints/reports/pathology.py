"""Pathology beside the final central result: each reader, the local laboratory, subgroups, agreement of the readers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from endpoints.board import parts
from endpoints.reports import cells
from endpoints.reports.blocks import Block, group, heading, num, row, table
from pathology.agreement.bland_altman import bland_altman
from pathology.agreement.icc import icc_table
from trialsite.web.figures import number

READERS: dict[str, Any] = {"R1": L("Reader 1"), "R2": L("Reader 2"), "ADJ": L("Adjudicator")}
SOURCES: dict[str, Any] = {
    "R1": L("MPR by reader 1 alone"),
    "R2": L("MPR by reader 2 alone"),
    "LOCAL": L("MPR by the local pathologist"),
}


def pathology_rates(content: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """MPR of the full analysis set by one reading each: who has no such reading did not reach it."""
    sources = content["profile"]["pathology"]["sources"]
    for source, label in SOURCES.items():
        yield f"{label}, {cells.set_name('FAS')}", {"all": sources[source]["MPR"]["FAS"]}


def subgroup_rows(content: Mapping[str, Any]) -> list[Block]:
    """Factor by factor; the levels of each add up to the whole."""
    found = content["profile"]["subgroups"]["MPR"]
    if not found["overall"]["n"]:
        return []
    rows: list[Block] = [row(_line(_("All treated"), found["overall"]), "key")]
    for factor in found["factors"]:
        rows.append(group(parts.FACTORS.get(factor["factor"], factor["factor"])))
        rows += [row(_line(parts.level_name(factor, one["level"]), one), "sub") for one in factor["levels"]]
    return rows


def _line(label: str, found: Mapping[str, Any]) -> list[Any]:
    estimate = found["estimate"]
    return [
        label, cells.count(found), cells.share(estimate), cells.limits(found["exact"]), cells.bar(estimate, found["exact"]),
        found["pending"],
    ]  # fmt: skip


def subgroup_table(content: Mapping[str, Any]) -> Block | None:
    rows = subgroup_rows(content)
    if not rows:
        return None
    heads = [
        _("Subgroup"), num("MPR/n"), num(_("Rate")), num(_("95% CI, exact")), ("0 – 50 – 100%", "axis"), num(_("Pending")),
    ]  # fmt: skip
    note = _(
        "The limits of the subgroups are assumed until the analysis plan names them. No test of interaction is made."
    )
    return table(_("MPR by subgroup, full analysis set"), heads, rows, note=note, css="glance compact")


# --- agreement of the readers ---------------------------------------------------------------------------------------


def agreement(content: Mapping[str, Any]) -> list[Block]:
    """Viable tumour by the two readers of the released results: ICC, Bland–Altman, both answers, adjudications."""
    pairs, same_mpr, same_pcr, adjudicated, read = [], 0, 0, 0, 0
    for one in content["people"]:
        readings = {each["reader"]: each for each in one["readings"]}
        if "R1" not in readings or "R2" not in readings:
            continue
        first, second = readings["R1"], readings["R2"]
        read += 1
        adjudicated += "ADJ" in readings
        same_mpr += first.get("mpr") == second.get("mpr")
        same_pcr += first.get("pcr") == second.get("pcr")
        if first.get("rvt") is not None and second.get("rvt") is not None:
            pairs.append((float(first["rvt"]), float(second["rvt"])))
    if not read:
        return []
    rows = [
        [_("Specimens with two readings"), read, "–"],
        [_("Same answer on MPR"), cells.part_of(same_mpr, read), "–"],
        [_("Same answer on pCR"), cells.part_of(same_pcr, read), "–"],
        [_("Adjudicated"), cells.part_of(adjudicated, read), "–"],
        *_measures(pairs),
    ]
    heads = [_("Quantity"), num(_("Value")), num(_("95% CI"))]
    caption = _("Agreement of the two central readers")
    return [heading(_("Agreement of the readers")), table(caption, heads, rows, css="half keep")]


def _measures(pairs: list[tuple[float, float]]) -> list[list[Any]]:
    found, differences = icc_table(pairs), bland_altman(pairs)
    rows: list[list[Any]] = []
    if found.absolute is not None:
        one = found.absolute
        limits = "–" if one.interval is None else f"{one.interval[0]:.2f}–{one.interval[1]:.2f}"
        rows.append([_("ICC(2,1) of the viable tumour"), f"{one.estimate:.2f}", limits.replace("–-", "–−")])
    if differences.bias is not None and differences.interval is not None:
        low, high = differences.interval
        limits = f"{number(low, 1)} {_('to')} {number(high, 1)}"
        rows.append([_("Mean difference, reader 1 − reader 2, points"), number(differences.bias, 1), limits])
    if differences.lower is not None and differences.upper is not None:
        both = f"{number(differences.lower.at, 1)} {_('to')} {number(differences.upper.at, 1)}"
        rows.append([_("Limits of agreement (±1.96 SD), points"), both, "–"])
    return rows


__all__ = ["READERS", "agreement", "pathology_rates", "subgroup_rows", "subgroup_table"]
