"""What stands at the head of a form: signed, signature void, verified, frozen, locked; by whom and since when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crf.models import FormInstance, Hold, HoldKind, MarkState, SignedForm, VerificationMark, Verified
from crf.policies_review import LEVEL_WORDS
from crf.selectors.signing import answered_by_signature, number_of, said_void


@dataclass(frozen=True, slots=True)
class FormState:
    """One state. `kind`: glyph and colour. `text`: who, since when, what; `utc` and `local` are times of a signature."""

    kind: str
    name: str
    who: str = ""
    at: dt.datetime | None = None
    zone: str = ""
    text: str = ""
    href: str = ""
    link: str = ""
    void: str = ""


def states_of(form: FormInstance) -> list[FormState]:
    """The states of a form; nothing is asked of the database for those that it is not in."""
    found = []
    if form.signed:
        found.append(_signed(form))
    if form.verified:
        found.append(_verified(form))
    if form.frozen or form.locked:
        found += _held(form)
    return found


def _signed(form: FormInstance) -> FormState:
    last = SignedForm.objects.filter(form=form).select_related("signature").order_by("-pk")[:1]
    signed = last[0]
    signature, number = signed.signature, number_of(signed.signature)
    common: dict[str, Any] = {
        "who": signature.printed_name, "zone": signature.zone, "text": signature.get_meaning_display(),
        "href": f"/signatures/{form.participant.number}/{number}/", "link": _("Signature %(n)s") % {"n": number},
    }  # fmt: skip
    if signed.voided_at is None:
        return FormState("sign", _("Signed"), at=signature.at, **common)
    return FormState(
        "signvoid", _("Signature void"), at=signed.voided_at, void=said_void(signed, form.form_key), **common
    )


def esigned(form: FormInstance) -> dict[str, str]:
    """What stands at the questions that a signature answers (`eos_sign`, `ie_signed`); nothing is stored there."""
    found = answered_by_signature(form)
    words = _("%(name)s, %(at)s UTC (signature %(n)s)")
    return {
        name: words % {"name": s.printed_name, "at": f"{s.at:%Y-%m-%d %H:%M:%S}", "n": number_of(s)}
        for name, s in found.items()
    }


def _verified(form: FormInstance) -> FormState:
    """The last person who compared values, and how many marks stand."""
    marks = VerificationMark.objects.filter(form=form)
    counted = marks.aggregate(
        valid=Count("pk", filter=Q(state=MarkState.VALID)),
        changed=Count("pk", filter=Q(state=MarkState.CHANGED)),
    )
    last = marks.filter(state=MarkState.VALID).select_related("verified_by").order_by("-verified_at").first()
    text = ngettext("%(n)s value", "%(n)s values", counted["valid"]) % {"n": counted["valid"]}
    if counted["changed"]:
        text += _(", %(n)s changed since") % {"n": counted["changed"]}
    full = form.verified == Verified.FULLY
    return FormState(
        "sdv" if full else "sdvhalf", _("Verified") if full else _("Partly verified"),
        who=str(last.verified_by) if last else "", at=last.verified_at if last else None, text=text,
    )  # fmt: skip


def _held(form: FormInstance) -> list[FormState]:
    where = Q(form=form.pk) | Q(participant=form.participant_id, level="PARTICIPANT") | Q(level="STUDY")
    where |= Q(site=form.participant.site_id, level="SITE")
    if form.visit_id:
        where |= Q(visit=form.visit_id, level="VISIT")
    kind = HoldKind.LOCK if form.locked else HoldKind.FREEZE
    holds = Hold.objects.filter(where, lifted_at__isnull=True, kind=kind).select_related("by").order_by("at")
    hold = holds.first()
    glyph, name = ("lock", _("Locked")) if form.locked else ("frz", _("Frozen"))
    if hold is None:
        return [FormState(glyph, name)]
    place = "" if hold.level == "FORM" else LEVEL_WORDS[hold.level]()
    text = " · ".join(part for part in (place, hold.reason) if part)
    return [FormState(glyph, name, who=str(hold.by), at=hold.at, text=text)]
