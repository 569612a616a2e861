"""The figures of a report: which there are, and drawing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from endpoints import drawing, plotting, words
from endpoints.drawing import Person

Pictures = Mapping[str, SafeString]
Progress = Callable[[int, int, str], None]
# Figures of whole sections: from the participants, and from the figures of the trial.
OF_SECTION = {
    "participants": ("accrual",),
    "primary": ("forest", "subgroups", "rvt"),
    "radiology": ("waterfall", "spider"),
    "survival": ("swimmer",),
}


def pictures_of(content: Mapping[str, Any], sections: Sequence[str], progress: Progress) -> Pictures:
    """Every figure that the sections show, by name. Numbers of participants stand in none when some are not listed."""
    results = {**content["results"], "profile": content["profile"]}
    names = wanted(results, sections)
    people = [Person(one["number"], one["summary"], one["points"]) for one in content["people"]]
    named = all(one["listed"] for one in content["people"])
    found = {}
    for place, name in enumerate(names, 1):
        progress(place - 1, len(names), f"figure {place}/{len(names)}")
        svg = drawing.draw(name, results, people, alt_of(name, results), named)
        found[name] = mark_safe(svg)  # noqa: S308  (drawn by us)
    return found


def wanted(results: Mapping[str, Any], sections: Sequence[str]) -> list[str]:
    """With fewer participants than `drawing.FEWEST` numbers only."""
    found: list[str] = []
    if results["sets"]["FAS"] >= drawing.FEWEST:
        found += [
            name
            for section in sections
            for name in OF_SECTION.get(section, ())
            if plotting.has(name, results)
        ]
    if "survival" in sections:
        found += [name.lower() for name in words.TIMES if results["curves"][name]["n"] >= drawing.FEWEST]
    return found


def alt_of(name: str, results: Mapping[str, Any]) -> str:
    """The figure in a sentence, for those who do not see it."""
    upper = name.upper()
    if upper in words.TIMES:
        return drawing.curve_alt(upper, results["curves"][upper])
    return {
        "waterfall": _("Best change of the viable diameters of each participant, as a bar."),
        "swimmer": _("Time from the first dose of each participant, with resection and events."),
        "spider": _("Change of the viable diameters of each participant over time."),
        "forest": _("Rate of major pathological response in each analysis, with exact intervals."),
        "subgroups": _("Rate of major pathological response in each subgroup, with exact intervals."),
        "rvt": _("How many participants have how much residual viable tumour, by central pathology."),
        "accrual": _("Participants enrolled by month, added up, against the plan."),
    }[name]
