"""Signing in: name and password, then the second factor; invitations; signing out."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.logout import logout as end_session
from allauth.account.views import LoginView
from allauth.mfa.base.views import AuthenticateView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from trialsite.accounts import services
from trialsite.accounts.demo import demo_people
from trialsite.accounts.forms import CodeForm, NewPasswordForm, SignInForm
from trialsite.accounts.invitations import invited, open_until


class SignInView(LoginView):
    form_class = SignInForm
    template_name = "account/login.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        for person in demo_people():
            if person.username == request.POST.get("fill"):
                form = SignInForm(
                    request=request, initial={"login": person.username, "password": person.password}
                )
                form.fields["password"].widget.render_value = True
                return self.render_to_response(self.get_context_data(form=form))
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"people": demo_people()}


class SignInCodeView(AuthenticateView):
    template_name = "mfa/authenticate.html"

    def _build_forms(self) -> CodeForm | None:
        posted = self.request.POST if self.request.method == "POST" else None
        self.auth_form = CodeForm(posted, user=self.stage.login.user, request=self.request)
        self.webauthn_form = None
        return self.auth_form if posted is not None else None


sign_in = SignInView.as_view()
sign_in_code = SignInCodeView.as_view()


@require_POST
@never_cache
def sign_out(request: HttpRequest) -> HttpResponse:
    """Also leaves a sign-in that waits for its code."""
    end_session(request)
    return redirect("login")


@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, key: str, token: str) -> HttpResponse:
    """The person who was invited chooses a password, once."""
    user = invited(key, token)
    if user is None:
        return render(request, "accounts/invitation_over.html", status=410)
    form = NewPasswordForm(request.POST or None, user=user)
    if form.is_valid():
        services.password_set(by=user, user=user, password=form.cleaned_data["password1"])
        messages.success(request, _("The password is set. Sign in with it."))
        return redirect("login")
    return render(
        request, "accounts/invitation.html", {"form": form, "person": user, "until": open_until(user)}
    )
