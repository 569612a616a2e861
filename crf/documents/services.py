"""Asking for a document and taking it away: both stand in the trail of the study.

Not in the participant's: a casebook names the head of that chain, and would be out of date by being asked for.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crf.models import DocumentJob, DocumentKind
from crf.selectors.access import participants_for
from participants.models import Participant
from trialsite.accounts.models import User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.audit.actions import Action
from trialsite.audit.trail import study_event
from trialsite.kernel.decisions import ALLOWED, Decision, refused
from trialsite.kernel.digests import digest
from trialsite.kernel.study import study
from trialsite.web import jobs

from .book import definition, library
from .capture import chain_of


def may_ask(by: Any, participant: Participant | None) -> Decision:
    """Who sees a participant may have its casebook; the CRF itself is for everyone who sees participants."""
    site = participant.site_id if participant else None
    if grants_of(by).may(Permission.VIEW, site):
        return ALLOWED
    return refused(_("Documents are for those who see the participant."))


def documents_for(by: Any) -> QuerySet[DocumentJob]:
    """Documents that exist for a person: those of the study, and casebooks of the sites of the role."""
    found = DocumentJob.objects.select_related("requested_by", "participant__site").defer("inputs")
    if not may_ask(by, None):
        return found.none()
    return found.filter(participant__isnull=True) | found.filter(participant__in=participants_for(by))


@transaction.atomic
def document_request(
    *, by: User, kind: DocumentKind | str, language: str, participant: Participant | None = None
) -> DocumentJob:
    """A new job, or the one that has the same content already."""
    may_ask(by, participant).require()
    key = _key(str(kind), language, participant)
    job = jobs.same(DocumentJob, key)
    if job is None:
        job = DocumentJob.objects.create(
            key=key, kind=kind, language=language, participant=participant, requested_by=by
        )
        _send(job)
    study_event(by=by, action=Action.REPORT_REQUESTED, subject=job.address, new=_words(job))
    return job


def _key(kind: str, language: str, participant: Participant | None) -> str:
    """Names everything that goes into the file: the data, the declarations, the making."""
    chain = chain_of(participant) if participant else None
    data = [participant.pk, chain.head if chain else ""] if participant else []
    return digest([kind, language, data, library(), study().digest, definition()])


def _words(job: DocumentJob) -> str:
    number = f" {job.participant.number}" if job.participant else ""
    return f"{job.kind}{number} {job.language}"


@transaction.atomic
def document_retry(*, by: User, job: DocumentJob) -> DocumentJob:
    """A failed job once more, from the same content."""
    may_ask(by, job.participant).require()
    if jobs.again(job):
        study_event(by=by, action=Action.REPORT_REQUESTED, subject=job.address, new="retry")
        _send(job)
    return job


@transaction.atomic
def document_downloaded(*, by: User, job: DocumentJob) -> None:
    """Who took which file: named by its digest."""
    may_ask(by, job.participant).require()
    study_event(by=by, action=Action.REPORT_DOWNLOADED, subject=job.address, new=job.sha256, old=_words(job))


def _send(job: DocumentJob) -> None:
    from crf.document_tasks import document_build

    document_build.delay_on_commit(job.pk)


def hurry(job: DocumentJob) -> None:
    """Whoever looks at a job that waits for nobody sends its message again."""
    if job.waits_for_nobody():
        from crf.document_tasks import document_build

        document_build.hint(job.pk)
