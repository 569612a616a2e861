"""Freezing and locking of forms, visits, participants, sites and the study; unlocking by two persons.

A hold marks every form below it (`frozen`, `locked`); `crf.policies` and the saving service read those marks, so a
locked form is locked for every road in. While the hold stands nothing can be added below it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.models import DatabaseLock, FormInstance, Hold, HoldKind, Level, UnlockRequest, UnlockState
from crf.policies_review import may_hold, may_unlock
from crf.reasons import reason_given
from crf.review_states import UNLOCK
from crf.selectors.readiness import Unready, unready
from participants.models import Participant, Visit
from trialsite.accounts.models import Site, User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import refused

from .refusals import noted

LONGEST = 300
UNLOCK_WITHIN = dt.timedelta(hours=72)
Target = FormInstance | Visit | Participant | Site | None  # `None`: the study
MARKS = {HoldKind.FREEZE: ("frozen", "@frozen"), HoldKind.LOCK: ("locked", "@locked")}
PUT = {HoldKind.FREEZE: Action.FROZEN, HoldKind.LOCK: Action.LOCKED}
LIFTED = {HoldKind.FREEZE: Action.UNFROZEN, HoldKind.LOCK: Action.UNLOCKED}


def level_of(target: Target) -> str:
    return {
        FormInstance: Level.FORM, Visit: Level.VISIT, Participant: Level.PARTICIPANT, Site: Level.SITE,
    }.get(type(target), Level.STUDY)  # type: ignore[arg-type]  # fmt: skip


def site_of(target: Target) -> Site | None:
    """The site of a target; none for the study."""
    if isinstance(target, Site):
        return target
    if isinstance(target, Participant):
        return target.site
    return target.participant.site if target is not None else None


def forms_below(target: Target) -> QuerySet[FormInstance]:
    """The forms that a hold on a target covers. Single central readings are locked by their submission, not here."""
    forms = FormInstance.objects.exclude(form_key="CPATH").filter(participant__imported=False)
    if isinstance(target, FormInstance):
        return forms.filter(pk=target.pk)
    if isinstance(target, Visit):
        return forms.filter(visit=target)
    if isinstance(target, Participant):
        return forms.filter(participant=target)
    return forms.filter(participant__site=target) if isinstance(target, Site) else forms


def _where(target: Target) -> dict[str, Any]:
    level = level_of(target)
    return {"level": level} | ({str(level).lower(): target} if target is not None else {})


def address_of(target: Target) -> str:
    """How the trail names a target."""
    return "study" if target is None else f"{str(level_of(target)).lower()}:{target.pk}"


def hold_put(*, by: User, kind: str, target: Target, reason: str = "") -> Hold:
    """Freeze or lock a form, visit, participant, site or (`None`) the study. Twice covers what came since.

    `target` comes from a door with what it belongs to at hand. Refused with what is not ready, the first few by name.
    """
    site = site_of(target)
    with (
        noted(by=by, act=kind.lower(), address=address_of(target), participant=_person(target), site=site),
        transaction.atomic(),
    ):
        return _put(by, kind, target, reason, site)


def _person(target: Target) -> Participant | None:
    if isinstance(target, Participant):
        return target
    return target.participant if isinstance(target, FormInstance | Visit) else None


def _put(by: User, kind: str, target: Target, reason: str, site: Site | None) -> Hold:
    may_hold(by, site).require()
    if reason:
        reason = reason_given(reason, "", LONGEST)
    if (person := _person(target)) is not None and person.imported:
        refused(_("Imported data are not changed here, so they are not locked."), "imported").require()
    _gates(target)
    people = _chains(target)
    not_ready = unready(forms_below(target), kind)
    if not_ready:
        refused(_why_not(not_ready), "unready").require()
    hold = Hold.objects.filter(**_where(target), kind=kind, lifted_at__isnull=True).first()
    made = hold is None
    if hold is None:
        hold = Hold.objects.create(
            **_where(target), kind=kind, at=timezone.now(), by=by, reason=reason,
        )  # fmt: skip
    _mark(by, target, kind, True, reason, people, said=f"{PUT[HoldKind(kind)]} {address_of(target)}")
    if made:
        _say(by, target, PUT[HoldKind(kind)], reason)
    return hold


def _gates(target: Target) -> None:
    """The rows of the sites that are held: nobody is screened, imported or given a range there meanwhile."""
    sites = Site.objects.select_for_update().order_by("pk")
    if isinstance(target, Site):
        list(sites.filter(pk=target.pk))
    elif target is None:
        list(sites)


def _chains(target: Target) -> list[Participant]:
    """The participants below, each chain locked in the order of its number: nobody saves meanwhile."""
    person = _person(target)
    if person is not None:
        wanted = [person]
    else:
        people = Participant.objects.filter(imported=False).select_related("site").order_by("pk")
        wanted = list(people.filter(site=target) if isinstance(target, Site) else people)
    for participant in wanted:
        trail.participant_chain(participant)
    return wanted


def _mark(
    by: User, target: Target, kind: str, on: bool, reason: str, people: Sequence[Participant], said: str = ""
) -> int:  # fmt: skip
    """Set or clear the mark of every form below that does not have it yet, with an event each; how many."""
    column, path = MARKS[HoldKind(kind)]
    forms = forms_below(target).filter(**{column: not on})
    by_person: dict[int, list[int]] = {}
    for pk, person in forms.order_by("pk").values_list("pk", "participant_id"):
        by_person.setdefault(person, []).append(pk)
    action = (PUT if on else LIFTED)[HoldKind(kind)]
    known = {participant.pk: participant for participant in people}
    for person, marked in by_person.items():
        participant = known[person]
        entries = [
            Entry(action, f"form:{form}", path, str(int(not on)), str(int(on)), reason or said)
            for form in marked
        ]
        trail.append_all(trail.participant_chain(participant), entries, by=by, site=participant.site)
        FormInstance.objects.filter(pk__in=marked).update(**{column: on})
    return sum(len(marked) for marked in by_person.values())


def _say(by: User, target: Target, action: str, reason: str) -> None:
    """The act itself, in the chain that the target belongs to."""
    person = _person(target)
    entry = Entry(action, address_of(target), "@hold", "", str(level_of(target)), reason)
    chain = trail.participant_chain(person) if person is not None else trail.study_chain()
    trail.append_all(chain, [entry], by=by, site=site_of(target))


def _why_not(found: Sequence[Unready]) -> str:
    lines = [f"{one.number} {one.title}: {one.why}" for one in found[:5]]
    more = len(found) - len(lines)
    text = _("Not ready: %(forms)s") % {"forms": "; ".join(lines)}
    return text + (" " + _("… and %(n)s more.") % {"n": more} if more else "")


def hold_lift(*, by: User, target: Target, reason: str) -> int:
    """Unfreeze: one data manager with a reason. Gives how many forms can be changed again."""
    site = site_of(target)
    with (
        noted(by=by, act="unfreeze", address=address_of(target), participant=_person(target), site=site),
        transaction.atomic(),
    ):
        may_hold(by, site).require()
        kept = reason_given(reason, _("Say why it is no longer frozen."), LONGEST)
        return _lift(by, target, HoldKind.FREEZE, kept)


def _lift(by: User, target: Target, kind: str, reason: str) -> int:
    """Clear the marks below; the holds at and below the target end with them.

    A hold above stays: one form of a locked participant can be unlocked, and still nothing is added to the participant.
    """
    people = _chains(target)
    standing = Hold.objects.filter(kind=kind, lifted_at__isnull=True)
    ended = standing.filter(_at_or_below(target))
    done = ended.update(lifted_at=timezone.now(), lifted_by=by, lifted_reason=reason)
    count = _mark(by, target, kind, False, reason, people)
    if done or count:
        _say(by, target, LIFTED[HoldKind(kind)], reason)
    return count


def _at_or_below(target: Target) -> Q:
    if target is None:
        return Q()
    if isinstance(target, FormInstance):
        return Q(form=target)
    if isinstance(target, Visit):
        return Q(visit=target) | Q(form__visit=target)
    if isinstance(target, Participant):
        return Q(participant=target) | Q(visit__participant=target) | Q(form__participant=target)
    return (
        Q(site=target) | Q(participant__site=target) | Q(visit__participant__site=target)
        | Q(form__participant__site=target)
    )  # fmt: skip


# --- unlocking: two persons -----------------------------------------------------------------------------------------


def unlock_ask(*, by: User, target: Target, reason: str) -> UnlockRequest:
    """Ask to unlock. Nothing is unlocked until a second person agrees; after 72 hours the request is void."""
    site = site_of(target)
    with (
        noted(by=by, act="unlock", address=address_of(target), participant=_person(target), site=site),
        transaction.atomic(),
    ):
        may_unlock(by, site).require()
        kept = reason_given(reason, _("Say why this must be unlocked."), LONGEST)
        _chains(target)
        if target is not None and DatabaseLock.objects.filter(hold__lifted_at__isnull=True).exists():
            refused(_("The database is locked: ask to unlock the study."), "database").require()
        if not forms_below(target).filter(locked=True).exists() and not _stands(target):
            refused(_("Nothing is locked here."), "state").require()
        now = timezone.now()
        waiting = UnlockRequest.objects.filter(
            **_where(target), state=UnlockState.PENDING, expires_at__gt=now
        )
        if waiting.exists():
            refused(
                _("Somebody has asked for this already; it waits for a second person."), "twice"
            ).require()
        request = UnlockRequest.objects.create(
            **_where(target), requested_at=now, requested_by=by, reason=kept, expires_at=now + UNLOCK_WITHIN
        )
        _say(by, target, Action.UNLOCK_ASKED, kept)
        return request


def _stands(target: Target) -> bool:
    return Hold.objects.filter(**_where(target), kind=HoldKind.LOCK, lifted_at__isnull=True).exists()


def unlock_decide(*, by: User, request: UnlockRequest, agree: bool, reason: str = "") -> int:
    """The second person agrees, and it is unlocked; or declines, with a reason. Gives how many forms were unlocked."""
    target = request.target
    site = site_of(target)
    with (
        noted(by=by, act="unlock", address=address_of(target), participant=_person(target), site=site),
        transaction.atomic(),
    ):
        request = UnlockRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
        may_unlock(by, site).require()
        if by.pk == request.requested_by_id:
            refused(_("A second person has to decide: you asked for this yourself."), "self").require()
        act = "approve" if agree else "decline"
        UNLOCK.may(request.state, act, _("This request has been decided already.")).require()
        if request.expires_at <= timezone.now():
            refused(_("This request has expired. Ask again."), "expired").require()
        kept = reason_given(reason, _("Say why it is declined."), LONGEST) if reason or not agree else ""
        request.state = UNLOCK.after(request.state, act)
        request.decided_at, request.decided_by, request.decision_reason = timezone.now(), by, kept
        request.save(update_fields=["state", "decided_at", "decided_by", "decision_reason"])
        said = f"{request.state} · {request.reason}" + (f" · {kept}" if kept else "")
        _say(by, target, Action.UNLOCK_DECIDED, said)
        if not agree:
            return 0
        why = f"{request.reason} ({request.requested_by.username} + {by.username})"
        return _lift(by, target, HoldKind.LOCK, why[:LONGEST])


def unlocks_expire() -> int:
    """Requests that nobody decided in time are over. By the system, once an hour."""
    done = 0
    late = UnlockRequest.objects.filter(state=UnlockState.PENDING, expires_at__lte=timezone.now())
    for request in late.select_related(
        "form__participant__site", "visit__participant__site", "participant__site", "site"
    ):
        with transaction.atomic():
            changed = UnlockRequest.objects.filter(pk=request.pk, state=UnlockState.PENDING).update(
                state=UNLOCK.after(UnlockState.PENDING, "expire")
            )
            if changed:
                _say(None, request.target, Action.UNLOCK_DECIDED, str(UnlockState.EXPIRED))  # type: ignore[arg-type]
                done += 1
    return done
