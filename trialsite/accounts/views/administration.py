"""Users, sites and roles, for administrators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_tables2 import RequestConfig

from trialsite.accounts import forms, invitations, policies, selectors, services, services_team
from trialsite.accounts.door import require, user_or_404
from trialsite.accounts.factor import has_factor
from trialsite.accounts.invitations import key_of
from trialsite.accounts.models import Delegation, RoleHeld, Site, Training, User
from trialsite.accounts.roles import Permission
from trialsite.accounts.tables import SiteTable, UserTable
from trialsite.kernel.decisions import Refused

administrator = require(Permission.ACCOUNTS)


@administrator
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return redirect("users")


@administrator
@require_GET
def users(request: HttpRequest) -> HttpResponse:
    search, need = request.GET.get("q", "").strip(), request.GET.get("need", "")
    people = selectors.needing(selectors.users_listed(search), need)
    table = UserTable(people, by=_by(request))
    RequestConfig(request, paginate={"per_page": 50}).configure(table)
    context = {
        "table": table,
        "search": search,
        "need": need,
        "tasks": selectors.account_tasks(_by(request)),
        "lock_outs": selectors.lock_outs_named(),
    }
    return render(request, "accounts/users.html", context)


@administrator
@require_http_methods(["GET", "POST"])
def user_new(request: HttpRequest) -> HttpResponse:
    form = forms.UserForm(request.POST or None)
    if form.is_valid():
        try:
            user = services.user_create(by=_by(request), **form.cleaned_data)
        except Refused as no:
            form.add_error("username" if no.code == "username" else None, str(no.reason))
        else:
            messages.success(request, _("The account is created. Give it a role and send the invitation."))
            return redirect("user_detail", user.username)
    return render(request, "accounts/user_new.html", {"form": form})


@administrator
@never_cache
@require_GET
def user_detail(request: HttpRequest, username: str) -> HttpResponse:
    return _detail(request, user_or_404(username))


def _detail(request: HttpRequest, person: User, status: int = 200, **shown: Any) -> HttpResponse:
    by = _by(request)
    context = {
        "person": person,
        "held": RoleHeld.objects.filter(user=person).select_related("site"),
        "trainings": Training.objects.filter(user=person).select_related("recorded_by"),
        "delegations": Delegation.objects.filter(user=person).select_related("site", "delegated_by"),
        "asleep": selectors.asleep(person),
        "today": timezone.localdate(),
        "factor": has_factor(person),
        "invitation": invitations.state(person),
        "invited_until": invitations.open_until(person),
        "change_form": forms.UserChangeForm(initial={"full_name": person.full_name, "email": person.email}),
        "role_form": forms.RoleForm(),
        "identity_form": forms.IdentityForm(),
        "training_form": forms.TrainingForm(),
        "reason_form": forms.ReasonForm(),
        "may_end": policies.may_end(by, person),
        "may_invite": policies.may_invite(by, person),
        "may_reset_factor": policies.may_reset_factor(by, person),
        "not_self": person != by,
    }
    return render(request, "accounts/user_detail.html", context | shown, status=status)


@administrator
@require_POST
def user_change(request: HttpRequest, username: str) -> HttpResponse:
    person, form = user_or_404(username), forms.UserChangeForm(request.POST)
    return _act(
        request,
        person,
        form,
        "change_form",
        lambda: services.user_change(by=_by(request), user=person, **form.cleaned_data),
    )


@administrator
@require_http_methods(["GET", "POST"])
def user_end(request: HttpRequest, username: str) -> HttpResponse:
    """One act ends every role, duty and session of a person; it asks for the reason only."""
    person, form = user_or_404(username), forms.ReasonForm(request.POST or None)
    may = policies.may_end(_by(request), person)
    if form.is_valid():
        try:
            services.user_end(by=_by(request), user=person, **form.cleaned_data)
        except Refused as no:
            form.add_error(None, str(no.reason))
        else:
            messages.success(request, _("All access of %(name)s has ended.") % {"name": person.username})
            return redirect("user_detail", person.username)
    context = {"person": person, "form": form, "may": may}
    return render(request, "accounts/user_end.html", context, status=422 if request.method == "POST" else 200)


@administrator
@require_POST
def user_identity(request: HttpRequest, username: str) -> HttpResponse:
    person, form = user_or_404(username), forms.IdentityForm(request.POST)
    return _act(
        request,
        person,
        form,
        "identity_form",
        lambda: services_team.identity_verify(
            by=_by(request),
            user=person,
            how=form.cleaned_data["identity_how"],
            on=form.cleaned_data["identity_on"],
        ),
    )


@administrator
@require_POST
def training_record(request: HttpRequest, username: str) -> HttpResponse:
    person, form = user_or_404(username), forms.TrainingForm(request.POST)
    return _act(
        request,
        person,
        form,
        "training_form",
        lambda: services_team.training_record(by=_by(request), user=person, **form.cleaned_data),
    )


@administrator
@require_http_methods(["GET", "POST"])
def training_withdraw(request: HttpRequest, username: str, number: int) -> HttpResponse:
    person = user_or_404(username)
    training = get_object_or_404(Training, pk=number, user=person)
    form = forms.ReasonForm(request.POST or None)
    if form.is_valid():
        services_team.training_withdraw(by=_by(request), training=training, **form.cleaned_data)
        return redirect("user_detail", person.username)
    context = {"person": person, "training": training, "form": form}
    return render(
        request, "accounts/training_withdraw.html", context, status=422 if request.method == "POST" else 200
    )


@administrator
@never_cache
@require_POST
def user_invite(request: HttpRequest, username: str) -> HttpResponse:
    """The link is on this answer only; it is stored nowhere."""
    person = user_or_404(username)
    try:
        token = services.invitation_issue(by=_by(request), user=person)
    except Refused as no:
        messages.error(request, str(no.reason))
        return redirect("user_detail", person.username)
    link = request.build_absolute_uri(reverse("invitation", args=[key_of(person), token]))
    return _detail(request, person, link=link)


@administrator
@require_POST
def user_factor_reset(request: HttpRequest, username: str) -> HttpResponse:
    person, form = user_or_404(username), forms.ReasonForm(request.POST)
    return _act(
        request,
        person,
        form,
        "reason_form",
        lambda: services.factor_reset(by=_by(request), user=person, **form.cleaned_data),
    )


@administrator
@require_POST
def role_grant(request: HttpRequest, username: str) -> HttpResponse:
    person, form = user_or_404(username), forms.RoleForm(request.POST)
    return _act(
        request,
        person,
        form,
        "role_form",
        lambda: services.role_grant(by=_by(request), user=person, **form.cleaned_data),
    )


@administrator
@require_http_methods(["GET", "POST"])
def role_end(request: HttpRequest, username: str, number: int) -> HttpResponse:
    person = user_or_404(username)
    held = get_object_or_404(RoleHeld.objects.select_related("site"), pk=number, user=person)
    form = forms.RoleEndForm(request.POST or None)
    if form.is_valid():
        try:
            services.role_end(by=_by(request), held=held, **form.cleaned_data)
            return redirect("user_detail", person.username)
        except Refused as no:
            form.add_error(None, str(no.reason))
    return render(request, "accounts/role_end.html", {"person": person, "held": held, "form": form})


@administrator
@require_GET
def sites(request: HttpRequest) -> HttpResponse:
    table = SiteTable(Site.objects.all())
    RequestConfig(request, paginate=False).configure(table)
    return render(request, "accounts/sites.html", {"table": table})


@administrator
@require_http_methods(["GET", "POST"])
def site_new(request: HttpRequest) -> HttpResponse:
    form = forms.SiteForm(request.POST or None)
    if form.is_valid():
        services.site_create(by=_by(request), **form.cleaned_data)
        return redirect("sites")
    return render(request, "accounts/site.html", {"form": form})


@administrator
@require_http_methods(["GET", "POST"])
def site_edit(request: HttpRequest, number: str) -> HttpResponse:
    site = get_object_or_404(Site, number=number)
    form = forms.SiteChangeForm(request.POST or None, instance=site)
    if form.is_valid():
        services.site_change(by=_by(request), site=site, **form.cleaned_data)
        return redirect("sites")
    return render(request, "accounts/site.html", {"form": form, "site": site})


@administrator
@require_GET
def roles(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/roles.html", selectors.permission_grid())


def _act(request: HttpRequest, person: User, form: Form, name: str, act: Callable[[], Any]) -> HttpResponse:
    """Do it and return to the person; or show what is wrong, with everything typed still there."""
    if form.is_valid():
        try:
            act()
            return redirect("user_detail", person.username)
        except Refused as no:
            form.add_error(None, str(no.reason))
    return _detail(request, person, 422, **{name: form})


def _by(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
