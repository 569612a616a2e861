"""Before the first participant."""

from __future__ import annotations

from typing import Any

import pytest

from endpoints.reports.choices import SECTIONS
from endpoints.reports.services import report_request
from endpoints.services import endpoints_recompute
from tests import world
from tests.integration.cuts.conftest import cut_of
from tests.integration.reports.test_content import page, shown, taken
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


def test_one_participant_without_a_dose(empty: dict[str, User]) -> None:
    person = world.screened(empty["lin"], "01-001")
    assert endpoints_recompute(person.pk)
    text = shown(page(taken(), *SECTIONS))
    assert "Nobody has received a study drug yet." in text
    assert "Nobody is in the population yet." in text
    assert "01-001" in text


def test_an_empty_cut(empty: dict[str, User]) -> None:
    text = shown(page(taken(cut=cut_of(empty["da"])), *SECTIONS))
    assert "Nobody to list." in text
    assert "0/0" in text
