"""The controls above the figures: every choice is a link or a field of one form, so that they work without script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from endpoints.board.choice import CRITERIA, SETS, Choice, cuts
from endpoints.board.sources import evaluators_of
from endpoints.standpoint import EXACT, AtMoment, field_of
from trialsite.web.figures import day

COMPARED = 2  # the latest cuts; the page of comparisons has all


class Option(NamedTuple):
    """A value of the form, or a link (`href`)."""

    value: str
    label: str
    on: bool
    href: str = ""


@dataclass(frozen=True, slots=True)
class Controls:
    """`hidden`: what the form carries along; `evaluators` is empty while there is only one."""

    live: Option
    cuts: list[Option]
    sets: list[Option]
    criteria: list[Option]
    evaluators: list[Option]
    compare: list[Option]
    hidden: list[tuple[str, str]]
    at: str
    kept_for_at: list[tuple[str, str]]
    ribbon: str
    digest: str
    cut_href: str
    compare_href: str
    report_href: str


def controls_of(choice: Choice) -> Controls:
    """Two queries: the cuts, and who else read images."""
    known, point = cuts(), choice.standpoint
    cut = point.cut
    code = cut.code if cut else ""
    chosen = choice.query
    return Controls(
        live=Option("", _("Live"), point.live, choice.with_(cut=None, at=None, compare=_not("live", chosen))),
        cuts=[
            Option(one.code, f"{one.code} · {day(one.cutoff)}", one.code == code,
                   choice.with_(cut=one.code, at=None, compare=_not(one.code, chosen)))
            for one in known
        ],
        sets=_sets(choice),
        criteria=[Option(key, str(label), key == choice.criteria) for key, label in CRITERIA.items()],
        evaluators=_evaluators(choice),
        compare=_compare(choice, [one.code for one in known if one.code != code]),
        hidden=[(name, value) for name, value in chosen.items() if name in ("cut", "at", "compare")],
        at=_at(point),
        kept_for_at=[
            *((name, value) for name, value in chosen.items() if name not in ("cut", "at")),
            *([(EXACT, chosen["at"])] if "at" in chosen else []),
        ],
        ribbon=ribbon(choice), digest=cut.digest[:8] if cut else "", cut_href=f"/endpoints/cuts/{code}/" if cut else "",
        compare_href=_compare_href(choice), report_href=f"/reports/?cut={code}" if cut else "/reports/",
    )  # fmt: skip


def _not(value: str, chosen: dict[str, str]) -> str | None:
    """A comparison goes on unless it would be with itself."""
    return None if chosen.get("compare") == value else chosen.get("compare")


def _sets(choice: Choice) -> list[Option]:
    counts = choice.standpoint.results.get("sets", {}) if choice.ready else {}
    return [
        Option(code, f"{label} ({counts[code]})" if code in counts else str(label), code == choice.population)
        for code, label in SETS.items()
        if code in counts or code == choice.population or not counts
    ]


def _evaluators(choice: Choice) -> list[Option]:
    others = evaluators_of(choice.standpoint)
    if not others:
        return []
    main = choice.standpoint.evaluator
    every = [("", main), *((name, name) for name in others)]
    return [
        Option(value, name, value == ("" if choice.main_evaluator else choice.evaluator))
        for value, name in every
    ]


def _compare(choice: Choice, codes: list[str]) -> list[Option]:
    now = choice.query.get("compare", "")
    found = [Option("", pgettext("comparison", "None"), not now, choice.with_(compare=None))]
    shown = codes[:COMPARED] + [code for code in codes[COMPARED:] if code == now]
    found += [Option(code, code, now == code, choice.with_(compare=code)) for code in shown]
    if not choice.standpoint.live:
        found.append(Option("live", _("Live"), now == "live", choice.with_(compare="live")))
    return found if len(found) > 1 else []


def _compare_href(choice: Choice) -> str:
    """The page that names what moved: the other first, for what it was, then this one."""
    if choice.other is None or isinstance(choice.standpoint, AtMoment):
        return ""
    here = "live" if choice.standpoint.live else choice.standpoint.label
    there = "live" if choice.other.live else choice.other.label
    return f"/endpoints/compare/?a={there}&b={here}"


def _at(point: Any) -> str:
    """The moment as the field of the form writes it, to the second, in the zone in which it is read."""
    return field_of(point.at) if isinstance(point, AtMoment) and point.at else ""


def ribbon(choice: Choice) -> str:
    """What is looked at, in a few words."""
    point = choice.standpoint
    if point.live:
        return _("Live, data not locked")
    if point.cut is not None:
        said = {"code": point.cut.code, "day": day(point.cut.cutoff)}
        return (
            _("Data cut %(code)s, %(day)s, final") if point.final else _("Data cut %(code)s, %(day)s")
        ) % said
    return point.label


def file_part(choice: Choice) -> str:
    """What of the choice stands in the name of a file."""
    point = choice.standpoint
    when = f"{point.as_of:%Y%m%d}" if point.as_of else "none"
    parts = [
        point.cut.code if point.cut else "",
        when,
        choice.population,
        choice.criteria,
        choice.view.evaluator,
    ]
    return "_".join(part.replace(" ", "-") for part in parts if part)
