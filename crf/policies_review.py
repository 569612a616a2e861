"""Who may query, verify, sign, freeze, lock and unlock, and when. Each answer is yes, or no with the reason."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from participants.models import Participant
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import ALLOWED, Decision, refused

from .models import FormInstance, FormStatus, Hold, HoldKind, Query, QueryState
from .review_states import QUERY

P = Permission

# The rights matrix of a thread: act → the right that it takes. Everything else is the system's.
QUERY_RIGHTS: dict[str, tuple[Permission, ...]] = {
    "raise": (P.QUERY_RAISE,),
    "answer": (P.QUERY_ANSWER,),
    "comment": (P.QUERY_RAISE, P.QUERY_ANSWER),
    "return": (P.QUERY_RAISE,),
    "close": (P.QUERY_RAISE,),
    "reopen": (P.QUERY_RAISE,),
    "cancel": (P.QUERY_RAISE,),
}

# A question asks; it does not say what to write (E6(R3) 3.16.1(i)).
# An answer in a question: a number, or a code that many fields have. "According to" leads to no answer.
_CODE = r"(?:CR|PR|SD|PD|NE|yes|no|none|unknown)\b"
_LEADING = re.compile(
    r"(?:should|must|shall)\s+(?:\S+\s+){0,4}?(?:be|read|say)\s+[\"“']?(?:[-+]?\d|" + _CODE + ")"
    r"|(?:ought to|needs? to)\s+(?:be|read|say)\s+[\"“']?(?:[-+]?\d|" + _CODE + ")"
    r"|(?:change|correct|update|set|replace|amend)\w*\s+(?:\S+\s+){0,4}?(?<!according )(?:to|with|by)\s+[\"“']?"
    r"(?:[-+]?\d|" + _CODE + ")"
    r"|(?:enter|write|put)\s+(?:in\s+)?[\"“']?[-+]?\d"
    r"|(?:改为|改成|更正为|应为|应该为|应该是|应是|修改为|填写|填入|录入)\s*[\"“'「]?(?:[-+]?\d|(?:CR|PR|SD|PD|NE)\b)"
    r"|(?:改为|改成|更正为|修改为)\s*[\"“'「]?[是否无]",
    re.IGNORECASE,
)


def proposes_answer(text: str) -> bool:
    """Whether a question says which value to write. Full-width digits are digits."""
    return bool(_LEADING.search(unicodedata.normalize("NFKC", text)))


def may_query(user: Any, act: str, participant: Participant, form: FormInstance | None = None) -> Decision:
    """Whether this person may do this act of a thread, at this participant, on a form in this state."""
    grants = grants_of(user)
    if not any(grants.may(right, participant.site_id) for right in QUERY_RIGHTS[act]):
        return refused(_query_role(act), "role")
    if form is not None and form.form_key == "CPATH":
        return refused(_("Single central readings are blinded: nobody queries them."), "central")
    if form is not None and form.locked:
        return refused(_("This form is locked: it cannot be queried."), "locked")
    if form is None and not (may := held_above(participant=participant)) and may.code == "locked":
        return may
    if form is not None and not form.active:
        return refused(_("This line was taken out of the log."), "removed")
    return ALLOWED


def may_raise_anywhere(user: Any) -> Decision:
    """Whether this person raises queries at all: for a list, whose lines are judged one by one."""
    if not grants_of(user).may(P.QUERY_RAISE):
        return refused(_query_role("raise"), "role")
    return ALLOWED


def _query_role(act: str) -> str:
    if act == "answer":
        return _("Only coordinators and investigators of the site answer queries.")
    return _("Only monitors and data managers raise, close and re-open queries.")


def may_move(user: Any, act: str, query: Query) -> Decision:
    """Whether this person may do this act on this thread now. `participant` and `form` must be at hand."""
    may = may_query(user, act, query.participant, query.form)
    if not may:
        return may
    state = QueryState(query.state).label
    may = QUERY.may(
        query.state, act, _("This query is %(state)s: this is not possible now.") % {"state": state}
    )
    if may and act == "close" and query.severity == "hard" and query.rule:
        return refused(_("This query closes by itself when the data satisfy the check."), "hard")
    return may


def may_verify(user: Any, form: FormInstance) -> Decision:
    """Whether this person may set and take back marks on this form."""
    if not grants_of(user).may(P.VERIFY, form.participant.site_id):
        return refused(_("Only monitors verify against the source."), "role")
    if form.form_key in ("CPATH", "CPATHF"):
        return refused(_("Central results are not verified at the site."), "central")
    if form.locked:
        return refused(_("This form is locked: verification is closed."), "locked")
    if not form.active and not form.verified:  # of a line that was verified the going is verified
        return refused(_("This line was taken out of the log."), "removed")
    if form.participant.imported:
        return refused(_("Imported data are not verified here."), "imported")
    if form.version == 0:
        return refused(_("Nothing has been entered on this form."), "empty")
    return ALLOWED


def may_plan(user: Any) -> Decision:
    """Whether this person may change what is to be verified."""
    if not grants_of(user).may(P.LOCK):
        return refused(_("Only data managers change the verification plan."), "role")
    return ALLOWED


def may_sign_at(user: Any, site: Any) -> Decision:
    """The right, and a delegation that covers today."""
    from trialsite.accounts.delegation import may_sign

    grants = grants_of(user)
    if not grants.may(P.SIGN, site.pk) and P.SIGN not in grants.asleep.get(site.pk, frozenset()):
        return refused(_("Only investigators of the site sign."), "role")
    return may_sign(user, site)


def signable(form: FormInstance, hard: int = 0, unsettled: int = 0) -> Decision:
    """Whether a form can be signed now, whoever signs. `hard`: its open findings that cannot be.

    `unsettled`: queries that stand and values that cannot be, anywhere in the casebook; the end of study waits for them.
    """
    if form.locked:
        return refused(_("This form is locked: it can no longer be signed."), "locked")
    if not form.active:
        return refused(_("This line was taken out of the log."), "removed")
    if form.form_key in ("CPATH", "CPATHF"):
        return refused(_("Central results are signed by their readers."), "central")
    if form.participant.imported:
        return refused(_("Imported data are not signed here."), "imported")
    if form.status != FormStatus.COMPLETE:
        return refused(_("This form is not complete."), "incomplete")
    if hard:
        return refused(_("This form has values that cannot be."), "hard")
    if form.query_open or form.query_answered:
        return refused(_("This form has open queries."), "queries")
    if form.form_key == "EOS" and unsettled:  # CK-335
        return refused(_("Resolve all errors and queries of the casebook before sign-off."), "casebook")
    return ALLOWED


def may_hold(user: Any, site: Any = None) -> Decision:
    """Whether this person freezes, unfreezes, locks and asks to unlock; `site`: where (none: everywhere)."""
    grants = grants_of(user)
    if not grants.may(P.LOCK, site) or (site is None and grants.sites(P.LOCK) is not None):
        return refused(_("Only data managers freeze and lock."), "role")
    return ALLOWED


def may_unlock(user: Any, site: Any = None) -> Decision:
    """A right of its own."""
    grants = grants_of(user)
    if not grants.may(P.UNLOCK, site) or (site is None and grants.sites(P.UNLOCK) is not None):
        return refused(_("Unlocking is a right of its own, and you do not have it."), "role")
    return ALLOWED


def may_review_trail(user: Any, site: Any = None) -> Decision:
    """Who sees the trail and raises queries reviews it: monitors and data managers."""
    grants = grants_of(user)
    if all(grants.may(right, site) for right in (P.AUDIT, P.VIEW, P.QUERY_RAISE)):
        return ALLOWED
    return refused(_("Monitors and data managers review the trail."), "role")


def may_copy(user: Any, site: Any = None) -> Decision:
    """Who takes a certified copy: of a site, or (`None`) of the whole trial."""
    grants = grants_of(user)
    if grants.may(P.COPY, site) and (site is not None or grants.sites(P.COPY) is None):
        return ALLOWED
    if site is None and grants.may(P.COPY):
        return refused(_("You may take a certified copy of your own site."), "site")
    return refused(
        _("Inspectors and data managers take certified copies; an investigator takes that of the own site."),
        "role",
    )


def held_above(
    *, participant: Participant | None = None, site: Any = None, visit: Any = None
) -> Decision:  # fmt: skip
    """Whether anything may be added here: no freeze or lock stands on the visit, participant, site or study.

    A lock is named before a freeze. No road in goes round this (S07), whatever other decision it brings along.
    """
    where = Q(level="STUDY")
    if participant is not None:
        where |= Q(participant=participant, level="PARTICIPANT") | Q(site=participant.site_id, level="SITE")
    if site is not None:
        where |= Q(site=site, level="SITE")
    if visit is not None:
        where |= Q(visit=visit, level="VISIT")
    standing = Hold.objects.filter(where, lifted_at__isnull=True)
    hold = standing.order_by("-kind").first()
    if hold is None:
        return ALLOWED
    place = LEVEL_WORDS[hold.level]()
    if hold.kind == HoldKind.LOCK:
        return refused(
            _("%(place)s is locked. A data manager can unlock it, with a reason and a second person.")
            % {"place": place},
            "locked",
        )
    return refused(_("%(place)s is frozen: nothing can be added or changed.") % {"place": place}, "frozen")


LEVEL_WORDS = {
    "FORM": lambda: _("This form"),
    "VISIT": lambda: _("This visit"),
    "PARTICIPANT": lambda: _("This participant"),
    "SITE": lambda: _("This site"),
    "STUDY": lambda: _("The study"),
}
