"""Forms are signed as a set, each bound to the digests of its values and of its definition (21 CFR 11.50, 11.70, 11.200).

Who signs has proven it just before: `Proof` is made by the page that asked for password and code.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from crf.models import FormInstance, Meaning, Signature, Signed, SignedForm
from crf.naming import form_title
from crf.policies_review import may_sign_at, signable
from crf.registry import form_def
from crf.selectors.signing import hard_findings, standing_queries, unsettled
from crf.selectors.values import sheets_of, values_digest
from crf.signature_digest import signature_digest
from crf.signing_words import STATEMENTS
from participants.models import Participant
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import refused

from .refusals import noted
from .signatures_void import definitions_void, outdated_definitions


@dataclass(frozen=True, slots=True)
class Proof:
    """How the person proved to be who they are: the components that were right, and whether it is the first signature
    of this continuous session (11.200(a)(1)(i): then all components are asked)."""

    components: tuple[str, ...]
    first_in_session: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page showed before: the version of each form, and the numbers of the queries that stood."""

    versions: dict[int, int]
    queries: frozenset[int] | None = None


def forms_sign(
    *, by: User, participant: Participant, forms: Collection[int], meaning: str, proof: Proof, shown: Shown | None = None,
) -> Signature:  # fmt: skip
    """Sign forms of one participant as one act.

    `shown`: a form that was saved since, or a query that was raised since, is refused. Everything is signed or nothing.
    Raises `Refused` with the form's name and the reason.
    """
    with (
        noted(by=by, act="sign", address=f"participant:{participant.pk}", participant=participant),
        transaction.atomic(),
    ):
        may_sign_at(by, participant.site).require()
        if meaning not in Meaning.values:
            refused(_("Choose what the signature means."), "meaning").require()
        chain = trail.participant_chain(participant)
        wanted = _wanted(participant, forms)
        queries = standing_queries(participant)
        _require_as_shown(wanted, [query.number for query in queries], shown)
        _require_signable(participant, wanted)
        sheets = sheets_of(wanted)
        digests = {f.pk: values_digest(form_def(f.form_key), sheets[f.pk]) for f in wanted}
        signature = _signature(by, participant, meaning, proof)
        signature.open_queries = [f"Q-{participant.number}-{query.number}" for query in queries]
        signature.changed = sorted(f.pk for f in wanted if f.signed == Signed.VOID)
        bound = [(f.pk, f.version, digests[f.pk], form_def(f.form_key).version) for f in wanted]
        signature.digest = signature_digest(participant.number, signature, bound)
        signature.save(force_insert=True)
        SignedForm.objects.bulk_create(
            SignedForm(signature=signature, form_id=pk, version=version, values_digest=values, definition=definition)
            for pk, version, values, definition in bound
        )  # fmt: skip
        FormInstance.objects.filter(pk__in=[f.pk for f in wanted]).update(signed=Signed.SIGNED)
        trail.append_all(chain, _entries(signature, wanted, digests), by=by, site=participant.site)
        return signature


def _wanted(participant: Participant, forms: Collection[int]) -> list[FormInstance]:
    found = list(
        FormInstance.objects.filter(participant=participant, pk__in=forms)
        .select_related("visit")
        .order_by("pk")
    )
    if not found or len(found) != len(set(forms)):
        refused(_("Choose the forms to sign."), "forms").require()
    for form in found:
        form.participant = participant
    return found


def _require_as_shown(forms: Sequence[FormInstance], queries: Sequence[int], shown: Shown | None) -> None:
    for form in forms if shown else ():
        if shown.versions.get(form.pk) != form.version:  # type: ignore[union-attr]
            refused(
                _("%(form)s was saved while you were reading. Look at it again before you sign.")
                % {"form": form_title(form.form_key, form.repeat)},
                "stale",
            ).require()
    if shown and shown.queries is not None and not shown.queries.issuperset(queries):
        refused(
            _("A query was raised while you were reading. Look at it before you sign."), "stale"
        ).require()


def _require_signable(participant: Participant, forms: Sequence[FormInstance]) -> None:
    hard, elsewhere = hard_findings(forms), unsettled(participant, forms)
    for form in forms:
        title = form_title(form.form_key, form.repeat)
        if not (may := signable(form, hard.get(form.pk, 0), elsewhere)):
            refused(f"{title}: {may.reason}", may.code).require()
        if form.signed == Signed.SIGNED:
            refused(_("%(form)s is signed already.") % {"form": title}, "twice").require()


def _signature(by: User, participant: Participant, meaning: str, proof: Proof) -> Signature:
    said = []
    for language in ("en", "zh-hans"):
        with override(language):
            said.append(str(STATEMENTS[Meaning(meaning)]))
    return Signature(
        participant=participant, by=by, username=by.username, printed_name=by.full_name or by.username,
        role=by.role_at(participant.site), meaning=meaning, statement_en=said[0], statement_zh=said[1], at=timezone.now(),
        zone=participant.site.time_zone, components=" + ".join(proof.components), first_in_session=proof.first_in_session,
    )  # fmt: skip


def _entries(signature: Signature, forms: Sequence[FormInstance], digests: dict[int, str]) -> list[Entry]:
    head = Entry(
        Action.SIGNED, signature.address, "@digest", "", signature.digest,
        f"{signature.meaning} · {signature.printed_name} · {signature.components}",
    )  # fmt: skip
    return [head] + [
        Entry(
            Action.SIGNED, f.address, "@signature", "", signature.address,
            f"{signature.meaning} · values {digests[f.pk]} · definition {form_def(f.form_key).version}",
        )
        for f in forms
    ]  # fmt: skip


@transaction.atomic
def signature_failed(*, by: User, participant: Participant, forms: int, component: str) -> None:
    """Somebody did not prove to be who is signed in: nothing was signed. Which component, never what was typed."""
    trail.append(
        trail.participant_chain(participant), by=by, action=Action.SIGNATURE_FAILED,
        subject=f"participant:{participant.pk}/@signature", new=f"{forms} · {component}", site=participant.site,
    )  # fmt: skip


def signatures_recheck() -> int:
    """Void signatures of forms whose definition has changed since (after an upgrade). Repeated, it finds none."""
    by_person: dict[int, list[SignedForm]] = {}
    for signed in outdated_definitions():
        by_person.setdefault(signed.form.participant_id, []).append(signed)
    voided = 0
    for participant in Participant.objects.filter(pk__in=by_person).select_related("site").order_by("pk"):
        with transaction.atomic():
            chain = trail.participant_chain(participant)
            entries = definitions_void(by_person[participant.pk])
            trail.append_all(chain, entries, by=None, site=participant.site)
            voided += len(entries)
    return voided
