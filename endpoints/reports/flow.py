"""The way of the participants through the trial: boxes down, who left at each step beside it. Each step adds up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from endpoints.board.parts import reason
from endpoints.ordering import most_frequent


def flow_of(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """`label`, `n`, `note`, `key`, and `out`: head and lines of who left before the next box."""
    found = content["profile"]["flow"]
    failed = _left(_("Not enrolled"), found["failed"])
    if found["in_screening"]:
        failed.append(_("In screening, n = %(n)s") % {"n": found["in_screening"]})
    margins = " · ".join(
        f"{code if code != 'UNKNOWN' else _('not known')}: {n}" for code, n in most_frequent(found["margin"])
    )
    waiting = [_("Central result awaited, n = %(n)s") % {"n": found["awaited"]}] if found["awaited"] else []
    return [
        _node(_("Screened"), found["screened"], failed),
        _node(_("Enrolled"), found["enrolled"], _left(_("Never dosed"), found["never_dosed"])),
        _node(
            _("Treated"),
            found["treated"],
            _left(_("Not resected (yet)"), found["not_resected"]),
            _("full analysis set"),
            key=True,
        ),
        _node(_("Resected"), found["resected"], waiting, _("margin %(margins)s") % {"margins": margins} if margins else ""),
        _node(
            _("Central result released"), found["released"], [],
            _("adjuvant treatment begun: %(n)s") % {"n": found["adjuvant"]}, key=True,
        ),
    ]  # fmt: skip


def _node(label: str, n: int, out: list[str], note: str = "", key: bool = False) -> dict[str, Any]:
    return {"label": label, "n": n, "out": out, "note": note, "key": key}


def _left(head: str, reasons: Mapping[str, int]) -> list[str]:
    """How many left, then why, the most frequent reason first."""
    if not reasons:
        return []
    whole = _("%(head)s, n = %(n)s") % {"head": head, "n": sum(reasons.values())}
    return [whole, *(f"{reason(code)}: {n}" for code, n in most_frequent(reasons))]


def flow_note(content: Mapping[str, Any]) -> str:
    """Why the numbers of the flow and of the analysis sets may differ."""
    found = content["profile"]["flow"]
    said = []
    if content["problem_count"]:
        said.append(
            _("%(n)s participants with data errors are in the flow and in no analysis set.")
            % {"n": content["problem_count"]}
        )
    if found["dosed_not_enrolled"]:
        said.append(_("Dosed and never enrolled, in no branch: %(n)s.") % {"n": found["dosed_not_enrolled"]})
    return " ".join(said)
