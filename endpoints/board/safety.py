"""Safety, exposure and the flow of participants, from the stored figures; the serious events from the profiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from endpoints import words
from endpoints.board.choice import Choice
from endpoints.board.grid import Grid, pct
from endpoints.board.parts import DRUGS, PHASES, SAFETY, part, reason
from endpoints.engine.safety_tables import serious_events
from endpoints.ordering import most_frequent, ordered
from trialsite.web.figures import day, number, share_text

Results = Mapping[str, Any]


def _of(n: int, whole: int) -> str:
    """`12 (25.5)`."""
    return f"{n} ({share_text(Fraction(n, whole))})" if whole else str(n)


def summary(results: Results) -> list[Grid]:
    """How many participants had any event of each kind."""
    found = part(results, "safety")
    if not found or not found["n"]:
        return []
    rows = []
    for name, label in SAFETY.items():
        one = found["summary"].get(name)
        if one:
            limits = one["exact"]
            rows.append(
                [
                    str(label),
                    one["x"],
                    one["n"],
                    pct(one["estimate"]),
                    pct(limits["lower"]),
                    pct(limits["upper"]),
                ]
            )
    heads = [_("Participants with"), "x", "n", "%", _("95% CI, lower"), _("95% CI, upper")]
    note = " ".join(one for one in (refused(found), _unknown(found)) if one)
    return [Grid("safety", _("Adverse events"), heads, rows, note=note)]


def refused(found: Mapping[str, Any]) -> str:
    """Why the numbers of the safety set are not those of TRAE3 and SAE."""
    n = found.get("refused", 0)
    said = _("Participants whose data are refused (G-27): %(n)s. They count here and have no TRAE3 and SAE.")
    return said % {"n": n} if n else ""


def _unknown(found: Mapping[str, Any]) -> str:
    """What is not answered yet; it counts as not related and without a grade."""
    names = {"related": _("causality"), "grade": _("grade"), "serious": _("seriousness")}
    unknown = found.get("unknown") or {}
    open_ones = [f"{said}: {unknown[name]}" for name, said in names.items() if unknown.get(name)]
    return _("Not answered yet (events): %(what)s") % {"what": ", ".join(open_ones)} if open_ones else ""


def terms(results: Results) -> list[Grid]:
    """Worst grade of each participant by term: n (%) in all and with grade 3 or more, of any cause and related."""
    found = part(results, "safety")
    if not found or not found["terms"]:
        return []
    n = found["n"]
    rows = [
        [
            words.event_term(one["term"]) if one["term"] else _("not coded yet"),
            *(one["all"]["grades"].get(str(grade), 0) for grade in range(1, 6)),
            _of(one["all"]["n"], n), _of(one["all"]["grade3"], n), _of(one["related"]["n"], n), _of(one["related"]["grade3"], n),
        ]
        for one in sorted(found["terms"], key=lambda one: (-one["all"]["n"], -one["all"]["grade3"], one["term"]))
    ]  # fmt: skip
    grades = [_("Grade %(n)s") % {"n": grade} for grade in range(1, 6)]
    heads = [
        _("Term (CTCAE v5.0)"),
        *grades,
        _("Any, n (%)"),
        _("Grade ≥3, n (%)"),
        _("TRAE, n (%)"),
        _("TRAE ≥3, n (%)"),
    ]
    note = _("Safety set, n = %(n)s. A participant counts once for a term, with the worst grade.") % {"n": n}
    return [Grid("terms", _("Adverse events by term, worst grade"), heads, rows, note=note)]


def exposure(results: Results) -> list[Grid]:
    """Doses, dose and relative dose intensity by drug."""
    found = part(results, "exposure")
    if not found or not found["n"]:
        return []
    rows = []
    for drug in ordered(found["drugs"], DRUGS):
        one = found["drugs"][drug]
        rows.append(
            [
                str(DRUGS.get(drug, drug)), one["n"], _spread(one["doses"], 0), _spread(one["mg"], 0),
                *(_spread(one["rdi"][phase], 1) for phase in PHASES if _phase(found, phase)),
                *(_of(one[name]["x"], one[name]["n"]) for name in ("lower", "omitted", "stopped")),
            ]
        )  # fmt: skip
    rdi = [
        _("RDI, %%, %(phase)s") % {"phase": PHASES[phase].lower()} for phase in PHASES if _phase(found, phase)
    ]
    heads = [
        _("Drug"), "n", _("Doses"), _("Dose, mg"), *rdi, _("Reduced, n (%)"), _("Left out, n (%)"), _("Stopped for good, n (%)"),
    ]  # fmt: skip
    return [
        Grid("exposure", _("Exposure to the study drugs"), heads, rows, note=_("Median (least to greatest)."))
    ]


def _phase(found: Mapping[str, Any], phase: str) -> bool:
    return any(one["rdi"][phase]["n"] for one in found["drugs"].values())


def _spread(one: Mapping[str, Any], places: int) -> str:
    if not one["n"]:
        return "–"
    low, middle, high = (number(one[name], places) for name in ("min", "median", "max"))
    return f"{middle} ({low}–{high})"


# --- serious events -------------------------------------------------------------------------------------------------


def serious(choice: Choice, sites: frozenset[str] | None) -> Grid:
    """The listing of serious events of participants at these sites (none: all). It reads the profile of everybody."""
    people = [
        (line.number, line.profile)
        for line in choice.standpoint.lines()
        if sites is None or line.site in sites
    ]
    rows = [
        [
            one["number"], words.event_name(one) or "–", one.get("grade", "–"),
            day(one.get("start")),
            _("ongoing") if one.get("ongoing") else day(one.get("end")), words.value_word(one.get("related")),
            _("Yes") if one.get("fatal") else _("No"), _("before the first dose") if one.get("before") else "",
        ]
        for one in serious_events(people)
    ]  # fmt: skip
    heads = [
        _("Participant"), _("Term (CTCAE v5.0)"), _("Grade"), _("Start"), _("End"), _("Related"), _("Fatal"), _("Note"),
    ]  # fmt: skip
    suffix = choice.standpoint.suffix
    return Grid(
        "sae", _("Serious adverse events"), heads, rows,
        href=lambda label: f"/endpoints/sae/{label}/{suffix}" if "SAE" in words.NAMES else "",
    )  # fmt: skip


# --- flow -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """A box of the flow, and who leaves behind it: reason and number."""

    name: str
    label: str
    n: int
    left: list[tuple[str, int]]
    note: str = ""

    @property
    def gone(self) -> int:
        return sum(n for _why, n in self.left)


def flow(results: Results) -> list[Step]:
    """From consent to the central result; empty while there are no such figures."""
    found = part(results, "flow")
    if not found:
        return []
    released = [(_("central result awaited"), found["awaited"])] if found["awaited"] else []
    screening = [(_("still in screening"), found["in_screening"])] if found["in_screening"] else []
    margins = ", ".join(f"{code} {n}" for code, n in most_frequent(found["margin"]))
    adjuvant = _("adjuvant treatment begun: %(n)s") % {"n": found["adjuvant"]} if found["adjuvant"] else ""
    return [
        Step("screened", _("Consented and screened"), found["screened"], [*_why(found["failed"]), *screening]),
        Step("enrolled", _("Enrolled"), found["enrolled"], _why(found["never_dosed"])),
        Step("treated", _("Treated (full analysis set)"), found["treated"], _why(found["not_resected"])),
        Step("resected", _("Resected"), found["resected"], released, "; ".join(one for one in (margins, adjuvant) if one)),
        Step("released", _("Central pathology released"), found["released"], []),
    ]  # fmt: skip


def _why(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(reason(code), n) for code, n in most_frequent(counts)]
