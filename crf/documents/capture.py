"""A participant's data as they stand, as plain data: a casebook is made from this alone, again and again the same.

Single central readings are never taken: sites and monitors see the final result only (blinding, F15).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from crf.checks.catalogue import CATALOGUE
from crf.fields import CrfField
from crf.models import Finding, FormInstance, Laboratory
from crf.naming import LOG_OF, form_title
from crf.registry import FormDef, SectionDef, form_def
from crf.schedule import FORMS, LINES_OF, visit_label, visit_title
from crf.selectors.findings import message_of
from crf.selectors.sheets import casebook
from crf.sheets import RowValues, Sheet
from participants.models import Participant
from trialsite.accounts.models import User
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditChain, AuditEvent
from trialsite.audit.trail import chain_name
from trialsite.kernel.study import study

from .review import captured_review
from .tongue import Tongue

# What a reader looks for in the history of a form; calculated values follow from it.
TOLD = (
    Action.ENTER, Action.CHANGE, Action.CLEAR, Action.ROW_ADD, Action.ROW_REMOVE, Action.ROW_RESTORE, Action.FORM_STATUS,
    Action.CONFIRM,
)  # fmt: skip
BEFORE_ANY_DATA = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def chain_of(participant: Participant) -> AuditChain | None:
    return AuditChain.objects.filter(name=chain_name(participant.pk)).first()


@transaction.atomic
def capture(participant: Participant, language: str) -> dict[str, Any]:
    """Everything that a casebook says, taken in one transaction. Messages of checks are taken in its language."""
    chain = chain_of(participant)
    envelopes = _envelopes(participant)
    sheets = {sheet.form: sheet for sheet in casebook(participant.pk) if sheet.key != "CPATH"}
    history, findings = _history(envelopes), _findings(envelopes, Tongue(language))
    review = captured_review(participant, envelopes, language)
    forms = [
        _form(form, sheets[form.pk], history.get(form.address, []), findings.get(form.pk, []))
        | review.of(form.pk)
        for form in envelopes
        if form.pk in sheets
    ]
    return {
        "number": participant.number,
        "site": participant.site.number,
        "site_name": [participant.site.name_en, participant.site.name_zh or participant.site.name_en],
        "zone": str(participant.site.zone),
        "state": participant.state,
        "imported": participant.imported,
        "chain": {"length": chain.length if chain else 0, "head": chain.head if chain else ""},
        "at": _last_event(chain).isoformat(),
        "configuration": study().digest,
        "forms": forms,
        "open": [
            _place(form) for form in envelopes if form.pk not in sheets and form.expected and form.active
        ],
        "references": _references(forms, envelopes),
        "queries": review.queries.get(0, []),
        "signatures": review.manifest,
    }


def _last_event(chain: AuditChain | None) -> dt.datetime:
    last = AuditEvent.objects.filter(chain=chain).order_by("-number").first() if chain else None
    return last.at if last else BEFORE_ANY_DATA


def _envelopes(participant: Participant) -> list[FormInstance]:
    """Forms in the order of the way: visits, then the logs, each followed by its lines."""
    found = FormInstance.objects.filter(participant=participant).exclude(form_key="CPATH")
    return sorted(found.select_related("visit", "saved_by"), key=_order)


def _order(form: FormInstance) -> tuple[int, int, int, int]:
    keys = [line.partition("-")[0] for line in FORMS]
    log = LOG_OF.get(form.form_key, form.form_key)
    place = keys.index(log) if log in keys else len(keys)
    visit = form.visit.order if form.visit else 10**9
    return visit, place, int(form.form_key in LINES_OF.values()), form.repeat


def _place(form: FormInstance) -> dict[str, Any]:
    title = form_title(form.form_key, form.repeat)
    visit = form.visit
    name = visit_title(visit.code, visit.repeat) if visit else None
    return {
        "pk": form.pk,
        "key": form.form_key,
        "repeat": form.repeat,
        "title": [title.en, title.zh],
        "visit": visit_label(visit.code, visit.repeat) if visit else "",
        "visit_title": [name.en, name.zh] if name else ["", ""],
        "date": str(visit.actual_date or "") if visit else "",
    }


def _form(
    form: FormInstance, sheet: Sheet, history: list[dict[str, Any]], findings: list[dict[str, Any]]
) -> dict[str, Any]:
    definition = form_def(form.form_key)
    return {
        **_place(form),
        "status": form.status,
        "version": form.version,
        "definition": form.definition or definition.version,
        "configuration": form.configuration,
        "evaluator": form.evaluator,
        "saved_at": form.saved_at.isoformat() if form.saved_at else "",
        "saved_by": str(form.saved_by or ""),
        "frozen": form.frozen,
        "locked": form.locked,
        "verified": form.verified,
        "active": form.active,
        "removed": form.removed_reason,
        "values": _texts(definition.fields, sheet.values),
        "missing": dict(sheet.missing),
        "rows": {
            section.id: _rows(section, sheet.rows.get(section.id, ())) for section in definition.row_sections
        },
        "history": history,
        "findings": findings,
    }


def _texts(fields: Mapping[str, CrfField], values: Mapping[str, Any]) -> dict[str, str]:
    return {name: fields[name].to_text(value) for name, value in values.items() if name in fields}


def _rows(section: SectionDef, rows: Iterable[RowValues]) -> list[dict[str, Any]]:
    fields = {str(f.name): f for f in section.fields}
    return [
        {
            "row": row.row, "active": row.active, "reason": row.removed_reason, "values": _texts(fields, row.values),
            "missing": dict(row.missing),
        }
        for row in rows
    ]  # fmt: skip


# --- history, findings, references ----------------------------------------------------------------------------------


def _history(envelopes: Iterable[FormInstance]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    targets = [form.address for form in envelopes]
    events = AuditEvent.objects.filter(target__in=targets, action__in=TOLD).select_related("actor")
    for event in events.order_by("number").iterator(chunk_size=2000):
        found.setdefault(event.target, []).append(
            {
                "number": event.number, "at": event.at.isoformat(), "who": str(event.actor or event.who),
                "role": event.role, "action": event.action, "path": event.path, "old": event.old, "new": event.new,
                "reason": event.reason,
            }
        )  # fmt: skip
    return found


def _findings(envelopes: Iterable[FormInstance], tongue: Tongue) -> dict[int, list[dict[str, Any]]]:
    keys = {form.pk: form.form_key for form in envelopes}
    found: dict[int, list[dict[str, Any]]] = {}
    lines = Finding.objects.filter(form__in=list(keys)).select_related("settled_by")
    with tongue.spoken():
        for one in lines.order_by("form_id", "path", "rule"):
            found.setdefault(one.form_id, []).append(_finding(form_def(keys[one.form_id]), one))
    return found


def _finding(definition: FormDef, one: Finding) -> dict[str, Any]:
    return {
        "path": one.path,
        "rule": one.rule,
        "severity": one.severity if one.rule not in CATALOGUE else CATALOGUE[one.rule].severity,
        "message": message_of(definition, one.rule, one.path),
        "state": one.state,
        "raised": one.raised_value,
        "value": one.value,
        "reason": one.reason,
        "raised_at": one.raised_at.isoformat() if one.raised_at else "",
        "settled_at": one.settled_at.isoformat() if one.settled_at else "",
        "settled_by": str(one.settled_by or ""),
    }


def _references(
    forms: Iterable[Mapping[str, Any]], envelopes: Iterable[FormInstance]
) -> dict[str, list[str]]:
    """Words for the addresses that answers name: people, laboratories, other forms. English and Chinese."""
    named = {text for form in forms for text in _named(form)}
    found: dict[str, list[str]] = {}
    for person in User.objects.filter(pk__in=_numbers(named, "user")):
        found[f"user:{person.pk}"] = [str(person), str(person)]
    for laboratory in Laboratory.objects.filter(pk__in=_numbers(named, "lab")):
        found[f"lab:{laboratory.pk}"] = [laboratory.name.en, laboratory.name.zh]
    for form in envelopes:
        if form.address in named:
            place = _place(form)
            found[form.address] = [f"{place['visit']} {title}".strip() for title in place["title"]]
    return found


def _named(form: Mapping[str, Any]) -> Iterable[str]:
    rows = [row["values"] for lines in form["rows"].values() for row in lines]
    return (text for values in (form["values"], *rows) for text in values.values() if ":" in text)


def _numbers(named: Iterable[str], kind: str) -> list[int]:
    heads = (text.partition(":") for text in named)
    return sorted(int(number) for head, _sep, number in heads if head == kind and number.isdigit())
