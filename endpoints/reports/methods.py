"""Methods, points that are open for the sponsor, imputed dates, and the settings with their reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from endpoints.reports import texts
from endpoints.reports.blocks import Block, heading, items, num, section, table, text
from endpoints.reports.listings import imputed


def methods(content: Mapping[str, Any]) -> Block:
    blocks: list[Block] = []
    for head, words in texts.methods(content["results"]["settings"], content["cut"]):
        blocks += [heading(head, 3), text(words)]
    said = _(
        "The registry text leaves these points open. They are built as stated here and need the sponsor's decision:"
    )
    blocks += [heading(_("Open for the sponsor")), text(said), items(texts.sponsor(), ordered=True)]
    blocks += [heading(_("Imputed dates")), _imputed(content)]
    blocks += [heading(_("Electronic signatures")), text(_signatures())]
    return section(_("Methods"), blocks, css="methods")


def _signatures() -> str:
    return _(
        "This file is sealed by the system. Approvals are electronic signatures under the digest of this "
        "file; they are printed on a page of their own, which names the digest, so that signing changes "
        "no byte of the report. Whether a file or an approval is genuine is answered by the page named "
        "on the title page."
    )


def _imputed(content: Mapping[str, Any]) -> Block:
    found = imputed(content["people"])
    if not found:
        return text(_("No date that an endpoint rests on was incomplete."))
    heads = [_("Date of"), _("Missing"), num(_("Dates")), num(_("Participants"))]
    return table(_("Incomplete dates that were completed for analysis"), heads, found, css="half")


def settings(content: Mapping[str, Any]) -> Block:
    said = _(
        "Fixed by the registry, or assumed until the signed protocol replaces them. The digest of their "
        "values stands on the title page."
    )
    rows = [[key, value, _reason(reason)] for key, value, reason in content["settings"]]
    heads = [_("Setting"), _("Value"), _("Reason")]
    found = table(_("Settings of the study and of the endpoint engine"), heads, rows, css="settings")
    return section(_("Settings with their reasons"), [text(said), found])


def _reason(text: str) -> str:
    """In the reader's language; the catalogue writes a per cent sign twice, as templates do."""
    return _(text.replace("%", "%%")).replace("%%", "%")
