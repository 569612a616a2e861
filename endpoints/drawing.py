"""Which figures a view of the trial has, by what name they are kept, and drawing those that are missing.

Naming a figure needs no drawing library: the web process asks for a figure by the digest of everything it shows. What
draws (`draw_missing`) runs in a worker; it keeps the SVG and, for the browser, the specification beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import structlog
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from endpoints import plotting, rows, words
from endpoints.board.sources import figures_of, standpoint_named
from endpoints.engine.codes import MRECIST
from endpoints.engine.evaluators import seen_by
from endpoints.models import EndpointState, Status
from endpoints.models_reports import Figure
from endpoints.plotting import (
    ANALYSES,
    Person,
    analysis_label,
    curve_notes,
    forest_rows,
    in_months,
    reached,
    share,
)
from endpoints.standpoint import HEADLINE, Live, Standpoint
from trialsite.kernel.digests import digest

__all__ = [
    "ANALYSES", "FEWEST", "Person", "View", "Wanted", "analysis_label", "curve_alt", "curve_notes", "draw", "draw_missing",
    "drawn", "forest_rows", "in_months", "participant_lines", "reached", "share", "wanted",
]  # fmt: skip

log = structlog.get_logger(__name__)

FEWEST = 5  # with fewer, a figure would show persons, not a trial: numbers only
KEPT = timedelta(days=7)
HERE = Path(__file__).parent
SOURCES = (  # what draws, what words it, and the catalogues: after a release no figure keeps its old words
    *sorted((HERE / "charts").glob("*.py")),
    Path(__file__),
    HERE / "board" / "parts.py",
    HERE / "ordering.py",
    HERE / "plotting.py",
    HERE / "rows.py",
    HERE / "words.py",
    HERE.parent / "trialsite" / "web" / "charts.py",
    HERE.parent / "trialsite" / "web" / "figures.py",
    *sorted((HERE.parent / "locale").glob("*/LC_MESSAGES/django.po")),
)
PEOPLE = frozenset(
    {"waterfall", "swimmer", "spider"}
)  # drawn from participants, not from figures of the trial


@dataclass(frozen=True, slots=True)
class View:
    """What figures are of: a standpoint, an analysis set, a criterion, an evaluator (none: that of the settings)."""

    standpoint: Standpoint
    population: str = HEADLINE
    criteria: str = MRECIST
    evaluator: str = ""

    @property
    def suffix(self) -> str:
        """Behind the address of a trace, so that it shows what the figure shows: `?cut=DC-02&evaluator=R2`, or nothing."""
        asked = self.standpoint.query | ({"evaluator": self.evaluator} if self.evaluator else {})
        return f"?{urlencode(asked)}" if asked else ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A figure: its name on the page, the digest it is kept under, and the words that stand for it."""

    name: str
    digest: str
    title: str
    alt: str


@cache
def look() -> str:
    """Changes when a line or a word of the drawing changes."""
    made = hashlib.sha256()
    for path in SOURCES:
        made.update(path.read_bytes())
    return made.hexdigest()[:16]


def wanted(view: View, results: Mapping[str, Any], language: str, named: bool) -> dict[str, Wanted]:
    """The figures of a view. `named`: lanes carry participant numbers (for those who may know them)."""
    found: dict[str, Wanted] = {}
    if not results:
        return found
    with override(language):
        for name in plotting.CURVES:
            curve = results["curves"].get(name)
            if curve and curve["n"] >= FEWEST:
                title, alt = str(words.NAMES[name].long), curve_alt(name, curve)
                key = digest(["km", name, curve, alt, language, look()])
                found[name.lower()] = Wanted(name.lower(), key, title, alt)
        if results["sets"].get(view.population, 0) >= FEWEST:
            who = [view.standpoint.source, view.population, view.criteria, view.evaluator, named]
            for name, (title, alt) in texts(results, view).items():
                rests = who if name in PEOPLE else plotting.rests_on(name, results)
                key = digest([name, rests, alt, language, look()])
                found[name] = Wanted(name, key, title, alt)
    return found


def texts(results: Mapping[str, Any], view: View) -> dict[str, tuple[str, str]]:
    """Title, and the sentence for those who do not see it, of every figure that is no survival curve."""
    found = {
        "waterfall": (_("Best response by pathology"), _("Best change of the sum of diameters of each participant, as a bar.")),
        "swimmer": (_("Follow-up by participant"), _("Time from the first dose of each participant, with resection and events.")),
        "spider": (_("Change over time"), _("Change of the sum of diameters of each participant over time.")),
        "forest": (_("MPR by analysis"), _("Rate of major pathological response in each analysis, with exact intervals.")),
        "subgroups": (_("MPR by subgroup"), _("Rate of major pathological response in each subgroup, with exact intervals.")),
        "rvt": (_("Residual viable tumour"), _("How many participants have how much viable tumour, by central pathology.")),
        "accrual": (_("Accrual against plan"), _("Participants enrolled by month, added up, against the plan.")),
    }  # fmt: skip
    return {name: said for name, said in found.items() if fits(name, view) and plotting.has(name, results)}


def fits(name: str, view: View) -> bool:
    """Whether a view can have a figure at all, drawn or as a table."""
    if name == "spider":
        return not view.evaluator  # the time points of the evaluator of the settings alone are kept
    return name != "forest" or view.population == HEADLINE  # it compares the sets themselves


def curve_alt(name: str, curve: Mapping[str, Any]) -> str:
    """The figure in a sentence, for those who do not see it."""
    return _("Kaplan–Meier curve of %(name)s. %(notes)s") % {
        "name": words.NAMES[name].long,
        "notes": " ".join(f"{note}." for note in curve_notes(name, curve)),
    }


def drawn(figures: Iterable[Wanted]) -> dict[str, str]:
    """SVG by digest, for those that are drawn already: one query."""
    return dict(Figure.objects.filter(pk__in=[one.digest for one in figures]).values_list("digest", "svg"))


def specification(figure: Wanted) -> str | None:
    """The figure for the browser, as JSON text; none while it is not drawn."""
    return Figure.objects.filter(pk=figure.digest).values_list("spec", flat=True).first()


# --- drawing: in a worker -----------------------------------------------------------------------------------------


def draw_missing(language: str, named: bool, view: View | None = None) -> int:
    """Draw what a view has (none: the trial as it stands) and nobody drew yet. Returns how many were drawn."""
    view = view or View(Live())
    results = figures_of(view.standpoint, view.population, view.evaluator)
    figures = wanted(view, results, language, named)
    kept = drawn(figures.values())
    missing = {name: one for name, one in figures.items() if one.digest not in kept}
    if not missing:
        return 0
    Figure.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    lines = people_of(view, points="spider" in missing) if missing.keys() & PEOPLE else []
    with override(language):
        for name, one in missing.items():  # each is on the page as soon as it is drawn
            svg, spec = _drawn(name, results, lines, one.alt, named, view)
            Figure.objects.bulk_create([Figure(digest=one.digest, svg=svg, spec=spec)], ignore_conflicts=True)
    return len(missing)


def _drawn(
    name: str, results: Mapping[str, Any], lines: list[Person], alt: str, named: bool, view: View
) -> tuple[str, str]:
    """SVG and specification. A figure that breaks is kept empty: it stops no other, and the page says so."""
    try:
        return plotting.draw_both(name, results, lines, alt, named, view=view)
    except Exception:
        log.exception("figure_failed", figure=name, source=view.standpoint.source)
        return "", ""


def people_of(view: View, *, points: bool) -> list[Person]:
    """Everybody of the analysis set with a result, in the order of their numbers, as the evaluator saw them."""
    found = []
    for line in view.standpoint.lines(content=points):
        if line.status != Status.OK or not line.summary:
            continue
        summary = seen_by(line.summary, view.evaluator) if view.evaluator else line.summary
        if summary is None or not rows.inside(summary, line.profile, view.population):
            continue
        found.append(Person(line.number, summary, line.points(view.criteria) if points else [], line.site))
    return found


def view_named(asked: Mapping[str, str]) -> View | None:
    """The view that a message names; none when its moment was thrown away meanwhile."""
    standpoint = standpoint_named(asked["source"])
    if standpoint is None:
        return None
    return View(standpoint, asked["population"], asked["criteria"], asked["evaluator"])


def participant_lines(sites: Iterable[str] = ()) -> list[Person]:
    """Everybody with a result in the trial as it stands, in the order of their numbers."""
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
    return plotting.draw_both(name, results, people, alt, named)[0]


def message(view: View, language: str, named: bool) -> dict[str, Any]:
    """What a worker is told about a view."""
    source = "live" if isinstance(view.standpoint, Live) else view.standpoint.source
    return {
        "source": source, "population": view.population, "criteria": view.criteria, "evaluator": view.evaluator,
        "language": language, "named": named,
    }  # fmt: skip
