"""What allauth is told about this site: no registration, one sentence for every failure."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import services, throttle

# The same words whether the name is unknown, the password wrong, the account ended, locked or slowed.
FAILED = gettext_lazy(
    "Sign-in failed. The user name, password or code is wrong, "
    "or sign-in is paused for 15 minutes after five failures."
)


class AccountAdapter(DefaultAccountAdapter):
    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": FAILED,
        "too_many_login_attempts": FAILED,
        "account_inactive": FAILED,
        "incorrect_code": FAILED,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        if throttle.slowed(request):
            raise self.validation_error("too_many_login_attempts")

    def login(self, request: HttpRequest, user: Any) -> None:
        """Told after success: the last time, so that a stranger's sign-in is noticed (ux 3.1)."""
        before = user.last_login
        super().login(request, user)
        if chosen := request.session.pop("language_chosen", None):
            services.language_set(by=user, language=chosen)
        if before:
            moment = date_format(timezone.localtime(before), "DATETIME_FORMAT")
            messages.info(request, _("Your last sign-in: %(moment)s UTC.") % {"moment": moment})
