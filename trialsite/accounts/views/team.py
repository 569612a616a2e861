"""Delegation logs, attestation of the list of users, and the list of authorised persons."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_tables2 import RequestConfig

from trialsite.accounts import exports, forms, policies, rosters, selectors, services_team
from trialsite.accounts.door import require
from trialsite.accounts.models import Attestation, Delegation, Site, User
from trialsite.accounts.roles import Permission
from trialsite.accounts.tables import UserTable
from trialsite.kernel.decisions import Refused

reader = require(Permission.VIEW, Permission.ACCOUNTS)
listed = require(Permission.ACCOUNTS, Permission.AUDIT)


@reader
@require_GET
def logs(request: HttpRequest) -> HttpResponse:
    """The logs of the sites that the reader sees; of one site, the log itself."""
    by = _by(request)
    seen = selectors.logs_seen(by)
    if len(seen) == 1:
        return redirect("delegations", seen[0].site.number)
    context = {
        "seen": seen,
        "may_list": policies.may_list_persons(by),
        "may_administer": policies.may_administer(by),
    }
    return render(request, "accounts/delegation_logs.html", context)


@reader
@require_http_methods(["GET", "POST"])
def log(request: HttpRequest, number: str) -> HttpResponse:
    """The delegation log of a site; a post adds lines."""
    site, by = _site(request, number), _by(request)
    named = bool(policies.may_administer(by))
    posted = request.POST if request.method == "POST" else None
    form = forms.DelegationForm(posted, site=site, principal=named)
    if request.method == "POST" and not policies.may_keep_log(by, site):
        return _refused(request, policies.may_keep_log(by, site).reason)
    if form.is_valid():
        try:
            made = services_team.delegation_add(by=by, site=site, **form.cleaned_data)
        except Refused as no:
            form.add_error(None, str(no.reason))
        else:
            _tell(request, len(made))
            return redirect("delegations", site.number)
    return render(
        request, "accounts/delegations.html", _page(by, site, form), status=200 if posted is None else 422
    )


def _page(by: User, site: Site, form: forms.DelegationForm) -> dict[str, Any]:
    entries = selectors.log_of(site)
    waiting = [line for entry in entries for line in entry.lines if line.waits]
    return {
        "site": site,
        "entries": entries,
        "form": form,
        "today": timezone.localdate(),
        "principal": selectors.principal_of(site),
        "attested": selectors.attested_last(site),
        "may_keep": policies.may_keep_log(by, site),
        "may_attest": policies.may_attest(by, site),
        "may_confirm": policies.may_confirm_log(by, site),
        "may_name": policies.may_administer(by),
        "waiting": len(waiting),
    }


def _tell(request: HttpRequest, lines: int) -> None:
    words = ngettext("%(n)s line was added to the log.", "%(n)s lines were added to the log.", lines)
    messages.success(request, words % {"n": lines})


@reader
@require_POST
def confirm(request: HttpRequest, number: str) -> HttpResponse:
    """The principal investigator stands for what an administrator entered."""
    site = _site(request, number)
    try:
        services_team.delegations_confirm(by=_by(request), site=site)
    except Refused as no:
        return _refused(request, no.reason)
    return redirect("delegations", site.number)


@reader
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, number: str, line: int) -> HttpResponse:
    site, by = _site(request, number), _by(request)
    found = get_object_or_404(Delegation.objects.select_related("user", "site"), pk=line, site=site)
    form = forms.RoleEndForm(request.POST or None)
    if request.method == "POST" and not policies.may_keep_log(by, site):
        return _refused(request, policies.may_keep_log(by, site).reason)
    if form.is_valid():
        try:
            services_team.delegation_end(by=by, line=found, **form.cleaned_data)
            return redirect("delegations", site.number)
        except Refused as no:
            form.add_error(None, str(no.reason))
    context = {"site": site, "line": found, "form": form, "may": policies.may_end_delegation(by, found, None)}
    return render(
        request, "accounts/delegation_end.html", context, status=422 if request.method == "POST" else 200
    )


@require(Permission.ACCOUNTS)
@require_http_methods(["GET", "POST"])
def attestation(request: HttpRequest) -> HttpResponse:
    return _attestation(request, None)


@reader
@require_http_methods(["GET", "POST"])
def attestation_site(request: HttpRequest, number: str) -> HttpResponse:
    return _attestation(request, _site(request, number))


def _attestation(request: HttpRequest, site: Site | None) -> HttpResponse:
    """The list as it is now, and the words that somebody stands for it."""
    by = _by(request)
    may = policies.may_attest(by, site)
    if request.method == "POST" and not may:
        return _refused(request, may.reason)
    form = forms.AttestForm(request.POST or None)
    if form.is_valid():
        try:
            services_team.users_attest(by=by, site=site, **form.cleaned_data)
        except Refused as no:
            form.add_error(None, str(no.reason))
        else:
            messages.success(request, _("The list is attested. It is due again in seven days."))
            return redirect(request.path)
    context = {
        "site": site,
        "may": may,
        "form": form,
        "roster": rosters.roster(site),
        "due": selectors.attestation_due(site),
        "now": timezone.now(),
        "before": Attestation.objects.filter(site=site).select_related("by")[:20],
    }
    return render(
        request, "accounts/attestation.html", context, status=422 if request.method == "POST" else 200
    )


@listed
@require_GET
def persons(request: HttpRequest) -> HttpResponse:
    """Who is authorised, for those who read the trail."""
    table = UserTable(selectors.persons_listed(_by(request)))
    RequestConfig(request, paginate={"per_page": 50}).configure(table)
    return render(request, "accounts/persons.html", {"table": table})


@listed
@require_POST
def persons_export(request: HttpRequest) -> HttpResponse:
    """The list with the dates of every role, as a file. A post: it leaves an event."""
    people = selectors.persons_listed(_by(request))
    services_team.persons_export(by=_by(request), count=len(people))
    text = exports.authorised_persons(people, selectors.roles_ever([person.user for person in people]))
    name = f"authorised-persons-{timezone.localdate()}.csv"
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _site(request: HttpRequest, number: str) -> Site:
    """A site whose log the reader may see; another one does not exist."""
    site = get_object_or_404(Site, number=number)
    if not policies.may_see_log(_by(request), site):
        raise Http404
    return site


def _refused(request: HttpRequest, reason: Any) -> HttpResponse:
    return render(request, "403.html", {"reason": reason}, status=403)


def _by(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
