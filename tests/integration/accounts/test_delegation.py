"""Training and delegation wake the rights of a site; the log says who does what, and the page says what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client

from trialsite.accounts import services, services_team
from trialsite.accounts.delegation import may_sign
from trialsite.accounts.duties import Duty, Topic
from trialsite.accounts.models import Delegation, Site, Training, User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.policies import delegated
from trialsite.accounts.roles import Permission, Role
from trialsite.kernel.decisions import Refused

from .conftest import delegated as delegate
from .conftest import past_second_factor, trail, trained

P = Permission
TODAY = dt.date(2026, 6, 15)
DAY = dt.timedelta(days=1)
NOON = dt.datetime(2026, 6, 15, 4, 0, tzinfo=dt.UTC)  # noon at the sites


@pytest.fixture(autouse=True)
def today() -> Any:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def chen(person: Callable[..., User], site: Site) -> User:
    """The principal investigator of site 01."""
    chen = trained(person("chen", Role.INVESTIGATOR, site, ready=False))
    return delegate(chen, site, Duty.PRINCIPAL)


@pytest.fixture
def wang(person: Callable[..., User], site: Site) -> User:
    """An investigator who has learnt nothing yet and to whom nothing is delegated."""
    return person("wang", Role.INVESTIGATOR, site, ready=False)


@pytest.fixture
def other(db: None) -> Site:
    return services.site_create(by=None, number="02", name_en="Second Hospital")


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


def train(user: User, *topics: str, since: dt.date = TODAY, until: dt.date | None = None) -> None:
    for topic in topics:
        services_team.training_record(
            by=None, user=user, topic=topic, trained_on=since, expires_on=until, certificate="C-9"
        )


# --- rights ---------------------------------------------------------------------------------------------------------


def test_a_role_alone_neither_enters_nor_signs_but_sees(wang: User, site: Site) -> None:
    grants = grants_of(again(wang))
    assert [grants.may(right, site) for right in (P.VIEW, P.QUERY_ANSWER)] == [True, True]
    assert [grants.may(right, site) for right in (P.SCREEN, P.ENTER, P.SIGN)] == [False, False, False]
    assert grants.asleep[site.pk] == {P.SCREEN, P.ENTER, P.SIGN}


def test_every_topic_and_the_duty_are_needed(wang: User, site: Site) -> None:
    for topic in Topic:
        assert not grants_of(again(wang)).may(P.SIGN, site)
        train(wang, topic)
    assert not grants_of(again(wang)).may(P.SIGN, site)
    delegate(wang, site, Duty.SIGNING)
    assert grants_of(again(wang)).may(P.SIGN, site)
    assert not grants_of(again(wang)).may(P.ENTER, site), "data entry is another duty"
    delegate(wang, site, Duty.ENTRY)
    assert grants_of(again(wang)).may(P.ENTER, site)
    assert not grants_of(again(wang)).asleep[site.pk]


@pytest.mark.parametrize(
    ("first", "last", "acts"),
    [
        (TODAY, TODAY, True),  # first and last day are included
        (TODAY - 9 * DAY, None, True),
        (TODAY - 9 * DAY, TODAY - DAY, False),
        (TODAY + DAY, None, False),
    ],
)
def test_training_and_delegation_count_from_their_first_day_through_their_last(
    person: Callable[..., User], site: Site, first: dt.date, last: dt.date | None, acts: bool
) -> None:
    by_training = delegate(person("a1", Role.COORDINATOR, site, ready=False), site, Duty.ENTRY)
    train(by_training, *Topic, since=first, until=last)
    by_duty = trained(person("b1", Role.COORDINATOR, site, ready=False))
    services_team.delegation_add(
        by=None, site=site, user=by_duty, duties=[Duty.ENTRY], valid_from=first, valid_until=last
    )
    for user in (by_training, by_duty):
        assert grants_of(again(user)).may(P.ENTER, site) is acts


def test_a_duty_at_one_site_does_nothing_at_another(lin: User, site: Site, other: Site) -> None:
    services.role_grant(by=None, user=lin, role=Role.COORDINATOR, site=other)
    assert grants_of(again(lin)).may(P.ENTER, site)
    assert not grants_of(again(lin)).may(P.ENTER, other)


def test_rights_are_read_in_one_query(lin: User, django_assert_num_queries: Any) -> None:
    user = again(lin)
    with django_assert_num_queries(1):
        assert grants_of(user).may(P.ENTER)
        assert grants_of(user).may(P.SCREEN)


def test_a_withdrawn_training_counts_no_more(ad: User, lin: User, site: Site) -> None:
    record = lin.trainings.get(topic=Topic.GCP)
    services_team.training_withdraw(by=ad, training=record, reason="Another person's certificate")
    assert not grants_of(again(lin)).may(P.ENTER, site)
    event = trail("TRAINING_WITHDRAWN")[-1]
    assert (event.subject, event.reason) == (record.address, "Another person's certificate")
    services_team.training_withdraw(by=ad, training=record, reason="again")
    assert len(trail("TRAINING_WITHDRAWN")) == 1
    assert Training.objects.filter(pk=record.pk).exists(), "it stays for ever"


# --- who may sign ---------------------------------------------------------------------------------------------------


def test_the_principal_investigator_signs_and_enters_without_a_line_for_each(chen: User, site: Site) -> None:
    assert may_sign(again(chen), site)
    assert grants_of(again(chen)).may(P.ENTER, site)
    assert delegated(chen, site, Duty.IMAGING, TODAY)


def test_who_may_not_sign_is_told_the_first_reason(wang: User, lin: User, site: Site, other: Site) -> None:
    assert "Only an investigator" in str(may_sign(lin, site).reason)
    assert "Only an investigator" in str(may_sign(wang, other).reason)
    assert "No training “Good clinical practice”" in str(may_sign(again(wang), site).reason)
    trained(wang)
    assert "“Signing of forms” is not delegated to you" in str(may_sign(again(wang), site).reason)
    delegate(wang, site, Duty.SIGNING)
    assert may_sign(again(wang), site)
    User.objects.filter(pk=wang.pk).update(identity_verified_on=None)
    assert may_sign(again(wang), site).code == "identity"


def test_an_expired_training_and_an_ended_duty_are_named_with_their_day(wang: User, site: Site) -> None:
    train(wang, Topic.PROTOCOL, Topic.EDC)
    train(wang, Topic.GCP, since=TODAY - 100 * DAY, until=TODAY - DAY)
    assert "“Good clinical practice” expired on 2026-06-14" in str(may_sign(again(wang), site).reason)
    train(wang, Topic.GCP)
    services_team.delegation_add(
        by=None, site=site, user=wang, duties=[Duty.SIGNING],
        valid_from=TODAY - 9 * DAY, valid_until=TODAY - 2 * DAY,
    )  # fmt: skip
    assert "delegated to you until 2026-06-13" in str(may_sign(again(wang), site).reason)


def test_a_role_that_signs_is_given_to_a_verified_person_only(ad: User, site: Site) -> None:
    user = services.user_create(by=ad, username="new", full_name="New Person")
    with pytest.raises(Refused, match="identity"):
        services.role_grant(by=ad, user=user, role=Role.INVESTIGATOR, site=site)
    services_team.identity_verify(by=ad, user=user, how="Passport, seen in person")
    services.role_grant(by=ad, user=user, role=Role.INVESTIGATOR, site=site)
    event = trail("IDENTITY_VERIFIED")[-1]
    assert (event.actor, event.new) == (ad, "2026-06-15 · Passport, seen in person")
    services_team.identity_verify(by=ad, user=user, how="Passport, seen in person")
    assert len(trail("IDENTITY_VERIFIED")) == 1, "twice is harmless"


def test_nobody_vouches_for_oneself(ad: User) -> None:
    for act in (
        lambda: services_team.identity_verify(by=ad, user=ad, how="I know myself"),
        lambda: services_team.training_record(
            by=ad, user=ad, topic=Topic.GCP, trained_on=TODAY, certificate="C"
        ),
    ):
        with pytest.raises(Refused, match="the own"):
            act()


@pytest.mark.parametrize(
    ("first", "last", "why"), [(TODAY + DAY, None, "future"), (TODAY, TODAY - DAY, "last day is before")]
)
def test_a_training_that_makes_no_sense_is_refused(
    ad: User, lin: User, first: dt.date, last: dt.date | None, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        services_team.training_record(
            by=ad, user=lin, topic=Topic.GCP, trained_on=first, expires_on=last, certificate="C"
        )


# --- the log --------------------------------------------------------------------------------------------------------


def test_the_principal_investigator_delegates_and_the_trail_has_each_duty(
    chen: User, wang: User, site: Site
) -> None:
    services_team.delegation_add(
        by=chen, site=site, user=wang, duties=[Duty.AE, Duty.ELIGIBILITY], valid_until=TODAY + 9 * DAY, reason="Leave cover"
    )  # fmt: skip
    lines = Delegation.objects.filter(user=wang)
    assert {(line.delegated_by, line.authorised_by) for line in lines} == {(chen, chen)}
    events = trail("DELEGATED")[-2:]
    assert [event.new for event in events] == [
        "AE @01 2026-06-15 – 2026-06-24",
        "ELIGIBILITY @01 2026-06-15 – 2026-06-24",
    ]
    assert {(event.actor, event.site, event.reason) for event in events} == {(chen, "01", "Leave cover")}


@pytest.mark.parametrize("name", ["lin", "mo", "wu"])
def test_nobody_else_delegates(
    name: str, person: Callable[..., User], lin: User, wang: User, site: Site, other: Site
) -> None:
    made = {"lin": lambda: lin, "mo": lambda: person("mo", Role.MONITOR), "wu": lambda: pi_of(person, other)}
    with pytest.raises(Refused, match="Only the principal investigator"):
        services_team.delegation_add(by=made[name](), site=site, user=wang, duties=[Duty.SIGNING])
    assert not Delegation.objects.filter(user=wang).exists()


def pi_of(person: Callable[..., User], site: Site) -> User:
    return delegate(person("wu", Role.INVESTIGATOR, site, ready=False), site, Duty.PRINCIPAL)


def test_what_cannot_be_delegated(
    chen: User, wang: User, lin: User, ad: User, site: Site, person: Callable[..., User]
) -> None:
    def give(to: User, *duties: str, by: User = chen, **dates: dt.date) -> None:
        services_team.delegation_add(by=by, site=site, user=to, duties=duties, **dates)

    for act, why in (
        (lambda: give(chen, Duty.SIGNING), "oneself"),
        (lambda: give(wang), "at least one duty"),
        (lambda: give(wang, Duty.PRINCIPAL), "Only an administrator names"),
        (lambda: give(wang, Duty.PRINCIPAL, by=ad), "has a principal investigator"),
        (lambda: give(lin, Duty.SIGNING), "needs a role"),  # a coordinator signs nothing
        (lambda: give(person("mo", Role.MONITOR), Duty.ENTRY), "needs a role"),
        (lambda: give(lin, Duty.ENTRY), "already delegated"),
        (lambda: give(wang, Duty.AE, valid_from=TODAY, valid_until=TODAY - DAY), "last day is before"),
    ):
        with pytest.raises(Refused, match=why):
            act()


def test_an_ended_line_is_gone_now_and_a_dated_one_through_its_day(chen: User, lin: User, site: Site) -> None:
    (line,) = lin.delegations.all()
    services_team.delegation_end(by=chen, line=line, until=TODAY, reason="Moves")
    assert grants_of(again(lin)).may(P.ENTER, site)
    assert not grants_of(again(lin), on=TODAY + DAY).may(P.ENTER, site)
    with pytest.raises(Refused, match="shortened"):
        services_team.delegation_end(by=chen, line=line, until=TODAY + DAY)
    services_team.delegation_end(by=chen, line=line, reason="Left today")
    assert not grants_of(again(lin)).may(P.ENTER, site)
    with pytest.raises(Refused, match="already been ended"):
        services_team.delegation_end(by=chen, line=line)
    assert [event.reason for event in trail("DELEGATION_ENDED")] == ["Moves", "Left today"]


def test_the_principal_investigator_cannot_end_the_own_line(chen: User, site: Site) -> None:
    with pytest.raises(Refused, match="Only an administrator names"):
        services_team.delegation_end(by=chen, line=chen.delegations.get())


def test_what_an_administrator_enters_waits_for_the_principal_investigator(
    ad: User, chen: User, wang: User, site: Site
) -> None:
    services_team.delegation_add(by=ad, site=site, user=wang, duties=[Duty.AE], reason="Paper log, line 4")
    line = wang.delegations.get()
    assert line.waits
    with pytest.raises(Refused, match="stands for its delegation log"):
        services_team.delegations_confirm(by=ad, site=site)
    assert services_team.delegations_confirm(by=chen, site=site) > 0
    line.refresh_from_db()
    assert (line.authorised_by, line.waits) == (chen, False)
    assert services_team.delegations_confirm(by=chen, site=site) == 0, "twice is harmless"


def test_the_end_of_an_account_ends_its_duties(ad: User, lin: User) -> None:
    services.user_end(by=ad, user=lin, reason="Left")
    assert lin.delegations.get().ended_at is not None
    assert trail("DELEGATION_ENDED")[-1].reason == "Left"


# --- pages ----------------------------------------------------------------------------------------------------------


def test_the_log_page_shows_lines_and_keeps_what_was_typed_when_it_refuses(
    client: Client, chen: User, lin: User, wang: User, site: Site
) -> None:
    past_second_factor(client, chen)
    page = client.get("/delegations/01/").content.decode()
    assert "Lin Test" in page and "Data entry" in page and "data-print" in page
    form = {"user": wang.pk, "duties": ["AE"], "valid_from": "2026-07-01", "valid_until": "2026-06-01"}
    refused = client.post("/delegations/01/", form | {"reason": "Typed by hand"})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "last day is before" in page and "Typed by hand" in page and 'value="2026-07-01"' in page
    assert client.post("/delegations/01/", form | {"valid_until": ""}).status_code == 302
    assert wang.delegations.get().duty == Duty.AE
    line = wang.delegations.get()
    assert client.post(f"/delegations/01/{line.pk}/end/", {"reason": ""}).status_code == 422
    assert client.post(f"/delegations/01/{line.pk}/end/", {"reason": "Wrong person"}).status_code == 302
    assert "taken back" in client.get("/delegations/01/").content.decode()


def test_another_site_s_log_does_not_exist(
    client: Client, person: Callable[..., User], chen: User, other: Site
) -> None:
    past_second_factor(client, pi_of(person, other))
    assert client.get("/delegations/01/").status_code == 404
    assert client.post("/delegations/01/", {"duties": "AE"}).status_code == 404
    line = chen.delegations.get()
    assert client.get(f"/delegations/02/{line.pk}/end/").status_code == 404


def test_the_number_of_queries_of_the_log_does_not_grow(
    client: Client, chen: User, person: Callable[..., User], site: Site
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    past_second_factor(client, chen)

    def queries(path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as caught:
            assert client.get(path).status_code == 200
        return len(caught)

    paths = ("/delegations/01/", "/delegations/01/attestation/")
    few = [queries(path) for path in paths]
    for number in range(6):
        person(f"c{number}", Role.COORDINATOR, site)
    assert [queries(path) for path in paths] == few


def test_the_person_sees_why_a_right_is_asleep(client: Client, wang: User, lin: User, site: Site) -> None:
    train(wang, Topic.PROTOCOL, Topic.EDC)
    train(wang, Topic.GCP, since=TODAY - 100 * DAY, until=TODAY - DAY)
    page = past_second_factor(client, wang).get("/account/").content.decode()
    assert 'id="asleep"' in page
    assert "expired on 2026-06-14" in page and "is not delegated to you" in page
    assert 'id="asleep"' not in past_second_factor(Client(), lin).get("/account/").content.decode()


def test_training_and_identity_are_recorded_on_the_person_s_page(office: Client, wang: User) -> None:
    form = {"topic": "GCP", "trained_on": "2026-06-01", "expires_on": "2028-06-01", "certificate": "GCP-77"}
    assert office.post("/admin/users/wang/training/", form).status_code == 302
    assert (
        office.post(
            "/admin/users/wang/identity/", {"identity_how": "Badge, in person", "identity_on": "2026-06-02"}
        ).status_code
        == 302
    )
    page = office.get("/admin/users/wang/").content.decode()
    assert "GCP-77" in page and "Badge, in person" in page
    refused = office.post("/admin/users/wang/training/", form | {"trained_on": "2027-01-01"})
    assert refused.status_code == 422
    assert "future" in refused.content.decode() and "GCP-77" in refused.content.decode()
    record = wang.trainings.get()
    assert (
        office.post(f"/admin/users/wang/training/{record.pk}/withdraw/", {"reason": "Typo"}).status_code
        == 302
    )
    assert "withdrawn" in office.get("/admin/users/wang/").content.decode()
