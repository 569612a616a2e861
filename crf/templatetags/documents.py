"""Words of document jobs."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from crf.models import DocumentJob
from trialsite.web.jobs import JobState

register = template.Library()


@register.filter
def job_language(job: DocumentJob) -> str:
    names = {"en": _("English"), "zh": _("Chinese"), "both": _("English and Chinese")}
    return names.get(job.language, job.language)


@register.filter
def job_stage(job: DocumentJob) -> str:
    """What the worker is at."""
    if job.state == JobState.QUEUED:
        return _("Waiting for a worker.")
    if job.stage.startswith("part "):
        return _("Laying out the pages, step %(n)s.") % {"n": job.stage.removeprefix("part ")}
    return {"gather": _("Gathering the data."), "layout": _("Laying out the pages.")}.get(job.stage, "")
