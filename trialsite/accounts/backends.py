"""Passwords are checked here. An ended account, or a demonstration one elsewhere, is like no account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from .names import normal_name


class AccountBackend(ModelBackend):
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Any:
        return super().authenticate(
            request, username=normal_name(username or ""), password=password, **kwargs
        )

    def user_can_authenticate(self, user: Any) -> bool:
        """Asked at sign-in and again at every request. Demonstration passwords are public."""
        return user.is_active and (settings.DEMO or not user.demo)
