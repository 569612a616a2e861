"""The own account: language, password, second factor."""

from __future__ import annotations

import time

from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from trialsite.accounts import factor, policies, selectors, services, sessions
from trialsite.accounts.door import require
from trialsite.accounts.forms import ConfirmForm, EnrolForm, PasswordChangeForm, ReplaceForm
from trialsite.accounts.models import LANGUAGES, Delegation, RoleHeld, Training, User
from trialsite.kernel.decisions import Refused


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Stored in the account; before signing in, in a cookie, and taken into the account by the sign-in."""
    language = request.POST.get("language", "")
    target = request.POST.get("next") or request.META.get("HTTP_REFERER") or "/"
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    response = redirect(target)
    if language not in dict(LANGUAGES):
        return response
    if isinstance(request.user, User):
        services.language_set(by=request.user, language=language)
    else:
        request.session["language_chosen"] = language
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        samesite="Lax",
    )
    return response


@require()
@never_cache
@require_http_methods(["GET", "POST"])
def session(request: HttpRequest) -> JsonResponse:
    """Who is signed in and how many seconds are left. GET only looks; POST says that the person is at work."""
    if request.method == "POST":
        request.session[sessions.SEEN] = int(time.time())
    return JsonResponse({"person": request.user.pk, "left": sessions.left(request)})


@require()
@require_POST
def set_keys(request: HttpRequest) -> HttpResponse:
    """Single keys on or off."""
    services.keys_set(by=_person(request), single=request.POST.get("keys") != "off")
    return redirect("account")


@require()
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    user = _person(request)
    context = {
        "person": user,
        "roles": [
            held for held in RoleHeld.objects.filter(user=user).select_related("site") if held.in_force()
        ],
        "asleep": selectors.asleep(user),
        "trainings": Training.objects.filter(user=user).select_related("recorded_by"),
        "delegations": Delegation.objects.filter(user=user).select_related("site", "delegated_by"),
        "today": timezone.localdate(),
        "factor": factor.state(user),
        "factor_needed": policies.needs_second_factor(user),
        "may_set_password": policies.may_set_password(user, user),
        "languages": LANGUAGES,
    }
    return render(request, "accounts/account.html", context)


@require()
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password_change(request: HttpRequest) -> HttpResponse:
    user = _person(request)
    may = policies.may_set_password(user, user)
    form = PasswordChangeForm(request.POST or None, request=request, user=user)
    if may and form.is_valid():
        services.password_set(by=user, user=user, password=form.cleaned_data["password1"])
        update_session_auth_hash(request, user)
        messages.success(request, _("The password is changed. Other sessions have ended."))
        return redirect("account")
    return render(request, "accounts/password.html", {"form": form, "may": may})


@require()
@never_cache
@sensitive_post_parameters()
@sensitive_variables("secret")
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Enrol an authenticator app; with one enrolled, replace it."""
    user, secret = _person(request), factor.secret_for(request)
    replacing = factor.has_factor(user)
    posted = request.POST or None
    form = ReplaceForm(posted, request=request) if replacing else EnrolForm(posted)
    if form.is_valid():
        try:
            services.factor_enrol(by=user, secret=secret, code=form.cleaned_data["code"])
        except Refused as no:
            form.add_error("code", str(no.reason))
        else:
            del request.session[factor.KEY]
            record_authentication(request, user, "mfa", type="totp")
            messages.success(request, _("The second factor is enrolled."))
            return redirect("recovery_codes")
    context = {
        "form": form,
        "replacing": replacing,
        "needed": policies.needs_second_factor(user),
        "qr": factor.qr_code(user, secret),
        "key": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
    }
    return render(request, "mfa/enrol.html", context)


@require()
@never_cache
@sensitive_post_parameters()
@sensitive_variables("codes")
@require_http_methods(["GET", "POST"])
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Shown until the person says that they are kept; new ones against the password."""
    user = _person(request)
    if not factor.has_factor(user):
        return redirect("second_factor")
    if "kept" in request.POST:
        services.recovery_codes_kept(by=user)
        return redirect("account")
    form = ConfirmForm(request.POST or None, request=request)
    if form.is_valid():
        services.recovery_codes_renew(by=user)
        return redirect("recovery_codes")
    codes = factor.recovery_codes(user)
    context = {"form": form, "codes": codes, "factor": factor.state(user)}
    return render(request, "mfa/recovery_codes.html", context)


def _person(request: HttpRequest) -> User:
    """Behind the door there is always a person."""
    assert isinstance(request.user, User)
    return request.user
