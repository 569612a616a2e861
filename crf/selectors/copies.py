"""Certified copies that exist for a person, and what the person may ask for."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404

from crf.models import CopyJob
from crf.policies_review import may_copy
from trialsite.accounts.models import Site
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission


def copies_for(user: Any) -> QuerySet[CopyJob]:
    """Copies of the person's sites; those of the whole trial for who may take one."""
    found = CopyJob.objects.select_related("site", "requested_by").defer("inputs")
    sites = grants_of(user).sites(Permission.COPY)
    if sites is None:
        return found
    return found.filter(Q(site__in=sites))


def copy_for(user: Any, pk: int) -> CopyJob:
    """One copy, or 404."""
    found = copies_for(user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def scopes_for(user: Any) -> tuple[bool, list[Site]]:
    """Whether the whole trial may be asked for, and which sites."""
    sites = grants_of(user).limit(Site.objects.order_by("number"), Permission.COPY, "pk")
    return bool(may_copy(user)), list(sites)
