"""Whether signatures still fit what they were made over (11.70): rows, forms, values, definitions, trail."""

from __future__ import annotations

from collections.abc import Iterator

from crf.models import FormInstance, Signature, Signed, SignedForm
from crf.registry import form_def
from crf.selectors.values import sheets_of, values_digest
from crf.signature_digest import signature_digest
from participants.models import Participant
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent
from trialsite.audit.trail import chain_name

# What is wrong: the table and row, the sentence.
Broken = tuple[str, str]


def broken(participant: Participant, only: Signature | None = None) -> Iterator[Broken]:
    """Everything that does not fit, of all signatures of a participant or of one of them."""
    rows = (
        SignedForm.objects.filter(signature__participant=participant)
        .select_related("form__visit")
        .order_by("pk")
    )
    signatures = Signature.objects.filter(participant=participant).order_by("pk")
    if only is not None:
        rows, signatures = rows.filter(signature=only), signatures.filter(pk=only.pk)
    forms: dict[int, list[SignedForm]] = {}
    for signed in rows:
        forms.setdefault(signed.signature_id, []).append(signed)
    said = _digests_of_the_trail(participant)
    for signature in signatures:
        where = f"crf_signature id={signature.pk}"
        mine = forms.get(signature.pk, [])
        bound = [(one.form_id, one.version, one.values_digest, one.definition) for one in mine]
        if signature_digest(participant.number, signature, bound) != signature.digest:
            yield where, "its digest does not fit the row and its forms"
        if said.pop(signature.address, "") != signature.digest:
            yield where, "its digest is not the one of the trail"
    if only is None:
        for address in said:
            yield f"crf_signature id={address.partition(':')[2]}", "the trail knows it, the table does not"
        yield from _marks(participant)
    yield from _standing([one for mine in forms.values() for one in mine if one.voided_at is None])


def _digests_of_the_trail(participant: Participant) -> dict[str, str]:
    events = AuditEvent.objects.filter(
        chain__name=chain_name(participant.pk), action=Action.SIGNED, path="@digest"
    )
    return dict(events.order_by("number").values_list("target", "new"))


def _standing(rows: list[SignedForm]) -> Iterator[Broken]:
    """What is stored under the signatures that stand. One query for each kind of form."""
    sheets = sheets_of([signed.form for signed in rows])
    for signed in rows:
        where = f"crf_signedform id={signed.pk} (form:{signed.form_id})"
        definition = form_def(signed.form.form_key)
        if definition.version != signed.definition:
            yield where, "the form's definition is not the one that was signed"
        elif values_digest(definition, sheets[signed.form_id]) != signed.values_digest:
            yield where, "the values are not those that were signed"


def _marks(participant: Participant) -> Iterator[Broken]:
    """The state beside each form is that of its signatures."""
    rows = SignedForm.objects.filter(form__participant=participant)
    ever = set(rows.values_list("form", flat=True))
    now = set(rows.filter(voided_at__isnull=True).values_list("form", flat=True))
    forms = FormInstance.objects.filter(participant=participant).order_by("pk")
    for pk, key, stored in forms.values_list("pk", "form_key", "signed"):
        true = Signed.SIGNED if pk in now else Signed.VOID if pk in ever else ""
        if stored != true:
            yield (
                f"crf_forminstance id={pk} ({key})",
                f"signed is {stored or 'empty'}, its signatures say {true or 'empty'}",
            )
