"""The list of reports: what a person may take away and no more, in as many queries for many reports as for few."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from endpoints.models_reports import ReportJob, ReportKind
from endpoints.reports import services
from participants.models import Participant
from tests import world
from tests.integration.reports.conftest import copies
from trialsite.accounts.models import RoleHeld, User
from trialsite.accounts.permissions import grants_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def jobs(original: Participant, cast: dict[str, User]) -> list[ReportJob]:
    """Reports of the trial with different limits, and of a participant at each site."""
    other = copies(original, cast["wu"], 1, "02")[0]
    made = [asked(cast, sites=sites) for sites in ([], ["01"], ["02"], ["01", "02"], ["-"])]
    return made + [asked(cast, kind=ReportKind.PARTICIPANT, participant=one) for one in (original, other)]


def asked(cast: dict[str, User], **more: Any) -> ReportJob:
    return ReportJob.objects.create(key="k", language="en", requested_by=cast["st"], **more)


def limited(user: User, *sites: str) -> User:
    """The person with the first role held at these sites alone."""
    held = RoleHeld.objects.filter(user=user).get()
    for number in sites[1:]:
        RoleHeld.objects.create(
            user=user, role=held.role, site=world.site(number), valid_from=held.valid_from
        )
    RoleHeld.objects.filter(pk=held.pk).update(site=world.site(sites[0]))
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("sites, count", [((), 7), (("01",), 2), (("02",), 2), (("01", "02"), 5)])
def test_the_list_is_what_may_be_taken(
    jobs: list[ReportJob], cast: dict[str, User], sites: tuple[str, ...], count: int
) -> None:
    user = limited(cast["mo"], *sites) if sites else cast["mo"]
    grants = grants_of(user)
    listed = set(services.takeable(grants, ReportJob.objects.all()))
    assert listed == {job for job in jobs if services.may_take(grants, job)}
    assert len(listed) == count


@pytest.mark.parametrize("site", ["", "02"])
def test_many_reports_cost_as_many_queries_as_few(
    client: Client, jobs: list[ReportJob], cast: dict[str, User], site: str
) -> None:
    client.force_login(limited(cast["mo"], site) if site else cast["mo"])
    client.get("/reports/")
    few = queries(client)
    for _one in range(40):
        asked(cast, sites=["02"])
    assert queries(client) == few
    assert client.get("/reports/?page=2").content.decode().count('id="job-') == (12 if site else 17)


def queries(client: Client) -> int:
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get("/reports/").status_code == 200
    return len(found)
