"""Asking for a report of agreement, taking it away, exporting readings: all stand in the trail of the study."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from pathology.models import AgreementReport
from pathology.selectors import agreement
from trialsite.accounts.models import User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.audit.actions import Action
from trialsite.audit.trail import study_event
from trialsite.kernel.decisions import ALLOWED, Decision, refused
from trialsite.web import jobs

LANGUAGES = ("en", "zh-hans")


def may_take(by: User) -> Decision:
    """Who reports on the trial and is not blinded."""
    grants = grants_of(by)
    if grants.blinded or not grants.may(Permission.REPORT):
        return refused(_("This report is for those who report on the trial."), "role")
    return ALLOWED


def may_report(by: User) -> Decision:
    """Who may take it, once a result is released."""
    if not (allowed := may_take(by)):
        return allowed
    if not agreement.released().exists():
        return refused(_("No central result is released yet."), "empty")
    return ALLOWED


@transaction.atomic
def agreement_report_request(*, by: User, language: str, definition: str) -> AgreementReport:
    """A new job, or the one that says the same already. `definition`: of the document. Raises `Refused`."""
    may_report(by).require()
    version = agreement.version()
    key = agreement.digest([version, language, definition])
    job = jobs.same(AgreementReport, key)
    if job is None:
        job = AgreementReport.objects.create(key=key, language=language, requested_by=by)
        _send(job)
    study_event(by=by, action=Action.REPORT_REQUESTED, subject=job.address, new=language)
    return job


@transaction.atomic
def agreement_report_retry(*, by: User, job: AgreementReport) -> AgreementReport:
    """A failed job once more, from the same content."""
    may_take(by).require()
    if jobs.again(job):
        study_event(by=by, action=Action.REPORT_REQUESTED, subject=job.address, new="retry")
        _send(job)
    return job


@transaction.atomic
def agreement_report_downloaded(*, by: User, job: AgreementReport) -> None:
    """Who took which file: named by its digest."""
    may_take(by).require()
    study_event(by=by, action=Action.REPORT_DOWNLOADED, subject=job.address, new=job.sha256)


@transaction.atomic
def agreement_exported(*, by: User, table: str, lines: int) -> None:
    """Who took which lines of which version of the data."""
    said = f"{lines} lines, data {agreement.version()[:12]}"
    study_event(by=by, action=Action.EXPORTED, subject=f"agreement/{table}", new=said)


def _send(job: AgreementReport) -> None:
    from pathology.agreement_tasks import agreement_build

    agreement_build.delay_on_commit(job.pk)


def hurry(job: AgreementReport) -> None:
    """Whoever looks at a job that waits for nobody sends its message again."""
    if job.waits_for_nobody():
        from pathology.agreement_tasks import agreement_build

        agreement_build.hint(job.pk)
