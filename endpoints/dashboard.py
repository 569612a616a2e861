"""What the endpoint page shows of the trial, from the stored figures: a fixed number of queries at any size."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from endpoints import drawing, services, words
from endpoints.charts.risk_table import AtMark, marks_for, risk_table
from endpoints.models import EndpointState, Status, TrialState
from endpoints.panel import address_href
from endpoints.trace import Places
from participants.models import Participant
from trialsite.accounts.permissions import Grants
from trialsite.accounts.roles import Permission
from trialsite.web.figures import number

SHOWN_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class RateCard:
    """A yes/no endpoint in one analysis set."""

    name: str
    slug: str
    title: str
    short: str
    note: str
    population: str
    x: int
    n: int
    estimate: float | None
    lower: float | None
    upper: float | None
    pending: int
    settled_n: int
    settled: float | None
    settled_lower: float | None
    settled_upper: float | None
    wilson: tuple[float | None, float | None]
    primary: bool = False

    @property
    def interval(self) -> str:
        return interval(self.lower, self.upper)


@dataclass(frozen=True, slots=True)
class LandmarkRow:
    month: int
    rate: float | None
    interval: str
    n_risk: int


@dataclass(frozen=True, slots=True)
class CurveCard:
    """A time to event: numbers, and the figure when there are enough participants."""

    name: str
    slug: str
    title: str
    short: str
    note: str
    n: int
    events: int
    median: str
    median_interval: str
    follow_up: str
    range: str
    landmarks: list[LandmarkRow]
    table: list[AtMark]
    drawable: bool
    notes: list[str]


@dataclass(frozen=True, slots=True)
class FigureView:
    name: str
    title: str
    svg: SafeString | str
    alt: str


@dataclass(frozen=True, slots=True)
class Problem:
    number: str
    text: str
    href: str
    parked: bool


@dataclass(slots=True)
class Dashboard:
    state: TrialState | None
    participants: int
    behind: int
    computing: bool
    drawing: bool
    problems: list[Problem]
    problem_count: int
    sets: list[tuple[str, str, int]] = field(default_factory=list)
    cards: list[RateCard] = field(default_factory=list)
    curves: list[CurveCard] = field(default_factory=list)
    secondary: list[RateCard] = field(default_factory=list)
    sensitivity: list[CurveCard] = field(default_factory=list)
    best: list[tuple[str, int, int]] = field(default_factory=list)
    figures: dict[str, FigureView] = field(default_factory=dict)

    @property
    def fas(self) -> int:
        return int(self.state.results.get("sets", {}).get("FAS", 0)) if self.state else 0

    @property
    def resected(self) -> tuple[int, int]:
        """Resected participants with a final central result, of all resected."""
        sets = self.state.results.get("sets", {}) if self.state else {}
        return int(sets.get("PEV", 0)), int(sets.get("RES", 0))

    @property
    def refresh(self) -> bool:
        """Whether the page must ask again."""
        return self.computing or self.drawing

    @property
    def version(self) -> str:
        return f"{self.state.version}|{self.state.as_of}|{self.behind}" if self.state else "none"


def interval(lower: float | None, upper: float | None) -> str:
    """Limits in per cent; "NE" where they are not estimable."""
    return _("NE") if lower is None or upper is None else f"{number(100 * lower, 1)}–{number(100 * upper, 1)}"


def dashboard_of(grants: Grants, *, ask: bool = True) -> Dashboard:
    """Seven queries. `ask`: send for figures that are not drawn yet."""
    state = TrialState.objects.filter(pk=TrialState.ONLY).first()
    behind = services.stale().count()
    made = Dashboard(
        state=state if state and state.results else None, behind=behind,
        participants=Participant.objects.filter(imported=False).count(),
        computing=bool(behind) or services.trial_is_behind(), drawing=False, problems=problems(grants),
        problem_count=EndpointState.objects.of_trial().exclude(status=Status.OK).count(),
    )  # fmt: skip
    if made.state is None:
        return made
    results = made.state.results
    made.sets = [(name, str(label), results["sets"][name]) for name, label in words.SETS.items()]
    made.cards = [rate_card(results, name, "FAS") for name in words.RATES]
    made.curves = [curve_card(results, name) for name in words.TIMES]
    made.secondary = secondary(results)
    made.sensitivity = [curve_card(results, name) for name in results["curves"] if name not in words.TIMES]
    made.best = best_responses(results)
    _add_figures(made, grants, ask)
    return made


def knows_all(grants: Grants) -> bool:
    """Whether the person may know every participant: then figures name them."""
    return grants.sites(Permission.RESULTS) is None


def _add_figures(made: Dashboard, grants: Grants, ask: bool) -> None:
    assert made.state is not None
    language, named = language_code(), knows_all(grants)
    figures = drawing.wanted(made.state, language, named)
    kept = drawing.drawn(figures.values())
    made.figures = {
        name: FigureView(name, one.title, mark_safe(kept.get(one.digest, "")), one.alt)  # noqa: S308  (drawn by us)
        for name, one in figures.items()
    }
    made.drawing = len(kept) < len(figures)
    if made.drawing and ask:
        from endpoints.report_tasks import figures_draw

        figures_draw.hint(language, named)


def language_code() -> str:
    """The two languages that there are."""
    return "zh-hans" if (get_language() or "").startswith("zh") else "en"


def rate_card(results: Mapping[str, Any], name: str, population: str) -> RateCard:
    one = results["rates"][name][population]
    whole, settled = one["all"], one["settled"]
    base = name.removesuffix("_CONFIRMED")
    known = words.NAMES[base]
    confirmed = _(", confirmed") if base != name else ""
    return RateCard(
        name=name, slug=base.lower(), title=f"{known.long}{confirmed}", short=f"{known.short}{confirmed}", note=str(known.note),
        population=population, x=whole["x"], n=whole["n"], estimate=whole["estimate"], lower=whole["exact"]["lower"],
        upper=whole["exact"]["upper"], pending=one["pending"], settled_n=settled["n"], settled=settled["estimate"],
        settled_lower=settled["exact"]["lower"], settled_upper=settled["exact"]["upper"],
        wilson=(whole["wilson"]["lower"], whole["wilson"]["upper"]), primary=name == "MPR" and population == "FAS",
    )  # fmt: skip


def secondary(results: Mapping[str, Any]) -> list[RateCard]:
    """Every rate in every set but the four of the cards."""
    cards = [
        rate_card(results, name, population)
        for name in results["rates"]
        for population in results["rates"][name]
    ]
    return [card for card in cards if not (card.population == "FAS" and card.name in words.RATES)]


def curve_card(results: Mapping[str, Any], name: str) -> CurveCard:
    curve, known = results["curves"][name], words.NAMES[name]
    median, follow_up = curve["median"], curve["median_follow_up"]
    low, high = drawing.reached(median["lower"]), drawing.reached(median["upper"])
    longest = max(curve["time"], default=0)
    return CurveCard(
        name=name, slug=name.lower(), title=str(known.long), short=str(known.short), note=str(known.note), n=curve["n"],
        events=curve["events"], median=drawing.reached(median["estimate"]) if curve["n"] else _("NE"),
        # S-11: without an event the interval is not estimable, which is not the same as not reached.
        median_interval=f"{low}–{high}" if curve["events"] else _("NE"),
        follow_up=drawing.reached(follow_up["estimate"]) if curve["n"] else _("NE"), range=_range(curve),
        landmarks=[
            LandmarkRow(month, mark["survival"], interval(mark["lower"], mark["upper"]), mark["n_risk"])
            for month, mark in zip(curve["landmark_months"], curve["landmarks"], strict=True)
        ],
        table=risk_table(curve, marks_for(longest)), drawable=curve["n"] >= drawing.FEWEST,
        notes=drawing.curve_notes(name, curve) if curve["n"] else [],
    )  # fmt: skip


def _range(curve: Mapping[str, Any]) -> str:
    """S-12: shortest and longest time in months, "+" for a censored one."""
    if not curve.get("range"):
        return "–"
    ends = [(float(text.rstrip("+")) / words.DAYS_PER_MONTH, text.endswith("+")) for text in curve["range"]]
    return "–".join(number(months, 1) + ("+" if censored else "") for months, censored in ends)


RESPONSES = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "MISSING")


def best_responses(results: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    """How many have each best response, by RECIST 1.1 and by mRECIST."""
    recist, mrecist = results["best"]["BOR_RECIST"], results["best"]["BOR_MRECIST"]
    found = [(code, recist.get(code, 0), mrecist.get(code, 0)) for code in RESPONSES]
    return [row for row in found if row[0] in ("CR", "PR", "SD", "PD", "NE") or row[1] or row[2]]


def problems(grants: Grants) -> list[Problem]:
    """Participants whose data are refused or that are set aside, as far as the person may see them."""
    found = EndpointState.objects.of_trial().exclude(status=Status.OK).select_related("participant")
    states = grants.limit(found, Permission.RESULTS, "participant__site").order_by("participant__number")
    shown = list(states[:SHOWN_PROBLEMS])
    places = Places(state.error_address for state in shown)
    return [
        Problem(
            state.participant.number,
            words.refusal(state.summary, state.error),
            address_href(state.error_address, places),
            state.status == Status.PARKED,
        )
        for state in shown
    ]


# --- the data behind a figure -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LifeRow:
    """One distinct time of a curve."""

    days: int
    months: str
    n_risk: int
    n_event: int
    n_censor: int
    survival: float
    interval: str


def life_table(curve: Mapping[str, Any]) -> list[LifeRow]:
    columns = (curve[key] for key in ("time", "n_risk", "n_event", "n_censor", "survival", "lower", "upper"))
    return [
        LifeRow(days, words.months(days), risk, event, censor, 100 * s, interval(low, high))
        for days, risk, event, censor, s, low, high in zip(*columns, strict=True)
    ]


def age(state: TrialState | None) -> dt.datetime | None:
    return state.computed_at if state else None
