"""The role ceiling: what no combination of roles can bring to one person."""

from __future__ import annotations

from itertools import combinations

import pytest

from trialsite.accounts.duties import NEEDS, PHYSICIANS, Duty, Topic, roles_for
from trialsite.accounts.roles import (
    ALONE,
    AT_A_SITE,
    GIVEN_BY,
    RIGHTS,
    TIME_LIMITED,
    Permission,
    Role,
    conflict,
    never,
)

P = Permission


def combined(roles: tuple[Role, ...]) -> frozenset[Permission]:
    return frozenset().union(*(RIGHTS[role] for role in roles))


def possible() -> list[tuple[Role, ...]]:
    """Every set of roles that one person can hold at the same time."""
    return [
        roles
        for size in range(1, len(Role) + 1)
        for roles in combinations(Role, size)
        if not any(conflict(one, other) for one, other in combinations(roles, 2))
    ]


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.INVESTIGATOR, Role.MONITOR])
@pytest.mark.parametrize("right", [P.LOCK, P.UNLOCK])
def test_no_combination_brings_lock_or_unlock(role: Role, right: Permission) -> None:
    assert not [roles for roles in possible() if role in roles and right in combined(roles)]
    assert right in never(role)


def test_the_ceiling_is_what_the_combinations_say() -> None:
    for role in Role:
        within = frozenset().union(*(combined(roles) for roles in possible() if role in roles))
        assert never(role) == frozenset(P) - within


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (P.ENTER, P.VERIFY),
        (P.ENTER, P.UNLOCK),
        (P.SIGN, P.UNLOCK),
        (P.VERIFY, P.LOCK),
        (P.ACCOUNTS, P.ENTER),
        (P.ACCOUNTS, P.UNLOCK),
        (P.READ_CENTRALLY, P.VIEW),
        (P.ADJUDICATE, P.AUDIT),
    ],
)
def test_nobody_holds_both(one: Permission, other: Permission) -> None:
    assert not [roles for roles in possible() if {one, other} <= combined(roles)]


def test_an_inspector_is_nothing_else_and_comes_for_a_time() -> None:
    assert [roles for roles in possible() if Role.INSPECTOR in roles] == [(Role.INSPECTOR,)]
    assert Role.INSPECTOR in ALONE & TIME_LIMITED


def test_every_role_is_given_by_administrators_only() -> None:
    assert set(GIVEN_BY) == set(Role)
    assert {role for role in Role if GIVEN_BY[role] in RIGHTS[role]} == {Role.ADMINISTRATOR}


def test_rights_that_wait_are_those_of_a_site() -> None:
    """Only a role at a site can have its duties delegated there."""
    assert set(NEEDS) == {P.SCREEN, P.ENTER, P.SIGN}
    for right, need in NEEDS.items():
        assert need.topics == set(Topic.values)
        assert {role for role in Role if right in RIGHTS[role]} <= AT_A_SITE


def test_what_a_physician_judges_is_delegated_to_a_physician() -> None:
    assert {Duty.PRINCIPAL, Duty.SIGNING, Duty.ELIGIBILITY, Duty.AE} <= PHYSICIANS
    for duty in Duty:
        assert roles_for(duty) <= AT_A_SITE
        assert (Role.COORDINATOR in roles_for(duty)) == (duty not in PHYSICIANS)
