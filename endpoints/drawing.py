"""Which figures a state of the trial has, by what name they are kept, and drawing those that are missing.

Naming a figure needs no drawing library: the web process asks for a figure by the digest of everything it shows. What
draws (`draw_missing`) runs in a worker.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from endpoints import rows, words
from endpoints.engine.codes import MRECIST
from endpoints.models import EndpointState, Status, TrialState
from endpoints.models_reports import Figure
from trialsite.kernel.digests import digest
from trialsite.web.figures import number

FEWEST = 5  # with fewer, a figure would show persons, not a trial: numbers only
LANES = 24
KEPT = timedelta(days=7)
SOURCES = (
    *sorted((Path(__file__).parent / "charts").glob("*.py")),
    Path(__file__),
    Path(__file__).parent / "rows.py",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A figure: its name on the page, the digest it is kept under, and the words that stand for it."""

    name: str
    digest: str
    title: str
    alt: str


@cache
def look() -> str:
    """Changes when a line of the drawing changes."""
    made = hashlib.sha256()
    root = Path(__file__).resolve().parent.parent
    for path in (*SOURCES, root / "trialsite" / "web" / "charts.py"):
        made.update(path.read_bytes())
    return made.hexdigest()[:16]


def wanted(state: TrialState, language: str, named: bool) -> dict[str, Wanted]:
    """The figures of a state of the trial. `named`: lanes carry participant numbers (for those who may know them)."""
    found: dict[str, Wanted] = {}
    results = state.results
    if not results:
        return found
    with override(language):
        for name in words.TIMES:
            curve = results["curves"][name]
            if curve["n"] >= FEWEST:
                key = digest(["km", name, curve, language, look()])
                found[name.lower()] = Wanted(
                    name.lower(), key, str(words.NAMES[name].long), curve_alt(name, curve)
                )
        if results["sets"]["FAS"] >= FEWEST:
            for name, (title, alt) in _lines().items():
                key = digest([name, state.version, str(state.as_of), language, named, look()])
                found[name] = Wanted(name, key, title, alt)
    return found


def _lines() -> dict[str, tuple[str, str]]:
    return {
        "waterfall": (_("Best response by pathology"), _("Best change of the viable diameters of each participant, as a bar.")),
        "swimmer": (_("Follow-up by participant"), _("Time from the first dose of each participant, with resection and events.")),
        "spider": (_("Change over time"), _("Change of the viable diameters of each participant over time.")),
        "forest": (_("MPR by analysis"), _("Rate of major pathological response in each analysis, with exact intervals.")),
    }  # fmt: skip


def curve_alt(name: str, curve: Mapping[str, Any]) -> str:
    """The figure in a sentence, for those who do not see it."""
    return _("Kaplan–Meier curve of %(name)s. %(notes)s") % {
        "name": words.NAMES[name].long,
        "notes": " ".join(f"{note}." for note in curve_notes(name, curve)),
    }


def curve_notes(name: str, curve: Mapping[str, Any]) -> list[str]:
    """Events, median and the last estimable landmark, as they stand beside the curve."""
    short, median = words.short(name), curve["median"]
    notes = [_("Events %(events)s/%(n)s") % {"events": curve["events"], "n": curve["n"]}]
    notes.append(
        _("Median %(name)s %(months)s (95%% CI %(low)s–%(high)s)")
        % {
            "name": short,
            "months": in_months(median["estimate"]),
            "low": reached(median["lower"]) if curve["events"] else _("NE"),  # S-11
            "high": reached(median["upper"]) if curve["events"] else _("NE"),
        }
    )
    for month, mark in reversed(list(zip(curve["landmark_months"], curve["landmarks"], strict=True))):
        if mark["survival"] is not None and month <= 12:
            notes.append(
                _("%(month)s-month %(name)s %(rate)s%% (95%% CI %(low)s–%(high)s)")
                % {"month": month, "name": short, "rate": number(100 * mark["survival"], 1), "low": share(mark["lower"]),
                   "high": share(mark["upper"])}
            )  # fmt: skip
            break
    return notes


def reached(days: float | None) -> str:
    """S-7: a median that is not reached says so."""
    return _("NR") if days is None else number(days / words.DAYS_PER_MONTH, 1)


def in_months(days: float | None) -> str:
    return _("NR") if days is None else _("%(n)s mo") % {"n": reached(days)}


def share(value: float | None) -> str:
    """S-6: a limit that is not estimable says so."""
    return _("NE") if value is None else number(100 * value, 1)


def drawn(figures: Iterable[Wanted]) -> dict[str, str]:
    """SVG by digest, for those that are drawn already: one query."""
    return dict(Figure.objects.filter(pk__in=[one.digest for one in figures]).values_list("digest", "svg"))


# --- drawing: in a worker -----------------------------------------------------------------------------------------


def draw_missing(language: str, named: bool) -> int:
    """Draw what the present state of the trial has and nobody drew yet. Returns how many were drawn."""
    state = TrialState.objects.filter(pk=TrialState.ONLY).first()
    figures = wanted(state, language, named) if state else {}
    kept = drawn(figures.values())
    missing = {name: one for name, one in figures.items() if one.digest not in kept}
    if state is None or not missing:
        return 0
    Figure.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    lines = participant_lines() if missing.keys() & {"waterfall", "swimmer", "spider"} else []
    with override(language):
        for name, one in missing.items():  # each is on the page as soon as it is drawn
            svg = draw(name, state.results, lines, one.alt, named)
            Figure.objects.bulk_create([Figure(digest=one.digest, svg=svg)], ignore_conflicts=True)
    return len(missing)


@dataclass(frozen=True, slots=True)
class Person:
    """A participant for figures: number, summary and the time points of the viable diameters."""

    number: str
    summary: dict[str, Any]
    points: list[dict[str, Any]]


def participant_lines(sites: Iterable[str] = ()) -> list[Person]:
    """Everybody with a result, in the order of their numbers."""
    states = (
        EndpointState.objects.of_trial()
        .filter(status=Status.OK, run__isnull=False)
        .select_related("participant", "run")
    )
    chosen = list(sites)
    if chosen:
        states = states.filter(participant__site__number__in=chosen)
    return [
        Person(state.participant.number, state.summary, state.run.content["responses"].get(MRECIST, []))
        for state in states.order_by("participant__number").iterator(chunk_size=500)
        if state.run is not None
    ]


def draw(name: str, results: Mapping[str, Any], people: list[Person], alt: str, named: bool) -> str:
    """One figure as SVG, in the active language."""
    from trialsite.web.charts import svg_of

    made = _chart(name, results, people, named)
    return svg_of(made.to_dict(), name=alt, ident=f"fig-{name}")


def _chart(name: str, results: Mapping[str, Any], people: list[Person], named: bool) -> Any:
    from endpoints.charts.forest import forest
    from endpoints.charts.kaplan_meier import kaplan_meier
    from endpoints.charts.spider import spider
    from endpoints.charts.swimmer import swimmer
    from endpoints.charts.waterfall import waterfall

    upper = name.upper()
    if upper in words.TIMES:
        curve = results["curves"][upper]
        return kaplan_meier(
            curve,
            axis=str(words.AXES[upper]),
            origin=str(words.ORIGINS[upper]),
            notes=curve_notes(upper, curve),
        )
    lines: list[rows.Line] = [
        (one.number if named else str(place), one.summary) for place, one in enumerate(people, 1)
    ]
    axis, origin = _("Change in viable diameters, %"), str(words.ORIGINS["PFS"])
    if name == "waterfall":
        return waterfall(
            rows.waterfall_rows(lines, MRECIST),
            axis=_("Best change in viable diameters, %"),
            event=_("PFS event"),
        )
    if name == "swimmer":
        return swimmer(rows.swimmer_rows(lines, LANES), title=origin)
    if name == "spider":
        found = [
            rows.spider_row(label, one, person.points)
            for (label, one), person in zip(lines, people, strict=True)
        ]
        return spider([row for row in found if row], axis=axis, origin=origin)
    return forest(
        forest_rows(results), axis=_("Rate, %"), heads=(_("Analysis"), "x/n", _("Rate, % (95% CI)"))
    )


# Rate and analysis set of each line of the primary endpoint's forest and table; the first is the headline.
ANALYSES: tuple[tuple[str, str], ...] = (
    ("MPR", "FAS"), ("MPR", "ENR"), ("MPR", "PEV"), ("MPR_VOLUME", "FAS"), ("MPR_UNWEIGHTED", "FAS"), ("MPR_30", "FAS"),
    ("MPR_50", "FAS"), ("PCR", "FAS"), ("PCR", "PEV"),
)  # fmt: skip


def analysis_label(rate: str, population: str) -> str:
    return f"{words.NAMES[rate].short}, {words.SETS[population]}"


def forest_rows(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for place, (rate, population) in enumerate(ANALYSES):
        one = results["rates"][rate][population]["all"]
        limits = one["exact"]
        found.append(
            {
                "label": analysis_label(rate, population),
                "level": 1 if place else 0,
                "key": not place,
                "x": one["x"],
                "n": one["n"],
                "estimate": _pct(one["estimate"]),
                "lower": _pct(limits["lower"]),
                "upper": _pct(limits["upper"]),
            }
        )
    return found


def _pct(value: float | None) -> float | None:
    return None if value is None else 100 * value
