"""What the address of an endpoint page asks for: standpoint, analysis set, criteria, evaluator, comparison.

    ?cut=DC-02  ?at=2026-06-01T12:00  &set=PEV  &criteria=mrecist  &evaluator=…  &compare=DC-01|live

A value that is not readable is answered on the page, and what it would have chosen keeps its default.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from endpoints.board.sources import by_others, evaluators_of, figures_of
from endpoints.drawing import View
from endpoints.engine.codes import MRECIST, RECIST
from endpoints.models_cuts import DataCut
from endpoints.standpoint import HEADLINE, AtCut, AtMoment, Live, Standpoint, cut_of, standpoint_of
from trialsite.kernel.decisions import Refused

# Analysis sets that can be chosen, with the words of the chooser.
SETS: dict[str, Any] = {
    "FAS": L("Full analysis set"),
    "ENR": L("Enrolled"),
    "SAF": L("Safety set"),
    "RES": L("Resected"),
    "R0": L("R0 resected"),
    "PEV": L("Pathology-evaluable"),
    "REV": L("Response-evaluable, RECIST 1.1"),
    "REV_M": L("Response-evaluable, mRECIST"),
    "PPS": L("Per-protocol set"),
}
# As registered: objective response and PFS by RECIST 1.1, disease control and duration of response by mRECIST.
REGISTERED = ""
CRITERIA: dict[str, Any] = {REGISTERED: L("As registered"), "recist": "RECIST 1.1", "mrecist": "mRECIST"}
CODES = {"recist": RECIST, "mrecist": MRECIST, REGISTERED: MRECIST}
PARAMS = ("cut", "at", "set", "criteria", "evaluator", "compare")


@dataclass
class Choice:
    """A choice that can be shown. `problems`: what of the address was not readable, and the status that says so."""

    standpoint: Standpoint
    population: str = HEADLINE
    criteria: str = REGISTERED
    evaluator: str = ""
    other: Standpoint | None = None
    problems: list[str] = field(default_factory=list)
    status: int = 200

    @property
    def ready(self) -> bool:
        """A moment that is still being computed has nothing to show."""
        return not isinstance(self.standpoint, AtMoment) or self.standpoint.ready

    @cached_property
    def results(self) -> dict[str, Any]:
        return figures_of(self.standpoint, self.population, self.evaluator) if self.ready else {}

    @property
    def earlier(self) -> dt.datetime | None:
        """When what is shown was computed, if it is of earlier data than the headline, whose new figures follow."""
        return self.standpoint.earlier if self.ready else None

    @property
    def headline(self) -> bool:
        """The figures that a save waits for: of the full analysis set, by the evaluator of the settings."""
        return self.population == HEADLINE and self.main_evaluator

    @cached_property
    def other_results(self) -> dict[str, Any]:
        return figures_of(self.other, self.population, self.evaluator) if self.other else {}

    @property
    def other_earlier(self) -> dt.datetime | None:
        """When the figures compared with were computed, if they are of earlier data than the name beside them says."""
        return self.other.earlier if self.other and not self.headline else None

    @cached_property
    def by_others(self) -> dict[str, dict[str, Any]]:
        """The same figures by the other evaluators, of the same data: none beside a headline that is newer than they are."""
        if self.earlier and self.headline:
            return {}
        found = by_others(self.standpoint, self.population)
        return {name: one for name, one in found.items() if name != self.evaluator}

    @property
    def view(self) -> View:
        """What figures are drawn of."""
        evaluator = "" if self.main_evaluator else self.evaluator
        return View(self.standpoint, self.population, CODES[self.criteria], evaluator)

    @property
    def main_evaluator(self) -> bool:
        return self.evaluator in ("", self.standpoint.evaluator)

    @property
    def query(self) -> dict[str, str]:
        """All that is not the default, in the order of the address."""
        asked = dict(self.standpoint.query)
        if self.population != HEADLINE:
            asked["set"] = self.population
        if self.criteria:
            asked["criteria"] = self.criteria
        if not self.main_evaluator:
            asked["evaluator"] = self.evaluator
        if self.other is not None:
            asked["compare"] = "live" if self.other.live else self.other.label
        return asked

    @property
    def suffix(self) -> str:
        """`?cut=DC-02&set=PEV`, or nothing."""
        return f"?{urlencode(self.query)}" if self.query else ""

    @property
    def more(self) -> str:
        """The suffix, to be gone on with: `?cut=DC-02&` or `?`."""
        return f"{self.suffix}&" if self.suffix else "?"

    @property
    def poll(self) -> str:
        """The suffix of the part that refreshes itself."""
        return f"{self.more}poll=1"

    @property
    def moves_query(self) -> str:
        """What the page of open items needs of the choice."""
        return urlencode({name: value for name, value in self.query.items() if name in ("cut", "at", "set")})

    def with_(self, **changes: str | None) -> str:
        """The suffix with something else chosen; none or nothing takes a part away."""
        asked = {**self.query, **{name: value for name, value in changes.items() if value}}
        for name, value in changes.items():
            if not value:
                asked.pop(name, None)
        known = {name: asked[name] for name in PARAMS if name in asked}
        return f"?{urlencode(known)}" if known else "?"


def choice_of(params: Mapping[str, str], by: Any) -> Choice:
    """Never raises: what cannot be read is in `problems`."""
    try:
        choice = Choice(standpoint_of(params, by))
    except Refused as refusal:
        choice = Choice(Live(), problems=[str(refusal)], status=404 if params.get("cut") else 400)
    _population(choice, params.get("set", "").strip())
    _criteria(choice, params.get("criteria", "").strip())
    _evaluator(choice, params.get("evaluator", "").strip())
    _compare(choice, params.get("compare", "").strip())
    return choice


def _refuse(choice: Choice, text: str, status: int = 400) -> None:
    choice.problems.append(text)
    choice.status = max(choice.status, status)


def _population(choice: Choice, asked: str) -> None:
    if not asked:
        return
    if asked in SETS:
        choice.population = asked
    else:
        _refuse(
            choice,
            _("There is no analysis set %(name)s; the full analysis set is shown.") % {"name": asked[:20]},
        )


def _criteria(choice: Choice, asked: str) -> None:
    if asked in CRITERIA:
        choice.criteria = asked
    else:
        _refuse(
            choice,
            _("There are no imaging criteria %(name)s; endpoints are shown as registered.")
            % {"name": asked[:20]},
        )


def _evaluator(choice: Choice, asked: str) -> None:
    if not asked:
        return
    if asked == choice.standpoint.evaluator or asked in evaluators_of(choice.standpoint):
        choice.evaluator = asked
    else:
        _refuse(
            choice,
            _("There is no evaluator %(name)s in these data; the one of the settings is shown.")
            % {"name": asked[:20]},
        )


def _compare(choice: Choice, asked: str) -> None:
    if not asked or asked == "none":
        return
    if asked == "live":
        choice.other = None if choice.standpoint.live else Live()
        return
    cut = cut_of(asked)
    if cut is None:
        _refuse(choice, _("There is no data cut %(code)s to compare with.") % {"code": asked[:20]}, 404)
        return
    if choice.standpoint.cut is None or choice.standpoint.cut.pk != cut.pk:
        choice.other = AtCut(cut)


def cuts() -> list[DataCut]:
    """All cuts, the latest first, without what is large: one query."""
    heavy = ("results", "facts", "manifest", "chains", "engine_settings")
    return list(DataCut.objects.defer(*heavy).order_by("-number"))
