"""The primary endpoint: its estimate, the analyses beside it, subgroups, distribution of the tumour left, readers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from endpoints import drawing
from endpoints.reports import cells
from endpoints.reports.blocks import Block, figure, heading, num, part, row, section, table, text
from endpoints.reports.pathology import agreement, pathology_rates, subgroup_table
from endpoints.reports.pictures import Pictures

# Rate and analysis set of each line; the first is the headline.
ANALYSES: tuple[tuple[str, str], ...] = (
    ("MPR", "FAS"), ("MPR", "ENR"), ("MPR", "RES"), ("MPR", "PEV"), ("MPR", "PPS"), ("MPR_VOLUME", "FAS"),
    ("MPR_UNWEIGHTED", "FAS"), ("MPR_30", "FAS"), ("MPR_50", "FAS"), ("PCR", "FAS"), ("PCR", "PEV"),
)  # fmt: skip


def primary(content: Mapping[str, Any], pictures: Pictures) -> Block:
    results = content["results"]
    few = results["sets"]["FAS"] < drawing.FEWEST
    blocks = [
        part("reports/_hero.html", hero(content)),
        _analyses(content),
        text(_("Fewer than five participants: numbers only."), "muted") if few else None,
    ]
    if svg := pictures.get("forest"):
        caption = _(
            "Pathological response by analysis; with exact intervals (95%); the size of a square grows with "
            "the number of participants"
        )
        blocks.append(figure(caption, svg))
    blocks += _subgroups(content, pictures)
    if svg := pictures.get("rvt"):
        blocks.append(
            figure(_("Residual viable tumour by central pathology, resected participants with a result"), svg, css="small")
        )  # fmt: skip
    blocks += agreement(content)
    return section(_("Primary endpoint: major pathological response"), blocks)


def hero(content: Mapping[str, Any]) -> dict[str, Any]:
    """The estimate in large type, what was planned, and what the interval says."""
    found = content["results"]["rates"]["MPR"]["FAS"]
    whole, settled = found["all"], found["settled"]
    lines = []
    if found["pending"]:
        lines.append(
            _("%(p)s of %(n)s are pending and count as not reached; without them %(x)s/%(m)s = %(rate)s.")
            % {"p": found["pending"], "n": whole["n"], "x": settled["x"], "m": settled["n"],
               "rate": cells.share(settled["estimate"])}
        )  # fmt: skip
    return {
        "label": _("MPR rate, full analysis set"),
        "value": cells.share(whole["estimate"]),
        "count": cells.count(whole),
        "interval": cells.limits(whole["exact"]),
        "verdict": _verdict(whole),
        "lines": lines,
        "design": _design(content),
        "state": _state(content),
    }


def _verdict(whole: Mapping[str, Any]) -> str:
    """S-2: the exact test against the null rate, when one is configured."""
    if whole.get("p0") is None:
        return ""
    said = {
        "p0": cells.share(whole["p0"]), "p": cells.p_value(whole.get("p_greater")), "low": cells.share(whole["exact"]["lower"]),
    }  # fmt: skip
    if whole["exact"]["lower"] is not None and whole["exact"]["lower"] > whole["p0"]:
        return (
            _(
                "The lower confidence bound (%(low)s) exceeds the null rate of %(p0)s; exact one-sided binomial test: P = %(p)s."
            )
            % said
        )
    return (
        _(
            "The lower confidence bound (%(low)s) does not exceed the null rate of %(p0)s; exact one-sided "
            "binomial test: P = %(p)s."
        )
        % said
    )


def _design(content: Mapping[str, Any]) -> str:
    plan = content["planned"]["design"]
    if not plan:
        return ""
    said = {
        "p0": cells.share(plan["p0"]), "p1": cells.share(plan["p1"]), "alpha": plan["alpha"],
        "power": cells.share(plan["power"]), "n": plan["n"], "r": plan["success_from"],
    }  # fmt: skip
    if plan["kind"] == "single-stage":
        return (
            _(
                "Design: exact single-stage, H0 %(p0)s against H1 %(p1)s, one-sided alpha %(alpha)s, power "
                "%(power)s; success from %(r)s of %(n)s."
            )
            % said
        )
    return _(
        "Design: Simon two-stage, H0 %(p0)s against H1 %(p1)s, one-sided alpha %(alpha)s, power "
        "%(power)s; stop with %(r1)s or fewer of %(n1)s, success from %(r)s of %(n)s."
    ) % (said | {"r1": plan["stop_up_to"], "n1": plan["n1"]})


def _state(content: Mapping[str, Any]) -> str:
    if content["cut"] is None:
        return _("Live data are not locked.")
    if content["cut"]["final"]:
        return ""
    return _("Interim data are unlocked. The pre-specified analysis follows the final cut.")


def _analyses(content: Mapping[str, Any]) -> Block:
    """Analysis, x/n, rate, exact and Wilson interval, test, pending."""
    results = content["results"]
    rows: list[Block] = []
    tested = results["rates"]["MPR"]["FAS"]["all"].get("p0") is not None
    for name, population in ANALYSES:
        found = cells.rate_of(results, name, population)
        if found is not None:
            label = f"{cells.short_name(name)}, {cells.set_name(population)}"
            rows.append(row(_cells(label, found, tested), "" if rows else "key"))
    for label, found in pathology_rates(content):
        rows.append(row(_cells(label, found, tested)))
    heads = [
        _("Analysis"), num("x/n"), num(_("Rate")), num(_("95% CI, exact")), num(_("95% CI, Wilson")),
        *([num(_("One-sided P"))] if tested else []), num(_("Pending")), num(_("Without pending")),
    ]  # fmt: skip
    note = _(
        "Participants without a resection count as not reached in the full analysis set once a resection "
        "can no longer come. RVT limits of 30% and 50%, weighting by volume and the unweighted mean are "
        "sensitivity analyses."
    )
    if tested:
        p0 = cells.share(results["rates"]["MPR"]["FAS"]["all"]["p0"])
        note += " " + _("P: exact binomial test against %(p0)s, for MPR.") % {"p0": p0}
    return table(_("Primary and sensitivity analyses of the pathological response"), heads, rows, note=note)


def _cells(label: str, found: Mapping[str, Any], tested: bool) -> list[Any]:
    whole, settled = found["all"], found.get("settled") or found["all"]
    p = [cells.p_value(whole.get("p_greater")) if whole.get("p0") is not None else "–"] if tested else []
    return [
        label, cells.count(whole), cells.share(whole["estimate"]), cells.limits(whole["exact"]),
        cells.limits(whole["wilson"]) if "wilson" in whole else "–",
        *p, found.get("pending", 0), cells.count(settled),
    ]  # fmt: skip


def _subgroups(content: Mapping[str, Any], pictures: Pictures) -> list[Block]:
    found = subgroup_table(content)
    if found is None:
        return []
    blocks = [heading(_("Subgroups"))]
    if svg := pictures.get("subgroups"):
        caption = _(
            "MPR by subgroup, full analysis set; with exact intervals (95%); the size of a square grows with "
            "the number of participants"
        )
        return [*blocks, figure(caption, svg)]
    return [*blocks, found]
