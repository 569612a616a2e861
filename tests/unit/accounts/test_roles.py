"""The table of rights says what the roles of this trial may and must never do."""

from __future__ import annotations

import pytest

from trialsite.accounts.names import normal_name
from trialsite.accounts.roles import BLINDED, RIGHTS, SECOND_FACTOR, Permission, Role, conflict

P = Permission


def test_every_role_has_its_line() -> None:
    assert set(RIGHTS) == set(Role)


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.INVESTIGATOR])
def test_who_enters_data_sees_no_aggregate(role: Role) -> None:
    assert not RIGHTS[role] & {P.AGGREGATE, P.REPORT, P.EXPORT, P.VERIFY, P.UNLOCK}


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.COORDINATOR, Role.INVESTIGATOR)])
def test_nobody_else_enters_or_signs(role: Role) -> None:
    assert not RIGHTS[role] & {P.ENTER, P.SIGN, P.SCREEN}


@pytest.mark.parametrize("role", sorted(BLINDED))
def test_a_blinded_reader_sees_nothing_else(role: str) -> None:
    assert RIGHTS[role] <= {P.READ_CENTRALLY, P.ADJUDICATE}


def test_an_inspector_reads_only() -> None:
    assert RIGHTS[Role.INSPECTOR] <= {P.VIEW, P.RESULTS, P.AGGREGATE, P.REPORT, P.AUDIT, P.COPY}


def test_roles_that_sign_unlock_or_see_results_need_a_second_factor() -> None:
    for role in Role:
        if RIGHTS[role] & {P.SIGN, P.UNLOCK, P.RESULTS, P.AGGREGATE}:
            assert role in SECOND_FACTOR


def test_conflicts_hold_both_ways() -> None:
    for one in Role:
        assert not conflict(one, one)
        for other in Role:
            assert conflict(one, other) == conflict(other, one)


@pytest.mark.parametrize(
    ("typed", "meant"), [(" Lin ", "lin"), ("ＬＩＮ", "lin"), ("l.in-2", "l.in-2"), ("", "")]
)
def test_names_are_compared_as_meant(typed: str, meant: str) -> None:
    assert normal_name(typed) == meant
