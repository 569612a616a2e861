"""Deviations that the system proposes: opened and withdrawn by the worker, accepted or rejected by a person of the site.

Accepting writes a line of the deviation log as any other line is written; rejecting needs a reason (CK-332). Nothing is
filed by the system itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.deviation_rules import RULES, Proposed
from crf.models import DeviationProposal, FormInstance, ProposalState
from crf.policies import may_log
from crf.reasons import reason_given
from crf.registry import form_def
from crf.review_states import DEVIATION
from crf.schedule import visit_of
from crf.typed import Typed
from participants.models import Participant, Visit
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry

from .entry import Order, form_save
from .logs import log_line_add
from .refusals import noted

LONGEST = 300
PROPOSED, WITHDRAWN = ProposalState.PROPOSED, ProposalState.WITHDRAWN


def proposals_settle(
    *, participant: Participant, found: Iterable[Proposed], ran: Callable[[str], bool]
) -> list[Entry]:
    """Bring the proposals of a participant up to what was found now. The caller holds the chain and writes the trail.

    `ran` says whether a rule was asked. What a person decided stays decided.
    """
    known = {(one.rule, one.place): one for one in DeviationProposal.objects.filter(participant=participant)}
    entries: list[Entry] = []
    for one in found:
        entries += _stands(participant, known.pop(one.key, None), one)
    for proposal in known.values():
        if proposal.state == PROPOSED and ran(proposal.rule):
            entries.append(_moved(proposal, "withdraw", _("The data no longer show it.")))
    return entries


def _stands(participant: Participant, proposal: DeviationProposal | None, one: Proposed) -> list[Entry]:
    rule = RULES[one.rule]
    if proposal is None:
        made = DeviationProposal.objects.create(
            participant=participant, site=participant.site, rule=one.rule, category=rule.category, place=one.place,
            form_id=one.form, visit_label=one.visit, day=one.day, found=one.found[:300], severity=rule.severity,
            proposed_at=timezone.now(),
        )  # fmt: skip
        return [_entry(made, "", said(made))]
    if proposal.state == WITHDRAWN:
        _facts(proposal, one)
        return [_moved(proposal, "recur", said(proposal))]
    if proposal.state == PROPOSED and _facts(proposal, one):
        entry = _entry(proposal, proposal.state, said(proposal))
        entry.path = "@found"
        return [entry]
    return []


def _facts(proposal: DeviationProposal, one: Proposed) -> bool:
    """What was found, as it is now; whether it is something else than before."""
    now = (one.form, one.visit, one.day, one.found[:300])
    if now == (proposal.form_id, proposal.visit_label, proposal.day, proposal.found):
        return False
    proposal.form_id, proposal.visit_label, proposal.day, proposal.found = now
    proposal.save(update_fields=["form", "visit_label", "day", "found"])
    return True


def said(proposal: DeviationProposal) -> str:
    """Rule, place and what was found, as the trail keeps it."""
    place = f" {proposal.place}" if proposal.place else ""
    return f"{proposal.rule}{place}: {proposal.found}".rstrip(": ")


def _entry(proposal: DeviationProposal, old: str, why: str) -> Entry:
    action = Action.DEVIATION_PROPOSED
    return Entry(action, proposal.address, "@state", str(old), str(proposal.state), why, system=True)


def _moved(proposal: DeviationProposal, act: str, why: str) -> Entry:
    old = proposal.state
    proposal.state = DEVIATION.after(old, act)
    proposal.save(update_fields=["state"])
    return _entry(proposal, old, why)


# --- the person -----------------------------------------------------------------------------------------------------


def proposal_accept(*, by: User, proposal: DeviationProposal) -> FormInstance:
    """A line of the deviation log with what is known of it; gives the line. The person adds what only a person can say.

    `proposal` comes from the door with participant and site at hand. Raises `Refused`.
    """
    participant = proposal.participant
    with (
        noted(by=by, act="deviation", address=proposal.address, participant=participant),
        transaction.atomic(),
    ):
        may_log(by, participant).require()
        _decided(by, proposal, "accept", "")
        line = log_line_add(by=by, participant=participant, log="DV")
        line = FormInstance.objects.select_related("participant__site", "visit").get(pk=line.pk)
        form_save(by=by, form=line, typed=_typed(proposal), order=Order(version=line.version))
        proposal.line = line
        proposal.save(update_fields=["line"])
        return line


def _typed(proposal: DeviationProposal) -> Typed:
    """What the log takes from the proposal. Severity and the per-protocol set are judged by the person."""
    values = {
        "dvdecod": proposal.category, "dvterm": description(proposal)[:300], "dv_src": "EDC", "dv_check": proposal.rule,
    }  # fmt: skip
    typed = Typed(values=dict(values))
    if proposal.day is not None:
        typed.values["dvstdat"] = proposal.day
    place = visit_of(proposal.visit_label) if proposal.visit_label else None
    where = {"participant": proposal.participant_id, "code": place[0], "repeat": place[1]} if place else {}
    if where and Visit.objects.filter(**where).exists():
        typed.values["dv_visit"] = proposal.visit_label
    else:
        typed.missing["dv_visit"] = "NA"
    assert set(typed.values) <= set(form_def("DV1").fields)
    return typed


def description(proposal: DeviationProposal) -> str:
    """The words of the rule and what was found, in the language of who accepts."""
    found = f" [{proposal.found}]" if proposal.found else ""
    return f"{RULES[proposal.rule].words}{found}" if proposal.rule in RULES else said(proposal)


def proposal_reject(*, by: User, proposal: DeviationProposal, reason: str) -> None:
    """It is no deviation, for a reason (CK-332). Raises `Refused`."""
    participant = proposal.participant
    with (
        noted(by=by, act="deviation", address=proposal.address, participant=participant),
        transaction.atomic(),
    ):
        may_log(by, participant).require()
        kept = reason_given(reason, _("Give a reason for rejecting the automatic deviation."), LONGEST)
        _decided(by, proposal, "reject", kept)


def _decided(by: User, proposal: DeviationProposal, act: str, reason: str) -> None:
    chain = trail.participant_chain(proposal.participant)
    proposal.refresh_from_db(fields=["state"])
    words = ProposalState(proposal.state).label
    DEVIATION.may(proposal.state, act, _("This proposal is settled: %(state)s.") % {"state": words}).require()
    old, proposal.state = proposal.state, DEVIATION.after(proposal.state, act)
    proposal.decided_at, proposal.decided_by, proposal.reason = timezone.now(), by, reason
    proposal.save(update_fields=["state", "decided_at", "decided_by", "reason"])
    entry = Entry(
        Action.DEVIATION_DECIDED, proposal.address, "@state", old, proposal.state, reason or said(proposal)
    )
    trail.append_all(chain, [entry], by=by, site=proposal.participant.site)
