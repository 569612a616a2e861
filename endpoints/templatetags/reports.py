"""Words of report jobs."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.forms import BoundField
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from endpoints.models_reports import JobState, ReportJob

register = template.Library()


@register.filter
def languages(job: ReportJob) -> str:
    return dict(settings.LANGUAGES).get(job.language, job.language)


@register.filter
def stage_words(job: ReportJob) -> str:
    """What the worker is at."""
    if job.state == JobState.QUEUED:
        return _("Waiting for a worker.")
    if job.stage.startswith("figure "):
        return _("Figure %(n)s.") % {"n": job.stage.removeprefix("figure ")}
    return {"gather": _("Gathering the data."), "layout": _("Laying out the pages.")}.get(job.stage, "")


@register.filter
def plain_select(field: BoundField) -> SafeString:
    return field.as_widget(attrs={"class": "form-select"})
