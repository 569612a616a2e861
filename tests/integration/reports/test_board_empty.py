"""The dashboard of a trial that nobody has entered: apart, since other tests keep a participant for their module."""

from __future__ import annotations

from typing import Any

import pytest

from endpoints.services import trial_recompute
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db


def test_an_empty_trial(empty: dict[str, User], enter: Any) -> None:
    assert "No participant yet." in enter("mo").get("/endpoints/").content.decode()
    trial_recompute()
    page = enter("mo").get("/endpoints/").content.decode()
    assert "Nobody is in this analysis set yet" in page
    assert "0/0" in page
    assert enter("mo").get("/endpoints/figures/waterfall/").status_code == 200
