"""A few people, made through the services, on a site that is not in demonstration mode."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from trialsite.accounts import services, services_team
from trialsite.accounts.duties import Duty, Topic
from trialsite.accounts.models import Site, User
from trialsite.accounts.roles import AT_A_SITE, TIME_LIMITED, Role
from trialsite.audit.models import AuditEvent

SINCE = dt.date(2024, 1, 1)
UNTIL = dt.date(2099, 12, 31)
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def live(settings: Any) -> None:
    settings.DEMO = False


@pytest.fixture
def demo(settings: Any, live: None) -> None:
    settings.DEMO = True


@pytest.fixture
def site(db: None) -> Site:
    return services.site_create(by=None, number="01", name_en="First Hospital", name_zh="第一医院")


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    def make(name: str, role: str = "", site: Site | None = None, ready: bool = True) -> User:
        user = services.user_create(
            by=None, username=name, full_name=f"{name.title()} Test", identity="passport seen"
        )
        services.password_set(by=None, user=user, password=PASSWORD)
        if role:
            until = UNTIL if role in TIME_LIMITED else None
            services.role_grant(by=None, user=user, role=role, site=site, valid_from=SINCE, valid_until=until)
        if role in AT_A_SITE and site and ready:
            trained(user)
            delegated(user, site, Duty.SIGNING if role == Role.INVESTIGATOR else Duty.ENTRY)
        return user

    return make


def trained(user: User) -> User:
    """Every topic, from the start and without an end."""
    for topic in Topic:
        services_team.training_record(by=None, user=user, topic=topic, trained_on=SINCE, certificate="C-1")
    return user


def delegated(user: User, site: Site, *duties: str) -> User:
    services_team.delegation_add(by=None, site=site, user=user, duties=duties, valid_from=SINCE)
    return user


@pytest.fixture
def ad(person: Callable[..., User]) -> User:
    return person("ad", Role.ADMINISTRATOR)


@pytest.fixture
def lin(person: Callable[..., User], site: Site) -> User:
    return person("lin", Role.COORDINATOR, site)


def trail(action: str = "") -> list[AuditEvent]:
    events = AuditEvent.objects.order_by("number")
    return list(events.filter(action=action) if action else events)


def sign_in(client: Client, name: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/login/", {"login": name, "password": password, **more})


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def past_second_factor(client: Client, user: User) -> Client:
    """A session that has given both factors, without typing them."""
    from allauth.account.internal.flows.login import (
        _AUTHENTICATION_METHODS_USER_SESSION_KEY,
        AUTHENTICATION_METHODS_SESSION_KEY,
    )

    client.force_login(user)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "at": 0, "type": "totp"}]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session.save()
    return client


@pytest.fixture
def office(client: Client, ad: User) -> Client:
    """The administrator at work."""
    return past_second_factor(client, ad)
