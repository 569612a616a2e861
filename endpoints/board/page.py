"""What the dashboard shows of a choice: stored figures, drawn figures, the state of the data. A fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from endpoints import drawing, plotting, services, words
from endpoints.board import parts, safety, sensitivity, state, tables
from endpoints.board.cards import Card, cards
from endpoints.board.choice import Choice
from endpoints.board.grid import Grid
from endpoints.dashboard import Problem, knows_all, language_code, problems_of
from participants.models import Participant
from trialsite.accounts.permissions import Grants

TERMS_SHOWN = 15
# The endpoint whose list and traces stand behind a figure.
TRACE = {
    "waterfall": ("bor_recist", "bor_mrecist"), "spider": ("bor_recist", "bor_mrecist"), "swimmer": ("pfs", "pfs"),
    "forest": ("mpr", "mpr"), "subgroups": ("mpr", "mpr"), "rvt": ("mpr", "mpr"), "accrual": ("os", "os"),
}  # fmt: skip
ORDER = (
    "pfs", "pfs_mrecist", "waterfall", "swimmer", "subgroups", "os", "dfs", "dor", "dor_recist", "spider", "forest", "rvt",
    "accrual",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FigureView:
    """A figure on the page. `drawable` false: fewer than five participants; `trace`: the list behind it."""

    name: str
    title: str
    note: str
    svg: SafeString | str
    alt: str
    trace: str
    drawable: bool = True
    broken: bool = False
    curve: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Page:
    """Everything that the templates print."""

    choice: Choice
    named: bool
    participants: int
    behind: int
    computing: bool
    state: state.DataState | None = None
    counting: bool = False
    drawing: bool = False
    cards: list[Card] = field(default_factory=list)
    figures: list[FigureView] = field(default_factory=list)
    sensitivity: list[sensitivity.Row] = field(default_factory=list)
    flow: list[safety.Step] = field(default_factory=list)
    safety: list[Grid] = field(default_factory=list)
    terms: Grid | None = None
    more_terms: int = 0
    exposure: list[Grid] = field(default_factory=list)
    sets: Grid | None = None
    best: Grid | None = None
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0

    @property
    def results(self) -> dict[str, Any]:
        return self.choice.results

    @property
    def resected(self) -> tuple[int, int]:
        """Resected participants with a final central result, of all resected."""
        found = self.results.get("sets") or {}
        return int(found.get("PEV", 0)), int(found.get("RES", 0))

    @property
    def rates(self) -> list[Card]:
        """The first row of cards."""
        return [card for card in self.cards if card.is_rate]

    @property
    def times(self) -> list[Card]:
        return [card for card in self.cards if not card.is_rate]

    @property
    def n(self) -> int:
        return int((self.results.get("sets") or {}).get(self.choice.population, 0))

    @property
    def waiting(self) -> bool:
        """The figures of this choice are still being computed."""
        return not self.choice.ready or (self.computing and not self.results)

    @property
    def refresh(self) -> bool:
        """Whether the page must ask again."""
        return self.computing or self.drawing or self.counting or not self.choice.ready

    @property
    def version(self) -> str:
        """Changes with everything that the page shows."""
        point = self.choice.standpoint
        progress = getattr(getattr(point, "record", None), "progress", "")
        drawn = sum(1 for figure in self.figures if figure.svg)
        shown = (
            point.source, point.computed_at, self.choice.earlier, self.choice.other_earlier, self.behind,
            progress, drawn, bool(self.results),
            self.state is None,
        )  # fmt: skip
        return "|".join(map(str, shown))

    @property
    def tables_key(self) -> str:
        """What the tables under the figures rest on: they name nobody and are the same for every reader of a language."""
        point = self.choice.standpoint
        rests = (
            point.source,
            point.computed_at,
            self.choice.earlier,
            self.choice.suffix,
            len(self.sensitivity),
            bool(self.safety),
            self.more_terms,
        )
        return "|".join(map(str, rests))


def page_of(choice: Choice, grants: Grants, *, ask: bool = True) -> Page:
    """`ask`: send for figures that are not drawn yet, and for the state of the data when it is old."""
    live, point = choice.standpoint.live, choice.standpoint
    behind = services.stale().count() if live else 0
    made = Page(
        choice, knows_all(grants), behind=behind,
        participants=Participant.objects.filter(imported=False).count() if live else 0,
        computing=live and (bool(behind) or services.trial_is_behind()),
    )  # fmt: skip
    if not choice.ready:
        return made
    made.problem_count, made.problems = problems_of(point, grants)
    made.state = state.data_state(point)
    if live and ask and state.is_old(point) and point.results:
        _hint_state()
    made.counting = live and made.state is None and bool(point.results)
    if not choice.results:
        # The set of another choice is computed behind the headline; it follows by itself.
        made.computing = made.computing or bool(point.results)
        return made
    made.computing = made.computing or bool(choice.earlier or choice.other_earlier)
    _fill(made)
    _add_figures(made, ask)
    return made


def _hint_state() -> None:
    from endpoints.report_tasks import state_count

    state_count.hint()


def _fill(made: Page) -> None:
    choice, results = made.choice, made.results
    reader = tables.Reader(made.named, None)
    made.cards = cards(choice)
    made.sensitivity = sensitivity.rows(choice, choice.by_others)
    made.flow = safety.flow(results)
    made.safety = safety.summary(results)
    made.exposure = safety.exposure(results)
    made.sets = next(iter(tables.grids("sets", choice, reader)), None)
    made.best = next(iter(tables.grids("best", choice, reader)), None)
    every = next(iter(safety.terms(results)), None)
    if every is not None:
        made.more_terms = max(len(every.rows) - TERMS_SHOWN, 0)
        made.terms = Grid(every.name, every.title, every.heads, every.rows[:TERMS_SHOWN], note=every.note)


def _add_figures(made: Page, ask: bool) -> None:
    choice, language = made.choice, language_code()
    wanted = drawing.wanted(choice.view, made.results, language, made.named)
    curves = {name.lower() for name in _curves(choice)}
    shown = [
        name for name in ORDER if name in curves or (name in wanted and name.upper() not in plotting.CURVES)
    ]
    kept = drawing.drawn(wanted[name] for name in shown if name in wanted)
    for name in shown:
        one = wanted.get(name)
        svg = mark_safe(kept.get(one.digest, "")) if one else ""  # noqa: S308  (drawn by us)
        broken = one is not None and kept.get(one.digest) == ""
        made.figures.append(replace(_figure(choice, name, one, svg), broken=broken))
    missing = [name for name in shown if name in wanted and wanted[name].digest not in kept]
    made.drawing = bool(missing)
    if missing and ask:
        from endpoints.report_tasks import figures_draw

        figures_draw.hint(drawing.message(choice.view, language, made.named))


def _curves(choice: Choice) -> list[str]:
    """The survival curves of the criteria, in the order of the page."""
    names = ["PFS", "OS", "DFS", "DOR"]
    other = {"mrecist": {"PFS": "PFS_MRECIST"}, "recist": {"DOR": "DOR_RECIST"}}.get(choice.criteria, {})
    found = [other.get(name, name) for name in names]
    return [name for name in found if name in choice.results.get("curves", {}) and name in words.NAMES]


def _figure(choice: Choice, name: str, one: drawing.Wanted | None, svg: SafeString | str) -> FigureView:
    upper = name.upper()
    if upper in plotting.CURVES:
        curve = choice.results["curves"][upper]
        title = str(words.NAMES[upper].long)
        return FigureView(
            name,
            title,
            _("Kaplan–Meier, 95% band"),
            svg,
            one.alt if one else title,
            name,
            one is not None,
            curve=curve,
        )
    assert one is not None
    trace = TRACE[name][choice.view.criteria == "mRECIST"]
    return FigureView(name, one.title, _note(choice, name), svg, one.alt, trace)


def _note(choice: Choice, name: str) -> str:
    results = choice.results
    if name in ("waterfall", "spider"):
        criteria = "mRECIST" if choice.view.criteria == "mRECIST" else "RECIST 1.1"
        n = results["sets"].get(choice.population, 0)
        return _("%(criteria)s, %(n)s participants") % {"criteria": criteria, "n": n}
    if name == "rvt":
        return _("%(n)s with a final central result") % {
            "n": len((parts.part(results, "pathology") or {}).get("rvt", ()))
        }
    if name == "accrual":
        found = parts.part(results, "accrual")
        return _("%(n)s of %(target)s") % found if found and found["target"] else ""
    return {
        "swimmer": _("longest %(n)s") % {"n": plotting.LANES},
        "subgroups": _("exact 95% CI"),
        "forest": _("exact 95% CI"),
    }[name]
