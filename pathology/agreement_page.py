"""The figures of agreement in words and numbers, for the page and for the report: cards and tables of plain texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pathology.agreement.results import FAR, FEWEST
from trialsite.web.figures import NOTHING, number, share_text

Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Card:
    """`key`: the headline. `value` is a number or a few words; `below` says of what and how sure."""

    title: str
    value: str
    below: str
    key: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The first cell of a row names it. `wide`: numbers that stand to the right; `note` explains."""

    name: str
    title: str
    heads: list[str]
    rows: list[list[str]]
    note: str = ""


def too_few(n: int) -> str:
    return _("too few (n = %(n)s)") % {"n": n}


def why_not(why: str) -> str:
    """Why a statistic has no value."""
    return {
        "few": _("too few"), "constant": _("no variation"), "": NOTHING,
    }[why]  # fmt: skip


def estimate(found: Plain | None, places: int = 2, why: str = "") -> str:
    """`0.95 (0.83 to 0.99)`; without an interval the value alone."""
    if not found or found.get("estimate") is None:
        return why_not((found or {}).get("why") or why)
    return f"{number(found['estimate'], places)}{limits(found['interval'], places)}"


def limits(interval: Sequence[float] | None, places: int = 2) -> str:
    if not interval:
        return ""
    low, high = (number(value, places) for value in interval)
    return " " + _("(%(low)s to %(high)s)") % {"low": low, "high": high}


def share(found: Plain) -> str:
    """`5/12, 41.7% (15.2% to 72.3%)`."""
    if not found["n"]:
        return NOTHING
    low, high = (f"{share_text(value)}%" for value in found["interval"])
    counted = f"{found['x']}/{found['n']}, {share_text(found['share'])}%"
    return f"{counted} " + _("(%(low)s to %(high)s)") % {"low": low, "high": high}


def spread(found: Plain | None, places: int = 1) -> str:
    """Median (quartiles)."""
    if not found:
        return NOTHING
    low, middle, high = (number(found[name], places) for name in ("lower", "median", "upper"))
    return f"{middle} " + _("(%(low)s to %(high)s)") % {"low": low, "high": high}


def headline(block: Plain) -> str:
    if block["few"]:
        return too_few(block["n"])
    icc = block["icc"]
    return estimate(icc[icc["headline"]], why=icc["why"])


def bias(block: Plain) -> str:
    if block["few"]:
        return too_few(block["n"])
    found = block["differences"]
    return f"{number(found['bias'], 1, sign=True)}{limits(found['interval'], 1)}"


def reach(block: Plain) -> str:
    """The two limits of agreement."""
    if block["few"]:
        return NOTHING
    found = block["differences"]
    return _("%(low)s to %(high)s") % {
        "low": number(found["lower"], 1, sign=True),
        "high": number(found["upper"], 1, sign=True),
    }


# --- cards --------------------------------------------------------------------------------------------------------


def cards(results: Plain) -> list[Card]:
    whole, adjudication, local = results["all"], results["adjudication"], results["local"]["case"]
    return [
        _icc_card(whole),
        Card(_("Kappa of MPR"), *_value(whole, "mpr"), key=True),
        Card(_("Weighted kappa of five classes"), *_value(whole, "grade_quadratic")),
        _bias_card(whole),
        Card(_("Adjudication"), *_split(share(adjudication))),
        _again_card(results["drift"]),
        Card(_("Local against central"), *_split_icc(local)),
    ]


def _icc_card(block: Plain) -> Card:
    title = _("Absolute agreement of two readers")
    if block["few"]:
        return Card(
            title, too_few(block["n"]), _("At least %(n)s cases are needed.") % {"n": FEWEST}, key=True
        )
    icc = block["icc"]
    name = "ICC(2,1)" if icc["headline"] == "absolute" else "ICC(1,1)"
    found = icc[icc["headline"]]
    value = number(found["estimate"], 2) if found else why_not(icc["why"])
    below = f"{name}{limits(found and found['interval'])}, {_cases(block['n'])}"
    return Card(title, value, below, key=True)


def _split_icc(block: Plain) -> tuple[str, str]:
    card = _icc_card(block)
    return card.value, card.below


def _value(block: Plain, name: str) -> tuple[str, str]:
    if block["few"]:
        return too_few(block["n"]), ""
    found = block["kappa"][name]
    if found["estimate"] is None:
        return why_not(found["why"]), _cases(block["n"])
    below = [part for part in (limits(found["interval"]).strip(), _cases(block["n"])) if part]
    return number(found["estimate"], 2), ", ".join(below)


def _bias_card(block: Plain) -> Card:
    title = _("Limits of agreement")
    if block["few"]:
        return Card(title, too_few(block["n"]), "")
    return Card(title, reach(block), _("points; bias %(bias)s") % {"bias": bias(block)})


def _split(text: str) -> tuple[str, str]:
    counted, _sep, rest = text.partition(", ")
    value, _sep, below = rest.partition(" ")
    return (value, f"{counted} {below}") if rest else (counted, "")


def _again_card(drift: Sequence[Plain]) -> Card:
    title = _("Planned re-reads")
    n = sum(one["n"] + one["unvalued"] for one in drift)
    known = [headline(one) for one in drift if not one["few"]]
    if not known:
        return Card(title, too_few(n), _("Plan some to see whether readers drift."))
    best = min((one for one in drift if not one["few"]), key=lambda one: _first(one))
    return Card(
        title,
        number(_first(best), 2),
        _("lowest ICC(2,1) of a reader with herself or himself; n = %(n)s") % {"n": n},
    )


def _first(block: Plain) -> float:
    found = block["icc"][block["icc"]["headline"]]
    return found["estimate"] if found else 1.0


def _cases(n: int) -> str:
    return _("n = %(n)s") % {"n": n}


# --- tables -------------------------------------------------------------------------------------------------------


def tables(results: Plain) -> dict[str, Table]:
    """All, by name, in the order of the page."""
    made = [
        _correlations(results), _kappas(results), _classes(results), _differences(results), _reasons(results),
        _confidence(results), _readers(results), _adjudicator(results), _drift(results), _local(results),
    ]  # fmt: skip
    return {table.name: table for table in made}


def pair_name(results: Plain, pair: Plain) -> str:
    return " – ".join(results["names"][str(pk)] for pk in pair["readers"])


def _blocks(results: Plain) -> list[tuple[str, Plain]]:
    """Every pair, and all together."""
    named = [(pair_name(results, pair), pair) for pair in results["pairs"]]
    return [*named, (_("All pairs"), results["all"])] if len(named) != 1 else named


def _line(name: str, block: Plain, *cells: str) -> list[str]:
    """Name, n, cells; or that there are too few."""
    if block["few"]:
        return [name, str(block["n"]), too_few(block["n"]), *[NOTHING] * (len(cells) - 1)]
    return [name, str(block["n"]), *cells]


def _correlations(results: Plain) -> Table:
    rows = []
    for name, block in _blocks(results):
        icc, n = block.get("icc") or {}, block["n"]
        rows.append(
            _line(
                name, block,
                *(estimate(icc.get(model), why=icc.get("why", "")) for model in ("absolute", "consistency", "one")),
                f"{block.get('within', 0)}/{n}", f"{block.get('same_class', 0)}/{n}", spread(block.get("gap")),
            )
        )  # fmt: skip
    heads = [
        _("Pair"), "n", _("ICC(2,1), absolute (95% CI)"), _("ICC(3,1), consistency (95% CI)"), _("ICC(1,1) (95% CI)"),
        _("At most 10 points apart"), _("Same class"), _("Points apart, median (quartiles)"),
    ]  # fmt: skip
    note = _(
        "Shrout and Fleiss 1979, McGraw and Wong 1996. The headline of a pair is absolute agreement, "
        "because MPR is an absolute threshold: a reader who always reads higher does not agree. Over all "
        "pairs only ICC(1,1) is defined when readers differ between cases."
    )
    return Table("icc", _("Correlation of the residual viable tumour"), heads, rows, note)


KAPPAS = ("mpr", "response_linear", "response_quadratic", "grade_linear", "grade_quadratic")


def _kappas(results: Plain) -> Table:
    rows = [
        _line(name, block, *(estimate((block.get("kappa") or {}).get(one)) for one in KAPPAS))
        for name, block in _blocks(results)
    ]
    heads = [
        _("Pair"), "n", _("MPR yes or no (95% CI)"), _("Three classes, linear"), _("Three classes, quadratic"),
        _("Five classes, linear"), _("Five classes, quadratic"),
    ]  # fmt: skip
    note = _(
        "Cohen 1960 and 1968, interval after Fleiss, Cohen and Everitt 1969. Three classes: pCR; MPR "
        "without pCR; no MPR. Five classes: pCR; MPR without pCR; up to 30%; less than 50%; at least 50%."
    )
    return Table("kappa", _("Agreement of classes"), heads, rows, note)


def class_names() -> list[str]:
    return [_("pCR"), _("MPR, no pCR"), _("≤ 30%"), _("< 50%"), _("≥ 50%")]


def _classes(results: Plain) -> Table:
    """How often which class met which, over all pairs."""
    names = class_names()
    counted = results["all"].get("table") or []
    rows = [
        [name, *(str(n) for n in line), str(sum(line))] for name, line in zip(names, counted, strict=False)
    ]
    heads = [_("First of the pair, down; second, across"), *names, _("All")]
    return Table("classes", _("Classes of the two readers"), heads, rows)


def _differences(results: Plain) -> Table:
    rows = [_difference_row(name, block) for name, block in _blocks(results)]
    return Table(
        "differences",
        _("Differences (Bland and Altman)"),
        _difference_heads(_("Pair")),
        rows,
        _difference_note(),
    )


def _difference_heads(first: str) -> list[str]:
    return [
        first, "n", _("Bias, points (95% CI)"), _("SD"), _("Lower limit (95% CI)"), _("Upper limit (95% CI)"),
        _("Slope on the mean (95% CI)"),
    ]  # fmt: skip


def _difference_row(name: str, block: Plain) -> list[str]:
    found = block.get("differences")
    if not found:
        return _line(name, block, *[NOTHING] * 5)
    trend = found["trend"]
    return _line(
        name, block, bias(block), number(found["sd"], 1),
        f"{number(found['lower'], 1, sign=True)}{limits(found['lower_interval'], 1)}",
        f"{number(found['upper'], 1, sign=True)}{limits(found['upper_interval'], 1)}",
        _slope(trend, 2),
    )  # fmt: skip


def _slope(found: Plain | None, places: int) -> str:
    if not found or found["slope"] is None:
        return why_not((found or {}).get("why", ""))
    return f"{number(found['slope'], places, sign=True)}{limits(found['interval'], places)}"


def _difference_note() -> str:
    return _(
        "Bland and Altman 1986 and 1999: bias, and bias ± 1.96 SD. First minus second of the pair, in "
        "points of viable tumour. A slope whose interval leaves 0 out says that the difference depends on"
        " the size."
    )


REASONS = ("RVT_DIFF", "MPR_DISC", "PCR_DISC", "ADEQ_DISC")


def reason_names() -> dict[str, str]:
    return {
        "RVT_DIFF": _("More than 10 points apart"), "MPR_DISC": _("MPR differs"), "PCR_DISC": _("pCR differs"),
        "ADEQ_DISC": _("Adequacy differs"),
    }  # fmt: skip


def _reasons(results: Plain) -> Table:
    found, names = results["adjudication"], reason_names()
    rows = [[_("Adjudicated"), share(found)]]
    rows += [[names[reason], str(found["reasons"].get(reason, 0))] for reason in REASONS]
    note = _("Exact interval (Clopper and Pearson 1934). A case can have several reasons.")
    return Table("adjudication", _("Adjudication and its reasons"), ["", _("Cases")], rows, note)


def _confidence(results: Plain) -> Table:
    names = {"LOW": _("Low"), "MODERATE": _("Moderate"), "HIGH": _("High"), "": _("Not stated")}
    rows = [
        [
            names[one["confidence"]],
            str(one["n"]),
            spread(one["gap"]),
            number(one["mean"], 1),
            share(one["needed"]),
        ]
        for one in results["confidence"]
    ]
    heads = [
        _("Lower confidence of the two"), "n", _("Points apart, median (quartiles)"), pgettext("statistics", "Mean"),
        _("Adjudicated"),
    ]  # fmt: skip
    return Table("confidence", _("Confidence and disagreement"), heads, rows)


def _readers(results: Plain) -> Table:
    rows = []
    for one in results["readers"]:
        against = one["against_decision"]
        rows.append(
            [
                results["names"][str(one["reader"])], str(one["read"]), str(one["adjudicated"]), spread(one["minutes"]),
                share(one["needed"]), str(against["n"]), bias(against),
            ]
        )  # fmt: skip
    heads = [
        _("Reader"), _("Read"), _("As adjudicator"), _("Minutes for a case, median (quartiles)"), _("Adjudicated"),
        _("n decided by another"), _("Own minus decision, points (95% CI)"),
    ]  # fmt: skip
    note = _(
        "Minutes at the page; pauses of more than five minutes do not count, and readings without a "
        "measured time are left out."
    )
    return Table("readers", _("Readers"), heads, rows, note)


def _adjudicator(results: Plain) -> Table:
    found = results["adjudicator"]
    names = {
        "first": _("Own opinion and reading 1"), "second": _("Own opinion and reading 2"),
        "decision": _("Own opinion and decision"),
    }  # fmt: skip
    rows = [
        _line(
            names[key], found[key], headline(found[key]), bias(found[key]), reach(found[key]),
            estimate((found[key].get("kappa") or {}).get("mpr")),
        )
        for key in names
    ]  # fmt: skip
    heads = [
        "",
        "n",
        _("ICC(1,1) (95% CI)"),
        _("Bias, points (95% CI)"),
        _("Limits of agreement"),
        _("Kappa of MPR (95% CI)"),
    ]
    note = _(
        "The opinion is given before the two readings are seen. Revised after seeing them: %(share)s."
    ) % {"share": share(found["revised"])}
    return Table("adjudicator", _("The adjudicator's own opinion"), heads, rows, note)


def _drift(results: Plain) -> Table:
    rows = [
        _line(
            results["names"][str(one["reader"])], one, headline(one), bias(one), reach(one),
            estimate((one.get("kappa") or {}).get("mpr")), _slope(one["trend"], 1),
        )
        for one in results["drift"]
    ]  # fmt: skip
    heads = [
        _("Reader"), "n", _("ICC(2,1), absolute (95% CI)"), _("Bias, points (95% CI)"), _("Limits of agreement"),
        _("Kappa of MPR (95% CI)"), _("Trend, points in 100 days (95% CI)"),
    ]  # fmt: skip
    note = _(
        "Cases that were read before, given to the same reader under a new code. Re-read minus first "
        "reading; the trend is the slope of this difference on the date of the re-read."
    )
    return Table("drift", _("Readers against themselves"), heads, rows, note)


def _local(results: Plain) -> Table:
    case, nodule = results["local"]["case"], results["local"]["nodule"]
    rows = []
    for name, block in ((_("Cases"), case), (_("Nodules"), nodule)):
        kappas = block.get("kappa") or {}
        classes = [
            estimate(kappas.get(one)) if block is case else NOTHING for one in ("mpr", "grade_quadratic")
        ]
        rows.append(_line(name, block, headline(block), bias(block), reach(block), *classes))
    heads = [
        "", "n", _("ICC(2,1), absolute (95% CI)"), _("Bias, points (95% CI)"), _("Limits of agreement"),
        _("Kappa of MPR (95% CI)"), _("Five classes, quadratic"),
    ]  # fmt: skip
    note = _(
        "Local minus final central value. %(far)s cases are more than %(points)s points apart; "
        "%(without)s released cases have no complete local report."
    ) % {
        "far": len(results["local"]["far"]),
        "points": number(FAR, 0),
        "without": results["local"]["without"],
    }
    return Table("local", _("Local against central pathology"), heads, rows, note)


# --- how it is computed -------------------------------------------------------------------------------------------


def methods() -> list[tuple[str, str]]:
    """What each figure is, in a paragraph (docs/reader-agreement.md says it in full)."""
    return [
        (
            _("Which readings"),
            _(
                "Submitted readings of cases whose central result is released. A reading that was opened "
                "again is not counted until its case is released once more. Readings without a value "
                "(inadequate slides) count for adjudication only. With fewer than five cases no statistic"
                " is given."
            ),
        ),
        (
            _("Correlation"),
            _(
                "Intraclass correlation of single readings of the residual viable tumour of the case "
                "(D-23, unrounded): ICC(1,1), ICC(2,1) and ICC(3,1) of Shrout and Fleiss 1979 with "
                "intervals from F quotients (McGraw and Wong 1996)."
            ),
        ),
        (
            _("Classes"),
            _(
                "Kappa of Cohen 1960, weighted 1968 with linear (Cicchetti and Allison 1971) and "
                "quadratic weights (Fleiss and Cohen 1973); interval (95%) from the standard error of "
                "Fleiss, Cohen and Everitt 1969."
            ),
        ),
        (
            _("Differences"),
            _(
                "Bias with Student's interval; limits of agreement at 1.96 SD, each with the interval of "
                "Bland and Altman 1999; slope of the difference on the mean by least squares."
            ),
        ),
        (
            _("Shares and times"),
            _(
                "Exact intervals of shares (Clopper and Pearson 1934). Median and quartiles by linear "
                "interpolation (type 7 of R)."
            ),
        ),
        (
            _("Readers against themselves"),
            _(
                "Planned re-reads: the same specimen to the same reader under a new code, at least weeks "
                "later. They never change a result."
            ),
        ),
    ]  # fmt: skip
