"""Which figures of agreement there are, under what name each is kept, and drawing those that are missing.

Naming a figure needs no drawing library; what draws (`draw_missing`) runs in a worker.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from pathology.agreement.results import FEWEST
from pathology.models import AgreementFigure
from trialsite.kernel.digests import digest
from trialsite.kernel.study import study

KEPT = timedelta(days=30)
NAMES = ("readers", "differences", "drift", "local", "local_differences")
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A figure: its name on the page, the digest it is kept under, its title and the words that stand for it."""

    name: str
    digest: str
    title: str
    alt: str


@cache
def look() -> str:
    """Changes when a line of the drawing changes."""
    files = (
        Path(__file__),
        ROOT / "pathology" / "charts" / "agreement.py",
        ROOT / "trialsite" / "web" / "charts.py",
    )
    return digest([file.read_text(encoding="utf-8") for file in files])[:16]


def wanted(version: str, results: dict[str, Any], language: str) -> dict[str, Wanted]:
    """The figures that these results have: with fewer than five points there is none."""
    points = results["points"]
    counted = {
        "readers": len(points["pairs"]), "differences": len(points["pairs"]), "drift": len(points["drift"]),
        "local": len(points["local"]), "local_differences": len(points["local"]),
    }  # fmt: skip
    with override(language):
        said = words()
    return {
        name: Wanted(name, digest([name, version, language, look()]), *said[name])
        for name in NAMES
        if counted[name] >= FEWEST
    }


def words() -> dict[str, tuple[str, str]]:
    """Title, and the sentence for those who do not see the figure."""
    return {
        "readers": (
            _("The two readers of each case"),
            _(
                "Viable tumour by the one reader against the other, one point for each case, with the "
                "line of equality and a band of 10 points."
            ),
        ),
        "differences": (
            _("Differences between the two readers"),
            _("Difference of the two readers against their mean, with bias and limits of agreement (95%)."),
        ),
        "drift": (
            _("Planned re-reads over time"),
            _(
                "Re-read minus first reading of the same reader by the date of the re-read, with a "
                "straight line for each reader."
            ),
        ),
        "local": (
            _("Local against central"),
            _(
                "Local viable tumour against the final central result, one point for each case, with "
                "the line of equality and a band of 20 points."
            ),
        ),
        "local_differences": (
            _("Differences between local and central"),
            _("Local minus central viable tumour against their mean, with bias and limits of agreement (95%)."),
        ),
    }  # fmt: skip


def drawn(figures: Iterable[Wanted]) -> dict[str, str]:
    """SVG by digest, for those that are drawn already: one query."""
    keys = [one.digest for one in figures]
    return dict(AgreementFigure.objects.filter(pk__in=keys).values_list("digest", "svg"))


def draw_missing(language: str) -> int:
    """Draw what the present results have and nobody drew yet. Returns how many were drawn."""
    from pathology.selectors.agreement import results

    version, found = results()
    figures = wanted(version, found, language)
    kept = drawn(figures.values())
    missing = [one for one in figures.values() if one.digest not in kept]
    if missing:
        AgreementFigure.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    for one in missing:
        svg = draw(one, found, language)
        AgreementFigure.objects.bulk_create(
            [AgreementFigure(digest=one.digest, svg=svg)], ignore_conflicts=True
        )
    return len(missing)


def draw(figure: Wanted, results: dict[str, Any], language: str) -> str:
    """One figure as SVG."""
    from trialsite.web.charts import svg_of

    with override(language):
        made = _chart(figure.name, results)
        return svg_of(made.to_dict(), name=figure.alt, ident=f"fig-{figure.name.replace('_', '-')}")


def _chart(name: str, results: dict[str, Any]) -> Any:
    from pathology.charts.agreement import differences, over_time, scatter

    points, names = results["points"], results["names"]
    threshold = float(study()["mpr_threshold_pct"])
    limits = {"bias": _("Bias"), "upper": _("Upper limit"), "lower": _("Lower limit")}
    viable, mean = _("Viable tumour, %"), _("Mean of the two, %")
    if name in ("readers", "differences"):
        labels = [" – ".join(names[str(pk)] for pk in pair["readers"]) for pair in results["pairs"]]
        rows = [(one, two, labels[place]) for place, one, two in points["pairs"]]
        if name == "readers":
            first, second = (
                _("First of the pair, viable tumour, %"),
                _("Second of the pair, viable tumour, %"),
            )
            return scatter(rows, x=first, y=second, within=10, threshold=threshold)
        return differences(
            rows,
            found=results["all"].get("differences"),
            x=mean,
            y=_("First minus second, points"),
            words=limits,
        )
    if name == "drift":
        again = [(day, value, names[str(reader)]) for reader, day, value in points["drift"]]
        return over_time(
            again,
            x=_("Months since the first re-read"),
            y=_("Re-read minus first reading, points"),
            within=10,
        )
    both = [(one, two, "") for one, two in points["local"]]
    if name == "local":
        return scatter(
            both, x=f"{_('Local')}: {viable}", y=f"{_('Central')}: {viable}", within=20, threshold=threshold
        )
    return differences(
        both, found=results["local"]["case"].get("differences"), x=mean, y=_("Local minus central, points"), words=limits
    )  # fmt: skip
