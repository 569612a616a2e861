"""What the list of proposed deviations reads, and the door to one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy

from crf.codelists import CODELISTS
from crf.deviation_rules import RULES
from crf.models import DeviationProposal, Hold, ProposalState
from crf.naming import form_title, form_url, label_of
from crf.registry import form_def
from participants.models import Participant
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.web import figures

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
STATES = ("PROPOSED", "ACCEPTED", "REJECTED", "WITHDRAWN")


def proposals_for(user: Any) -> QuerySet[DeviationProposal]:
    """Proposals of the sites that a person sees, with what a line of the list names."""
    found = DeviationProposal.objects.select_related(
        "participant__site", "form__visit", "line__visit", "decided_by"
    )
    return grants_of(user).limit(found, Permission.VIEW)


def proposal_for(user: Any, pk: int) -> DeviationProposal:
    """One proposal, or 404."""
    found = proposals_for(user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def under_hold(participants: Iterable[Participant]) -> set[int]:
    """Those of them whose participant, site or study is frozen or locked: one query."""
    sites = {one.pk: one.site_id for one in participants}
    standing = Hold.objects.filter(lifted_at__isnull=True, level__in=("PARTICIPANT", "SITE", "STUDY"))
    held = list(standing.values_list("level", "participant", "site"))
    if any(level == "STUDY" for level, _participant, _site in held):
        return set(sites)
    closed = {site for level, _participant, site in held if level == "SITE"}
    return {pk for _level, pk, _site in held if pk in sites} | {
        pk for pk, site in sites.items() if site in closed
    }


@dataclass(frozen=True, slots=True)
class Line:
    """One proposal in words: what, where, what was found, and where one looks."""

    proposal: DeviationProposal
    words: str
    category: str
    severity: str
    where: str
    href: str
    line_href: str = ""


def line_of(proposal: DeviationProposal) -> Line:
    rule = RULES.get(proposal.rule)
    where, href = proposal.visit_label, ""
    if proposal.form is not None:
        proposal.form.participant = proposal.participant
        title = str(form_title(proposal.form.form_key, proposal.form.repeat))
        where = f"{where} {title}".strip()
        href = form_url(proposal.form)
    written = ""
    if proposal.line is not None:
        proposal.line.participant = proposal.participant
        written = form_url(proposal.line)
    return Line(
        proposal, str(rule.words) if rule else proposal.rule, _code("DVCAT", proposal.category),
        _code("DVSEV", proposal.severity), where, href, written,
    )  # fmt: skip


def _code(name: str, code: str) -> str:
    codes = CODELISTS[name].codes
    return str(codes[code]) if code in codes else code


NAMED = {"day": gettext_lazy("Date"), "window": gettext_lazy("Window")}  # what rules find that is no field


def found_words(proposal: DeviationProposal) -> str:
    """What was found, with the labels of the fields: `ec_d1dat=2024-03-14` → "Day 1 date: 14 Mar 2024"."""
    definition = form_def(proposal.form.form_key) if proposal.form else None
    parts = []
    for part in proposal.found.split("; "):
        name, sep, value = part.partition("=")
        label = NAMED.get(name, name)
        if definition and name in definition.fields:
            label = label_of(definition, name)
        shown = " – ".join(figures.day(day) if DAY.fullmatch(day) else day for day in value.split(".."))
        parts.append(f"{label}: {shown}" if sep else part)
    return "; ".join(parts)


def deviation_tiles(user: Any) -> dict[str, Any]:
    """For home pages: proposals that wait at the sites of the role, and the oldest: one query.

    `{"count": n, "oldest": moment, "href": …}`; `mine` says whether the person decides them.
    """
    grants = grants_of(user)
    mine = grants.may(Permission.ENTER)
    waiting = grants.limit(
        DeviationProposal.objects.filter(state=ProposalState.PROPOSED), Permission.ENTER if mine else Permission.VIEW
    )  # fmt: skip
    found = waiting.aggregate(n=Count("pk"), oldest=Min("proposed_at"))
    return {"count": found["n"], "oldest": found["oldest"], "href": "/deviations/", "mine": mine}
