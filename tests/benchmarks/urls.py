from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from crf.models import FormInstance
from crf.views import entry
from trialsite.kernel.decisions import ALLOWED


@login_required
def reading(request: HttpRequest, pk: int) -> HttpResponse:
    """A central reading by the machinery of every form: its own page has another door and another frame."""
    form = FormInstance.objects.select_related("participant__site", "visit").get(pk=pk)
    if request.method == "POST":
        definition = entry.form_def("CPATH")
        typed = entry.read_post(definition, request.POST)
        user: Any = request.user
        saved = entry.form_save(
            by=user, form=form, typed=typed, order=entry.order_of(request), decision=ALLOWED
        )
        return entry._after(request, form, saved, None)
    return entry._show(request, form, entry.builder_of(form, editable=True))


urlpatterns = [
    path("plain/", include("tests.benchmarks.plain.urls")),
    path("bench/reading/<int:pk>/", reading),
    path("", include("trialsite.urls")),
]
