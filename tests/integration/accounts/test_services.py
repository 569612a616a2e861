"""Accounts change through services: by whom, when not and why, and what the trail keeps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from trialsite.accounts import services
from trialsite.accounts.models import RoleHeld, Site, User
from trialsite.accounts.permissions import grants_of, may
from trialsite.accounts.roles import Permission, Role
from trialsite.kernel.decisions import Refused

from .conftest import trail

TODAY = dt.date(2026, 6, 15)
DAY = dt.timedelta(days=1)


def test_a_created_account_has_no_password_and_is_in_the_trail(ad: User) -> None:
    user = services.user_create(by=ad, username=" ＬＩＮ ", full_name="Lin Yue", identity="passport seen")
    assert user.username == "lin"
    assert not user.has_usable_password()
    event = trail("ACCOUNT_CREATED")[-1]
    assert (event.actor, event.role, event.subject) == (ad, "ADMINISTRATOR", user.address)
    assert (event.new, event.reason) == ("lin · Lin Yue", "passport seen")


@pytest.mark.parametrize("name", ["lin", "LIN", " Lin "])
def test_a_user_name_is_never_given_again(ad: User, lin: User, name: str) -> None:
    services.user_end(by=ad, user=lin, reason="left")
    with pytest.raises(Refused, match="cannot be given again"):
        services.user_create(by=ad, username=name, full_name="Another Lin")


def test_only_an_administrator_changes_accounts(lin: User, site: Site, person: Callable[..., User]) -> None:
    other = person("wu")
    held = RoleHeld.objects.get(user=lin)
    before = len(trail())
    for act in (
        lambda: services.user_create(by=lin, username="new", full_name="New"),
        lambda: services.user_change(by=lin, user=other, full_name="X", email=""),
        lambda: services.user_end(by=lin, user=other, reason="no"),
        lambda: services.role_grant(by=lin, user=other, role=Role.COORDINATOR, site=site),
        lambda: services.role_end(by=lin, held=held),
        lambda: services.invitation_issue(by=lin, user=other),
        lambda: services.factor_reset(by=lin, user=other, reason="no"),
        lambda: services.site_create(by=lin, number="09", name_en="Ninth"),
        lambda: services.site_change(by=lin, site=site, name_en="Other"),
    ):
        with pytest.raises(Refused, match="Only an administrator"):
            act()
    assert len(trail()) == before


def test_an_ended_account_loses_roles_and_sessions_at_once_and_ending_twice_is_harmless(
    ad: User, lin: User
) -> None:
    before = lin.get_session_auth_hash()
    ended = services.user_end(by=ad, user=lin, reason="left the hospital")
    assert not ended.is_active
    assert ended.get_session_auth_hash() != before
    assert not may(User.objects.get(pk=lin.pk), Permission.ENTER)
    events = len(trail())
    services.user_end(by=ad, user=lin, reason="again")
    assert len(trail()) == events
    assert trail("ROLE_ENDED")[-1].reason == "left the hospital"
    assert trail("ACCOUNT_CHANGED")[-1].subject == f"{lin.address}/is_active"


@pytest.mark.parametrize(
    ("first", "last", "rights"),
    [
        (TODAY - 9 * DAY, None, True),
        (TODAY, TODAY, True),  # first and last day are included
        (TODAY - 9 * DAY, TODAY, True),
        (TODAY - 9 * DAY, TODAY - DAY, False),  # ended yesterday
        (TODAY + DAY, None, False),  # begins tomorrow
    ],
)
def test_a_role_gives_rights_from_its_first_day_through_its_last(
    person: Callable[..., User], site: Site, first: dt.date, last: dt.date | None, rights: bool
) -> None:
    user = person("wu")
    services.role_grant(
        by=None, user=user, role=Role.COORDINATOR, site=site, valid_from=first, valid_until=last
    )
    assert grants_of(User.objects.get(pk=user.pk), on=TODAY).may(Permission.QUERY_ANSWER, site) is rights


def test_a_role_is_granted_for_its_site_only_and_counts_at_once(
    ad: User, person: Callable[..., User], site: Site
) -> None:
    other = services.site_create(by=ad, number="02", name_en="Second")
    user = person("wu")
    assert not may(user, Permission.QUERY_ANSWER)
    held = services.role_grant(by=ad, user=user, role=Role.COORDINATOR, site=site, reason="delegation log 4")
    assert may(user, Permission.QUERY_ANSWER, site)
    assert not may(user, Permission.QUERY_ANSWER, other)
    event = trail("ROLE_GRANTED")[-1]
    assert (event.subject, event.reason) == (held.address, "delegation log 4")
    assert event.new.startswith("COORDINATOR @01")


@pytest.mark.parametrize("one", [Role.PATHOLOGIST, Role.ADJUDICATOR])
@pytest.mark.parametrize("other", [role for role in Role if role not in (Role.PATHOLOGIST, Role.ADJUDICATOR)])
def test_a_blinded_reader_holds_no_role_that_unblinds(
    person: Callable[..., User], site: Site, one: Role, other: Role
) -> None:
    at = site if other in (Role.COORDINATOR, Role.INVESTIGATOR) else None
    for name, first, second in (("r1", (one, None), (other, at)), ("r2", (other, at), (one, None))):
        user = person(name)
        dates = {"valid_from": TODAY, "valid_until": TODAY + DAY}
        services.role_grant(by=None, user=user, role=first[0], site=first[1], **dates)
        with pytest.raises(Refused, match=r"blinded reader"):
            services.role_grant(by=None, user=user, role=second[0], site=second[1], **dates)


def test_conflicting_roles_may_follow_each_other_but_not_overlap(
    person: Callable[..., User], site: Site
) -> None:
    user = person("r1")
    until = TODAY - DAY
    services.role_grant(
        by=None, user=user, role=Role.PATHOLOGIST, valid_from=TODAY - 30 * DAY, valid_until=until
    )
    with pytest.raises(Refused):
        services.role_grant(by=None, user=user, role=Role.MONITOR, valid_from=until)
    services.role_grant(by=None, user=user, role=Role.MONITOR, valid_from=TODAY)


def test_who_enters_data_never_sees_results_of_the_trial(lin: User) -> None:
    for role in (Role.MONITOR, Role.DATA_MANAGER, Role.STATISTICIAN):
        with pytest.raises(Refused, match="Who enters data"):
            services.role_grant(by=None, user=lin, role=role)


@pytest.mark.parametrize(
    ("role", "with_site", "first", "last", "why"),
    [
        (Role.COORDINATOR, True, TODAY, TODAY - DAY, "last day is before"),
        (Role.COORDINATOR, False, TODAY, None, "Choose the site"),
        (Role.ADMINISTRATOR, True, TODAY, None, "whole trial"),
        (Role.PATHOLOGIST, True, TODAY, None, "whole trial"),
    ],
)
def test_a_role_that_makes_no_sense_is_refused(
    ad: User,
    person: Callable[..., User],
    site: Site,
    role: str,
    with_site: bool,
    first: dt.date,
    last: dt.date,
    why: str,
) -> None:
    at = site if with_site else None
    with pytest.raises(Refused, match=why):
        services.role_grant(by=ad, user=person("wu"), role=role, site=at, valid_from=first, valid_until=last)


def test_the_same_role_twice_and_a_role_for_oneself_are_refused(ad: User, lin: User, site: Site) -> None:
    with pytest.raises(Refused, match="already holds"):
        services.role_grant(by=ad, user=lin, role=Role.COORDINATOR, site=site)
    with pytest.raises(Refused, match="oneself"):
        services.role_grant(by=ad, user=ad, role=Role.MONITOR)


def test_a_role_taken_back_is_gone_now_and_can_be_given_again_today(ad: User, lin: User, site: Site) -> None:
    held = services.role_end(by=ad, held=lin.roles_held.get(), reason="delegation withdrawn")
    assert not may(held.user, Permission.VIEW)
    with pytest.raises(Refused, match="already been taken back"):
        services.role_end(by=ad, held=held)
    services.role_grant(by=ad, user=lin, role=Role.COORDINATOR, site=site)
    assert may(User.objects.get(pk=lin.pk), Permission.VIEW)


def test_a_role_can_be_given_a_last_day_but_not_in_the_past(ad: User, lin: User) -> None:
    today = timezone.localdate()
    held = lin.roles_held.get()
    with pytest.raises(Refused, match="past"):
        services.role_end(by=ad, held=held, until=today - DAY)
    services.role_end(by=ad, held=held, until=today)
    assert may(User.objects.get(pk=lin.pk), Permission.QUERY_ANSWER)
    assert not grants_of(User.objects.get(pk=lin.pk), on=today + DAY).may(Permission.QUERY_ANSWER)
    assert trail("ROLE_ENDED")[-1].new.endswith(today.isoformat())


def test_the_last_administrator_stays(ad: User, person: Callable[..., User]) -> None:
    second = person("ad2", Role.ADMINISTRATOR)
    with pytest.raises(Refused, match="own account"):
        services.user_end(by=ad, user=ad, reason="bye")
    services.user_end(by=second, user=ad, reason="bye")
    with pytest.raises(Refused, match="last administrator"):
        services.role_end(by=second, held=second.roles_held.get())
    with pytest.raises(Refused, match="last administrator"):
        services.user_end(by=None, user=second, reason="bye")


def test_only_the_person_sets_the_password_and_a_weak_one_is_refused(ad: User, lin: User) -> None:
    with pytest.raises(Refused, match="Only the person"):
        services.password_set(by=ad, user=lin, password="another long password")
    for weak in ("short", "password1234", "lin-lin"):
        with pytest.raises(ValidationError):
            services.password_set(by=lin, user=lin, password=weak)
    services.password_set(by=lin, user=lin, password="another long password")
    event = trail("PASSWORD_CHANGED")[-1]
    assert (event.actor, event.old, event.new) == (lin, "", "")


def test_language_is_stored_once(lin: User) -> None:
    services.language_set(by=lin, language="zh-hans")
    services.language_set(by=lin, language="zh-hans")
    (event,) = trail("ACCOUNT_CHANGED")
    assert (event.subject, event.old, event.new) == (f"{lin.address}/language", "en", "zh-hans")
    with pytest.raises(Refused):
        services.language_set(by=lin, language="xx")


def test_a_site_keeps_its_number_and_every_change_is_recorded(ad: User, site: Site) -> None:
    services.site_change(by=ad, site=site, name_en="New Name", active=False)
    assert [(e.path, e.old, e.new) for e in trail("SITE_CHANGED")[-2:]] == [
        ("name_en", "First Hospital", "New Name"),
        ("active", "True", "False"),
    ]
    with pytest.raises(TypeError):
        services.site_change(by=ad, site=site, number="99")
