"""Asking for a certified copy, and taking it away: both stand in the trail of the study, with who certifies."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crf.models import CopyJob
from crf.policies_review import may_copy
from trialsite.accounts.models import Site, User
from trialsite.audit.actions import Action
from trialsite.audit.trail import append, study_chain
from trialsite.kernel.decisions import refused
from trialsite.kernel.digests import digest
from trialsite.web import jobs

from .refusals import noted

LANGUAGES = ("en", "zh")


def scope_words(site: Site | None) -> str:
    """How the trail names the scope."""
    return f"site {site.number}" if site else "whole trial"


def copy_request(*, by: User, site: Site | None, language: str, purpose: str = "") -> CopyJob:
    """A new copy, certified by the person who asks; or the person's own that is under way for the same purpose."""
    with noted(by=by, act="copy", address="copy", site=site), transaction.atomic():
        may_copy(by, site.pk if site else None).require()
        if language not in LANGUAGES:
            refused(_("Choose a language."), "text").require()
        chain = study_chain()  # the lock: two clicks are one copy
        key = digest([by.pk, site.pk if site else 0, language, *([purpose] if purpose else [])])
        for job in CopyJob.objects.filter(key=key).defer("inputs"):
            if job.pending:
                return job
        job = CopyJob.objects.create(
            key=key, language=language, site=site, requested_by=by, printed_name=by.full_name or by.username,
            role=by.role_at(site),
        )  # fmt: skip
        append(
            chain, by=by, action=Action.COPY_REQUESTED, subject=job.address, new=scope_words(site), site=site
        )
        _send(job)
        return job


@transaction.atomic
def copy_retry(*, by: User, job: CopyJob) -> CopyJob:
    """A copy that failed, once more. Who asked for it still certifies it."""
    may_copy(by, job.site_id).require()
    if jobs.again(job):
        chain = study_chain()
        append(chain, by=by, action=Action.COPY_REQUESTED, subject=job.address, new="retry", site=job.site)
        _send(job)
    return job


@transaction.atomic
def copy_downloaded(*, by: User, job: CopyJob) -> None:
    """Who took which copy: named by its digest."""
    may_copy(by, job.site_id).require()
    append(
        study_chain(), by=by, action=Action.COPY_TAKEN, subject=job.address, old=scope_words(job.site), new=job.sha256,
        site=job.site,
    )  # fmt: skip


@transaction.atomic
def copy_certified(*, by: User | None, subject: str, site: Site | None, sha256: str, said: str) -> None:
    """A copy is finished: its digest stands in the trail, so that the archive can be compared with it for good."""
    append(
        study_chain(), by=by, action=Action.COPY_CERTIFIED, subject=subject, old=scope_words(site), new=sha256,
        reason=said, site=site,
    )  # fmt: skip


def _send(job: CopyJob) -> None:
    from crf.copy_tasks import copy_build

    copy_build.delay_on_commit(job.pk)


def hurry(job: Any) -> None:
    """Whoever looks at a copy that waits for nobody sends its message again."""
    if job.waits_for_nobody():
        from crf.copy_tasks import copy_build

        copy_build.hint(job.pk)
