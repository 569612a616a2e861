"""Asking for a report and taking it away: both stand in the trail."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from endpoints import services
from endpoints.models import EndpointState, TrialState
from endpoints.models_cuts import CutPerson, DataCut
from endpoints.models_reports import ReportJob, ReportKind
from endpoints.reports.choices import SECTIONS
from endpoints.reports.content import key_of
from endpoints.standpoint import AtCut, Live, Standpoint
from participants.models import Participant
from trialsite.accounts.models import Site, User
from trialsite.accounts.permissions import Grants, grants_of
from trialsite.accounts.roles import Permission
from trialsite.audit.actions import Action
from trialsite.audit.trail import study_event
from trialsite.kernel.decisions import ALLOWED, Decision, refused
from trialsite.web import jobs


def may_build(cut: DataCut | None = None, participant: Participant | None = None) -> Decision:
    """There must be something to report: of the trial or the participant, live or in the cut."""
    if participant is not None:
        if cut is not None:
            there = CutPerson.objects.filter(cut=cut, participant=participant).exists()
        else:
            there = EndpointState.objects.filter(participant=participant, run__isnull=False).exists()
        return (
            ALLOWED if there else refused(_("There is no result of this participant in these data."), "state")
        )
    if cut is not None:
        return ALLOWED
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
    if job.kind == ReportKind.PARTICIPANT:
        return job.participant is not None and may_report(grants, job.participant)
    mine = scope_of(grants)
    return not mine or (bool(job.sites) and set(job.sites) <= set(mine))


def may_take_data(grants: Grants) -> bool:
    """Who may read a report of all sites may have the data that are part of it (docs/adr/0025-data-in-reports.md)."""
    return all(grants.sites(permission) is None for permission in (Permission.REPORT, Permission.RESULTS))


def takeable(grants: Grants, asked: QuerySet[ReportJob]) -> QuerySet[ReportJob]:
    """Those of the jobs asked for that `may_take` allows, decided by the database: as many queries for many as for few."""
    trial = Q(kind=ReportKind.TRIAL)
    if mine := scope_of(grants):
        trial &= _within(mine)
    people = Q(kind=ReportKind.PARTICIPANT, participant__isnull=False)
    for permission in (Permission.REPORT, Permission.RESULTS):
        sites = grants.sites(permission)
        if sites is not None:
            people &= Q(participant__site__in=sites)
    return asked.filter(trial | people)


def _within(mine: Sequence[str]) -> Q:
    """Reports that list participants of these sites alone. SQLite cannot compare lists in JSON as sets, so the few different
    lists that there are (one for each group of sites of a reader) are read, and those within the own sites named.
    """
    every = ReportJob.objects.filter(kind=ReportKind.TRIAL).order_by().values_list("sites", flat=True)
    found = Q(pk__in=())
    for sites in every.distinct():
        if sites and set(sites) <= set(mine):
            found |= Q(sites=sites)
    return found


def may_report(grants: Grants, participant: Participant) -> bool:
    """Who reports on a participant: reports and results at its site."""
    site = participant.site_id
    return grants.may(Permission.REPORT, site) and grants.may(Permission.RESULTS, site)


@transaction.atomic
def report_request(
    *,
    by: User,
    language: str,
    sections: Sequence[str] = (),
    cut: DataCut | None = None,
    participant: Participant | None = None,
) -> ReportJob:
    """A new job, or the one that has the same content already. `participant`: the report of one, else of the trial.

    Raises `Refused` when there is nothing to report, or not for this person.
    """
    grants = grants_of(by)
    if participant is not None and not may_report(grants, participant):
        refused(_("You may not build reports of this participant."), "role").require()
    may_build(cut, participant).require()
    chosen = [] if participant else [name for name in SECTIONS if name in sections] or list(SECTIONS)
    sites = [] if participant else scope_of(grants)
    standpoint = _standpoint(cut, participant)
    number = participant.number if participant else ""
    key = key_of(standpoint, language, chosen, sites, number)
    job: ReportJob | None = jobs.same(ReportJob, key)
    if job is None:
        kind = ReportKind.PARTICIPANT if participant else ReportKind.TRIAL
        job = ReportJob.objects.create(
            key=key, language=language, sections=chosen, sites=sites, requested_by=by, as_of=standpoint.as_of, kind=kind,
            participant=participant, cut=cut, trial_version=standpoint.source[:80],
        )  # fmt: skip
        _send(job)
    said = [language, cut.code if cut else "live", number, ",".join(chosen)]
    study_event(
        by=by, action=Action.REPORT_REQUESTED, subject=job.address, new=" ".join(one for one in said if one)
    )
    return job


def _standpoint(cut: DataCut | None, participant: Participant | None) -> Standpoint:
    if cut is not None:
        return AtCut(cut)
    if participant is not None:
        services.endpoints_recompute(participant.pk)
    services.trial_recompute()
    return Live()


def reports_of(participant: Participant) -> QuerySet[ReportJob]:
    """The reports of one participant, the latest first."""
    jobs_of = ReportJob.objects.filter(kind=ReportKind.PARTICIPANT, participant=participant)
    return jobs_of.select_related("requested_by", "cut", "participant").defer("inputs")


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
