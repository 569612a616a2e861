"""Participants: the flow, the analysis sets with who is not in them and why, accrual, baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from endpoints.reports import cells, texts
from endpoints.reports.blocks import (
    Block,
    figure,
    figure_part,
    num,
    row,
    section,
    table,
    text,
)
from endpoints.reports.flow import flow_note, flow_of
from endpoints.reports.pictures import Pictures
from trialsite.web.figures import NOTHING, number

SETS = ("ENR", "FAS", "SAF", "RES", "R0", "PEV", "REV", "REV_M", "RSP", "PPS")
NAMED = 12  # so many numbers stand in a cell; the listing has all


def participants(content: Mapping[str, Any], pictures: Pictures) -> Block:
    return section(
        _("Participants and analysis sets"),
        [
            figure_part(_("Participant flow"), "reports/_flow.html", {"nodes": flow_of(content)}),
            text(note, "fn") if (note := flow_note(content)) else None,
            _sets(content),
            _problems(content),
            *_accrual(content, pictures),
        ],
    )


def _sets(content: Mapping[str, Any]) -> Block:
    found = content["results"]["sets"]
    rows = []
    for code in SETS:
        if code in found:
            cols = [
                cells.set_name(code),
                code,
                texts.SET_WORDS.get(code, ""),
                found[code],
                _left(content, code),
            ]
            rows.append(row(cols, "key" if code == "FAS" else ""))
    heads = [_("Set"), _("Short"), _("Definition"), num("n"), _("Excluded, with reason")]
    return table(_("Analysis sets"), heads, rows, css="sets")


# The set that each is a part of: who of it is not inside is counted as excluded.
PART_OF = {"FAS": "ENR", "SAF": "ENR", "RES": "FAS", "R0": "RES", "PEV": "RES", "REV": "FAS", "REV_M": "FAS", "RSP": "FAS",
           "PPS": "FAS"}  # fmt: skip


def _left(content: Mapping[str, Any], code: str) -> str:
    """How many of the larger set are not inside, why, and their numbers as far as they may be printed."""
    outer = PART_OF.get(code)
    if outer is None:
        return texts.refused(content)
    out = [one for one in content["people"] if outer in texts.sets_of(one) and code not in texts.sets_of(one)]
    if not out:
        return _("None beyond %(set)s") % {"set": outer}
    whys: dict[str, list[str]] = {}
    for one in out:
        whys.setdefault(texts.why_outside(one, code), []).append(one["number"] if one["listed"] else "")
    return "; ".join(
        _reason(why, numbers)
        for why, numbers in sorted(whys.items(), key=lambda item: (-len(item[1]), item[0]))
    )


def _reason(why: str, numbers: Sequence[str]) -> str:
    known = [one for one in numbers if one]
    if len(known) == len(numbers) <= NAMED:
        return f"{len(numbers)} {why} ({', '.join(known)})"
    return f"{len(numbers)} {why}"


def _problems(content: Mapping[str, Any]) -> Block | None:
    found = texts.problems(content)
    if not found:
        return None
    states = {"PARKED": _("set aside")}
    rows = [[number, states.get(status, _("data error")), error] for number, status, error in found]
    return table(_("Participants that are not counted"), [_("Participant"), _("State"), _("Why")], rows)


# --- accrual --------------------------------------------------------------------------------------------------------


def _accrual(content: Mapping[str, Any], pictures: Pictures) -> list[Block]:
    months = accrual_rows(content["profile"]["accrual"])
    if not months:
        return []
    blocks = []
    if svg := pictures.get("accrual"):
        blocks.append(
            figure(_("Participants enrolled, added up by month, against the plan"), svg, css="small")
        )
    heads = [_("Month"), num(_("Enrolled")), num(_("Enrolled so far")), num(_("Planned so far"))]
    blocks.append(
        table(
            _("Accrual by month; months without an enrolment are left out"), heads, months, css="half compact"
        )
    )
    return blocks


def accrual_rows(found: Mapping[str, Any]) -> list[list[Any]]:
    """Month, enrolled in it, added up, planned by its end."""
    return [
        [
            one["month"],
            one["n"],
            one["total"],
            NOTHING if one["planned"] is None else number(one["planned"], 1),
        ]
        for one in found["months"]
        if one["n"] or one is found["months"][-1]
    ]
