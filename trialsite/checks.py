"""System checks: a setting that is unsafe, or that was measured to lose data, is said before the first request."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.security)
def production_settings(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    on_server = not settings.EMBEDDED
    if on_server and settings.DEBUG:
        found.append(
            Error("DEBUG shows the values of variables to anyone.", "Unset DEBUG.", id="trialsite.E001")
        )
    if "*" in settings.ALLOWED_HOSTS and not settings.RELAXED:
        found.append(Error("ALLOWED_HOSTS allows every name.", "Name the host.", id="trialsite.E002"))
    if len(settings.SECRET_KEY) < 50:
        found.append(Error("SECRET_KEY is shorter than 50 characters.", id="trialsite.E003"))
    if not settings.RELAXED and not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE):
        found.append(
            Warning("Cookies travel without encryption.", "Unset SECURE_COOKIES.", id="trialsite.W001")
        )
    if on_server and settings.DEMO:
        found.append(
            Warning(
                "Demonstration mode: accounts are public and need no second factor.",
                "Never for real data.",
                id="trialsite.W002",
            )
        )
    if on_server and not settings.REDIS_URL:
        found.append(
            Warning(
                "The broker is a folder on this machine.",
                "Set REDIS_URL when web and worker are apart.",
                id="trialsite.W003",
            )
        )
    return found


@register(Tags.database)
def data_keeping_settings(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    database = settings.DATABASES["default"]
    if database.get("ATOMIC_REQUESTS"):
        found.append(Error("ATOMIC_REQUESTS makes readers queue behind writers.", id="trialsite.E004"))
    if settings.EMBEDDED and database["OPTIONS"].get("transaction_mode") != "IMMEDIATE":
        found.append(
            Error("Saves fail under SQLite unless transaction_mode is IMMEDIATE.", id="trialsite.E005")
        )
    visibility = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("visibility_timeout")
    if visibility and visibility <= settings.CELERY_TASK_TIME_LIMIT:
        found.append(Error("A task that outlives the visibility timeout runs twice.", id="trialsite.E006"))
    return found
