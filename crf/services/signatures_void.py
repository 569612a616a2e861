"""A signature stands for what was signed; when that changes, it no longer does, and says why (21 CFR 11.70)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils import timezone

from crf.models import FormInstance, Signed, SignedForm, Void
from crf.registry import form_def
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry

MOST_DETAIL = 20_000


def signature_void(form: int, changes: Iterable[tuple[str, str, str]], why: str = Void.DATA) -> list[Entry]:
    """Void the standing signature of a form. `changes`: (path, old text, new text). The caller holds the chain."""
    standing = SignedForm.objects.filter(form=form, voided_at__isnull=True).first()
    if standing is None:
        return []
    detail = "\n".join("\t".join(_flat(part) for part in change) for change in changes)
    standing.voided_at, standing.void_reason, standing.void_detail = timezone.now(), why, detail[:MOST_DETAIL]
    standing.save(update_fields=["voided_at", "void_reason", "void_detail"])
    FormInstance.objects.filter(pk=form).update(signed=Signed.VOID)
    return [_entry(standing, detail)]


def _flat(text: str) -> str:
    return text.replace("\t", " ").replace("\n", " ")


def outdated_definitions() -> Sequence[SignedForm]:
    """Standing signatures of forms whose definition is no longer the one that was signed; the form at hand."""
    standing = SignedForm.objects.filter(voided_at__isnull=True)
    kinds = standing.order_by().values_list("form__form_key", "definition").distinct()
    found: list[SignedForm] = []
    for key, definition in kinds:
        if form_def(key).version != definition:
            old = standing.filter(form__form_key=key, definition=definition)
            found += old.select_related("form").order_by("pk")
    return found


def definitions_void(outdated: Sequence[SignedForm]) -> list[Entry]:
    """Void them, those that still stand, in two statements. All of one participant, whose chain the caller holds."""
    still = SignedForm.objects.filter(pk__in=[signed.pk for signed in outdated], voided_at__isnull=True)
    there = set(still.values_list("pk", flat=True))
    now, entries, kept = timezone.now(), [], []
    for signed in outdated:
        if signed.pk not in there:
            continue
        detail = f"@definition\t{signed.definition}\t{form_def(signed.form.form_key).version}"
        signed.voided_at, signed.void_reason, signed.void_detail = now, Void.DEFINITION, detail
        kept.append(signed)
        entries.append(_entry(signed, detail))
    SignedForm.objects.bulk_update(kept, ["voided_at", "void_reason", "void_detail"], batch_size=200)
    FormInstance.objects.filter(pk__in=[signed.form_id for signed in kept]).update(signed=Signed.VOID)
    return entries


def _entry(signed: SignedForm, detail: str) -> Entry:
    return Entry(
        Action.SIGNATURE_VOID, f"form:{signed.form_id}", "@signature", f"signature:{signed.signature_id}", "",
        f"{signed.void_reason} {detail[:800]}".strip(), system=True,
    )  # fmt: skip
