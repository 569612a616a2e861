"""A laboratory's file in the worker: some thousand results take seconds, and a page should say how far it is."""

from __future__ import annotations

import base64
import datetime as dt
import secrets
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crf.models import ImportBatch, Laboratory, ResultsJob
from crf.services.laboratory_file import Changed, Plan, Rejected, results_import, results_judge
from trialsite.accounts.models import User
from trialsite.kernel.decisions import Refused
from trialsite.web.jobs import JobState, claim

from .laboratory import LaboratoryFile, read_laboratory_file
from .laboratory_shown import shown

log = structlog.get_logger(__name__)

KEPT = dt.timedelta(days=1)
FIRST, LAST = 10, 95  # percent: what comes before the first panel and after the last


@transaction.atomic
def results_job_ask(
    *, by: User, laboratory: Laboratory, content: bytes, name: str, store: dict[str, str] | None = None
) -> ResultsJob:
    """Have a file looked at, or (`store`: what was shown, and the reason) stored. Files of yesterday are forgotten."""
    forget()
    job = ResultsJob(
        key=secrets.token_hex(32), language=translation.get_language() or "en", requested_by=by,
        laboratory=laboratory, name=name, act=ResultsJob.Act.STORE if store is not None else ResultsJob.Act.LOOK,
    )  # fmt: skip
    job.save()
    job.hold({"content": base64.b64encode(content).decode(), "store": store or {}})
    _task().delay_on_commit(job.pk)
    return job


def forget() -> int:
    """Files that nobody stored within a day. They hold results of participants: nothing to keep about."""
    return ResultsJob.objects.filter(requested_at__lt=timezone.now() - KEPT).delete()[0]


def content_of(job: ResultsJob) -> bytes:
    return base64.b64decode(job.content.get("content", ""))


def hurry(job: ResultsJob) -> None:
    """Whoever looks at a job that waits for nobody sends its message again."""
    if job.waits_for_nobody():
        _task().hint(job.pk)


def _task() -> Any:
    from crf.results_tasks import results_file

    return results_file


def run(pk: int) -> bool:
    """One job, if nobody else is at it."""
    if not claim(ResultsJob, pk):
        return False
    job = ResultsJob.objects.select_related("laboratory__site", "requested_by").get(pk=pk)
    with translation.override(job.language):
        try:
            outcome = _looked(job) if job.act == ResultsJob.Act.LOOK else _stored(job)
        except Refused as no:
            outcome = {"refusal": str(no.reason), "code": no.code}
        except Exception as failure:
            log.exception("results_file_failed", job=job.address)
            job.note(
                state=JobState.FAILED, error=type(failure).__name__, finished_at=timezone.now(), stage=""
            )
            return False
    job.note(state=JobState.READY, outcome=outcome, progress=100, stage="", finished_at=timezone.now())
    if "stored" in outcome:  # the file has done what it was handed in for
        job.note(inputs=None)
        looked = ResultsJob.objects.filter(laboratory=job.laboratory, requested_by=job.requested_by)
        looked.filter(act=ResultsJob.Act.LOOK).delete()
    return True


def _looked(job: ResultsJob) -> dict[str, Any]:
    file = read_laboratory_file(content_of(job), job.laboratory)
    plan = results_judge(
        by=job.requested_by, laboratory=job.laboratory, file=file, step=_Steps(job, file).step
    )
    return shown(plan)


def _stored(job: ResultsJob) -> dict[str, Any]:
    """One transaction: nobody sees how far it is before it is done."""
    file = read_laboratory_file(content_of(job), job.laboratory)
    given = job.content["store"]
    try:
        results_import(
            by=job.requested_by, laboratory=job.laboratory, file=file, seen=given["seen"], reason=given["reason"],
            name=job.name,
        )  # fmt: skip
    except Rejected:
        return shown(Plan(file))
    except Changed:
        return {
            "refusal": _("The data have changed since the file was shown. Nothing was stored: look again.")
        }
    except Refused as no:
        if no.code != "file" or not _done_before(job, file):
            raise
    return {"stored": sum(len(panel.results) for panel in file.panels)}


def _done_before(job: ResultsJob, file: LaboratoryFile) -> bool:
    """A worker that was lost after it had stored everything: this one finds the work done."""
    made = ImportBatch.objects.filter(digest=file.sha256, by=job.requested_by, made_at__gte=job.requested_at)
    return made.exists()


class _Steps:
    """How far a job is, told at most every few participants: each telling is a write."""

    def __init__(self, job: ResultsJob, file: LaboratoryFile) -> None:
        self.job = job
        self.all = max(1, len({panel.form.participant_id for panel in file.panels}))
        self.done = 0

    def step(self) -> None:
        self.done += 1
        percent = FIRST + (LAST - FIRST) * self.done // self.all
        if percent >= self.job.progress + 5:
            self.job.tell(percent, "look")
