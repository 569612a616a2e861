"""The title page: what the report is of, from which data, with which versions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from endpoints.reports import cells, texts
from endpoints.reports.choices import NAMES, SECTIONS
from endpoints.reports.content import definition
from trialsite.web.figures import day, moment, percent

SETS = ("FAS", "RES", "PEV", "SAF")


def cover_of(content: Mapping[str, Any], chosen: Sequence[str]) -> dict[str, Any]:
    person = content.get("kind") == "PERSON"
    lines = [*_origin(content)]
    if not person:
        lines += [
            (_("Analysis sets"), [_sets(content)]),
            (_("Data state at the cut") if content["cut"] else _("Data state"), [_state(content)]),
        ]
        if content["sites"]:
            said = _("Sites %(sites)s; figures are of the whole trial") % {
                "sites": ", ".join(content["sites"])
            }
            lines.append((_("Listings"), [said]))
        left_out = [str(NAMES[name]) for name in SECTIONS if name not in chosen]
        if left_out:
            lines.append((_("Left out"), ["; ".join(left_out)]))
    lines += [
        (_("Protocol"), [_("Registry record; protocol values that are assumed are marked in the settings")]),
        (_("Engine, settings"), [f"{content['engine']} · {content['configuration']}"]),
        (_("Audit trail"), _trail(content)),
        (_("Report definition"), [definition()]),
        (_("Software"), [texts.software(content)]),
    ]  # fmt: skip
    return {"status": _status(content), "final": _is_final(content), "lines": lines}


def _is_final(content: Mapping[str, Any]) -> bool:
    return bool(content["cut"] and content["cut"]["final"])


def _status(content: Mapping[str, Any]) -> str:
    if content["cut"] is None:
        return _("LIVE · UNLOCKED DATA · NOT FOR PUBLICATION")
    if content["cut"]["final"]:
        return _("FINAL")
    return _("INTERIM · UNLOCKED DATA · NOT FOR PUBLICATION")


def _origin(content: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The cut with its digest, or the day up to which live data count."""
    cut = content["cut"]
    if cut is None:
        found = [(_("Data up to"), [day(content["as_of"])])]
        if content["computed_at"]:
            at = moment(dt.datetime.fromisoformat(content["computed_at"]))
            found.append((_("Computed"), [f"{at} UTC"]))
        return found
    at = moment(dt.datetime.fromisoformat(cut["at"]))
    signed = moment(dt.datetime.fromisoformat(cut["confirmed_at"]))
    lines = [
        _("%(cut)s · data up to %(day)s · entered by %(at)s UTC")
        % {"cut": cut["code"], "day": day(cut["cutoff"]), "at": at}
    ]
    if cut["replaces"]:
        lines.append(_("In the place of %(cut)s") % {"cut": cut["replaces"]})
    return [
        (_("Data cut"), lines),
        (_("Snapshot (SHA-256)"), [_blocks(cut["digest"][:32]), _blocks(cut["digest"][32:])]),
        (_("Confirmed"), [_("%(at)s UTC, %(name)s") % {"at": signed, "name": cut["confirmed_by"]}]),
    ]  # fmt: skip


def _blocks(digest: str) -> str:
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def _sets(content: Mapping[str, Any]) -> str:
    found = content["results"]["sets"]
    return "; ".join(f"{cells.set_name(name)} n = {found[name]}" for name in SETS if name in found)


def _state(content: Mapping[str, Any]) -> str:
    totals = content["totals"]
    parts = []
    if totals.get("fields"):
        parts.append(
            _("%(share)s of endpoint fields verified")
            % {"share": percent(100 * totals["verified"] / totals["fields"])}
        )
    if totals.get("participants"):
        parts.append(
            _("%(n)s/%(m)s casebooks signed") % {"n": totals["casebooks_signed"], "m": totals["participants"]}
        )
        parts.append(_("%(n)s open queries") % {"n": totals["queries"]})
    if content["problem_count"]:
        parts.append(_("%(n)s not counted (data errors)") % {"n": content["problem_count"]})
    if content["behind"]:
        parts.append(_("%(n)s being computed") % {"n": content["behind"]})
    return " · ".join(parts) or "–"


def _trail(content: Mapping[str, Any]) -> list[str]:
    """All chains in one digest, any later event changes it."""
    chains = content["chains"]
    said = _("%(e)s events in %(c)s chains; digest of their heads (SHA-256):") % {
        "e": chains["events"], "c": chains["chains"],
    }  # fmt: skip
    return [said, _blocks(chains["digest"][:32]), _blocks(chains["digest"][32:])]
