"""The cards of the dashboard: one endpoint each, with its interval, test, companion and the value elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from endpoints import words
from endpoints.board.choice import Choice
from endpoints.board.parts import whom
from endpoints.drawing import FEWEST, reached
from endpoints.engine.figures import SETS
from endpoints.ordering import ordered
from trialsite.web.figures import number, per_hundred, share_text

Results = Mapping[str, Any]


class Kind(NamedTuple):
    """A card: endpoint by RECIST 1.1 and by mRECIST (one of them as registered), title and note."""

    registered: str
    recist: str
    mrecist: str
    title: Any
    note: Any

    def by(self, criteria: str) -> str:
        return {"recist": self.recist, "mrecist": self.mrecist}.get(criteria, self.registered)


def _same(name: str, title: Any, note: Any) -> Kind:
    return Kind(name, name, name, title, note)


RATES: tuple[Kind, ...] = (
    _same("MPR", L("Major pathological response"), L("RVT ≤10%, central review")),
    _same("PCR", L("pCR"), L("RVT 0%, central review")),
    Kind("ORR", "ORR", "ORR_MRECIST", L("ORR"), L("best response before surgery")),
    Kind("DCR", "DCR_RECIST", "DCR", L("DCR"), L("before surgery")),
    _same("R0", L("R0 resection"), ""),
    _same("TRAE3", L("Grade ≥3 TRAE"), L("CTCAE v5.0, related to any study drug")),
)
CURVES: tuple[Kind, ...] = (
    Kind("PFS", "PFS", "PFS_MRECIST", L("PFS, median"), L("from first dose")),
    _same("DFS", L("DFS, median"), L("from R0 resection")),
    _same("OS", L("OS, median"), L("from first dose")),
    Kind("DOR", "DOR_RECIST", "DOR", L("DOR, median"), L("from first response")),
)
OWN_SET = {"R0": "RES", "TRAE3": "SAF", "SAE": "SAF"}  # the set that an endpoint is defined in
SHOWN_CRITERIA = {
    "ORR": "RECIST 1.1", "ORR_MRECIST": "mRECIST", "DCR": "mRECIST", "DCR_RECIST": "RECIST 1.1", "PFS": "RECIST 1.1",
    "PFS_MRECIST": "mRECIST", "DOR": "mRECIST", "DOR_RECIST": "RECIST 1.1",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says. `bar`: estimate, limits and null rate in per cent, of rates; `delta`: the value elsewhere."""

    name: str
    slug: str
    title: str
    value: str
    unit: str
    counts: str
    interval: str
    note: str
    companion: str
    bar: tuple[float, float, float, float | None] | None = None
    test: str = ""
    delta: str = ""
    moved: bool = False
    primary: bool = False
    is_rate: bool = True
    population: str = ""  # whom it counts, with the short names of sets


def rate_of(results: Results, name: str, population: str) -> tuple[str, dict[str, Any]] | None:
    """The set that a rate is shown in and its numbers: the one chosen; with the full analysis set, as the page opens,
    the one that it is defined in."""
    found = results.get("rates", {}).get(name, {})
    own = OWN_SET.get(name, "")
    order = (own, population) if population == "FAS" else (population, own)
    for one in (*order, *ordered(found, SETS)):
        if one in found:
            return one, found[one]
    return None


def cards(choice: Choice) -> list[Card]:
    """Rates and times to an event that the results have, in the order of the page."""
    found = [*(_rate(choice, kind) for kind in RATES), *(_curve(choice, kind) for kind in CURVES)]
    return [card for card in found if card is not None]


def card_of(choice: Choice, name: str) -> Card | None:
    """The card of any endpoint that the results have, for the head of its list."""
    known = words.NAMES[name]
    kind = _same(name, known.long, known.note)
    if name in choice.results.get("rates", {}):
        return _rate(choice, kind)
    return _curve(choice, kind) if name in choice.results.get("curves", {}) else None


# --- rates ----------------------------------------------------------------------------------------------------------


def _rate(choice: Choice, kind: Kind) -> Card | None:
    name = kind.by(choice.criteria)
    known = rate_of(choice.results, name, choice.population)
    if known is None:
        return None
    population, one = known
    whole, settled, pending = one["all"], one["settled"], one["pending"]
    return Card(
        name=name, slug=name.lower(), title=str(kind.title), primary=name == "MPR",
        value=_("NE") if whole["estimate"] is None else share_text(whole["estimate"]),
        unit="" if whole["estimate"] is None else "%", counts=f"{whole['x']}/{whole['n']}",
        interval=limits(whole["exact"]), bar=_bar(whole), test=test_text(whole), note=_note(choice, name, kind, population),
        companion=companion(whole["x"], pending, settled), population=population, **_rate_elsewhere(choice, name, whole),
    )  # fmt: skip


def limits(exact: Mapping[str, Any]) -> str:
    """Limits in per cent; "NE" where they are not estimable."""
    low, high = exact["lower"], exact["upper"]
    return _("NE") if low is None or high is None else f"{share_text(low)}–{share_text(high)}"


def _bar(whole: Mapping[str, Any]) -> tuple[float, float, float, float | None] | None:
    """With fewer than five participants numbers only."""
    exact, p0 = whole["exact"], whole.get("p0")
    if whole["estimate"] is None or exact["lower"] is None or whole["n"] < FEWEST:
        return None
    return (
        float(per_hundred(whole["estimate"])),
        float(per_hundred(exact["lower"])),
        float(per_hundred(exact["upper"])),
        None if p0 is None else float(per_hundred(p0)),
    )


def test_text(whole: Mapping[str, Any]) -> str:
    """S-2: the exact one-sided test, where a null rate is configured."""
    p = whole.get("p_greater")
    if p is None or whole.get("p0") is None:
        return ""
    shown = _("P < 0.0001") if p < 0.0001 else _("P = %(p)s") % {"p": number(p, 4)}
    return _("Exact one-sided %(p)s against %(rate)s%% (red line)") % {
        "p": shown,
        "rate": share_text(whole["p0"], None),
    }


def companion(x: int, pending: int, settled: Mapping[str, Any]) -> str:
    """G-25: the rate without those whose result is pending."""
    if not pending:
        return _("none pending")
    share = _("NE") if settled["estimate"] is None else f"{share_text(settled['estimate'])}%"
    return _("%(pending)s pending · %(x)s/%(n)s = %(rate)s without them") % {
        "pending": pending,
        "x": x,
        "n": settled["n"],
        "rate": share,
    }


def _note(choice: Choice, name: str, kind: Kind, population: str) -> str:
    """The set that is counted is named where it is not the chosen one, or where the endpoint has a set of its own."""
    parts = [SHOWN_CRITERIA.get(name, ""), str(kind.note)]
    if population != choice.population or name in OWN_SET:
        parts.append(str(words.SETS.get(population, population)))
    return ", ".join(part for part in parts if part)


def _rate_elsewhere(choice: Choice, name: str, whole: Mapping[str, Any]) -> dict[str, Any]:
    """The same rate at the standpoint that it is compared with."""
    if choice.other is None:
        return {}
    known = rate_of(choice.other_results, name, choice.population)
    if known is None:
        return {"delta": _("not computed in %(label)s") % {"label": choice.other.label}}
    there = known[1]["all"]
    same = (there["x"], there["n"]) == (whole["x"], whole["n"])
    rate = _("NE") if there["estimate"] is None else f"{share_text(there['estimate'])}%"
    said = {"rate": rate, "x": there["x"], "n": there["n"], "label": choice.other.label}
    text = _("same in %(label)s") if same else _("%(rate)s (%(x)s/%(n)s) in %(label)s")
    return {"delta": text % said, "moved": not same}


# --- times ----------------------------------------------------------------------------------------------------------


def _curve(choice: Choice, kind: Kind) -> Card | None:
    name = kind.by(choice.criteria)
    curve = choice.results.get("curves", {}).get(name)
    if curve is None:
        return None
    return Card(
        name=name, slug=name.lower(), title=str(kind.title), value=median_text(curve),
        unit=_("mo") if curve["median"]["estimate"] is not None else "",
        counts=_("%(events)s/%(n)s events") % {"events": curve["events"], "n": curve["n"]},
        interval=median_interval(curve), note=", ".join(p for p in (SHOWN_CRITERIA.get(name, ""), str(kind.note)) if p),
        companion=_landmarks(curve), is_rate=False, population=whom(name, choice.population),
        **_curve_elsewhere(choice, name, curve),
    )  # fmt: skip


def median_text(curve: Mapping[str, Any]) -> str:
    """S-7, S-11: months, "NR" for a median that is not reached, "NE" for nobody."""
    return reached(curve["median"]["estimate"]) if curve["n"] else _("NE")


def median_interval(curve: Mapping[str, Any]) -> str:
    if not curve["events"]:  # S-11: not estimable, which is not the same as not reached
        return _("NE")
    return f"{reached(curve['median']['lower'])}–{reached(curve['median']['upper'])}"


def mark_text(mark: Mapping[str, Any]) -> str:
    """`45.8% (30.3–60.1)`."""
    if mark["survival"] is None:
        return _("NE")
    return f"{share_text(mark['survival'])}% ({limits(mark)})"


def _landmarks(curve: Mapping[str, Any]) -> str:
    parts = []
    for month, mark in zip(curve["landmark_months"], curve["landmarks"], strict=True):
        rate = _("NE") if mark["survival"] is None else f"{share_text(mark['survival'])}%"
        parts.append(_("%(month)s mo %(rate)s") % {"month": month, "rate": rate})
    return " · ".join(parts)


def _curve_elsewhere(choice: Choice, name: str, curve: Mapping[str, Any]) -> dict[str, Any]:
    if choice.other is None:
        return {}
    there = choice.other_results.get("curves", {}).get(name)
    if there is None:
        return {"delta": _("not computed in %(label)s") % {"label": choice.other.label}}
    keys = ("n", "events", "time", "n_event", "n_censor")
    same = all(there[key] == curve[key] for key in keys)
    said = {
        "median": median_text(there)
        if there["median"]["estimate"] is None
        else _("%(n)s mo") % {"n": median_text(there)},
        "events": there["events"],
        "n": there["n"],
        "label": choice.other.label,
    }
    text = _("same in %(label)s") if same else _("%(median)s (%(events)s/%(n)s) in %(label)s")
    return {"delta": text % said, "moved": not same}
