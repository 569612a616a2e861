"""Signatures under a finished report: who may give which, and the act itself (21 CFR 11.50, 11.70, 11.200).

The file of the report never changes: a signature names its SHA-256, and the approval page is a file of its own
(`reports.sheet`). Who signs has proven it just before: `Proof` is made by the page that asked for password and code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from crf.services.signing import Proof
from endpoints.models_reports import JobState, Meaning, ReportApproval, ReportJob
from endpoints.reports import services
from trialsite.accounts.models import Site, User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Role
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent
from trialsite.audit.trail import append, study_chain, study_event
from trialsite.kernel.decisions import ALLOWED, Decision, refused
from trialsite.kernel.digests import digest

# What each role may sign. Investigators enter data and see no figures of the trial; an inspector changes nothing.
MEANINGS: Mapping[str, tuple[Meaning, ...]] = {
    Role.STATISTICIAN: (Meaning.AUTHOR, Meaning.REVIEW, Meaning.APPROVAL),
    Role.DATA_MANAGER: (Meaning.REVIEW, Meaning.APPROVAL),
    Role.MONITOR: (Meaning.REVIEW,),
}
# One person signs not both under one report: an approval is independent of the author.
APART: Mapping[Meaning, Meaning] = {Meaning.AUTHOR: Meaning.APPROVAL, Meaning.APPROVAL: Meaning.AUTHOR}
STATEMENT = gettext_lazy(
    "By signing I confirm: %(meaning)s. My electronic signature is the legal equivalent of my handwritten signature."
)
PIECE = 2**20  # bytes of a file that are read at a time


def meanings_of(user: Any) -> dict[Meaning, str]:
    """What the person may sign, each with the role in which: the first of the person's roles that allows it."""
    held = [role for role, _site in grants_of(user).roles]
    order = list(Role.values)
    found: dict[Meaning, str] = {}
    for role in sorted(held, key=order.index):
        for meaning in MEANINGS.get(role, ()):
            found.setdefault(meaning, role)
    return {meaning: found[meaning] for meaning in Meaning if meaning in found}


def open_meanings(user: Any, job: ReportJob) -> dict[Meaning, str]:
    """Those that the person has not signed yet and may: who made the analyses approves them not, nor the other way round."""
    given = set(job.approvals.filter(signed_by=user).values_list("meaning", flat=True))
    barred = {other for meaning, other in APART.items() if meaning in given}
    return {
        meaning: role
        for meaning, role in meanings_of(user).items()
        if meaning not in given and meaning not in barred
    }


def _why_closed(user: Any, job: ReportJob, meaning: str) -> str:
    """Why a meaning that the role has is not open to the person under this report."""
    if job.approvals.filter(signed_by=user, meaning=meaning).exists():
        return _("You have signed this report with this meaning already.")
    if meaning == Meaning.APPROVAL:
        return _("You have signed this report as its author. Another person approves it.")
    return _("You have approved this report. Another person signs as its author.")


def may_approve(user: Any, job: ReportJob) -> Decision:
    """A finished report whose file is there, and a role that signs reports."""
    if not meanings_of(user):
        return refused(_("Your role does not sign reports."))
    if job.state != JobState.READY:
        return refused(_("The report is not finished. A signature names the digest of its file."))
    if not job.path.exists():
        return refused(
            _("The file of this report is not there. Build the report again; then it can be signed.")
        )
    if not services.may_take(grants_of(user), job):
        return refused(_("The report lists participants of other sites."))
    if not open_meanings(user, job):
        return refused(_("You have signed this report with every meaning that is open to you."))
    return ALLOWED


def statement_of(meaning: str) -> str:
    """The sentence that is read before signing."""
    return STATEMENT % {"meaning": Meaning(meaning).label}


def report_approve(*, by: User, job: ReportJob, meaning: str, sha256: str, proof: Proof) -> ReportApproval:
    """Sign a report with one meaning. `sha256`: of the file as the page showed it.

    Raises `Refused` with the reason: not finished, the file is gone or is another, signed already.
    """
    with transaction.atomic():
        chain = study_chain()  # the lock: two clicks are one signature
        may_approve(by, job).require()
        if meaning not in Meaning.values:
            refused(_("Choose what the signature means."), "meaning").require()
        mine = meanings_of(by)
        if meaning not in mine:
            refused(_("Your role does not sign with this meaning."), "meaning").require()
        if meaning not in open_meanings(by, job):
            refused(_why_closed(by, job, meaning), "meaning").require()
        if sha256 != job.sha256 or sha256_of(job.path) != job.sha256:
            refused(_("The file of this report is not the one that was shown. Nothing was signed.")).require()
        made = _approval(by, job, Meaning(meaning), mine[Meaning(meaning)], proof)
        append(
            chain, by=by, action=Action.REPORT_APPROVED, subject=job.address, old=meaning, new=job.sha256,
            reason=digest(made.manifest),
        )  # fmt: skip
        _send(job)
    return made


def _approval(by: User, job: ReportJob, meaning: Meaning, role: str, proof: Proof) -> ReportApproval:
    now, zone, name = timezone.now(), Site().time_zone, by.full_name or by.username
    words = {}
    for language in ("en", "zh-hans"):
        with override(language):
            words[language] = statement_of(meaning)
    manifest = {
        "report": {
            "job": job.pk,
            "code": job.code,
            "sha256": job.sha256,
            "pages": job.pages,
            "language": job.language,
        },
        "meaning": str(meaning.value),
        "statement": words,
        "name": name,
        "username": by.username,
        "role": role,
        "at": now.isoformat(),
        "zone": zone,
        "components": list(proof.components),
        "first_in_session": proof.first_in_session,
    }
    return ReportApproval.objects.create(
        job=job, sha256=job.sha256, meaning=meaning, signed_by=by, signed_at=now, name=name, role=role, zone=zone,
        manifest=manifest,
    )  # fmt: skip


def approval_failed(*, by: User, job: ReportJob, component: str) -> None:
    """Somebody did not prove to be who is signed in: nothing was signed. Which component, never what was typed."""
    study_event(by=by, action=Action.SIGNATURE_FAILED, subject=f"{job.address}/@approval", new=component)


@transaction.atomic
def sheet_noted(*, by: User | None, job: ReportJob, sha256: str, signatures: int) -> None:
    """An approval page was made: its digest stands in the trail once, whenever the file is made again."""
    chain = study_chain()
    if not AuditEvent.objects.filter(action=Action.REPORT_SHEET, target=job.address, new=sha256).exists():
        append(chain, by=by, action=Action.REPORT_SHEET, subject=job.address, old=str(signatures), new=sha256)


def sheet_downloaded(*, by: User, job: ReportJob, sha256: str) -> None:
    """Who took which approval page: named by its digest."""
    study_event(by=by, action=Action.REPORT_DOWNLOADED, subject=f"{job.address}/@approvals", new=sha256)


def sha256_of(path: Path) -> str:
    """Of a file, read in pieces."""
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            found.update(piece)
    return found.hexdigest()


def _send(job: ReportJob) -> None:
    from endpoints.report_tasks import sheet_build

    sheet_build.delay_on_commit(job.pk)
