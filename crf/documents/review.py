"""What was asked, verified and signed of a participant's forms, as plain data for the casebook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from crf.models import FormInstance, MarkState, Query, QueryMessage, Signature, VerificationMark
from crf.registry import form_def
from crf.selectors.findings import message_of
from crf.selectors.signing import FormSigned, Made, answered_by_signature, signatures_of
from participants.models import Participant

from .tongue import Tongue

Plain = dict[str, Any]


@dataclass(slots=True)
class Review:
    """By form: threads (0: of the participant), marks, signatures; and every signature on its own."""

    queries: dict[int, list[Plain]] = field(default_factory=dict)
    marks: dict[int, list[Plain]] = field(default_factory=dict)
    signed: dict[int, list[Plain]] = field(default_factory=dict)
    esign: dict[int, dict[str, int]] = field(default_factory=dict)
    manifest: list[Plain] = field(default_factory=list)

    def of(self, form: int) -> Plain:
        """What the page of a form says."""
        return {
            "queries": self.queries.get(form, []), "marks": self.marks.get(form, []), "signed": self.signed.get(form, []),
            "esign": self.esign.get(form, {}),
        }  # fmt: skip


def captured_review(participant: Participant, envelopes: Iterable[FormInstance], language: str) -> Review:
    """A fixed number of queries. Words of checks are taken in the language of the document."""
    found = Review()
    forms = {form.pk: form for form in envelopes}
    made = signatures_of(participant)
    with Tongue(language).spoken():
        _threads(found, participant, forms)
    _marks(found, forms)
    for one in made:
        found.manifest.append(_signature(one))
        for part in one.forms:
            found.signed.setdefault(part.signed.form_id, []).append(_part(one, part))
    found.esign = _answers(forms.values(), {one.signature.pk: one.number for one in made})
    return found


def _threads(found: Review, participant: Participant, forms: dict[int, FormInstance]) -> None:
    """Threads of forms that are taken, with every step; those of the participant under 0."""
    messages: dict[int, list[Plain]] = {}
    for message in (
        QueryMessage.objects.filter(query__participant=participant).select_related("author").order_by("pk")
    ):
        messages.setdefault(message.query_id, []).append(
            {
                "at": message.at.isoformat(), "who": str(message.author or message.author_name or ""),
                "role": message.role, "act": message.act, "outcome": message.outcome, "text": message.text,
                "value": message.value,
            }
        )  # fmt: skip
    for query in Query.objects.filter(participant=participant).order_by("number"):
        if query.form_id and query.form_id not in forms:
            continue  # a single central reading
        question = query.question
        if query.rule and query.form_id:
            question = question or message_of(form_def(forms[query.form_id].form_key), query.rule, query.path)
        found.queries.setdefault(query.form_id or 0, []).append(
            {
                "number": query.number, "path": query.path, "rule": query.rule, "question": question,
                "state": query.state, "outcome": query.outcome, "messages": messages.get(query.pk, []),
            }
        )  # fmt: skip


def _marks(found: Review, forms: dict[int, FormInstance]) -> None:
    marks = VerificationMark.objects.filter(form__in=list(forms)).exclude(state=MarkState.TAKEN_BACK)
    for mark in marks.select_related("verified_by").order_by("form_id", "verified_at", "pk"):
        found.marks.setdefault(mark.form_id, []).append(
            {
                "path": mark.path, "state": mark.state, "value": mark.value, "changed": mark.changed_value,
                "at": mark.verified_at.isoformat(), "who": str(mark.verified_by),
                "since": mark.changed_at.isoformat() if mark.changed_at else "",
            }
        )  # fmt: skip


def _signature(one: Made) -> Plain:
    row: Signature = one.signature
    return {
        "number": one.number, "name": row.printed_name, "username": row.username, "role": row.role,
        "meaning": row.meaning, "statement": [row.statement_en, row.statement_zh],
        "at": row.at.astimezone(dt.UTC).isoformat(), "zone": row.zone, "components": row.components,
        "queries": row.open_queries, "digest": row.digest,
        "forms": [_bound(part) for part in one.forms],
    }  # fmt: skip


def _bound(part: FormSigned) -> Plain:
    """One form of a signature; its name too, for its line may have been taken out of the log since."""
    signed, title = part.signed, part.title
    return {
        "form": signed.form_id, "key": signed.form.form_key, "visit": part.visit, "title": [title.en, title.zh],
        "version": signed.version, "values": signed.values_digest, "definition": signed.definition,
        "voided_at": signed.voided_at.isoformat() if signed.voided_at else "", "why": signed.void_reason,
        "detail": signed.void_detail,
    }  # fmt: skip


def _part(one: Made, part: FormSigned) -> Plain:
    """A line below the form: who, when, meaning, whether it stands."""
    row = one.signature
    return {
        "number": one.number, "name": row.printed_name, "role": row.role, "meaning": row.meaning,
        "at": row.at.astimezone(dt.UTC).isoformat(), "zone": row.zone, "digest": row.digest,
    } | _bound(part)  # fmt: skip


def _answers(forms: Iterable[FormInstance], numbers: dict[int, int]) -> dict[int, dict[str, int]]:
    """Questions that a signature answers: the number of the signature by form and field."""
    found: dict[int, dict[str, int]] = {}
    for form in forms:
        if answers := answered_by_signature(form):
            found[form.pk] = {name: numbers[signature.pk] for name, signature in answers.items()}
    return found
