"""Asking for a report and taking it away: both stand in the trail."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from endpoints import services
from endpoints.models import TrialState
from endpoints.models_reports import ReportJob
from endpoints.reports.content import SECTIONS, key_of
from trialsite.accounts.models import Site, User
from trialsite.accounts.permissions import Grants, grants_of
from trialsite.accounts.roles import Permission
from trialsite.audit.actions import Action
from trialsite.audit.trail import study_event
from trialsite.kernel.decisions import ALLOWED, Decision, refused
from trialsite.web import jobs


def may_build() -> Decision:
    """There must be something to report."""
    state = TrialState.objects.filter(pk=TrialState.ONLY).only("results").first()
    if state is None or not state.results:
        return refused(
            _("There are no figures yet. They are computed when the first participant is entered.")
        )
    return ALLOWED


def scope_of(grants: Grants) -> list[str]:
    """Numbers of the sites whose participants the person may list; empty: all."""
    sites = grants.sites(Permission.REPORT)
    if sites is None:
        return []
    return sorted(Site.objects.filter(pk__in=sites).values_list("number", flat=True)) or ["-"]


def may_take(grants: Grants, job: ReportJob) -> bool:
    """A report that lists participants of another site does not exist for the person."""
    mine = scope_of(grants)
    return not mine or (bool(job.sites) and set(job.sites) <= set(mine))


@transaction.atomic
def report_request(*, by: User, language: str, sections: Sequence[str]) -> ReportJob:
    """A new job, or the one that has the same content already."""
    may_build().require()
    chosen = [name for name in SECTIONS if name in sections] or list(SECTIONS)
    sites = scope_of(grants_of(by))
    services.trial_recompute()
    state = TrialState.objects.get(pk=TrialState.ONLY)
    key = key_of(state, language, chosen, sites)
    job = jobs.same(ReportJob, key)
    if job is None:
        job = ReportJob.objects.create(
            key=key, language=language, sections=chosen, sites=sites, requested_by=by, as_of=state.as_of,
            trial_version=state.version,
        )  # fmt: skip
        _send(job)
    study_event(
        by=by, action=Action.REPORT_REQUESTED, subject=job.address, new=f"{language} {','.join(chosen)}"
    )
    return job


@transaction.atomic
def report_retry(*, by: User, job: ReportJob) -> ReportJob:
    """A failed job once more, from the same content."""
    if jobs.again(job):
        study_event(by=by, action=Action.REPORT_REQUESTED, subject=job.address, new="retry")
        _send(job)
    return job


def report_downloaded(*, by: User, job: ReportJob) -> None:
    """Who took which file: named by its digest."""
    study_event(by=by, action=Action.REPORT_DOWNLOADED, subject=job.address, new=job.sha256)


def _send(job: ReportJob) -> None:
    from endpoints.report_tasks import report_build

    report_build.delay_on_commit(job.pk)


def hurry(job: ReportJob) -> None:
    """A job that waits for nobody: its message was lost, or its worker. Whoever looks at it sends it again."""
    if job.waits_for_nobody():
        from endpoints.report_tasks import report_build

        report_build.hint(job.pk)
