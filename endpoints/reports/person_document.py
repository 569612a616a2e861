"""The sections of a participant's endpoint report, from its content alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from crf.models import FormInstance
from crf.naming import label_of
from crf.policies import BLINDED_FORMS
from crf.registry import form_def
from crf.selectors.history import field_at, line_of
from endpoints import words
from endpoints.reports import cells
from endpoints.reports.blocks import Block, heading, num, row, section, table, text
from endpoints.reports.lesions import lesion_tables
from endpoints.reports.listings import adequacy, code
from endpoints.reports.opened import form_of
from endpoints.reports.pathology import READERS
from endpoints.trace import form_name
from trialsite.audit.models import AuditEvent
from trialsite.web.figures import NOTHING, day, moment, viable


def sections_of_person(content: Mapping[str, Any]) -> list[Block]:
    forms = forms_of(content)
    found = [_identification(content)]
    if content["status"] != "OK" or not content["values"]:
        return found
    found += [_results(content), _reasons(content), _images(content)]
    if content["readings"]:
        found.append(_readings(content))
    return [*found, _fields(content, forms), _changed(content, forms), *_others(content)]


def forms_of(content: Mapping[str, Any]) -> dict[int, FormInstance]:
    """The forms that were read, as the content names them."""
    return {int(pk): form_of(int(pk), kept, content["number"]) for pk, kept in content["forms"].items()}


def _identification(content: Mapping[str, Any]) -> Block:
    profile = content["profile"]
    baseline, disposition = profile.get("baseline", {}), profile.get("disposition", {})
    sets = ", ".join(cells.set_name(name) for name in content["sets"]) or _("none")
    rows = [
        [_("Participant"), content["number"]],
        [_("Site"), content["site"]],
        [
            _("Age, sex"),
            f"{baseline.get('age', NOTHING)}, {words.code_label('SEX', baseline.get('sex', NOTHING))}",
        ],
        [_("Enrolled"), day(disposition.get("enrolled"))],
        [_("First dose"), day(disposition.get("first_dose"))],
        [_("Analysis sets"), sets],
        [_("Data cut-off"), day(content["cutoff"])],
        [_("Record fingerprint"), content["fingerprint"]],
        [_("Digest of the input (SHA-256)"), content["input_digest"]],
        [_("Digest of the result (SHA-256)"), content["result_digest"]],
    ]
    blocks = [table(_("Participant and record"), [_("Item"), _("Value")], rows, css="pairs")]
    if content["status"] != "OK":
        said = words.refusal({"refusal": content["refusal"]}, content["error"])
        blocks.append(text(_("There are no results: %(why)s") % {"why": said}, "warn"))
    elif not content["values"]:
        blocks.append(text(_("There are no results yet."), "muted"))
    return section(_("Identification"), blocks)


def _names(content: Mapping[str, Any]) -> list[str]:
    """The endpoints of the headline first, then the others in the order of their names."""
    return [name for name in words.NAMES if name in content["values"] and name in content["steps"]]


def _results(content: Mapping[str, Any]) -> Block:
    rows = []
    for name in _names(content):
        found = words.whole(name, content["values"][name])
        line = [cells.long_name(name), words.outcome(name, found), words.detail(name, found)]
        rows.append(row(line, "key" if name == "MPR" else ""))
    heads = [_("Endpoint"), _("Value"), _("Detail")]
    return section(
        _("Results"), [table(_("Endpoints of this participant"), heads, rows, css="compact")], css="flow"
    )


def _reasons(content: Mapping[str, Any]) -> Block:
    """Every step of every endpoint. Steps that an earlier endpoint took already are printed once and named."""
    blocks: list[Block] = []
    printed: dict[str, str] = {}
    for name in _names(content):
        rows, before = [], set()
        for step in content["steps"][name]:
            said = words.sentence(step, content["cutoff"])
            if said in printed:
                before.add(printed[said])
                continue
            printed[said] = cells.short_name(name)
            rows.append([step["rule"], said])
        found = words.whole(name, content["values"][name])
        blocks.append(
            heading(
                _("%(name)s: %(value)s")
                % {"name": cells.long_name(name), "value": words.outcome(name, found)}
            )
        )
        if rows:
            blocks.append(table("", [_("Rule"), _("Step")], rows, css="steps", numbered=False))
        if before:
            said = _("Further steps as under %(names)s.") % {"names": _(", ").join(sorted(before))}
            blocks.append(text(said, "muted"))
    return section(_("Reasons"), blocks)


def _images(content: Mapping[str, Any]) -> Block:
    blocks = list(lesion_tables(content))
    return section(_("Tumour assessments"), blocks or [text(_("No tumour assessment is recorded."), "muted")])


def _readings(content: Mapping[str, Any]) -> Block:
    rows = [
        [READERS.get(one["reader"], one["reader"]), day(one.get("date")), adequacy(one.get("adequacy")), viable(one.get("rvt")),
         code(one.get("mpr")), code(one.get("pcr"))]
        for one in content["readings"]
    ]  # fmt: skip
    values = content["values"]
    final = [
        _("Final result"), day(content["profile"].get("disposition", {}).get("central")), "",
        viable(values["MPR"].get("rvt_pct")),
        words.value_word(values["MPR"].get("value")), words.value_word(values["PCR"].get("value")),
    ]  # fmt: skip
    heads = [_("Reading"), _("Date"), _("Specimen"), num(_("RVT, %")), _("MPR"), _("pCR")]
    found = table(_("Readings of the released result"), heads, [*rows, row(final, "fin")])
    return section(_("Central pathology"), [found], css="flow")


# --- fields ---------------------------------------------------------------------------------------------------------


def reads_of(content: Mapping[str, Any]) -> Iterator[tuple[list[Any], list[str]]]:
    """Every input once, in the order of reading, with the endpoints that read it."""
    found: dict[str, tuple[list[Any], list[str]]] = {}
    for name in _names(content):
        for step in content["steps"][name]:
            for read in step["reads"]:
                _read, names = found.setdefault(read[0], (read, []))
                if name not in names:
                    names.append(name)
    yield from found.values()


def _fields(content: Mapping[str, Any], forms: Mapping[int, FormInstance]) -> Block:
    cutoff = dt.date.fromisoformat(content["cutoff"])
    rows = []
    for (where, value, address), names in reads_of(content):
        known = [one for one in (address if isinstance(address, list) else [address]) if one]
        places = [place for one in known if (place := _place(one, forms))]
        field = field_at(form_def(places[0][0]), places[0][1]) if len(places) == 1 else None
        label = (
            label_of(form_def(places[0][0]), places[0][1]) if len(places) == 1 else words.read_label(where)
        )
        where_from = "; ".join(dict.fromkeys(place[2] for place in places)) or NOTHING
        used = [name for name in names if name in words.HEADLINE] or names
        rows.append(
            [label, words.read_value(where, value, field, cutoff), where_from, ", ".join(cells.short_name(name) for name in used)]
        )  # fmt: skip
    heads = [_("Field"), _("Value"), _("Form"), _("Read by")]
    caption = _("Fields that the results rest on")
    return section(_("Fields read"), [table(caption, heads, rows, css="compact fields")])


def _place(address: str, forms: Mapping[int, FormInstance]) -> tuple[str, str, str] | None:
    """Form key, path and name of the form."""
    head, _sep, path = address.partition("/")
    form = forms.get(int(head.removeprefix("form:") or 0))
    return (form.form_key, path, form_name(form)) if form else None


def _changed(content: Mapping[str, Any], forms: Mapping[int, FormInstance]) -> Block:
    rows = []
    for one in content["changes"]:
        form = forms[int(one["target"].removeprefix("form:"))]
        event = AuditEvent(**(one | {"at": dt.datetime.fromisoformat(one["at"])}))
        line = line_of(form_def(form.form_key), event)
        who = line.role if form.form_key in BLINDED_FORMS else f"{line.who} ({line.role})"
        change = f"{line.old} → {line.new}" if line.old else line.new
        rows.append(
            [moment(line.at), f"{line.label} · {form_name(form)}", line.action, change or NOTHING, who, line.reason or NOTHING]
        )  # fmt: skip
    if not rows:
        return section(_("Changes to the inputs"), [text(_("No change is recorded."), "muted")])
    heads = [_("Time (UTC)"), _("Field"), _("Action"), _("Value"), _("By"), _("Reason")]
    caption = _("Every change to the fields that were read, newest first")
    return section(_("Changes to the inputs"), [table(caption, heads, rows, css="compact changes")])


def _others(content: Mapping[str, Any]) -> Sequence[Block]:
    """The headline endpoints as other cuts have them."""
    cuts = content["others"]
    if not cuts:
        return []
    rows = []
    for name in _names(content):
        if name not in words.HEADLINE:
            continue
        line = [cells.short_name(name), words.outcome(name, words.whole(name, content["values"][name]))]
        for cut in cuts:
            if cut["error"]:
                line.append(_("Data error"))
            else:
                found = cut["values"].get(name)
                line.append(words.outcome(name, words.whole(name, found)) if found is not None else NOTHING)
        rows.append(line)
    heads = [_("Endpoint"), _("This report"), *(f"{cut['code']} ({day(cut['cutoff'])})" for cut in cuts)]
    return [
        section(_("The same endpoints in other data cuts"), [table(_("Values by data cut"), heads, rows)])
    ]
