"""Before the first participant."""

from __future__ import annotations

from typing import Any

import pytest

from endpoints.reports.services import report_request
from trialsite.accounts.models import User
from trialsite.kernel.decisions import Refused


def test_an_empty_trial_says_so(empty: dict[str, User], enter: Any) -> None:
    client = enter("mo")
    assert "No participant yet." in client.get("/endpoints/").content.decode()
    assert "There are no figures yet" in client.get("/reports/").content.decode()
    assert client.get("/endpoints/mpr/").status_code == 200
    assert client.get("/endpoints/pfs/data/").status_code == 404


def test_nothing_can_be_reported(empty: dict[str, User]) -> None:
    with pytest.raises(Refused):
        report_request(by=empty["mo"], language="en", sections=["glance"])
