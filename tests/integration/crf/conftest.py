"""What tests of freezing, locking and deviations share."""

from __future__ import annotations

import pytest

from tests.integration.imports.conftest import tables  # noqa: F401  (a fixture: the public tables)
from trialsite.accounts import services as accounts
from trialsite.accounts.models import RoleHeld, User


@pytest.fixture
def anything_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a lock of more than a form refuses, without sixty forms that must be ready before."""
    monkeypatch.setattr("crf.services.holding.unready", lambda forms, kind: [])


@pytest.fixture
def second(db: None) -> User:
    """Another data manager, who decides what the first asks for. The cast must be there."""
    admin = User.objects.get(username="ad")
    user = accounts.user_create(by=admin, username="da2", full_name="Second Data Manager")
    mine = RoleHeld.objects.get(user__username="da")
    RoleHeld.objects.create(user=user, role=mine.role, valid_from=mine.valid_from)
    return user
