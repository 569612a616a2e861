"""Safety and exposure in the safety set, serious events one by one, protocol deviations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from endpoints import words
from endpoints.board import parts
from endpoints.board.safety import refused
from endpoints.engine.safety_tables import serious_events
from endpoints.ordering import ordered
from endpoints.reports import cells, texts
from endpoints.reports.blocks import Block, group, heading, num, row, section, table, text
from trialsite.web.figures import NOTHING, number

DRUGS = {**parts.DRUGS, "FU": L("Fluorouracil")}


def safety(content: Mapping[str, Any]) -> Block:
    found, exposure = content["profile"]["safety"], content["profile"]["exposure"]
    title = _("Safety and exposure")
    if not found["n"]:
        return section(title, [text(_("Nobody has received a study drug yet."), "muted")])
    return section(
        title,
        [_summary(found), _terms(found), _serious(content), heading(_("Exposure")), *_exposure(exposure)],
    )


def _summary(found: Mapping[str, Any]) -> Block:
    rows = [
        [
            parts.SAFETY.get(name, name),
            cells.count(one),
            cells.share(one["estimate"]),
            cells.limits(one["exact"]),
        ]
        for name, one in _ordered(found["summary"], parts.SAFETY)
    ]
    unknown = found["unknown"]
    note = _("Adverse events from the first dose on (SAF-1); a participant counts once in a line.")
    if said := refused(found):
        note += " " + said
    if any(unknown.values()):
        note += " " + _(
            "Not answered yet: causality of %(related)s, grade of %(grade)s, seriousness of %(serious)s events."
        ) % {name: unknown.get(name, 0) for name in ("related", "grade", "serious")}
    heads = [_("Participants with at least one"), num("x/n"), num(_("Share")), num(_("95% CI, exact"))]
    return table(_("Adverse events, safety set"), heads, rows, note=note)


def _ordered(found: Mapping[str, Any], order: Iterable[str]) -> list[tuple[str, Any]]:
    """What is kept has no order of its keys; a table has its own."""
    return [(name, found[name]) for name in ordered(found, order)]


def _terms(found: Mapping[str, Any]) -> Block | None:
    if not found["terms"]:
        return None
    rows: list[Block] = []
    soc: str | None = None
    for one in found["terms"]:
        if one["soc"] != soc:
            soc = one["soc"]
            rows.append(group(texts.organ_class(soc or "") or _("Not coded yet")))
        whole, related = one["all"], one["related"]
        grades = [whole["grades"].get(str(grade), 0) or NOTHING for grade in (1, 2, 3, 4, 5)]
        rows.append(
            row(
                [words.event_term(one["term"]) or _("Not coded yet"), whole["n"], *grades, whole["grade3"] or NOTHING,
                 related["n"] or NOTHING, related["grade3"] or NOTHING],
                "sub",
            )
        )  # fmt: skip
    heads = [
        _("Term (CTCAE v5.0)"), num(_("All")), *(num(_("Gr. %(g)s") % {"g": grade}) for grade in (1, 2, 3, 4, 5)),
        num(_("Gr. ≥3")), num(_("Related")), num(_("Related, gr. ≥3")),
    ]  # fmt: skip
    caption = _("Participants by worst grade of each term, safety set (n = %(n)s)") % {"n": found["n"]}
    return table(caption, heads, rows, css="compact")


def _serious(content: Mapping[str, Any]) -> Block:
    listed = [(one["number"], one["profile"]) for one in content["people"] if one["listed"]]
    events = serious_events(listed)
    if not events:
        return text(
            _("No serious adverse event among the participants that this report may list.")
            if content["sites"]
            else _("No serious adverse event.")
        )
    rows = [
        [one["number"], words.event_name(one) or NOTHING, one.get("grade") or NOTHING,
         one.get("start") or NOTHING,
         _("ongoing") if one.get("ongoing") else one.get("end") or NOTHING, _answer(one.get("related")),
         ", ".join(str(DRUGS.get(drug, drug)) for drug in one.get("drugs", ())) or NOTHING,
         _("Yes") if one.get("fatal") else _("No")]
        for one in events
    ]  # fmt: skip
    heads = [
        _("Participant"), _("Term (CTCAE v5.0)"), num(_("Grade")), _("Start"), _("End"), _("Related"), _("To"), _("Fatal"),
    ]  # fmt: skip
    note = _("Serious events before the first dose are listed and not counted.")
    return table(_("Serious adverse events"), heads, rows, css="compact", note=note)


def _answer(value: Any) -> str:
    return {"Y": _("Yes"), "N": _("No")}.get(value, NOTHING)


# --- exposure -------------------------------------------------------------------------------------------------------


def _exposure(found: Mapping[str, Any]) -> list[Block]:
    if not found["n"]:
        return [text(_("No exposure is recorded yet."), "muted")]
    cycles = [
        [
            _("Cycles, %(phase)s") % {"phase": parts.PHASES[phase]},
            one["n"],
            _spread(one),
            number(one["mean"], 1),
        ]
        for phase, one in _ordered(found["cycles"], parts.PHASES)
        if one["n"]
    ]
    cycles.append([_("Participants with a delayed cycle"), cells.count(found["delayed"]),
                   cells.share(found["delayed"]["estimate"]), NOTHING])  # fmt: skip
    heads = [_("Quantity"), num("n"), num(_("Median (range)")), num(_("Mean"))]
    drugs = _ordered(found["drugs"], DRUGS)
    return [table(_("Cycles"), heads, cycles, css="half"), _doses(drugs), _intensities(drugs)]


def _doses(drugs: list[tuple[str, Any]]) -> Block:
    rows = [
        [DRUGS.get(drug, drug), one["n"], _spread(one["doses"], 0), _spread(one["mg"], 0), _spread(one["mg_m2"], 0),
         cells.count(one["lower"]), cells.count(one["omitted"]), cells.count(one["stopped"])]
        for drug, one in drugs
    ]  # fmt: skip
    heads = [
        _("Drug"), num("n"), num(_("Doses, median (range)")), num(_("mg, median (range)")), num(_("mg/m², median (range)")),
        num(_("Reduced")), num(_("Omitted")), num(_("Stopped")),
    ]  # fmt: skip
    note = _(
        "n: given at least once; reduced, omitted, stopped: participants of these. Apatinib: doses due in ended periods."
    )
    return table(_("Exposure by drug, safety set"), heads, rows, css="compact", note=note)


def _intensities(drugs: list[tuple[str, Any]]) -> Block:
    rows = [
        [
            DRUGS.get(drug, drug),
            *(_rdi(one["rdi"][phase]) for phase in parts.PHASES),
            _spread(one["compliance"], 1),
        ]
        for drug, one in drugs
    ]
    heads = [
        _("Drug"), *(num(_("%(phase)s, median (≥80%%)") % {"phase": label}) for label in parts.PHASES.values()),
        num(_("Compliance, %")),
    ]  # fmt: skip
    note = _(
        "Relative dose intensity (D-18) in %; in brackets how many of those known have 80% or more. "
        "Compliance: tablets taken of those due (D-19)."
    )
    return table(_("Relative dose intensity by drug, safety set"), heads, rows, css="compact", note=note)


def _rdi(found: Mapping[str, Any]) -> str:
    if not found["n"]:
        return NOTHING
    return f"{number(found['median'], 1)} ({cells.count(found['high'])})"


def _spread(found: Mapping[str, Any], places: int = 1) -> str:
    if not found["n"]:
        return NOTHING
    return (
        f"{number(found['median'], places)} ({number(found['min'], places)}–{number(found['max'], places)})"
    )


# --- protocol deviations --------------------------------------------------------------------------------------------


def deviations(content: Mapping[str, Any]) -> Block:
    """By site, and the participants with a deviation, as far as they may be listed. Sites that a limited report is not of
    stand in one line: counts of a site with one participant are those of a person."""
    others = _("Other sites")
    by_site: dict[str, list[int]] = {}
    rows = []
    for one in content["people"]:
        found = one["profile"].get("deviations") or {}
        own = not content["sites"] or one["site"] in content["sites"]
        mine = by_site.setdefault(one["site"] if own else others, [0, 0, 0, 0, 0])
        mine[0] += 1
        for at, name in enumerate(("n", "major", "pp"), 2):
            mine[at] += found.get(name, 0)
        mine[1] += bool(found.get("n"))
        if one["listed"] and found.get("n"):
            rows.append([one["number"], found["n"], found["major"], found["pp"]])
    whole = [sum(column) for column in zip(*by_site.values(), strict=True)] or [0] * 5
    lines = [
        row([site, *counts])
        for site, counts in sorted(by_site.items(), key=lambda one: (one[0] == others, one))
    ]
    lines.append(row([_("Total"), *whole], "sum"))
    heads = [
        _("Site"), num(_("Participants")), num(_("With a deviation")), num(_("Deviations")), num(_("Major")),
        num(_("Excluding from the per-protocol set")),
    ]  # fmt: skip
    blocks = [table(_("Protocol deviations by site"), heads, lines)]
    if rows:
        heads = [
            _("Participant"),
            num(_("Deviations")),
            num(_("Major")),
            num(_("Excluding from the per-protocol set")),
        ]
        blocks.append(table(_("Participants with a protocol deviation"), heads, rows, css="half"))
    return section(_("Protocol deviations"), blocks)
