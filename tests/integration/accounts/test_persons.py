"""Who is authorised: the list, its weekly attestation, its file, and the ceiling over any history of grants."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from trialsite.accounts import services, services_team
from trialsite.accounts.duties import Duty
from trialsite.accounts.models import Attestation, RoleHeld, Site, User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import AT_A_SITE, RIGHTS, Permission, Role
from trialsite.accounts.rosters import roster
from trialsite.accounts.selectors import account_tasks, attestation_due
from trialsite.kernel.decisions import Refused

from .conftest import delegated, past_second_factor, trail, trained

NOON = dt.datetime(2026, 6, 15, 4, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 6, 15)
DAY = dt.timedelta(days=1)
P = Permission


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def chen(person: Callable[..., User], site: Site) -> User:
    chen = trained(person("chen", Role.INVESTIGATOR, site, ready=False))
    return delegated(chen, site, Duty.PRINCIPAL)


def tasks(user: User) -> dict[str, int]:
    return {str(task.title): task.count for task in account_tasks(User.objects.get(pk=user.pk))}


# --- the ceiling over time ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_no_history_of_grants_brings_lock_or_unlock_to_who_enters_or_verifies(
    seed: int, ad: User, person: Callable[..., User], site: Site
) -> None:
    """Two administrators give and end roles at random; on no day is the ceiling broken, and none is for oneself."""
    chance = random.Random(seed)
    second, user = person("ad2", Role.ADMINISTRATOR), person("who")
    for _ in range(60):
        by = chance.choice([ad, second])
        start = TODAY + dt.timedelta(days=chance.randrange(60))
        end = chance.choice([None, start + dt.timedelta(days=chance.randrange(30))])
        try:
            held = list(RoleHeld.objects.filter(user=user))
            if held and chance.random() < 0.3:
                services.role_end(by=by, held=chance.choice(held), until=chance.choice([None, end]))
            else:
                role = chance.choice(list(Role))
                at = site if role in AT_A_SITE or chance.random() < 0.2 else None
                services.role_grant(by=by, user=user, role=role, site=at, valid_from=start, valid_until=end)
        except Refused:
            pass
    assert RoleHeld.objects.filter(user=user).count() > 3
    for offset in range(120):
        roles = {role for role, _site in grants_of(User.objects.get(pk=user.pk), TODAY + offset * DAY).roles}
        rights = frozenset().union(*(RIGHTS[role] for role in roles))
        assert not (rights & {P.ENTER, P.SIGN, P.VERIFY} and rights & {P.LOCK, P.UNLOCK}), roles


def test_ending_a_role_never_makes_it_longer(ad: User, person: Callable[..., User], clock: Any) -> None:
    """Or a role that ended would come back beside one that was given since, without any check."""
    user = person("who")
    held = services.role_grant(by=ad, user=user, role=Role.MONITOR, valid_from=TODAY, valid_until=TODAY + DAY)
    with pytest.raises(Refused, match="shortened"):
        services.role_end(by=ad, held=held, until=TODAY + 9 * DAY)
    services.role_end(by=ad, held=held, until=TODAY)


def test_an_inspector_needs_a_last_day_and_no_other_role(ad: User, person: Callable[..., User]) -> None:
    user = person("ins2")
    with pytest.raises(Refused, match="last day"):
        services.role_grant(by=ad, user=user, role=Role.INSPECTOR)
    services.role_grant(by=ad, user=user, role=Role.INSPECTOR, valid_until=timezone.localdate())
    with pytest.raises(Refused, match="An inspector holds no other role"):
        services.role_grant(by=ad, user=user, role=Role.DATA_MANAGER)


# --- attestation ----------------------------------------------------------------------------------------------------


def test_the_administrator_attests_what_was_seen_and_it_is_due_in_seven_days(
    office: Client, ad: User, lin: User, clock: Any
) -> None:
    assert tasks(ad)["Attest the list of users"] == 1
    seen = roster()
    page = office.get("/admin/attestation/").content.decode()
    assert "never attested" in page and seen.digest in page and "Lin Test" in page
    assert office.post("/admin/attestation/", {"digest": seen.digest, "note": "All here"}).status_code == 302
    made = Attestation.objects.get()
    assert (made.by, made.site, made.people, made.note) == (ad, None, 2, "All here")
    assert [line["user"] for line in json.loads(made.content)] == ["ad", "lin"]
    event = trail("ATTESTED")[-1]
    assert (event.actor, event.subject, event.reason) == (ad, made.address, "All here")
    assert made.digest in event.new
    assert "Attest the list of users" not in tasks(ad)
    clock.shift(dt.timedelta(days=6, hours=23))
    assert "Attest the list of users" not in tasks(ad)
    clock.shift(dt.timedelta(hours=2))
    assert tasks(ad)["Attest the list of users"] == 1
    assert attestation_due() == made.at + dt.timedelta(days=7)


def test_a_list_that_changed_meanwhile_is_looked_at_again(
    office: Client, ad: User, lin: User, site: Site
) -> None:
    seen = roster().digest
    services.role_end(by=ad, held=lin.roles_held.get(), reason="Left")
    refused = office.post("/admin/attestation/", {"digest": seen, "note": "Typed"})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "The list has changed" in page and 'value="Typed"' in page and roster().digest in page
    assert not Attestation.objects.exists()


def test_a_sign_in_does_not_change_the_list(ad: User, lin: User) -> None:
    before = roster().digest
    User.objects.filter(pk=lin.pk).update(last_login=timezone.now())
    assert roster().digest == before


def test_the_principal_investigator_attests_the_people_of_the_site(
    client: Client, chen: User, lin: User, ad: User, person: Callable[..., User], site: Site
) -> None:
    other = services.site_create(by=ad, number="02", name_en="Second Hospital")
    person("wu", Role.COORDINATOR, other)
    assert tasks(chen)["Attest the list of users"] == 1
    past_second_factor(client, chen)
    page = client.get("/delegations/01/attestation/").content.decode()
    assert "Lin Test" in page and "Wu Test" not in page
    answer = client.post("/delegations/01/attestation/", {"digest": roster(site).digest, "note": ""})
    assert answer.status_code == 302
    assert Attestation.objects.get().site == site
    assert "Attest the list of users" not in tasks(chen)
    with pytest.raises(Refused, match="principal investigator"):
        services_team.users_attest(by=ad, site=site, digest=roster(site).digest)
    with pytest.raises(Refused, match="administrator"):
        services_team.users_attest(by=chen, digest=roster().digest)


# --- the list and its file ------------------------------------------------------------------------------------------


def test_the_file_has_every_role_ever_held_and_leaves_an_event(
    office: Client, ad: User, lin: User, site: Site
) -> None:
    services.role_end(by=ad, held=lin.roles_held.get(), reason="Moved")
    services.role_grant(by=ad, user=lin, role=Role.COORDINATOR, site=site)
    services.user_change(by=ad, user=lin, full_name="=Lin Yue", email="")
    answer = office.post("/persons/export/")
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    mine = [row for row in rows if row["user_name"] == "lin"]
    assert [bool(row["taken_back_utc"]) for row in mine] == [True, False]
    assert {row["full_name"] for row in mine} == {"'=Lin Yue"}, "no formula for a spreadsheet"
    assert {(row["role"], row["site"], row["training_valid_today"], row["duties_today"]) for row in mine} == {
        ("COORDINATOR", "01", "EDC GCP PROTOCOL", "ENTRY@01")
    }
    assert not any(
        "pbkdf2" in cell or "md5$" in cell or "argon2" in cell for row in rows for cell in row.values()
    )
    event = trail("EXPORTED")[-1]
    assert (event.actor, event.new) == (ad, "authorised persons · CSV · 2")
    assert office.get("/persons/export/").status_code == 405


def test_the_list_shows_roles_dates_factor_and_last_sign_in(office: Client, ad: User, lin: User) -> None:
    User.objects.filter(pk=lin.pk).update(last_login=NOON)
    page = office.get("/admin/users/").content.decode()
    assert "2026-06-15" in page
    assert "Study coordinator 01" in page
    assert "/admin/users/lin/end/" in page
    assert "/admin/users/ad/end/" not in page, "nobody ends the own account"


def test_a_monitor_of_one_site_reads_the_people_of_that_site(
    client: Client, ad: User, lin: User, person: Callable[..., User]
) -> None:
    other = services.site_create(by=ad, number="02", name_en="Second Hospital")
    person("wu", Role.COORDINATOR, other)
    monitor = person("mo2")
    services.role_grant(by=ad, user=monitor, role=Role.MONITOR, site=other)
    page = past_second_factor(client, monitor).get("/persons/").content.decode()
    assert "Wu Test" in page and "Lin Test" not in page
    assert "lin" not in client.post("/persons/export/").content.decode()


def test_the_list_takes_the_same_queries_for_any_number_of_people(
    client: Client, person: Callable[..., User], site: Site
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    past_second_factor(client, person("ins2", Role.INSPECTOR))

    def queries() -> int:
        client.get("/persons/")
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/persons/").status_code == 200
        return len(caught)

    few = queries()
    for number in range(6):
        person(f"c{number}", Role.COORDINATOR, site)
    assert queries() == few


# --- tasks ----------------------------------------------------------------------------------------------------------


def test_a_training_that_ends_soon_or_ended_is_a_task(
    ad: User, lin: User, office: Client, clock: Any
) -> None:
    assert "Training ended or ends within 30 days" not in tasks(ad)
    gcp = lin.trainings.get(topic="GCP")
    services_team.training_withdraw(by=ad, training=gcp, reason="Renewed")
    services_team.training_record(
        by=ad,
        user=lin,
        topic="GCP",
        trained_on=TODAY,
        expires_on=TODAY + 30 * DAY,
        certificate="C-3",
    )
    task = next(task for task in account_tasks(ad) if task.href.endswith("need=training"))
    assert (task.count, task.oldest) == (1, TODAY + 30 * DAY)
    page = office.get(task.href).content.decode()
    assert "Lin Test" in page and "/admin/users/ad/" not in page
    clock.shift(dt.timedelta(days=40))
    assert tasks(ad)["Training ended or ends within 30 days"] == 1, "an expired one still waits"


def test_who_has_nothing_to_do_gets_no_task(lin: User, person: Callable[..., User]) -> None:
    assert account_tasks(lin) == []
    assert account_tasks(person("mo", Role.MONITOR)) == []
