"""Forms of sign-in, the own account, and administration."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from typing import Any

from allauth.account.forms import LoginForm
from allauth.mfa.base.forms import AuthenticateForm
from crispy_forms.helper import FormHelper
from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from . import credentials
from .adapter import FAILED
from .duties import Duty, Topic
from .models import LANGUAGES, RoleHeld, Site, User
from .names import normal_name
from .roles import AT_A_SITE, Role

USER_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,29}")
TAKEN_BY_PAGES = {"new", "export"}


class Plain:
    """Rendered by crispy-forms inside a template's own form tag; no browser bubbles."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Almost everything is required, so what is not says so (ux P10)."""
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # type: ignore[attr-defined]
            if not field.required and not isinstance(field, forms.BooleanField):
                field.label = format_lazy("{} ({})", field.label, _("optional"))

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        return helper


def _text(label: Any, **attrs: str) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.TextInput(attrs=attrs))


def _password(label: Any, autocomplete: str, **attrs: str) -> forms.CharField:
    # `data-caps-lock` and `data-show` are for the page's script; paste and password managers are welcome.
    widget = forms.PasswordInput(
        attrs={"autocomplete": autocomplete, "data-caps-lock": "", "data-show": _("Show")} | attrs
    )
    return forms.CharField(label=label, strip=False, widget=widget)


def _code(label: Any) -> forms.CharField:
    return _text(label, autocomplete="one-time-code", inputmode="numeric", maxlength="12", autofocus="")


def _day(label: Any, required: bool = True) -> forms.DateField:
    widget = forms.DateInput(attrs={"placeholder": "YYYY-MM-DD", "inputmode": "numeric"}, format="%Y-%m-%d")
    return forms.DateField(
        label=label, required=required, widget=widget, input_formats=["%Y-%m-%d", "%Y/%m/%d"]
    )


def _reason(required: bool = True, label: Any = None) -> forms.CharField:
    return forms.CharField(label=label or _("Reason"), required=required, max_length=500)


class SignInForm(Plain, LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": ""}
        self.fields["login"] = forms.CharField(
            label=_("User name"), max_length=150, widget=forms.TextInput(attrs=name)
        )
        self.fields["password"] = _password(_("Password"), "current-password")

    def clean_login(self) -> str:
        return normal_name(self.cleaned_data["login"])


class CodeForm(Plain, AuthenticateForm):
    """The second step of signing in: a code of the app, or a recovery code."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.fields["code"] = _code(_("Code from authenticator, or a recovery code"))

    def clean_code(self) -> str:
        found = credentials.code_used(self.request, self.user, self.cleaned_data["code"])
        if found is None:
            raise ValidationError(FAILED, "incorrect_code")
        found.user = self.user
        self.authenticator = found
        return self.cleaned_data["code"]


class ConfirmForm(Plain, forms.Form):
    """Who changes the own account proves it with the password; failures count towards lock-out."""

    current = _password(_("Current password"), "current-password")

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.user: User = request.user  # type: ignore[assignment]

    def clean_current(self) -> str:
        if not credentials.password_is_right(self.request, self.user, self.cleaned_data["current"]):
            raise ValidationError(
                _("This is not the current password, or sign-in is paused after five failures.")
            )
        return self.cleaned_data["current"]


class EnrolForm(Plain, forms.Form):
    """The first code proves that the app has the key."""

    code = _code(_("Code that the app shows"))


class ReplaceForm(ConfirmForm):
    """A new device in place of the old one."""

    old_code = _text(
        _("Code of the present device, or a recovery code"), autocomplete="off", inputmode="numeric"
    )
    code = _code(_("Code that the new device shows"))
    field_order = ("code", "old_code", "current")

    def clean_old_code(self) -> str:
        if credentials.code_used(self.request, self.user, self.cleaned_data["old_code"]) is None:
            raise ValidationError(_("This code is wrong or was used before."))
        return self.cleaned_data["old_code"]


class NewPasswordForm(Plain, forms.Form):
    """A password that is chosen twice: by invitation, or in place of the old one."""

    password1 = _password(_("New password"), "new-password")
    password2 = _password(_("New password again"), "new-password")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = user
        self.fields["password1"].help_text = " ".join(password_validators_help_texts())

    def clean_password1(self) -> str:
        validate_password(self.cleaned_data["password1"], self.owner)
        return self.cleaned_data["password1"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        one, two = cleaned.get("password1"), cleaned.get("password2")
        if one and two and one != two:
            self.add_error("password2", _("The two passwords differ."))
        return cleaned


class PasswordChangeForm(NewPasswordForm, ConfirmForm):
    field_order = ("current", "password1", "password2")


class UserForm(Plain, forms.Form):
    username = _text(_("User name"), autocomplete="off", autocapitalize="none", spellcheck="false")
    full_name = forms.CharField(label=_("Full name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    identity = _reason(label=_("How the person was identified"))

    def clean_username(self) -> str:
        name = normal_name(self.cleaned_data["username"])
        if not USER_NAME.fullmatch(name) or name in TAKEN_BY_PAGES:
            raise ValidationError(
                _("Use 2 to 30 Latin letters, digits, dots or hyphens, starting with a letter or digit.")
            )
        return name


class UserChangeForm(Plain, forms.Form):
    full_name = forms.CharField(label=_("Full name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"), required=False)


class RoleForm(Plain, forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    site = forms.ModelChoiceField(
        Site.objects.filter(active=True), label=_("Site"), required=False, empty_label=_("All sites")
    )
    valid_from = _day(_("First day"))
    valid_until = _day(_("Last day"), required=False)
    reason = _reason(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["valid_from"].initial = timezone.localdate()
        self.fields["valid_until"].help_text = _("Leave empty when no end is known.")


class ReasonForm(Plain, forms.Form):
    reason = _reason()


class RoleEndForm(ReasonForm):
    until = _day(_("Last day"), required=False)
    field_order = ("until", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].help_text = _("Leave empty to take the role back now.")

    @property
    def until_day(self) -> dt.date | None:
        return self.cleaned_data.get("until")


class IdentityForm(Plain, forms.Form):
    """21 CFR 11.100(b): who looked at what, before a signature is given."""

    identity_how = _reason(label=_("What was looked at"))
    identity_on = _day(_("Day"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["identity_on"].initial = timezone.localdate()
        self.fields["identity_how"].help_text = _(
            "For example: passport, seen in person. No document numbers."
        )


class TrainingForm(Plain, forms.Form):
    topic = forms.ChoiceField(label=_("Topic"), choices=Topic.choices)
    trained_on = _day(_("Day of the training"))
    expires_on = _day(_("Valid until"), required=False)
    certificate = forms.CharField(label=_("Certificate"), max_length=120)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["expires_on"].help_text = _("Leave empty when it does not expire.")
        self.fields["certificate"].help_text = _("Its number, or where it is filed.")


class DelegationForm(Plain, forms.Form):
    """One line of the log for each duty that is chosen."""

    user = forms.ModelChoiceField(User.objects.none(), label=_("Person"))
    duties = forms.MultipleChoiceField(
        label=_("Duties"), choices=Duty.choices, widget=forms.CheckboxSelectMultiple
    )
    valid_from = _day(_("First day"))
    valid_until = _day(_("Last day"), required=False)
    reason = _reason(required=False)

    def __init__(self, *args: Any, site: Site, principal: bool, **kwargs: Any) -> None:
        """`principal`: may this person name the principal investigator?"""
        super().__init__(*args, **kwargs)
        staff = RoleHeld.objects.filter(site=site, ended_at__isnull=True, role__in=AT_A_SITE).values("user")
        people: Any = self.fields["user"]
        people.queryset = User.objects.filter(pk__in=staff, is_active=True)
        duties: Any = self.fields["duties"]
        duties.choices = [choice for choice in Duty.choices if principal or choice[0] != Duty.PRINCIPAL]
        self.fields["valid_from"].initial = timezone.localdate()
        self.fields["valid_until"].help_text = _("Leave empty when no end is known.")


class AttestForm(Plain, forms.Form):
    """`digest` names the list that was seen."""

    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    note = _reason(required=False, label=_("Note"))


class SiteForm(Plain, forms.ModelForm):
    class Meta:
        model = Site
        fields = ("number", "name_en", "name_zh", "time_zone")

    def clean_number(self) -> str:
        number = self.cleaned_data["number"].strip()
        if not re.fullmatch(r"\d{2}", number):
            raise ValidationError(_("Two digits, as they head the participant numbers."))
        return number

    def clean_time_zone(self) -> str:
        if (zone := self.cleaned_data["time_zone"]) not in zoneinfo.available_timezones():
            raise ValidationError(_("Not a time zone. Example: Asia/Shanghai."))
        return zone


class SiteChangeForm(SiteForm):
    class Meta(SiteForm.Meta):
        fields = ("name_en", "name_zh", "time_zone", "active")
