"""The figures of the page and of the report, from released readings: plain dictionaries that can be kept as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from .bland_altman import bland_altman
from .icc import Icc, icc_table
from .kappa import Kappa, Weight, counts, kappa, linear, quadratic, unweighted
from .plain import exact_share, mean, spread
from .readings import CLASSES, Again, Case, Material, Read, Value
from .slope import slope

FEWEST = 5  # with fewer cases a statistic would say more than is known: "too few"
FAR = 20.0  # CK-252: points between the local and the central value
ADJUDICATED = 10.0  # points between two readers (P-9)
HUNDRED_DAYS = 100 * 86400
CONFIDENCES = ("LOW", "MODERATE", "HIGH")

Plain = dict[str, Any]


def results_of(material: Material) -> Plain:
    """All of it. The order of the cases does not matter; readers are named by their keys and in `names`."""
    cases = material.cases
    pairs = _pairs(cases, material.names)
    return {
        "cases": len(cases),
        "names": {str(pk): name for pk, name in sorted(material.names.items(), key=lambda item: item[1])},
        "all": agreement([pair for found in pairs.values() for pair in found], crossed=len(pairs) == 1),
        "pairs": [{"readers": list(key), **agreement(found)} for key, found in pairs.items()],
        "readers": _readers(material),
        "adjudication": _adjudication(cases),
        "adjudicator": _adjudicator(cases),
        "confidence": _confidence(cases),
        "drift": _drift(material),
        "local": _local(cases),
        "points": _points(pairs, material),
    }


# --- two opinions of the same cases -------------------------------------------------------------------------------


def agreement(pairs: Sequence[tuple[Value, Value]], *, crossed: bool = True) -> Plain:
    """Correlation, kappa, differences. `crossed`: the same two readers read all cases; else only ICC(1,1) is defined."""
    known = [(one, two) for one, two in pairs if one.rvt is not None and two.rvt is not None]
    found: Plain = {"n": len(known), "unvalued": len(pairs) - len(known), "few": len(known) < FEWEST}
    if found["few"]:
        return found
    values = [(one.rvt or 0.0, two.rvt or 0.0) for one, two in known]
    gaps = [abs(one - two) for one, two in values]
    return found | {
        "icc": _correlations(values, crossed),
        "kappa": _kappas(known),
        "differences": _differences(values),
        "gap": _spread(gaps),
        "within": sum(gap <= ADJUDICATED for gap in gaps),
        "same_class": sum(one.grade == two.grade for one, two in known),
        "table": counts([(one.grade or 0, two.grade or 0) for one, two in known], CLASSES),
    }


def _correlations(values: Sequence[tuple[float, float]], crossed: bool) -> Plain:
    table = icc_table(values)
    found: Plain = {"why": table.why, "headline": "absolute" if crossed else "one", "one": _icc(table.one)}
    if crossed:
        found |= {"absolute": _icc(table.absolute), "consistency": _icc(table.consistency)}
    return found


def _icc(found: Icc | None) -> Plain | None:
    return found and {"estimate": found.estimate, "interval": found.interval and list(found.interval)}


def _kappas(pairs: Sequence[tuple[Value, Value]]) -> Plain:
    grades = counts([(one.grade or 0, two.grade or 0) for one, two in pairs], CLASSES)
    responses = counts([(one.response or 0, two.response or 0) for one, two in pairs], 3)
    reached = counts([(int(one.mpr != "Y"), int(two.mpr != "Y")) for one, two in pairs], 2)
    asked: list[tuple[str, list[list[int]], Weight]] = [
        ("mpr", reached, unweighted), ("response_linear", responses, linear), ("response_quadratic", responses, quadratic),
        ("grade_linear", grades, linear), ("grade_quadratic", grades, quadratic),
    ]  # fmt: skip
    return {name: _kappa(kappa(table, weight)) for name, table, weight in asked}


def _kappa(found: Kappa) -> Plain:
    return {
        "estimate": found.estimate, "error": found.error, "interval": found.interval and list(found.interval),
        "agreement": found.agreement, "why": found.why,
    }  # fmt: skip


def _differences(values: Sequence[tuple[float, float]]) -> Plain:
    found = bland_altman(values)
    if found.lower is None or found.upper is None or found.trend is None:
        return {"why": found.why}
    return {
        "why": "", "bias": found.bias, "interval": list(found.interval or ()), "sd": found.sd,
        "lower": found.lower.at, "lower_interval": list(found.lower.interval),
        "upper": found.upper.at, "upper_interval": list(found.upper.interval),
        "trend": _slope([((one + two) / 2, one - two) for one, two in values]),
    }  # fmt: skip


def _slope(points: Sequence[tuple[float, float]]) -> Plain:
    found = slope(points)
    return {"slope": found.slope, "interval": found.interval and list(found.interval), "why": found.why}


def _spread(values: Sequence[float]) -> Plain | None:
    found = spread(values)
    return found and found._asdict()


def _share(x: int, n: int) -> Plain:
    limits = exact_share(x, n)
    return {"x": x, "n": n, "share": x / n if n else None, "interval": list(limits) if limits else None}


# --- readers ------------------------------------------------------------------------------------------------------


def _pairs(cases: Iterable[Case], names: dict[int, str]) -> dict[tuple[int, int], list[tuple[Value, Value]]]:
    """The values of the two readers of each pair, in the order of their names, whoever was allocated first."""
    found: dict[tuple[int, int], list[tuple[Value, Value]]] = {}
    for case in cases:
        if case.pair:
            one, two = in_order(case.pair, names)
            found.setdefault((one.reader, two.reader), []).append((one.value, two.value))
    return {key: found[key] for key in sorted(found, key=lambda key: [names[pk] for pk in key])}


def in_order(pair: tuple[Read, Read], names: dict[int, str]) -> tuple[Read, Read]:
    one, two = sorted(pair, key=lambda read: (names[read.reader], read.reader))
    return one, two


def _readers(material: Material) -> list[Plain]:
    """Each reader of the two places: time, agreement with what stands, how often an adjudicator was needed."""
    reads: dict[int, list[tuple[Case, Read]]] = {}
    for case in material.cases:
        for read in case.reads.values():
            reads.setdefault(read.reader, []).append((case, read))
    found = []
    for pk in sorted(reads, key=lambda pk: (material.names[pk], pk)):
        own = [(case, read) for case, read in reads[pk] if read.slot != "ADJ"]
        third = [read for _case, read in reads[pk] if read.slot == "ADJ"]
        timed = [read.seconds / 60 for _case, read in reads[pk] if read.seconds]
        found.append(
            {
                "reader": pk, "read": len(own), "adjudicated": len(third),
                "minutes": _spread(timed), "untimed": len(reads[pk]) - len(timed),
                "needed": _share(sum(case.needed for case, _read in own), len(own)),
                # A value of one's own is a part of the mean, so this is asked only where a third reader decided.
                "against_decision": agreement([(read.value, case.final) for case, read in own if case.needed]),
            }
        )  # fmt: skip
    return found


def _adjudication(cases: Sequence[Case]) -> Plain:
    read = [case for case in cases if case.pair]
    reasons = Counter(reason for case in read if case.needed for reason in case.reasons)
    return _share(sum(case.needed for case in read), len(read)) | {"reasons": dict(sorted(reasons.items()))}


def _adjudicator(cases: Sequence[Case]) -> Plain:
    """The own opinion beside the two readings and beside the decision, which was made after seeing them."""
    thirds = [(case, case.reads["ADJ"]) for case in cases if case.needed and "ADJ" in case.reads]
    known = [
        (case, third.opinion, third.value)
        for case, third in thirds
        if third.opinion is not None and case.pair
    ]
    revised = sum(_differs(opinion, decision) for _case, opinion, decision in known)
    first = [(opinion, case.pair[0].value) for case, opinion, _decision in known if case.pair]
    second = [(opinion, case.pair[1].value) for case, opinion, _decision in known if case.pair]
    return {
        "revised": _share(revised, len(known)),
        "without": len(thirds) - len(known),
        "first": agreement(first, crossed=False),
        "second": agreement(second, crossed=False),
        "decision": agreement([(opinion, decision) for _case, opinion, decision in known], crossed=False),
    }


def _differs(opinion: Value, decision: Value) -> bool:
    """Another class, or another share than the six places show that a share is stored with."""
    if (opinion.adequacy, opinion.mpr, opinion.pcr) != (decision.adequacy, decision.mpr, decision.pcr):
        return True
    if opinion.rvt is None or decision.rvt is None:
        return opinion.rvt is not decision.rvt
    return abs(opinion.rvt - decision.rvt) > 2e-6


def _confidence(cases: Sequence[Case]) -> list[Plain]:
    """Cases by the lower confidence of their two readers: how far apart, how often adjudicated."""
    found = []
    for level in (*CONFIDENCES, ""):
        chosen = [case for case in cases if case.pair and _lower(case.pair) == level]
        if not chosen:
            continue
        gaps = [
            abs(one.value.rvt - two.value.rvt)
            for one, two in (case.pair for case in chosen if case.pair)
            if one.value.rvt is not None and two.value.rvt is not None
        ]
        found.append(
            {
                "confidence": level, "n": len(chosen), "gap": _spread(gaps), "mean": mean(gaps) if gaps else None,
                "needed": _share(sum(case.needed for case in chosen), len(chosen)),
            }
        )  # fmt: skip
    return found


def _lower(pair: tuple[Read, Read]) -> str:
    known = [read.confidence for read in pair]
    return min(known, key=CONFIDENCES.index) if all(level in CONFIDENCES for level in known) else ""


# --- the same reader again ----------------------------------------------------------------------------------------


def _drift(material: Material) -> list[Plain]:
    """Of each reader: re-read minus first reading, and its trend over calendar time in points per 100 days."""
    found = []
    by_reader: dict[int, list[Again]] = {}
    for one in material.again:
        by_reader.setdefault(one.again.reader, []).append(one)
    for pk in sorted(by_reader, key=lambda pk: (material.names[pk], pk)):
        mine = by_reader[pk]
        block = agreement([(one.again.value, one.first.value) for one in mine])
        points = drift_points(mine)
        trend = None if block["few"] else _slope([(x, y) for x, y, _code in points])
        found.append({"reader": pk, **block, "trend": trend})
    return found


def drift_points(again: Sequence[Again]) -> list[tuple[float, float, str]]:
    """Hundreds of days since the first re-read of the list, points of difference, code of the re-read."""
    if not again:
        return []
    start = min(one.again.at for one in again)
    return [
        ((one.again.at - start).total_seconds() / HUNDRED_DAYS, one.again.value.rvt - one.first.value.rvt, one.code)
        for one in sorted(again, key=lambda one: (one.again.at, one.code))
        if one.again.value.rvt is not None and one.first.value.rvt is not None
    ]  # fmt: skip


# --- local and central --------------------------------------------------------------------------------------------


def _local(cases: Sequence[Case]) -> Plain:
    both = [(case.local, case.final) for case in cases if case.local is not None]
    nodules = [
        (_plain(case.local_nodules[number]), _plain(value))
        for case in cases
        for number, value in case.final_nodules.items()
        if number in case.local_nodules
    ]
    far: list[list[Any]] = [
        [case.code, case.participant, case.site, case.local.rvt, case.final.rvt]
        for case in cases
        if case.local is not None and (gap_of(case) or 0) > FAR
    ]
    far.sort(key=lambda line: (-abs(line[3] - line[4]), line[0]))
    return {
        "case": agreement(both),
        "nodule": agreement(nodules),
        "far": far,
        "without": sum(case.local is None for case in cases),
    }


def gap_of(case: Case) -> float | None:
    """Points between the local and the final central value."""
    if case.local is None or case.local.rvt is None or case.final.rvt is None:
        return None
    return abs(case.local.rvt - case.final.rvt)


def _plain(rvt: float) -> Value:
    """A nodule by itself: MPR and pCR are said of a specimen, never of a nodule."""
    return Value("", rvt, "NE", "NE")


# --- what the figures show ----------------------------------------------------------------------------------------


def _points(pairs: dict[tuple[int, int], list[tuple[Value, Value]]], material: Material) -> Plain:
    """Pairs of values for the figures, without names or codes."""
    return {
        "pairs": [
            [place, one.rvt, two.rvt]
            for place, found in enumerate(pairs.values())
            for one, two in found
            if one.rvt is not None and two.rvt is not None
        ],
        "local": [
            [case.local.rvt, case.final.rvt]
            for case in material.cases
            if case.local is not None and case.local.rvt is not None and case.final.rvt is not None
        ],
        "drift": [
            [one.again.reader, one.again.at.date().isoformat(), one.again.value.rvt - one.first.value.rvt]
            for one in sorted(material.again, key=lambda one: (one.again.at, one.code))
            if one.again.value.rvt is not None and one.first.value.rvt is not None
        ],
    }
