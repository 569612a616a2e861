"""Cases, material, readers and results, for the data manager."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from pathology.selectors.manager import progress
from trialsite.accounts.door import require
from trialsite.accounts.roles import Permission


@require(Permission.ALLOCATE)
@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    """`/pathology/`: which case is whose, and how far."""
    return render(request, "pathology/progress.html", {"cases": progress(request.user)})
