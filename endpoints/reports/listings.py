"""Listings: participants with the record fingerprint, readings of central pathology, heads of the audit chains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from endpoints import rows as lines
from endpoints import words
from endpoints.engine.codes import PENDING, Y
from endpoints.reports.blocks import LISTING, Block, num, row, section, table, text
from endpoints.reports.pathology import READERS
from trialsite.web.figures import NOTHING, number, viable

PILLS = {"PCR": "pcr", "MPR": "mpr", "NO_MPR": "no", "NOT_RESECTED": "na", "PENDING": "na"}


def participants(content: Mapping[str, Any]) -> Block:
    title = _("Participants: endpoints with record fingerprint")
    listed = [one for one in content["people"] if one["listed"]]
    if not listed:
        return section(title, [text(_("Nobody to list."))], kind=LISTING, css="land")
    heads = [
        _("Participant"), _("Age, sex"), num(_("Cycles")), _("First dose"), _("Resection"), num(_("R1, %")), num(_("R2, %")),
        num(_("Adj., %")), num(_("Final RVT, %")), _("Category"), _("ORR"), _("DCR"), _("Best RECIST"), _("Best mRECIST"),
        num(_("Best change, %")), num(_("PFS, mo")), _("PFS ended by"), num(_("DFS, mo")), num(_("DOR, mo")), num(_("OS, mo")),
        (_("Fingerprint"), "fp"),
    ]  # fmt: skip
    note = _(
        "+: censored. …: pending. R1, R2, Adj.: viable tumour by reader 1, reader 2 and the adjudicator, "
        "after the release of the result. Fingerprint: first twelve digits of the digest over inputs, "
        "rules, settings and result; the trace of each endpoint shows it in full."
    )
    found = table("", heads, [_listed(one) for one in listed], css="listing", numbered=False, note=note)
    return section(title, [found], kind=LISTING, css="land")


def _listed(one: Mapping[str, Any]) -> list[Any]:
    summary = one["summary"]
    values, profile = summary["values"], one["profile"]
    inside = "FAS" in summary["sets"]
    baseline, reads = profile.get("baseline", {}), {each["reader"]: each for each in one["readings"]}
    shares = [viable(reads[reader].get("rvt")) if reader in reads else NOTHING for reader in READERS]
    return [
        one["number"], f"{baseline.get('age', NOTHING)}/{baseline.get('sex', NOTHING)}",
        profile.get("disposition", {}).get("cycles", 0) if inside else NOTHING, values["PFS"].get("start") or NOTHING,
        summary.get("resection") or (_("not resected") if inside else NOTHING), *shares, viable(values["MPR"].get("rvt_pct")),
        _category(summary, inside), code(values["ORR"].get("value")), code(values["DCR"].get("value")),
        values["BOR_RECIST"].get("value") or NOTHING, values["BOR_MRECIST"].get("value") or NOTHING,
        number(summary["best_change"].get("mRECIST"), 1, sign=True), words.duration(values["PFS"]), why(values["PFS"]),
        words.duration(values["DFS"]), words.duration(values["DOR"]), words.duration(values["OS"]), one["fingerprint"][:12],
    ]  # fmt: skip


def _category(summary: Mapping[str, Any], inside: bool) -> SafeString | str:
    if not inside:
        return _("not treated")
    names = {
        "PCR": _("pCR"),
        "MPR": _("MPR"),
        "NO_MPR": _("no MPR"),
        "NOT_RESECTED": _("not res."),
        "PENDING": _("pending"),
    }
    found = lines.category(summary)
    return format_html('<span class="pill {}">{}</span>', PILLS[found], names[found])


def provenance(content: Mapping[str, Any]) -> Block | None:
    """From which versions of which forms, and how far they are verified, signed and queried."""
    listed = [one for one in content["people"] if one["listed"]]
    if not listed:
        return None
    heads = [
        _("Participant"), _("Source forms (version)"), num(_("Forms complete")), num(_("Fields verified")),
        num(_("Forms signed")),
        _("Review"), num(_("Open queries")), num(_("Late changes")),
        (_("Digest of the input"), "fp"), (_("Digest of the result"), "fp"),
    ]  # fmt: skip
    note = _(
        "Version: how often the forms behind a result had been saved, the highest of each kind (IMG: "
        "images, SURG: operation, PATH: central pathology, FU: follow-up, DTH: death). Late changes: "
        "made after the cut-off day and in the data. Digests: the first sixteen digits of SHA-256."
    )
    found = table("", heads, [_source(one) for one in listed], css="listing", numbered=False, note=note)
    return section(_("Participants: source forms and review state"), [found], kind=LISTING, css="land")


KINDS = ("IMG", "SURG", "PATH", "FU", "DTH")


def _source(one: Mapping[str, Any]) -> list[Any]:
    state = one["state"]
    versions = " · ".join(f"{kind} v{one['forms'][kind]}" for kind in KINDS if kind in one["forms"])
    if not state:
        return [one["number"], versions or NOTHING, *([NOTHING] * 6), one["input"][:16], one["result"][:16]]
    verified = bool(state["fields"]) and state["verified"] == state["fields"]
    signed = bool(state["to_sign"]) and state["signed"] == state["to_sign"]
    review = " · ".join(
        [_("SDV complete") if verified else _("SDV open"), _("signed") if signed else _("unsigned")]
    )
    return [
        one["number"], versions or NOTHING, f"{state['complete']}/{state['forms']}", f"{state['verified']}/{state['fields']}",
        f"{state['signed']}/{state['to_sign']}", review, len(state["queries"]) or NOTHING, state["late"] or NOTHING,
        one["input"][:16], one["result"][:16],
    ]  # fmt: skip


def code(value: Any) -> str:
    return {Y: _("Yes"), "N": _("No"), PENDING: "…"}.get(value, NOTHING)


def why(found: Mapping[str, Any]) -> str:
    name = found.get("name")
    return _(name) if name else NOTHING


# --- readings -------------------------------------------------------------------------------------------------------


def readings(content: Mapping[str, Any]) -> Block:
    title = _("Central pathology readings")
    rows = [line for one in content["people"] if one["listed"] for line in _readings(one)]
    if not rows:
        return section(title, [text(_("No submitted reading yet."))], kind=LISTING)
    heads = [
        _("Participant"), _("Reading"), _("Date"), _("Specimen"), num(_("RVT, %")), _("MPR"), _("pCR"),
    ]  # fmt: skip
    return section(title, [table("", heads, rows, css="listing", numbered=False)], kind=LISTING)


def adequacy(value: Any) -> str:
    """How a reader found the specimen."""
    return {"ADEQUATE": _("adequate"), "LIMITED": _("limited"), "INADEQUATE": _("inadequate")}.get(
        value, NOTHING
    )


def _readings(one: Mapping[str, Any]) -> list[Block]:
    """The readings that the value of a specimen rests on, and the value."""
    if not one["readings"]:
        return []
    values = one["summary"]["values"]
    found = []
    for place, read in enumerate(one["readings"]):
        found.append(
            row(
                [one["number"] if not place else "", READERS.get(read["reader"], read["reader"]), read.get("date") or NOTHING,
                 adequacy(read.get("adequacy")), viable(read.get("rvt")), code(read.get("mpr")), code(read.get("pcr"))]
            )
        )  # fmt: skip
    final = [
        "", _("Final result"), one["profile"].get("disposition", {}).get("central") or "", "",
        viable(values["MPR"].get("rvt_pct")),
        words.value_word(values["MPR"].get("value")), words.value_word(values["PCR"].get("value")),
    ]  # fmt: skip
    return [*found, row(final, "fin")]


# --- audit chains ---------------------------------------------------------------------------------------------------


def chains(content: Mapping[str, Any]) -> Block | None:
    """The study's head, then those of the participants that are listed."""
    kept = content["chains"]
    listed = {one["number"] for one in content["people"] if one["listed"]}
    rows = [[_("Study"), "study", *kept["study"]]]
    rows += [
        [number_, name, length, head]
        for number_, length, head, name in kept["people"]
        if not content["sites"] or number_ in listed or number_.partition("-")[0] in content["sites"]
    ]
    said = _(
        "The digest of the last event stands for every event of a chain. The digest on the title page "
        "stands for the heads of all %(n)s chains. Whoever holds this report can show that an earlier "
        "event was altered: the verifier of the exported trail takes a head as --expect."
    ) % {"n": kept["chains"]}
    heads = [_("Of"), _("Chain"), num(_("Events")), (_("SHA-256 of the last event"), "fp")]
    return section(
        _("Heads of the audit chains"),
        [text(said), table("", heads, rows, css="listing", numbered=False)],
        kind=LISTING,
    )


def imputed(people: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """How many dates were completed, by kind and by what was missing."""
    counts: dict[tuple[str, str], list[str]] = {}
    for one in people:
        for what, given, _date, flag in sorted({tuple(line) for line in one["imputed"]}):
            counts.setdefault((what, flag), []).append(f"{one['number']} {given}")
    missing = {"D": _("day"), "M": _("month and day")}
    return [
        [_(what), missing.get(flag, flag), len(found), len({one.split()[0] for one in found})]
        for (what, flag), found in sorted(counts.items())
    ]
