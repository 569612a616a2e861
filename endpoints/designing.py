"""What the page of the design shows: the plan of the study file, what it does, and where it stands at the present data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from endpoints import services
from endpoints.engine.design import Characteristics, Design, Targets, characteristics
from endpoints.engine.design_current import Current, Data, current
from endpoints.engine.design_search import N_MAX, simon, single_stage
from endpoints.forms_design import DesignForm, asked
from endpoints.models import TrialState
from trialsite.kernel.planned import SIMON, PlannedDesign
from trialsite.kernel.study import study
from trialsite.web.figures import number, share_text

ENDPOINT, POPULATION = "MPR", "FAS"  # the primary endpoint in its headline analysis set
STEP = 5  # points of per cent between the rows of the page; the file has every point
AROUND = (10, 20)  # points below p0 and above p1 that the page shows
PRIORS: dict[str, Any] = {
    "uniform": L("Uniform, Beta(1, 1)"),
    "jeffreys": L("Jeffreys, Beta(0.5, 0.5)"),
    "null": L("Centred at p₀, worth two participants"),
}


@dataclass(frozen=True, slots=True)
class Alternative:
    """A design that was looked for; none within the search."""

    kind: str
    title: str
    design: Design | None
    null: Characteristics | None
    good: Characteristics | None


@dataclass(frozen=True, slots=True)
class Standing:
    """The present data and the design at them. `total`: the analysis set, `pending` of it have no final result yet."""

    state: TrialState
    total: int
    pending: int
    found: Current
    behind: bool

    @property
    def more_than_planned(self) -> bool:
        return self.found.data.expected > study().planned.design.n


@dataclass(frozen=True, slots=True)
class DesignPage:
    plan: PlannedDesign
    reason: str
    targets: Targets
    design: Design
    null: Characteristics
    good: Characteristics
    rows: list[Characteristics]
    standing: Standing | None
    form: DesignForm
    alternatives: list[Alternative]
    n_max: int = N_MAX

    @property
    def two_stages(self) -> bool:
        return self.plan.kind == SIMON

    @property
    def meets(self) -> bool:
        """Whether the configured rule keeps alpha and has the power that it was configured with."""
        return self.null.success <= self.targets.alpha and self.good.success >= self.targets.power


def page_of(params: Any) -> DesignPage:
    """Everything for the page and the file; `params`: what the address asks of other designs."""
    plan = study().planned.design
    targets = Targets(plan.p0, plan.p1, plan.alpha, plan.power)
    design = Design(plan.n, plan.success_from, plan.n1, plan.stop_up_to)
    form = asked(params, plan)
    return DesignPage(
        plan, study().reasons["design"], targets, design,
        characteristics(design, plan.p0), characteristics(design, plan.p1),
        [characteristics(design, rate) for rate in shown_rates(targets)],
        standing(design, targets), form, alternatives(form) if form.is_valid() else [],
    )  # fmt: skip


def shown_rates(targets: Targets) -> list[float]:
    """Rates of the table: every five points around the hypotheses, and the hypotheses themselves."""
    below, above = AROUND
    first, last = 100 * targets.p0 - below, 100 * targets.p1 + above
    steps = {point / 100 for point in range(STEP, 100, STEP) if first <= point <= last}
    return sorted(steps | {targets.p0, targets.p1})


def every_rate(targets: Targets) -> list[float]:
    """Every point of per cent from 0 to 1, and the hypotheses."""
    return sorted({point / 100 for point in range(101)} | {targets.p0, targets.p1})


def standing(design: Design, targets: Targets) -> Standing | None:
    """The headline rate as it is stored; none before the first figures. Who is pending is still to come (G-25)."""
    state = TrialState.objects.filter(pk=TrialState.ONLY).first()
    if state is None or not state.results:
        return None
    rate = state.results["rates"][ENDPOINT][POPULATION]
    settled, total = rate["settled"], rate["all"]["n"]
    found = current(design, targets, Data(settled["x"], settled["n"], total))
    behind = services.trial_is_behind() or services.stale().exists()
    return Standing(state, total, rate["pending"], found, behind)


@lru_cache(maxsize=64)
def designs(targets: Targets) -> tuple[Design | None, Design | None, Design | None]:
    """Exact single-stage, Simon's optimal, Simon's minimax."""
    return single_stage(targets), *simon(targets)


def alternatives(form: DesignForm) -> list[Alternative]:
    """The designs that were asked for, with what they do."""
    targets, chosen = form.targets, form.cleaned_data["kind"]
    kinds = [(key, str(title)) for key, title in form.fields["kind"].choices if key]  # type: ignore[attr-defined]
    pairs = zip(kinds, designs(targets), strict=True)
    return [_alternative(*kind, one, targets) for kind, one in pairs if chosen in ("", kind[0])]


def _alternative(kind: str, title: str, design: Design | None, targets: Targets) -> Alternative:
    if design is None:
        return Alternative(kind, title, None, None, None)
    null, good = (characteristics(design, rate) for rate in (targets.p0, targets.p1))
    return Alternative(kind, title, design, null, good)


# --- numbers in words ---------------------------------------------------------------------------------------------


def chance(value: float | None, places: int = 1) -> str:
    """A probability in per cent; what is not certain is never written as 0 or 100."""
    if value is None:
        return _("NE")
    least = 10.0**-places
    if 0 < 100 * value < least / 2:
        return f"<{least:.{places}f}%"
    if 100 - least / 2 <= 100 * value < 100:
        return f">{100 - least:.{places}f}%"
    return f"{share_text(value, places)}%"


def p_words(value: float | None) -> str:
    """Four places."""
    if value is None:
        return _("NE")
    return "<0.0001" if value < 0.0001 else number(value, 4)
