"""The data behind every figure of the dashboard as a table: for the page, the drawer and the CSV file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from endpoints import drawing, plotting, rows, words
from endpoints.board import parts, safety, sensitivity
from endpoints.board.cards import cards
from endpoints.board.choice import Choice
from endpoints.board.grid import Grid, limits_cells, pct
from endpoints.charts.risk_table import marks_for, risk_table
from endpoints.engine.figures import SETS
from endpoints.ordering import ordered
from trialsite.accounts.models import Site
from trialsite.accounts.permissions import Grants
from trialsite.accounts.roles import Permission
from trialsite.web.figures import number, viable

Results = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: whether figures may name participants, and at which sites lines of single ones are shown (none: all)."""

    named: bool
    sites: frozenset[str] | None


def grids(name: str, choice: Choice, reader: Reader) -> list[Grid]:
    """The tables behind a figure; empty when these results have none."""
    upper = name.upper()
    if upper in choice.results.get("curves", {}) and upper in words.NAMES:
        return _curve(upper, choice.results["curves"][upper])
    make = TABLES.get(name)
    return make(choice, reader) if make and choice.results and drawing.fits(name, choice.view) else []


# --- survival -------------------------------------------------------------------------------------------------------


def _curve(name: str, curve: Mapping[str, Any]) -> list[Grid]:
    at_risk = risk_table(curve, marks_for(max(curve["time"], default=0)))
    keys = ("time", "n_risk", "n_event", "n_censor", "survival", "lower", "upper")
    steps = [
        [days, words.months(days), risk, event, censor, pct(s), *limits_cells(low, high)]
        for days, risk, event, censor, s, low, high in zip(*(curve[key] for key in keys), strict=True)
    ]
    return [
        Grid(
            "risk", _("At risk, censored and with an event"),
            [_("Month"), _("At risk"), _("Censored"), _("Events")], [list(row) for row in at_risk],
            note=" ".join(f"{note}." for note in plotting.curve_notes(name, curve)) if curve["n"] else "",
        ),
        Grid(
            "steps", _("The curve at each distinct time"),
            [_("Days"), _("Months"), _("At risk"), _("Events"), _("Censored"), "S(t), %", _("95% CI, lower"), _("95% CI, upper")],
            steps,
        ),
    ]  # fmt: skip


# --- participants ---------------------------------------------------------------------------------------------------


def _people(
    choice: Choice, reader: Reader, points: bool = False
) -> tuple[list[rows.Line], list[drawing.Person]]:
    """Who may not know everybody gets the lines of own sites, and none of so few that the set names them."""
    people = drawing.people_of(choice.view, points=points)
    if not reader.named:
        few = len(people) < drawing.FEWEST
        people = [one for one in people if not few and one.site in (reader.sites or ())]
    lines: list[rows.Line] = [(one.number, one.summary) for one in people]
    return lines, people


def _whose(reader: Reader) -> str:
    return "" if reader.named else _("Participants of your sites; with fewer than five in the set, none.")


def _trace(choice: Choice, endpoint: str) -> Callable[[str], str]:
    def href(label: str) -> str:
        return f"/endpoints/{endpoint}/{label}/{choice.view.suffix}"

    return href


def _group(key: str) -> str:
    return {
        "PCR": _("pCR (RVT 0%)"), "MPR": _("MPR (RVT ≤10%)"), "NO_MPR": _("No MPR (RVT >10%)"),
        "NOT_RESECTED": _("Not resected"), "PENDING": _("Result pending"),
    }[key]  # fmt: skip


def _yes(value: Any) -> str:
    return _("Yes") if value else _("No")


def _best(choice: Choice) -> str:
    return "bor_mrecist" if choice.view.criteria == "mRECIST" else "bor_recist"


def _waterfall(choice: Choice, reader: Reader) -> list[Grid]:
    lines, _found = _people(choice, reader)
    found = sorted(
        rows.waterfall_rows(lines, choice.view.criteria), key=lambda row: (-row["change"], row["label"])
    )
    body = [
        [row["label"], number(row["change"], 1), _group(row["group"]), _yes(row["event"])] for row in found
    ]
    heads = [_("Participant"), _("Best change, %"), _("Pathology"), _("PFS event")]
    return [
        Grid(
            "waterfall",
            _("Best response by pathology"),
            heads,
            body,
            note=_whose(reader),
            href=_trace(choice, _best(choice)),
        )
    ]


def _swimmer(choice: Choice, reader: Reader) -> list[Grid]:
    lines, _found = _people(choice, reader)
    body = [
        [row["label"], number(row["end"], 1), number(row["resection"], 1), number(row["progression"], 1), _yes(row["dead"])]
        for row in rows.swimmer_rows(lines, len(lines))
    ]  # fmt: skip
    heads = [
        _("Participant"),
        _("Followed, months"),
        _("Resection, month"),
        _("Progression or recurrence, month"),
        _("Dead"),
    ]
    title = _("Follow-up by participant")
    return [Grid("swimmer", title, heads, body, note=_whose(reader), href=_trace(choice, "pfs"))]


def _spider(choice: Choice, reader: Reader) -> list[Grid]:
    lines, people = _people(choice, reader, points=True)
    found = [
        rows.spider_row(label, one, person.points) for (label, one), person in zip(lines, people, strict=True)
    ]
    body = [
        [row["label"], _group(row["group"]), number(month, 1), number(change, 1)]
        for row in found
        if row
        for month, change in row["points"]
    ]
    heads = [_("Participant"), _("Pathology"), _("Month"), _("Change, %")]
    title = _("Change over time")
    return [Grid("spider", title, heads, body, note=_whose(reader), href=_trace(choice, _best(choice)))]


# --- the trial ------------------------------------------------------------------------------------------------------


def _lines(name: str, title: str, head: str, found: list[dict[str, Any]]) -> Grid:
    body = [
        [
            row["label"],
            row.get("x", ""),
            row.get("n", ""),
            *(
                number(row[key], 1) if "n" in row else ""
                for key in ("estimate", "lower", "upper")
                if key in row
            ),
        ]
        for row in found
    ]
    heads = [head, "x", "n", _("Rate, %"), _("95% CI, lower"), _("95% CI, upper")]
    return Grid(name, title, heads, [row + [""] * (len(heads) - len(row)) for row in body])


def _forest(choice: Choice, _reader: Reader) -> list[Grid]:
    return [_lines("forest", _("MPR by analysis"), _("Analysis"), plotting.forest_rows(choice.results))]


def _subgroups(choice: Choice, _reader: Reader) -> list[Grid]:
    found = parts.subgroups(choice.results)
    if found is None:
        return []
    return [_lines("subgroups", _("MPR by subgroup"), _("Subgroup"), parts.subgroup_rows(found))]


def _rvt(choice: Choice, reader: Reader) -> list[Grid]:
    values = (parts.part(choice.results, "pathology") or {}).get("rvt")
    if not values:
        return []
    body = [[row["label"], row["n"]] for row in parts.rvt_rows(values)]
    classes = Grid("rvt", _("Residual viable tumour"), [_("RVT, %"), _("Participants")], body)
    if not reader.named and len(values) < drawing.FEWEST:
        return [classes]  # single values of so few are persons
    each = [[viable(value)] for value in values]
    return [classes, Grid("values", _("Every value, ascending"), [_("RVT, %")], each)]


def _accrual(choice: Choice, _reader: Reader) -> list[Grid]:
    found = parts.part(choice.results, "accrual")
    if not found or not found["months"]:
        return []
    body = [
        [row["month"], row["n"], row["enrolled"], "" if row["planned"] is None else number(row["planned"], 1)]
        for row in parts.accrual_rows(found)
    ]
    heads = [_("Month"), _("Enrolled in the month"), _("Enrolled in all"), _("Planned")]
    return [Grid("accrual", _("Accrual against plan"), heads, body)]


def _best_responses(choice: Choice, _reader: Reader) -> list[Grid]:
    from endpoints.dashboard import best_responses

    body = [list(row) for row in best_responses(choice.results)]
    return [Grid("best", _("Best overall response"), [_("Response"), "RECIST 1.1", "mRECIST"], body)]


def _sets(choice: Choice, _reader: Reader) -> list[Grid]:
    found = choice.results["sets"]
    body = [[str(words.SETS.get(code, code)), code, found[code]] for code in ordered(found, SETS)]
    return [Grid("sets", _("Analysis sets"), [_("Set"), _("Short"), "n"], body)]


def _flow(choice: Choice, _reader: Reader) -> list[Grid]:
    steps = safety.flow(choice.results)
    body = [[step.label, step.n, ""] for step in steps]
    body += [[step.label, n, f"{why}"] for step in steps for why, n in step.left]
    return (
        [Grid("flow", _("Participant flow"), [_("Step"), "n", _("Not further, because")], body)]
        if steps
        else []
    )


def _sae(choice: Choice, reader: Reader) -> list[Grid]:
    return [safety.serious(choice, reader.sites)]


def of_cards(choice: Choice) -> list[Grid]:
    """Every card and every sensitivity analysis, for a file."""
    cells = [
        [
            one.name,
            one.title,
            one.population,
            one.counts,
            one.value,
            one.unit,
            one.interval,
            one.test,
            one.companion,
            one.delta,
        ]
        for one in cards(choice)
    ]
    heads = [
        _("Endpoint"), _("Title"), _("Set"), "x/n", _("Estimate"), _("Unit"), _("95% CI"), _("Test"), _("Pending, landmarks"),
        _("Elsewhere"),
    ]  # fmt: skip
    found = [
        [row.label, row.population, row.counts, row.estimate, row.interval, row.difference, row.note]
        for row in sensitivity.rows(choice, choice.by_others)
    ]
    more = [
        _("Analysis"),
        _("Set"),
        "x/n",
        _("Estimate"),
        _("95% CI"),
        _("Difference to the headline"),
        _("Note"),
    ]
    return [
        Grid("cards", _("Endpoints"), heads, cells),
        Grid("sensitivity", _("Sensitivity analyses"), more, found),
    ]


TABLES: dict[str, Callable[[Choice, Reader], list[Grid]]] = {
    "waterfall": _waterfall, "swimmer": _swimmer, "spider": _spider, "forest": _forest, "subgroups": _subgroups,
    "rvt": _rvt, "accrual": _accrual, "best": _best_responses, "sets": _sets, "flow": _flow, "sae": _sae,
    "safety": lambda choice, _reader: safety.summary(choice.results),
    "terms": lambda choice, _reader: safety.terms(choice.results),
    "exposure": lambda choice, _reader: safety.exposure(choice.results),
}  # fmt: skip


def title_of(name: str) -> str:
    """The title of a figure or table; nothing for a name that there is not."""
    if name.upper() in words.NAMES and name == name.lower():
        return str(words.NAMES[name.upper()].long)
    return titles().get(name, "")


def sites_of(grants: Grants) -> frozenset[str] | None:
    """Numbers of the sites whose participants the person may see; none: all."""
    held = grants.sites(Permission.RESULTS)
    return (
        None if held is None else frozenset(Site.objects.filter(pk__in=held).values_list("number", flat=True))
    )


def titles() -> dict[str, str]:
    """What a figure or table is called, by the name in its address."""
    return {
        "waterfall": _("Best response by pathology"), "swimmer": _("Follow-up by participant"), "spider": _("Change over time"),
        "forest": _("MPR by analysis"), "subgroups": _("MPR by subgroup"), "rvt": _("Residual viable tumour"),
        "accrual": _("Accrual against plan"), "best": _("Best overall response"), "sets": _("Analysis sets"),
        "flow": _("Participant flow"), "sae": _("Serious adverse events"), "safety": _("Adverse events"),
        "terms": _("Adverse events by term, worst grade"), "exposure": _("Exposure to the study drugs"),
    }  # fmt: skip
