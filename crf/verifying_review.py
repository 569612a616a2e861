"""Queries, verification, signatures and locks of one participant against the replayed trail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crf.models import (
    DeviationProposal,
    FormInstance,
    MarkState,
    Query,
    SignedForm,
    TrailItem,
    VerificationMark,
)
from crf.selectors.replay import Replayed
from crf.selectors.signature_check import broken
from participants.models import Participant
from trialsite.audit.verifying import Problem


def review_problems(participant: Participant, trail: Replayed) -> Iterator[Problem]:
    """Every difference between what the tables say of the review of a participant's forms and what the trail says."""
    yield from _holds(participant, trail)
    yield from _marks(participant, trail)
    yield from _queries(participant, trail)
    yield from _signatures(participant, trail)
    yield from _proposals(participant, trail)
    yield from _trail_items(participant, trail)


def _differs(name: str, table: Any, trail: Any) -> str:
    return f"{name} is {table or 'empty'!s}, the trail says {trail or 'empty'!s}"


def _holds(participant: Participant, trail: Replayed) -> Iterator[Problem]:
    forms = FormInstance.objects.filter(participant=participant).order_by("pk")
    for pk, key, locked, frozen in forms.values_list("pk", "form_key", "locked", "frozen"):
        for path, stored in (("@locked", locked), ("@frozen", frozen)):
            said = trail.review.get((pk, path), "0") == "1"
            if stored != said:
                yield Problem(
                    f"crf_forminstance id={pk} ({key})", _differs(path.removeprefix("@"), stored, said)
                )


def _marks(participant: Participant, trail: Replayed) -> Iterator[Problem]:
    said = {place: text for place, text in trail.marks.items() if text}
    for mark in VerificationMark.objects.filter(form__participant=participant).order_by("pk"):
        stored = mark.value if mark.state == MarkState.VALID else ""
        there = said.pop((mark.form_id, mark.path), "")
        if stored != there:
            where = f"crf_verificationmark id={mark.pk} (form:{mark.form_id}/{mark.path})"
            yield Problem(where, _differs("verified value", stored, there))
    for (form, path), text in said.items():
        yield Problem(f"crf_verificationmark (form:{form}/{path})", _differs("verified value", "", text))


def _queries(participant: Participant, trail: Replayed) -> Iterator[Problem]:
    said = dict(trail.queries)
    for pk, state in Query.objects.filter(participant=participant).order_by("pk").values_list("pk", "state"):
        there = said.pop(pk, "")
        if state != there:
            yield Problem(f"crf_query id={pk}", _differs("state", state, there))
    for pk, state in said.items():
        yield Problem(f"crf_query id={pk}", _differs("state", "", state))


def _signatures(participant: Participant, trail: Replayed) -> Iterator[Problem]:
    """Standing signatures are those of the trail, and everything that was signed is still what was signed (11.70)."""
    said = {form: text for (form, path), text in trail.review.items() if path == "@signature" and text}
    standing = SignedForm.objects.filter(form__participant=participant, voided_at__isnull=True).order_by("pk")
    for pk, form, signature in standing.values_list("pk", "form", "signature"):
        there = said.pop(form, "")
        if there != f"signature:{signature}":
            where = f"crf_signedform id={pk} (form:{form})"
            yield Problem(where, _differs("signature", f"signature:{signature}", there))
    for form, text in said.items():
        yield Problem(f"crf_signedform (form:{form})", _differs("signature", "", text))
    for where, message in broken(participant):
        yield Problem(where, message)


def _trail_items(participant: Participant, trail: Replayed) -> Iterator[Problem]:
    """What was signed off in the review of the trail: an item without a review has none in the trail either."""
    items = TrailItem.objects.filter(participant=participant).order_by("pk")
    for pk, conclusion in items.values_list("pk", "conclusion"):
        said = trail.reviewed.get(pk, "")
        if conclusion != said:
            yield Problem(f"crf_trailitem id={pk}", _differs("conclusion", conclusion, said))


def _proposals(participant: Participant, trail: Replayed) -> Iterator[Problem]:
    """Proposed deviations stand as the trail says."""
    said = dict(trail.proposals)
    stored = (
        DeviationProposal.objects.filter(participant=participant).order_by("pk").values_list("pk", "state")
    )
    for pk, state in stored:
        there = said.pop(pk, "")
        if state != there:
            yield Problem(f"crf_deviationproposal id={pk}", _differs("state", state, there))
    for pk, state in said.items():
        yield Problem(f"crf_deviationproposal id={pk}", _differs("state", "", state))
