"""Words of report jobs."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.forms import BoundField
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from endpoints.models_reports import JobState, ReportJob, ReportKind
from endpoints.reports.choices import NAMES, SECTIONS

register = template.Library()


@register.filter
def languages(job: ReportJob) -> str:
    return dict(settings.LANGUAGES).get(job.language, job.language)


@register.filter
def report_title(job: ReportJob) -> str:
    """What the file is."""
    if job.participant is not None:
        return _("Participant endpoint report %(number)s") % {"number": job.participant.number}
    return _("Endpoint report")


@register.filter
def left_out(job: ReportJob) -> str:
    """The sections that were not chosen."""
    if job.kind == ReportKind.PARTICIPANT:
        return ""
    return "; ".join(str(NAMES[name]) for name in SECTIONS if name not in job.sections)


@register.filter
def stage_words(job: ReportJob) -> str:
    """What the worker is at."""
    if job.state == JobState.QUEUED:
        return _("Waiting for a worker.")
    if job.stage.startswith("figure "):
        return _("Figure %(n)s.") % {"n": job.stage.removeprefix("figure ")}
    stages = {
        "gather": _("Gathering the data."),
        "layout": _("Laying out the pages."),
        "seal": _("Sealing the file."),
    }
    return stages.get(job.stage, "")


@register.filter
def plain_select(field: BoundField) -> SafeString:
    return field.as_widget(attrs={"class": "form-select"})
