"""Roles of the trial and what each may do. The table is the specification; the tests read it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    COORDINATOR = "COORDINATOR", _("Study coordinator")
    INVESTIGATOR = "INVESTIGATOR", _("Investigator")
    MONITOR = "MONITOR", _("Monitor")
    DATA_MANAGER = "DATA_MANAGER", _("Data manager")
    PATHOLOGIST = "PATHOLOGIST", _("Central pathologist")
    ADJUDICATOR = "ADJUDICATOR", _("Adjudicator")
    STATISTICIAN = "STATISTICIAN", _("Statistician")
    ADMINISTRATOR = "ADMINISTRATOR", _("Administrator")
    INSPECTOR = "INSPECTOR", _("Inspector")


class Permission(StrEnum):
    VIEW = "view"  # participants, forms and their history at the sites of the role
    SCREEN = "screen"  # add a participant
    ENTER = "enter"  # enter and correct CRFs
    SIGN = "sign"
    QUERY_RAISE = "query_raise"
    QUERY_ANSWER = "query_answer"
    VERIFY = "verify"
    LOCK = "lock"
    UNLOCK = "unlock"
    READ_CENTRALLY = "read_centrally"  # blinded central reading
    ADJUDICATE = "adjudicate"
    ALLOCATE = "allocate"  # specimens to readers
    RESULTS = "results"  # endpoint results of single participants
    AGGREGATE = "aggregate"  # rates and curves of the trial
    REPORT = "report"  # build and download endpoint reports
    EXPORT = "export"
    IMPORT = "import"
    AUDIT = "audit"  # the audit explorer
    RECONCILE = "reconcile"  # whether two participants are one person, across sites
    CONFIGURE = "configure"  # laboratories, reference ranges and consent versions of a site
    COPY = "copy"  # certified copies: of the trial, or of the own site
    ACCOUNTS = "accounts"  # users, sites, roles


P = Permission

RIGHTS: dict[str, frozenset[Permission]] = {
    # Roles that enter data at a site never see aggregate results: it could steer what they enter.
    Role.COORDINATOR: frozenset({P.VIEW, P.SCREEN, P.ENTER, P.QUERY_ANSWER, P.RESULTS}),
    Role.INVESTIGATOR: frozenset({P.VIEW, P.SCREEN, P.ENTER, P.SIGN, P.QUERY_ANSWER, P.RESULTS, P.COPY}),
    # E6(R3) 3.16.1(i): monitor and sponsor never enter or change investigator data.
    Role.MONITOR: frozenset({P.VIEW, P.QUERY_RAISE, P.VERIFY, P.RESULTS, P.AGGREGATE, P.REPORT, P.AUDIT}),
    Role.DATA_MANAGER: frozenset(
        {
            P.VIEW,
            P.QUERY_RAISE,
            P.LOCK,
            P.UNLOCK,
            P.ALLOCATE,
            P.RESULTS,
            P.AGGREGATE,
            P.REPORT,
            P.EXPORT,
            P.IMPORT,
            P.AUDIT,
            P.CONFIGURE,
            P.RECONCILE,
            P.COPY,
        }
    ),
    Role.PATHOLOGIST: frozenset({P.READ_CENTRALLY}),
    Role.ADJUDICATOR: frozenset({P.ADJUDICATE}),
    Role.STATISTICIAN: frozenset({P.VIEW, P.RESULTS, P.AGGREGATE, P.REPORT, P.EXPORT}),
    Role.ADMINISTRATOR: frozenset({P.ACCOUNTS, P.AUDIT}),
    Role.INSPECTOR: frozenset({P.VIEW, P.RESULTS, P.AGGREGATE, P.REPORT, P.AUDIT, P.COPY}),
}

# A person who reads blinded must not hold a role that shows what the reading is blinded to.
BLINDED = frozenset({Role.PATHOLOGIST, Role.ADJUDICATOR})

# Roles that sign, unlock or see endpoints cannot work without a second factor outside demonstration mode.
SECOND_FACTOR = frozenset(
    role
    for role, rights in RIGHTS.items()
    if rights & {P.SIGN, P.UNLOCK, P.RESULTS, P.AGGREGATE, P.READ_CENTRALLY, P.ADJUDICATE}
) | {Role.ADMINISTRATOR}

# Site staff hold their role at a hospital; these others cannot be cut down to one.
AT_A_SITE = frozenset({Role.COORDINATOR, Role.INVESTIGATOR})
AT_ALL_SITES = frozenset({Role.ADMINISTRATOR, Role.PATHOLOGIST, Role.ADJUDICATOR})

# Who comes for a while is given a last day (an inspection ends).
TIME_LIMITED = frozenset({Role.INSPECTOR})

# Rights that one person must never hold at the same time, with the sentence that says why.
CONFLICTS: list[tuple[frozenset[Permission], frozenset[Permission], Any]] = [
    (
        frozenset({P.READ_CENTRALLY, P.ADJUDICATE}),
        frozenset({P.VIEW, P.RESULTS, P.AGGREGATE, P.ALLOCATE, P.AUDIT}),
        _("A blinded reader must not hold a role that shows participants, results or the audit trail."),
    ),
    (
        frozenset({P.ENTER}),
        frozenset({P.AGGREGATE, P.VERIFY}),
        _("Who enters data must not hold a role that verifies them or sees results of the whole trial."),
    ),
    (
        # The ceiling: whose data or whose checking a lock protects never opens it.
        frozenset({P.SCREEN, P.ENTER, P.SIGN, P.VERIFY}),
        frozenset({P.LOCK, P.UNLOCK}),
        _("Who enters, signs or verifies data must not hold a role that locks or unlocks them."),
    ),
    (
        frozenset({P.ACCOUNTS}),
        frozenset({P.SCREEN, P.ENTER, P.SIGN, P.VERIFY, P.LOCK, P.UNLOCK, P.READ_CENTRALLY, P.ADJUDICATE}),
        _("Who gives rights must not hold a role that enters, signs, verifies, locks or reads."),
    ),
]

# An inspector looks and changes nothing, so no other role comes beside it.
ALONE = frozenset({Role.INSPECTOR})

# The right with which a role is given. Nobody gives one to oneself, whatever this table says.
GIVEN_BY: dict[str, Permission] = dict.fromkeys(Role.values, P.ACCOUNTS)


def conflict(one: str, other: str) -> Any:
    """The sentence that keeps two roles apart, or nothing."""
    mine, theirs = RIGHTS[one], RIGHTS[other]
    for left, right, why in CONFLICTS:
        if (mine & left and theirs & right) or (mine & right and theirs & left):
            return why
    if one != other and {one, other} & ALONE:
        return _("An inspector holds no other role.")
    return ""


def never(role: str) -> frozenset[Permission]:
    """The role ceiling: rights that no other role can bring to a person who holds this one."""
    together = [RIGHTS[other] for other in Role if not conflict(role, other)]
    return frozenset(P).difference(*together)
