"""Lesions of one participant over time, by both criteria, and the response at each time point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from endpoints import words
from endpoints.engine.codes import MRECIST, RECIST
from endpoints.reports.blocks import Block, num, row, table
from trialsite.web.figures import NOTHING, number

ACROSS = 8  # time points beside each other; more go below


def lesion_tables(content: Mapping[str, Any]) -> Iterator[Block]:
    evaluator = content["engine_settings"].get("evaluator")
    rows = [one for one in (content["course"].get("imaging") or ()) if one.get("evaluator") == evaluator]
    for criteria in (RECIST, MRECIST):
        mine = sorted((one for one in rows if one["criteria"] == criteria), key=lambda one: one["date"])
        for start in range(0, len(mine), ACROSS):
            yield _lesions(criteria, mine, mine[start : start + ACROSS])
        if points := content["responses"].get(criteria):
            yield _responses(criteria, points)


def _lesions(criteria: str, every: Sequence[Mapping[str, Any]], shown: Sequence[Mapping[str, Any]]) -> Block:
    targets = _names(every, "target")
    others = _names(every, "nontarget")
    new = _names(every, "new")
    rows = [
        row([f"{name} {words.code_label('ORGAN', organ)}".strip(), *(_target(one, name) for one in shown)])
        for name, organ in targets
    ]
    rows += [row([name, *(_state(one, "nontarget", name) for one in shown)]) for name, _organ in others]
    rows += [row([name, *(_state(one, "new", name) for one in shown)]) for name, _organ in new]
    if not rows:
        rows = [row([_("Response as given"), *(one.get("overall") or NOTHING for one in shown)])]
    heads = [_("Lesion"), *(num(f"{one.get('name') or ''} {one['date']}".strip()) for one in shown)]
    caption = (
        _("Lesions by mRECIST; viable diameters in mm (viable part of liver lesions)")
        if criteria == MRECIST
        else _("Lesions by RECIST 1.1; diameters in mm")
    )
    return table(caption, heads, rows, css="compact")


def _names(rows: Sequence[Mapping[str, Any]], kind: str) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for one in rows:
        for lesion in one.get(kind) or ():
            organ = lesion.get("organ") or ""
            found[lesion["id"]] = found.get(lesion["id"]) or organ
    return list(found.items())


def _of(one: Mapping[str, Any], kind: str, name: str) -> Mapping[str, Any] | None:
    return next((lesion for lesion in one.get(kind) or () if lesion["id"] == name), None)


def _target(one: Mapping[str, Any], name: str) -> str:
    lesion = _of(one, "target", name)
    if lesion is None:
        return NOTHING
    if lesion.get("mm") is not None:
        return number(lesion["mm"])
    return words.code_word(lesion.get("state"))


def _state(one: Mapping[str, Any], kind: str, name: str) -> str:
    lesion = _of(one, kind, name)
    if lesion is None:
        return NOTHING
    return words.code_word(lesion.get("state")) if lesion.get("state") else _("present")


def _responses(criteria: str, points: Sequence[Mapping[str, Any]]) -> Block:
    rows = []
    for point in points:
        base, nadir, now = (
            None if point[key] is None else float(point[key]) for key in ("baseline_sum", "nadir", "sum")
        )
        rows.append(
            [point.get("name") or NOTHING, point["date"], number(now), _change(now, base), number(nadir), _change(now, nadir),
             point["target"] or NOTHING, point["nontarget"] or NOTHING, words.code_word(point["new"]), point["overall"]]
        )  # fmt: skip
    heads = [
        _("Time point"), _("Date"), num(_("Sum, mm")), num(_("From baseline, %")), num(_("Nadir, mm")), num(_("From nadir, %")),
        _("Target"), _("Non-target"), _("New lesion"), _("Overall"),
    ]  # fmt: skip
    return table(_("Responses by %(criteria)s") % {"criteria": criteria}, heads, rows, css="compact")


def _change(now: float | None, base: float | None) -> str:
    if now is None or not base:
        return NOTHING
    return number(100 * (now - base) / base, 1, sign=True)
