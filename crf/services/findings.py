"""Findings are opened, confirmed and cured; each with an event that says by which rule, on what, in which words.

While a form is saved, its own checks are settled at once. Everything else, because another form was saved or a day has
begun, is settled by the worker (docs/adr/0009).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import override

from crf.checks import CATALOGUE, CHECKS
from crf.checks.engine import Check, Failed, FormFacts
from crf.deviation_rules import deviation_digest, proposals
from crf.fields import CrfField
from crf.judging import HARD, REFUSED, SOFT, Raised, is_range, judged, mark, rules_digest, version_of
from crf.models import CheckState, Finding, FindingState, FormInstance, Query, Severity
from crf.registry import FormDef, form_def
from crf.selectors.findings import message_of
from crf.selectors.folder import Held, folders
from crf.selectors.history import field_at
from crf.sheets import Sheet
from participants.models import Participant
from trialsite.accounts.models import Site, User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.db.rows import insert, update
from trialsite.kernel.digests import digest
from trialsite.kernel.study import study

from .duplicates import duplicates_seek
from .queries import FindingMove, findings_followed

log = structlog.get_logger(__name__)

OPEN, CONFIRMED, CURED = FindingState.OPEN, FindingState.CONFIRMED, FindingState.CURED
BATCH = 50
IDENTIFIERS = (
    "CK-017"  # what this check refuses is a person's identity: it is kept nowhere, not even in the trail
)


def address(path: str, rule: str) -> str:
    """Path of a finding in the trail: `tudat@soft`, `icf_version@CK-005`."""
    return f"{path}@{mark(rule)}"


def wording(definition: FormDef, raised: Raised) -> str:
    """Rule, its version, the message as it is shown in both languages, and what was found."""
    if raised.rule in CATALOGUE:
        message = CATALOGUE[raised.rule].message
        shown = f"{message.en} / {message.zh}"
    else:
        said = []
        for language in ("en", "zh-hans"):
            with override(language):
                said.append(message_of(definition, raised.rule, raised.path))
        shown = " / ".join(dict.fromkeys(said))
    found = f" [{raised.found}]" if raised.found else ""
    return f"{raised.rule} {raised.version}: {shown}{found}"


# --- settling -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Settled:
    """What came of it for one form: events for the trail, and how many findings are open."""

    entries: list[Entry] = field(default_factory=list)
    open: int = 0


def findings_settle(
    *, by: User | None, form: FormInstance, known: Iterable[Finding], raised: Iterable[Raised],
    ran: Callable[[str], bool], confirmed: Mapping[str, str] | None = None,
) -> Settled:  # fmt: skip
    """Bring the stored findings of a form up to what was found now. The caller holds the chain and writes the trail.

    `ran` says whether a rule was asked: a finding of another rule stays as it is. `confirmed` gives reasons by
    `rule@path`; a bare path names the soft limit of its field.
    """
    return _Settling(by, form, confirmed or {}).run(known, raised, ran)


class _Settling:
    def __init__(self, by: User | None, form: FormInstance, confirmed: Mapping[str, str]) -> None:
        self.by, self.form, self.confirmed = by, form, confirmed
        self.found = Settled()
        self.moves: list[FindingMove] = []
        self.now = timezone.now()

    def run(self, known: Iterable[Finding], raised: Iterable[Raised], ran: Callable[[str], bool]) -> Settled:
        stored = {(finding.path, finding.rule): finding for finding in known}
        for one in {one.place: one for one in raised}.values():
            self.stands(stored.pop(one.place, None), one)
        for finding in stored.values():
            if finding.state != CURED and ran(finding.rule):
                self.cured(finding)
            elif finding.state != CURED:
                self.left(finding)
        if self.moves:
            self.found.entries += findings_followed(by=self.by, form=self.form, moves=self.moves)
        return self.found

    def reason(self, path: str, rule: str, severity: str) -> str:
        if severity == Severity.HARD:
            return ""
        own = self.confirmed.get(f"{rule}@{path}") or (
            self.confirmed.get(path) if rule.startswith(SOFT) else None
        )
        return (own or "").strip()[:300]

    def stands(self, finding: Finding | None, one: Raised) -> None:
        """A rule fires: open, or as it was when it found the same before."""
        reason = self.reason(one.path, one.rule, one.severity)
        state = finding.state if finding and finding.state != CURED and finding.value == one.found else ""
        if not state:
            self.opened(finding, one)
            self.moves.append(
                FindingMove(
                    "opened",
                    one.path,
                    one.rule,
                    one.version,
                    one.severity,
                    one.found,
                    reason,
                    limit=is_range(one.rule),
                )
            )
            state = OPEN
        elif reason and state == OPEN:
            self.moves.append(FindingMove("confirmed", one.path, one.rule, reason=reason))
        if reason and not (state == CONFIRMED and finding and finding.reason == reason):
            self.confirm(one.path, one.rule, state, reason)
            state = CONFIRMED
        self.found.open += state == OPEN

    def opened(self, finding: Finding | None, one: Raised) -> None:
        values: dict[str, Any] = {
            "severity": one.severity, "raised_value": one.found, "value": one.found, "rule_version": one.version,
            "state": OPEN, "reason": "", "raised_at": self.now, "settled_at": None, "settled_by_id": None,
        }  # fmt: skip
        if finding:
            update(Finding, values, id=finding.pk)
        else:
            values = {"form_id": self.form.pk, "path": one.path, "rule": one.rule} | values
            insert(Finding, tuple(values), [tuple(values.values())])
        said = wording(form_def(self.form.form_key), one)
        self.event(
            Action.FINDING, one.path, one.rule, finding.state if finding else "", OPEN, said, system=True
        )

    def confirm(self, path: str, rule: str, old: str, reason: str) -> None:
        values = {"state": CONFIRMED, "reason": reason, "settled_at": self.now}
        values["settled_by_id"] = self.by.pk if self.by else None
        update(Finding, values, form_id=self.form.pk, path=path, rule=rule)
        self.event(Action.CONFIRM, path, rule, old, CONFIRMED, reason)

    def cured(self, finding: Finding) -> None:
        self.moves.append(FindingMove("cured", finding.path, finding.rule))
        update(Finding, {"state": CURED, "settled_at": self.now, "settled_by_id": None}, id=finding.pk)
        said = f"{finding.rule} {finding.rule_version}".strip()
        self.event(Action.FINDING, finding.path, finding.rule, finding.state, CURED, said, system=True)

    def left(self, finding: Finding) -> None:
        """Not asked now, but it may be confirmed."""
        reason = self.reason(finding.path, finding.rule, finding.severity)
        if reason and finding.state == OPEN:
            self.moves.append(FindingMove("confirmed", finding.path, finding.rule, reason=reason))
            self.confirm(finding.path, finding.rule, OPEN, reason)
        else:
            self.found.open += finding.state == OPEN

    def event(
        self, action: str, path: str, rule: str, old: str, new: str, reason: str, system: bool = False
    ) -> None:
        place = address(path, rule)
        self.found.entries.append(
            Entry(action, self.form.address, place, str(old), str(new), reason, system=system)
        )


def finding_confirmed(*, by: User, form: FormInstance, path: str, rule: str, reason: str) -> list[Entry]:
    """A soft finding is confirmed outside a save, by the answer to its query. The caller holds the chain."""
    finding = Finding.objects.filter(
        form=form, path=path, rule=rule, state=OPEN, severity=Severity.SOFT
    ).first()
    if finding is None:
        return []
    settling = _Settling(by, form, {})
    settling.confirm(path, rule, OPEN, reason[:300])
    FormInstance.objects.filter(pk=form.pk, finding_count__gt=0).update(finding_count=F("finding_count") - 1)
    return settling.found.entries


# --- what was refused -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value that a hard limit or a hard check did not take: the message shown, and what was typed."""

    raised: Raised
    message: str
    typed: str = ""


def refusal_of(definition: FormDef, sheet: Sheet, raised: Raised, message: str) -> Refusal:
    """A hit of a check on what stands in a sheet."""
    return Refusal(raised, message, _typed(definition, sheet, raised.path)[1])


def limit_refusal(definition: FormDef, sheet: Sheet, path: str, message: str) -> Refusal:
    """A value beyond the hard limit of its field."""
    crf_field, text = _typed(definition, sheet, path)
    rule = HARD + path.rpartition("/")[2]
    return Refusal(
        Raised(sheet.form, path, rule, Severity.HARD, version_of(rule, crf_field), text[:240]), message, text
    )


def identifier_refusal(form: FormInstance, path: str) -> Refusal:
    """A reason that names a person. What was written is not kept."""
    one = CHECKS[IDENTIFIERS]
    return Refusal(Raised(form.pk, path, one.id, Severity.HARD, one.version), str(one.message))


def _typed(definition: FormDef, sheet: Sheet, path: str) -> tuple[CrfField | None, str]:
    """The field at a path of a sheet, and its value as text."""
    head, _sep, name = path.rpartition("/")
    crf_field = field_at(definition, path) if path else None
    holder: Any = sheet
    if head:
        section, _sep, number = head.partition(":")
        lines = [line for line in sheet.rows.get(section, ()) if line.row == int(number)]
        holder = lines[0] if lines else None
    if crf_field is None or holder is None:
        return crf_field, ""
    return crf_field, crf_field.to_text(holder.values.get(name)) or holder.missing.get(name, "")


@transaction.atomic
def refusal_record(*, by: User | None, form: FormInstance, refusals: Sequence[Refusal]) -> None:
    """Keep in the trail what was typed and why it was refused (FDA 2024, Q13): the save itself left nothing behind.

    In a transaction of its own, after the one that was rolled back. Personal identifiers are not kept.
    """
    secret = {refusal.raised.path for refusal in refusals if refusal.raised.rule == IDENTIFIERS}
    entries = []
    for refusal in refusals:
        one, hidden = refusal.raised, refusal.raised.path in secret
        found = f" [{one.found}]" if one.found and not hidden else ""
        said = f"{one.rule} {one.version}: {refusal.message}{found}"
        typed = "" if hidden else refusal.typed
        entries.append(Entry(Action.VALUE_REFUSED, form.address, one.path + REFUSED, "", typed, said))
    chain = trail.participant_chain(form.participant_id)
    trail.append_all(chain, entries, by=by, site=form.participant.site)


# --- the worker -----------------------------------------------------------------------------------------------------


@cache
def _rules() -> str:
    return digest([rules_digest(), deviation_digest(), study().digest])[:12]


def _rules_of_sites() -> dict[int, str]:
    """By site: the rules, with the ranges and consent versions that it has now. Rows are added and end; none goes."""
    ranges, versions = "laboratories__ranges", "consent_versions"
    counted = Site.objects.annotate(
        all=Count(ranges, distinct=True), now=Count(ranges, filter=Q(laboratories__ranges__active=True), distinct=True),
        versions=Count(versions, distinct=True),
    )  # fmt: skip
    rows = counted.values_list("pk", "all", "now", "versions")
    return {pk: digest([_rules(), *held])[:12] for pk, *held in rows}


def participant_check(participant: int) -> bool:
    """Judge one participant by all checks and limits. True when it was done, or was done before."""
    return bool(participants_check([participant]))


def participants_check(participants: Collection[int]) -> list[int]:
    """Judge participants; gives those that are up to date now. Repeated, it finds nothing more to do.

    Nothing is locked while the rules run. A participant whose data changed meanwhile is left for the next time.
    """
    rules = _rules_of_sites()  # first: what a site changes meanwhile makes the result old
    _regrade_new(participants, rules)
    done = [held.participant.pk for held in folders(participants) if _keep(held, _judge(held), rules)]
    duplicates_seek(done)
    return done


def _regrade_new(participants: Collection[int], rules: Mapping[int, str]) -> None:
    """Who was never judged, or whose site changed its reference ranges since, is graded first."""
    from .regrading import (
        laboratory_regrade,  # derives as a save does, and a save settles findings by this module
    )

    people = Participant.objects.filter(pk__in=participants, imported=False)
    known = dict(CheckState.objects.filter(participant__in=participants).values_list("participant", "rules"))
    for participant in people.select_related("site"):
        if known.get(participant.pk) == rules[participant.site_id]:
            continue
        if FormInstance.objects.filter(participant=participant, form_key="LB", version__gt=0).exists():
            try:
                laboratory_regrade(by=None, participant=participant)
            except Exception as error:  # one participant must not keep the others waiting
                note_failed({"": error})


@dataclass(slots=True)
class Judged:
    """What came of the rules for one participant. `error`: the participant could not be judged at all."""

    raised: list[Raised]
    failed: Failed
    error: str = ""
    checks: Mapping[str, Check] | None = None  # None: all, and all limits

    def ran(self, rule: str) -> bool:
        return not self.error and rule not in self.failed and (self.checks is None or rule in self.checks)


def _judge(held: Held, checks: Mapping[str, Check] | None = None) -> Judged:
    failed: Failed = {}
    try:
        raised = judged(held.folder, failed, checks)
    except Exception as error:  # one participant must not keep the others waiting
        failed[""] = error
    note_failed(failed)
    if broken := failed.pop("", None):
        return Judged([], failed, type(broken).__name__, checks)
    return Judged(raised, failed, "", checks)


def note_failed(failed: Failed) -> None:
    """A defect of a check (or, without a name, of what leads to it): in the log, without what stands in the forms."""
    for id, error in failed.items():
        log.error("check_failed", check=id, error=type(error).__name__)


@transaction.atomic
def _keep(held: Held, result: Judged, rules: Mapping[int, str]) -> bool:
    participant = held.participant
    chain = trail.participant_chain(participant)
    version = Participant.objects.filter(pk=participant.pk).values_list("data_version", flat=True).get()
    if version != held.data_version:
        return False
    entries = _settled(participant, result) + _proposed(held, result)
    trail.append_all(chain, entries, by=None, site=participant.site)
    if result.checks is None:
        CheckState.objects.update_or_create(
            participant=participant,
            defaults={
                "data_version": version, "day": held.folder.today, "rules": rules[participant.site_id],
                "error": result.error, "checked_at": timezone.now(),
            },
        )  # fmt: skip
    return True


def _proposed(held: Held, result: Judged) -> list[Entry]:
    """The deviations that follow from what was judged, when everything was."""
    if result.checks is not None or result.error:
        return []
    from .deviations import proposals_settle  # a deviation that is accepted is saved as a form is

    try:
        found = proposals(held.folder, result.raised)
    except Exception as error:  # one rule must not keep the findings waiting
        note_failed({"deviations": error})
        return []
    return proposals_settle(participant=held.participant, found=found, ran=result.ran)


def _settled(participant: Participant, result: Judged) -> list[Entry]:
    by_form: dict[int, list[Raised]] = {}
    for one in result.raised:
        by_form.setdefault(one.form, []).append(one)
    known = _known([participant.pk])
    entries: list[Entry] = []
    forms = FormInstance.objects.filter(participant=participant, pk__in={*by_form, *known}).order_by("pk")
    for form in forms.select_related("visit"):
        form.participant = participant
        settled = findings_settle(
            by=None, form=form, known=known.get(form.pk, ()), raised=by_form.get(form.pk, ()), ran=result.ran
        )
        entries += settled.entries
        if settled.open != form.finding_count:
            update(FormInstance, {"finding_count": settled.open}, id=form.pk)
    return entries + _never_asked(participant)


def _never_asked(participant: Participant) -> list[Entry]:
    """Queries for open findings that have none: they are older than queries, or their form was locked then."""
    asked = Query.objects.filter(form=OuterRef("form"), path=OuterRef("path"), rule=OuterRef("rule"))
    findings = Finding.objects.filter(
        ~Exists(asked), form__participant=participant, form__locked=False, state=OPEN
    )
    by_form: dict[int, tuple[FormInstance, list[FindingMove]]] = {}
    for one in findings.select_related("form__visit").order_by("form", "path", "rule"):
        one.form.participant = participant
        moves = by_form.setdefault(one.form_id, (one.form, []))[1]
        moves.append(
            FindingMove(
                "opened",
                one.path,
                one.rule,
                one.rule_version,
                one.severity,
                one.value,
                limit=is_range(one.rule),
            )
        )
    return [
        entry
        for form, moves in by_form.values()
        for entry in findings_followed(by=None, form=form, moves=moves)
    ]


def _known(participants: Collection[int]) -> dict[int, list[Finding]]:
    """Stored findings by form."""
    found: dict[int, list[Finding]] = {}
    for finding in Finding.objects.filter(form__participant__in=participants).order_by("pk"):
        found.setdefault(finding.form_id, []).append(finding)
    return found


def stale(part: int = 0, parts: int = 1) -> QuerySet[Participant]:
    """Participants to be judged again: their data, the rules or the day at their site moved on."""
    state = CheckState.objects.filter(participant=OuterRef("pk"))
    behind = Q(~Exists(state.filter(data_version=OuterRef("data_version"))))
    rules = _rules_of_sites()
    for site in Site.objects.all():
        behind |= Q(site=site) & Q(Exists(state.filter(Q(day__lt=site.today()) | ~Q(rules=rules[site.pk]))))
    found = Participant.objects.filter(behind, imported=False).order_by("pk")
    return found if parts == 1 else found.annotate(part=F("pk") % parts).filter(part=part)


def checks_catch_up(part: int = 0, parts: int = 1, size: int = BATCH) -> int:
    """The next batch of those behind. Returns how many were found: fewer than `size` means none are left."""
    wanted = list(stale(part, parts).values_list("pk", flat=True)[:size])
    if wanted:
        participants_check(wanted)
    return len(wanted)


# --- by hand --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """A finding that was opened or cured, or would be."""

    number: str
    form: FormFacts
    path: str
    rule: str
    opened: bool


def checks_run(
    participants: Collection[int], checks: Mapping[str, Check] | None = None, *, dry: bool = False
) -> tuple[list[Difference], Failed]:
    """Judge participants anew, by all rules or by some: what was opened and cured (`dry`: would be), what broke."""
    found: list[Difference] = []
    failed: Failed = {}
    rules = _rules_of_sites()
    held_all = folders(participants)
    known = _known([held.participant.pk for held in held_all])
    for held in held_all:
        result = _judge(held, checks)
        failed |= result.failed
        if dry or _keep(held, result, rules):
            found += _differences(held, result, known)
    return found, failed


def _differences(held: Held, result: Judged, known: Mapping[int, list[Finding]]) -> Iterator[Difference]:
    now = {(one.form, *one.place): one.found for one in result.raised}
    before = {
        (form.form, finding.path, finding.rule): finding.value
        for form in held.folder.forms
        for finding in known.get(form.form, ())
        if finding.state != CURED and result.ran(finding.rule)
    }
    forms = {form.form: form for form in held.folder.forms}
    for place in [*now, *(place for place in before if place not in now)]:
        if now.get(place) != before.get(place):
            pk, path, rule = place
            yield Difference(held.participant.number, forms[pk], path, rule, place in now)
